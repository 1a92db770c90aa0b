"""What cannot be used is left out, named with its reason and counted; the rest goes on."""

from __future__ import annotations

import csv
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from cache_corpus import cached, copy_corpus, phones_of
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.vocabulary import Vocabulary

Samples = NDArray[Any]
Maker = Callable[[Path, Samples], None]


def written(subtype: str | None = None, rate: int = 16000, **options: Any) -> Maker:
    def make(path: Path, samples: Samples) -> None:
        soundfile.write(path, samples, rate, subtype=subtype, **options)

    return make


def cut(make: Maker, share: float) -> Maker:
    def make_and_cut(path: Path, samples: Samples) -> None:
        make(path, samples)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    return make_and_cut


def changed(change: Callable[[Samples], Samples], make: Maker) -> Maker:
    return lambda path, samples: make(path, change(samples))


def holding(data: bytes) -> Maker:
    def make(path: Path, _: Samples) -> None:
        path.write_bytes(data)

    return make


def with_value(value: float) -> Callable[[Samples], Samples]:
    return lambda samples: np.where(np.arange(len(samples)) == 800, value, samples)


def broken_flac(path: Path, samples: Samples) -> None:
    soundfile.write(path, samples, 16000, format="FLAC")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)


MP3, OGG, OPUS = (
    written(format="MP3"),
    written("VORBIS", format="OGG"),
    written("OPUS", format="OGG"),
)
AUDIO: dict[str, tuple[Maker, str]] = {
    "missing.wav": (lambda path, samples: None, "missing file"),
    "folder.wav": (lambda path, _: path.mkdir(), "not audio: not a regular file"),
    "pipe.wav": (lambda path, _: os.mkfifo(path), "not audio: not a regular file"),
    "dangling.wav": (lambda path, _: path.symlink_to("nowhere"), "missing file"),
    "empty.wav": (holding(b""), "empty file"),
    "byte.wav": (holding(b"R"), "not audio"),
    "text.wav": (holding("Он целует её.".encode() * 100), "not audio"),
    "page.mp3": (holding(b"<html><body>404 Not Found</body></html>" * 20), "not audio"),
    "zeros.wav": (holding(bytes(4000)), "not audio"),
    "noise.mp3": (holding(np.random.default_rng(1).bytes(20000)), "not audio"),
    "picture.wav": (holding(b"\x89PNG\r\n\x1a\n" + bytes(500)), "not audio"),
    "archive.flac": (holding(b"PK\x03\x04" + bytes(500)), "not audio"),
    "pointer.wav": (holding(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "not audio"),
    "tag only.mp3": (holding(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)), "damaged"),
    "header.wav": (cut(written(), 0.0002), "truncated"),
    "cut.wav": (cut(written(), 0.7), "truncated: holds"),
    "cut.flac": (cut(written(), 0.7), "truncated or damaged: the FLAC stream breaks off"),
    "cut.ogg": (cut(OGG, 0.7), "truncated: the last Ogg page"),
    "cut.opus": (cut(OPUS, 0.7), "truncated: the last Ogg page"),
    "cut.mp3": (cut(MP3, 0.7), "truncated: holds"),
    "broken.flac": (broken_flac, "truncated or damaged: the FLAC stream breaks off"),
    "no samples.wav": (changed(lambda samples: samples[:0], written()), "no samples"),
    "silent.wav": (changed(np.zeros_like, written()), "silent"),
    "nearly silent.wav": (changed(lambda samples: 1e-7 * samples, written("FLOAT")), "silent"),
    "nan.wav": (changed(with_value(np.nan), written("FLOAT")), "NaN or infinite samples"),
    "infinite.wav": (changed(with_value(-np.inf), written("DOUBLE")), "NaN or infinite samples"),
    "integers.wav": (changed(lambda samples: 32768 * samples, written("FLOAT")), "wrong scale"),
    "rate.wav": (written(rate=7), "broken header: sampling rate 7 Hz"),
    "short.wav": (
        changed(lambda samples: samples[:2000], written()),
        "label too long: 39 symbols need 39 frames, the audio has 3",
    ),
}
LABELS: dict[str, tuple[dict[str, Any], str]] = {
    "no label": ({"phonemes": None, "text": None}, "no label"),
    "empty phonemes": ({"phonemes": ()}, "empty label"),
    "empty text": ({"phonemes": None, "text": " \n"}, "empty label"),
    "boundaries": ({"phonemes": ("|", "|")}, "empty label"),
    "unknown": ({"phonemes": ("a", "ʘ", "tt", "ǃ")}, "unknown phoneme: ǃ ʘ"),
    "blank": ({"phonemes": ("a", "[PAD]")}, "unknown phoneme: [PAD]"),
    "text unknown": ({"phonemes": None, "text": "aw"}, "unknown phoneme: w"),
    "too long": (
        {"phonemes": ("a", "t") * 60},
        "label too long: 120 symbols need 120 frames",
    ),
    "repeats": ({"phonemes": ("a",) * 58}, "label too long: 58 symbols need 115 frames, the audio has 114"),
    "problem": ({"problem": "unreadable label: line 3"}, "unreadable label: line 3"),
    "ru_0054": ({}, "duplicated utterance id: ru_0054"),
}


@pytest.fixture
def good(clips: Path, tmp_path: Path) -> list[UtteranceSource]:
    return copy_corpus(clips, tmp_path / "clips", count=4)


def bad_rows(good: UtteranceSource, folder: Path) -> dict[str, tuple[UtteranceSource, str]]:
    samples, _ = soundfile.read(good.audio.path)
    rows = {}
    for name, (make, reason) in AUDIO.items():
        make(folder / name, samples)
        rows[name] = replace(good, utterance_id=name, audio=AudioFile(str(folder / name))), reason
    for name, (change, reason) in LABELS.items():
        rows[name] = replace(good, utterance_id=name, **change), reason
    return rows


@pytest.mark.parametrize("num_proc", [1, 2])
def test_every_unusable_row_is_named_and_the_good_ones_stay(
    good: list[UtteranceSource], tmp_path: Path, caplog: pytest.LogCaptureFixture, num_proc: int
) -> None:
    bad = bad_rows(good[0], tmp_path)
    assert len(bad) >= 30
    rows = [source for source, _ in bad.values()]
    sources = [good[0], *rows[:20], good[1], good[2], *rows[20:], good[3]]
    with caplog.at_level(logging.WARNING):
        table = cached(
            sources, tmp_path / "cache", vocabulary=phones_of(good), max_skipped=0.99, num_proc=num_proc
        )
    assert [table[row].utterance_id for row in range(len(table))] == [source.utterance_id for source in good]
    for row, source in enumerate(good):
        np.testing.assert_array_equal(table[row].samples, soundfile.read(source.audio.path, dtype="int16")[0])
    skipped = {row.utterance_id: row for row in table.skipped}
    assert list(skipped) == list(bad)
    for name, (source, reason) in bad.items():
        assert skipped[name].reason.startswith(reason), name
        assert skipped[name].source == source.audio.path
    assert len(caplog.records) == 1
    message = caplog.records[0].getMessage()
    assert f"{len(bad)} of {len(sources)} utterances left out" in message
    assert "10 not audio, " in message
    assert "2 missing file, " in message
    assert str(table.skipped_file) in message
    with table.skipped_file.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [tuple(row.values()) for row in listed] == [tuple(row) for row in table.skipped]
    assert set(listed[0]) == {"utterance_id", "source", "reason"}


def test_exactly_enough_frames_are_enough(good: list[UtteranceSource], tmp_path: Path) -> None:
    """114 frames hold 114 symbols, or 57 equal ones with the blanks between them."""
    rows = [
        replace(good[0], utterance_id="a", phonemes=("a", "t") * 57),
        replace(good[0], utterance_id="b", phonemes=("a",) * 57),
    ]
    assert len(cached(rows, tmp_path / "cache", vocabulary=Vocabulary.from_phonemes("at"))) == 2


def test_too_many_stop_the_run_and_the_list_stays(good: list[UtteranceSource], tmp_path: Path) -> None:
    bad = [replace(good[0], utterance_id=str(n), audio=AudioFile(f"{tmp_path}/{n}")) for n in range(3)]
    with pytest.raises(DataError) as caught:
        cached([*good, *bad], tmp_path / "cache")
    message = str(caught.value)
    assert "3 of 7" in message
    assert "3 missing file" in message
    lists = list((tmp_path / "cache").rglob("skipped.csv"))
    assert len(lists) == 1
    assert str(lists[0]) in message
    assert len(lists[0].read_text().splitlines()) == 4
    assert len(cached([*good, *bad], tmp_path / "cache", max_skipped=3 / 7)) == 4


def test_nothing_usable_stops_the_run_whatever_is_allowed(tmp_path: Path) -> None:
    sources = [UtteranceSource("a", AudioFile(str(tmp_path / "a.wav")), ("a",))]
    with pytest.raises(DataError, match="1 of 1"):
        cached(sources, tmp_path / "cache", vocabulary=Vocabulary.from_phonemes("a"), max_skipped=1.0)


def test_names_that_are_not_unicode(good: list[UtteranceSource], tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.flac")
    Path(good[0].audio.path).rename(path)
    named = replace(good[0], utterance_id=path.name, audio=AudioFile(str(path)))
    bad = replace(named, utterance_id="bad" + path.name, phonemes=())
    table = cached([named, *good[1:], bad], tmp_path / "cache", max_skipped=0.5)
    assert len(table) == 4
    assert table[0].source.endswith("caf\\udce9.flac")
    assert table.skipped[0].utterance_id == "badcaf\\udce9.flac"


def test_a_mended_file_is_used(good: list[UtteranceSource], tmp_path: Path) -> None:
    path = Path(good[3].audio.path)
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    assert len(cached(good, tmp_path / "cache", max_skipped=0.5)) == 3
    path.write_bytes(data)
    assert len(cached(good, tmp_path / "cache")) == 4
