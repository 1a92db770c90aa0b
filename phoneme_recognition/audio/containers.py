"""Is a recording as long as its container says? What libsndfile does not check by itself.

libsndfile reads a WAV or Ogg file that was cut short without a word, as if it ended there. A label that
belongs to the whole sentence would then be trained on half of it.
"""

from __future__ import annotations

from mmap import mmap
from typing import Literal

# Programs that write to a pipe cannot know the size; ffmpeg and SoX put (almost) the largest number.
_UNKNOWN_SIZE = 0x7FFFF000
_OGG_HEADER = 27


def truncation(data: bytes | mmap) -> str:
    """Say how a WAV or Ogg file was cut short.

    Args:
        data: the whole file.

    Returns:
        The reason, fit for a report, or ``""`` where nothing is missing or another container is meant.
    """
    if data[:4] in (b"RIFF", b"RIFX") and data[8:12] == b"WAVE":
        return _wav_truncation(data)
    return _ogg_truncation(data) if data[:4] == b"OggS" else ""


def _wav_truncation(data: bytes | mmap) -> str:
    order: Literal["little", "big"] = "little" if data[:4] == b"RIFF" else "big"
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], order)
        if data[at : at + 4] == b"data":
            held = len(data) - at - 8
            return f"truncated: holds {held} of {size} bytes" if held < size < _UNKNOWN_SIZE else ""
        at += 8 + size + size % 2
    return "truncated: the header ends before the sound"


def _ogg_truncation(data: bytes | mmap) -> str:
    """An Ogg page tells the sizes of its segments (RFC 3533, section 6): the last one has to be all there."""
    at = data.rfind(b"OggS")
    table = data[at + _OGG_HEADER : at + _OGG_HEADER + data[at + 26]] if at + 26 < len(data) else b""
    if not table or at + _OGG_HEADER + data[at + 26] + sum(table) > len(data):
        return "truncated: the last Ogg page is incomplete"
    return ""
