"""Praat's TextGrid, in its long and its short text format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dataset_modules.labels.label import LabelError
from dataset_modules.labels.phones import checked
from phoneme_recognition.data.utterance import PhoneSegment

# Only numbers, "strings" and <flags> that stand free are data; the words of the long format are decoration
# (Praat manual, "TextGrid file formats").
_WORD = re.compile(r'"(?P<string>(?:[^"]|"")*)"|(?P<flag><\w+>)|(?P<other>\S+)')
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")
_PHONE_TIER = re.compile(r"(.* - )?(phones?|phonemes?|phns?|segments?|mau)", re.IGNORECASE)


class _Tier(NamedTuple):
    name: str
    intervals: list[PhoneSegment]


def parse_textgrid(text: str) -> list[PhoneSegment]:
    """The intervals of the tier of phones, in seconds, pauses included.

    The tier is called ``phones``, or much like it; the Montreal Forced Aligner puts ``SPEAKER - `` before it.

    Raises:
        LabelError: this is no TextGrid, or none of its tiers of intervals, or more than one, is called so.
    """
    try:
        tiers = list(_tiers(_data(text)))
    except (StopIteration, RuntimeError, ValueError):
        raise LabelError("unreadable label: broken TextGrid") from None
    found = [tier for tier in tiers if _PHONE_TIER.fullmatch(tier.name)]
    if len(found) != 1:
        names = ", ".join(repr(tier.name) for tier in tiers) or "none"
        raise LabelError(f"unreadable label: {len(found)} tiers of phones in the TextGrid (tiers: {names})")
    return checked(found[0].intervals)


def _data(text: str) -> Iterator[str]:
    """The strings (with a quote before them) and the numbers, in order."""
    for match in _WORD.finditer(text):
        if match["string"] is not None:
            yield '"' + match["string"].replace('""', '"')
        elif match["other"] is not None and _NUMBER.fullmatch(match["other"]):
            yield match["other"]


def _tiers(data: Iterator[str]) -> Iterator[_Tier]:
    header = next(data), next(data)
    if header != ('"ooTextFile', '"TextGrid'):
        raise ValueError(header)
    _, _, count = (float(next(data)) for _ in range(3))
    for _ in range(int(count)):
        kind, name, *_ = (next(data) for _ in range(4))
        size = int(next(data))
        points = kind == '"TextTier'
        intervals = [_interval(data, points) for _ in range(size)]
        if not points:
            yield _Tier(name.removeprefix('"').strip(), intervals)


def _interval(data: Iterator[str], point: bool) -> PhoneSegment:
    start = float(next(data))
    end = start if point else float(next(data))
    label = next(data)
    if not label.startswith('"'):
        raise ValueError(label)
    return PhoneSegment(label[1:].strip(), start, end)
