"""Phone labels with times, as text: TIMIT's ``.phn``, HTK's and Festival's ``.lab``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dataset_modules.labels.label import Label, LabelError
from phoneme_recognition.data.utterance import PhoneSegment

# Marks of silence in TIMIT, HTK, Festival, Kaldi and the Montreal Forced Aligner: no phonemes.
PAUSES = frozenset({"", "sil", "sp", "pau", "<eps>", "h#", "#h", "epi", "<sil>", "<p>", "(...)"})
_TIMIT_RATE = 16_000  # a second: .phn files count samples
_HTK_RATE = 10_000_000  # a second: HTK counts units of 100 ns (HTK book, section 6.2)
_HTK_LINE = re.compile(r"\d+ \d+ \S+( .*)?")


def parse_phn(text: str) -> list[PhoneSegment]:
    """TIMIT's form: a line ``START END PHONE`` for each phone, in samples at 16 kHz.

    Raises:
        LabelError: a line is not like that.
    """
    return _parse_lines(text, _TIMIT_RATE)


def parse_lab(text: str) -> list[PhoneSegment] | None:
    """A ``.lab`` file as phones with times, in Festival's or HTK's form; None where it is a text.

    Raises:
        LabelError: a line of such a form is broken.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "#" in lines:
        return parse_festival(text)
    return _parse_lines(text, _HTK_RATE) if lines and all(map(_HTK_LINE.fullmatch, lines)) else None


def _parse_lines(text: str, rate: int) -> list[PhoneSegment]:
    segments = []
    for line in filter(str.strip, text.splitlines()):
        try:
            start, end, phone = line.split()[:3]
            segments.append(PhoneSegment(phone, int(start) / rate, int(end) / rate))
        except ValueError:
            raise LabelError(f"unreadable label: expected START END PHONE, got {line.strip()!r}") from None
    return checked(segments)


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


def phone_label(segments: Sequence[PhoneSegment]) -> Label:
    """The label that these phones are, without the pauses."""
    phones = without_pauses(segments)
    return Label(phonemes=tuple(phone.phoneme for phone in phones), segments=phones)
