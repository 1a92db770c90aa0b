"""Side-car files: the label of ``NAME.wav`` in a ``.TextGrid``, ``.phn``, ``.lab`` or ``.txt`` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dataset_modules.labels.label import Label, LabelError, read_text
from dataset_modules.labels.phones import parse_lab, parse_phn, phone_label
from dataset_modules.labels.textgrid import parse_textgrid
from phoneme_recognition.audio.reading import find_audio

_KINDS = (".textgrid", ".phn", ".lab", ".txt")  # phones before text

Sidecars = Mapping[Path, Mapping[str, Path]]
"""Path of a recording without its extension → kind of file → that file."""


def find_sidecars(folder: Path) -> Sidecars:
    """All label files below a folder; the case of their extensions does not matter."""
    found: dict[Path, dict[str, Path]] = {}
    for path in find_audio(folder, _KINDS):
        found.setdefault(path.with_suffix(""), {})[path.suffix.lower()] = path
    return found


def read_sidecar(files: Mapping[str, Path]) -> Label:
    """The label in the side-cars of one recording: its phones, and its text where there is one too.

    Where nothing can be read, the label says why in ``problem``.
    """
    label: Label | None = None
    try:
        for kind in _KINDS:
            if kind not in files:
                continue
            one = _parse(kind, read_text(files[kind]))
            label = one if label is None else replace(label, text=label.text or one.text)
    except LabelError as error:
        return Label(problem=str(error))
    return label or Label(problem="no label")


def _parse(kind: str, text: str) -> Label:
    if kind == ".textgrid":
        return phone_label(parse_textgrid(text))
    if kind == ".phn":
        return phone_label(parse_phn(text))
    phones = parse_lab(text) if kind == ".lab" else None
    return Label(text=" ".join(text.split())) if phones is None else phone_label(phones)
