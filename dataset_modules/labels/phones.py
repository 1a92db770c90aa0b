"""Phone labels with times, as text: TIMIT's ``.phn`` and Festival's ``.lab``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phoneme_recognition.data.utterance import PhoneSegment

# Marks of silence in TIMIT, HTK, Festival, Kaldi and the Montreal Forced Aligner: no phonemes.
PAUSES = frozenset({"", "sil", "sp", "pau", "<eps>", "h#", "#h", "epi", "<sil>", "<p>", "(...)"})
_TIMIT_RATE = 16000  # Hz: .phn files count samples


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


def parse_phn(text: str) -> list[PhoneSegment]:
    """TIMIT's form: a line ``START END PHONE`` for each phone, in samples at 16 kHz.

    Raises:
        LabelError: a line is not like that.
    """
    segments = []
    for line in filter(str.strip, text.splitlines()):
        try:
            start, end, phone = line.split()
            segments.append(PhoneSegment(phone, int(start) / _TIMIT_RATE, int(end) / _TIMIT_RATE))
        except ValueError:
            raise LabelError(f"unreadable label: expected START END PHONE, got {line.strip()!r}") from None
    return checked(segments)


def is_festival(text: str) -> bool:
    """Whether a ``.lab`` file is Festival's list of phones (a line ``#`` ends its header) and no text."""
    return any(line.strip() == "#" for line in text.splitlines())


def parse_festival(text: str) -> list[PhoneSegment]:
    """Festival's form: after a line ``#``, a line ``END_SECONDS COLOUR PHONE`` for each phone.

    Raises:
        LabelError: a line is not like that.
    """
    lines = [line.strip() for line in text.splitlines()]
    segments: list[PhoneSegment] = []
    for line in filter(None, lines[lines.index("#") + 1 :] if "#" in lines else lines):
        try:
            end, _, phone = line.split()
            segments.append(PhoneSegment(phone, segments[-1].end if segments else 0.0, float(end)))
        except ValueError:
            raise LabelError(f"unreadable label: expected END COLOUR PHONE, got {line!r}") from None
    return checked(segments)


def checked(segments: Sequence[PhoneSegment]) -> list[PhoneSegment]:
    """The segments as they are, if their times run forward.

    Raises:
        LabelError: one ends before it begins.
    """
    for segment in segments:
        if not 0 <= segment.start <= segment.end < float("inf"):
            raise LabelError(f"label times: {segment.phoneme!r} from {segment.start} s to {segment.end} s")
    return list(segments)


def without_pauses(segments: Sequence[PhoneSegment]) -> tuple[PhoneSegment, ...]:
    """The segments that are phonemes."""
    return tuple(segment for segment in segments if segment.phoneme.lower() not in PAUSES)
