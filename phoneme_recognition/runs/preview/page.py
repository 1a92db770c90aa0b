"""The page of a preview: the pictures, and a player for each sound."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from phoneme_recognition.runs.preview.sounds import Example, Sound

PAGE_FILE = "index.html"

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Augmentations: before and after</title>
<style>
  body { font: 16px/1.5 "DejaVu Sans", "Noto Sans", sans-serif; max-width: 1100px;
         margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
  h2 { margin: 3rem 0 .3rem; border-top: 1px solid #ccc; padding-top: 1rem; }
  p { margin: .3rem 0; }
  .values { color: #555; font-size: .9rem; overflow-wrap: anywhere; }
  .players { display: flex; flex-wrap: wrap; gap: 1rem; margin: .6rem 0; }
  label { display: grid; font-size: .9rem; }
  img { width: 100%; height: auto; }
</style>
"""

_NOTE = (
    "Each augmentation was made to apply here; in training it applies with its probability p, as in the last "
    "sections."
)
_LEVELLED = (
    " All sounds are brought to the loudness of the recording, as audio_params.do_normalize does in training."
)


def write_page(
    folder: Path, example: Example, sounds: Sequence[Sound], *, overview: str, levelled: bool
) -> None:
    """Write the page beside the pictures and sounds; its links are relative, so the folder can be moved.

    Args:
        folder: holds ``original.wav`` and, for each sound, a PNG and a WAV of its name.
        example: the recording before.
        sounds: in the order of the page.
        overview: file name of the picture of all.
        levelled: whether the sounds were brought to one loudness, which the page then says.
    """
    phones = " ".join(segment.phoneme for segment in example.segments)
    parts = [
        _HEAD,
        "<h1>Augmentations: before and after</h1>",
        f"<p>{escape(example.path)}, {example.duration:.2f} s at {example.sampling_rate} Hz</p>",
        f"<p>{escape(example.text)}</p>" if example.text else "",
        f"<p>[{escape(phones)}]</p>" if phones else "",
        _player("before", "original"),
        f'<p class="values">{_NOTE}{_LEVELLED if levelled else ""}</p>',
        f'<img src="{overview}" alt="The spectrograms of all sounds below each other">',
        *(_section(sound) for sound in sounds),
    ]
    (folder / PAGE_FILE).write_text("\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _section(sound: Sound) -> str:
    values = [("configured", sound.settings), ("drawn", sound.drawn)]
    lines = [f'<p class="values">{name}: {escape(value)}</p>' for name, value in values if value]
    players = f'<div class="players">{_player("before", "original")}{_player("after", sound.name)}</div>'
    alt = f"Waveform and spectrogram before and after {sound.title}"
    picture = f'<img src="{escape(sound.name)}.png" alt="{escape(alt)}" loading="lazy">'
    return "\n".join([f"<h2>{escape(sound.title)}</h2>", *lines, players, picture])


def _player(label: str, name: str) -> str:
    return f'<label>{label}<audio controls preload="none" src="{escape(name)}.wav"></audio></label>'
