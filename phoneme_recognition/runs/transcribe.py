"""The mode ``transcribe``: phonemes of any recordings."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from phoneme_recognition.audio.reading import EXTENSIONS, find_audio
from phoneme_recognition.errors import UserError
from phoneme_recognition.recognizer import Recognizer, Transcription

logger = logging.getLogger(__name__)


def transcribe(
    checkpoint: str, inputs: Sequence[str], *, style: Literal["text", "jsonl"], write: Callable[[str], None]
) -> dict[str, Any]:
    """Recognise files, and all recordings in folders and their sub-folders.

    Args:
        checkpoint: a checkpoint of ``train``.
        inputs: files and folders.
        style: ``text`` writes path, tab and phonemes separated by blanks; ``jsonl`` one object a recording.
        write: takes each line.

    Raises:
        UserError: an input is not there, a folder holds no recording, or none could be used.
    """
    recordings = list(_recordings(inputs))
    recognizer = Recognizer(checkpoint)
    done = failed = 0
    phonemes, seconds = 0, 0.0
    for found in _shown(recognizer.transcribe_all(recordings), len(recordings)):
        if found.problem:
            failed += 1
            logger.warning("%s: %s", found.path, found.problem)
        else:
            done += 1
            phonemes += len(found.phonemes)
            seconds += found.duration
        write(_line(found, style))
    if not done:
        raise UserError(f"none of the {failed} recordings could be used", remedy="The reasons stand above.")
    return {
        "mode": "transcribe",
        "checkpoint": checkpoint,
        "recordings": done,
        "failed": failed,
        "seconds": round(seconds, 3),
        "phonemes": phonemes,
    }


def _recordings(inputs: Sequence[str]) -> Iterator[Path]:
    for name in inputs:
        path = Path(name)
        if path.is_dir():
            found = find_audio(path, EXTENSIONS)
            if not found:
                raise UserError(
                    f"folder {path} holds no recording", expected=f"files ending in {', '.join(EXTENSIONS)}"
                )
            yield from found
        elif path.exists():
            yield path
        else:
            raise UserError(f"{path} does not exist", expected="a recording or a folder of recordings")


def _shown(results: Iterator[Transcription], total: int) -> Iterator[Transcription]:
    """With a bar on standard error where that is a terminal and it takes more than a moment."""
    with tqdm(desc="transcribing", total=total, unit="file", delay=2.0, disable=None) as bar:
        for found in results:
            # What is written meanwhile may go to the same terminal: the bar makes way.
            with tqdm.external_write_mode(file=sys.stderr):
                yield found
            bar.update()


def _line(found: Transcription, style: str) -> str:
    if style == "text":
        return f"{found.path}\t{' '.join(found.phonemes)}"
    problem = {"problem": found.problem} if found.problem else {}
    values = {"path": found.path, "duration": round(found.duration, 3), "phonemes": found.phonemes}
    return json.dumps(values | problem, ensure_ascii=False)
