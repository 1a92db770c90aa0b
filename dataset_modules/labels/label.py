"""What a label is, whatever file it stands in, and how label files are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from phoneme_recognition.data.utterance import PhoneSegment


@dataclass(frozen=True, slots=True)
class Label:
    """What is said in one recording.

    Attributes:
        phonemes: one token a phoneme, ``|`` between words where the label knows them, or None.
        text: the orthographic text, or None.
        segments: phones with their times, empty where there are none.
        speaker: who speaks, or None.
        problem: why the label cannot be used, or None.
    """

    phonemes: tuple[str, ...] | None = None
    text: str | None = None
    segments: tuple[PhoneSegment, ...] = ()
    speaker: str | None = None
    problem: str | None = None


class LabelError(ValueError):
    """A label that cannot be read; the message is the reason, fit for a report."""


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, or in UTF-16 with a byte order mark, whatever its line ends.

    Raises:
        LabelError: it cannot be read, or is in another encoding.
    """
    try:
        data = path.read_bytes()
        marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except OSError as error:
        raise LabelError(f"unreadable label: {path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LabelError(f"label encoding: {path.name} is neither UTF-8 nor UTF-16") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
