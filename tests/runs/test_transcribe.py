"""The mode ``transcribe``: the lines it writes, what it takes, and what it refuses."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any, Literal

import pytest
from small_checkpoint import save_small

from phoneme_recognition import Recognizer
from phoneme_recognition.errors import CheckpointError, UserError
from phoneme_recognition.inference.sounds import Sound, read_sound
from phoneme_recognition.runs.transcribe import transcribe


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_small(tmp_path_factory.mktemp("model") / "small.ckpt"))


@pytest.fixture
def folder(clips: Path, tmp_path: Path) -> Path:
    """Two recordings, one of them in a sub-folder, and a file that is none."""
    made = tmp_path / "recordings"
    (made / "deeper").mkdir(parents=True)
    shutil.copy(clips / "ru_0054.flac", made / "b.flac")
    shutil.copy(clips / "ru_0063.flac", made / "deeper" / "a.FLAC")
    (made / "notes.txt").write_text("no sound", encoding="utf-8")
    return made


def run(
    checkpoint: str, *inputs: Path, style: Literal["text", "jsonl"] = "text"
) -> tuple[dict[str, Any], list[str]]:
    lines: list[str] = []
    return transcribe(checkpoint, list(map(str, inputs)), style=style, write=lines.append), lines


def test_a_line_is_path_tab_phonemes(checkpoint: str, folder: Path) -> None:
    figures, lines = run(checkpoint, folder / "b.flac")
    expected = Recognizer(checkpoint).transcribe(folder / "b.flac")
    assert lines == [f"{folder / 'b.flac'}\t{' '.join(expected.phonemes)}"]
    assert figures == {
        "mode": "transcribe",
        "checkpoint": checkpoint,
        "recordings": 1,
        "failed": 0,
        "seconds": round(expected.duration, 3),
        "phonemes": len(expected.phonemes),
    }


def test_jsonl_is_an_object_a_line_with_readable_phonemes(checkpoint: str, folder: Path) -> None:
    (folder / "empty.wav").touch()
    figures, lines = run(checkpoint, folder / "b.flac", folder / "empty.wav", style="jsonl")
    expected = Recognizer(checkpoint).transcribe(folder / "b.flac")
    assert [json.loads(line) for line in lines] == [
        {
            "path": str(folder / "b.flac"),
            "duration": round(expected.duration, 3),
            "phonemes": expected.phonemes,
        },
        {"path": str(folder / "empty.wav"), "duration": 0.0, "phonemes": [], "problem": "empty file"},
    ]
    assert "\\u" not in lines[0]
    assert (figures["recordings"], figures["failed"]) == (1, 1)


def test_a_folder_stands_for_its_recordings_and_those_below(checkpoint: str, folder: Path) -> None:
    figures, lines = run(checkpoint, folder)
    assert [line.partition("\t")[0] for line in lines] == [
        str(folder / "b.flac"),
        str(folder / "deeper" / "a.FLAC"),
    ]
    assert figures["recordings"] == 2


def test_inputs_come_in_the_order_given(checkpoint: str, folder: Path) -> None:
    _, lines = run(checkpoint, folder / "deeper", folder / "b.flac", folder / "deeper" / "a.FLAC")
    assert [Path(line.partition("\t")[0]).name for line in lines] == ["a.FLAC", "b.flac", "a.FLAC"]


def test_a_file_is_taken_whatever_it_is_called(checkpoint: str, folder: Path) -> None:
    (folder / "b.flac").rename(folder / "speech")
    assert run(checkpoint, folder / "speech")[0]["recordings"] == 1


def test_an_unusable_recording_is_named_and_the_others_go_on(
    checkpoint: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        figures, lines = run(checkpoint, folder / "notes.txt", folder / "b.flac")
    assert lines[0] == f"{folder / 'notes.txt'}\t"
    assert (figures["recordings"], figures["failed"]) == (1, 1)
    assert "notes.txt: not audio" in caplog.text


def test_where_none_can_be_used_it_is_an_error(checkpoint: str, folder: Path) -> None:
    with pytest.raises(UserError, match="none of the 1 recordings could be used"):
        run(checkpoint, folder / "notes.txt")


def test_missing_inputs_are_found_before_anything_is_loaded(folder: Path) -> None:
    with pytest.raises(UserError, match=r"c\.flac does not exist; expected a recording or a folder"):
        run("no.ckpt", folder / "b.flac", folder / "c.flac")
    (folder / "hollow").mkdir()
    with pytest.raises(UserError, match=r"hollow holds no recording; expected files ending in \.wav, "):
        run("no.ckpt", folder / "hollow")


def test_a_missing_checkpoint_is_explained(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no\.ckpt does not exist"):
        run("no.ckpt", folder / "b.flac")


def test_lines_are_written_while_others_still_wait(
    checkpoint: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phoneme_recognition.inference.order._SECONDS_IN_VIEW", 0.0)
    monkeypatch.setattr("phoneme_recognition.inference.order._BATCHES_IN_VIEW", 0.1)
    monkeypatch.setattr("phoneme_recognition.inference.sounds._FILES_AHEAD", 1)
    inputs = [str(folder / "b.flac")] * 12
    events: list[str] = []
    original = read_sound

    def read(recording: str | Path, sampling_rate: int, long_seconds: float) -> Sound | str:
        events.append("read")
        return original(recording, sampling_rate, long_seconds)

    monkeypatch.setattr("phoneme_recognition.inference.sounds.read_sound", read)
    transcribe(checkpoint, inputs, style="text", write=lambda line: events.append("wrote"))
    assert events.count("read") == events.count("wrote") == 12
    assert events.index("wrote") < 8 < len(events) - 1 - events[::-1].index("read")
