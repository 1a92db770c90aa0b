"""How long an MP3 is: stated by its Xing, Info or VBRI header, or else counted.

Without such a header libsndfile guesses the length from the first frame, and stops there: of a file of
variable bit rate it would read a part, without a word.
"""

from __future__ import annotations

import struct
from mmap import mmap
from typing import NamedTuple

from phoneme_recognition.errors import AudioError

# kbit/s by the header's index, for MPEG 1 and for MPEG 2 and 2.5 (ISO/IEC 11172-3 and 13818-3, 2.4.2.3).
_BIT_RATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_TAGS = (b"Xing", b"Info", b"VBRI")
_ROOMY = 9  # the index of a bit rate whose frames have room for a header at any sampling rate


class _Frame(NamedTuple):
    size: int  # bytes
    tag_at: int  # where a Xing header stands in it


def is_mp3(data: bytes | mmap) -> bool:
    """Whether these bytes begin like an MP3: with an ID3 tag or a frame of layer III."""
    return data[:3] == b"ID3" or _frame(data, 0) is not None


def state_length(data: bytes | mmap) -> tuple[bytes | mmap, bool]:
    """Make an MP3 state how many frames it has, by a Xing header put before it where it has none.

    Args:
        data: the whole file.

    Returns:
        The file with the header, and whether its length is known; a file of odd frames comes back as it is.

    Raises:
        AudioError: the file has no such header, and ends within a frame.
    """
    start = _first_frame(data)
    first = _frame(data, start)
    if first is None:
        return data, False
    if any(tag in data[start : start + first.size] for tag in _TAGS):
        return data, True
    count, at = 0, start
    while (frame := _frame(data, at)) is not None:
        count, at = count + 1, at + frame.size
    if at > len(data):
        raise AudioError("truncated: the last MP3 frame is incomplete")
    return _xing_frame(data[start : start + 4], count) + data[start:], True


def _first_frame(data: bytes | mmap) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    # The size of an ID3 tag has seven bits a byte (ID3v2.4, section 3.1).
    return 10 + sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))


def _frame(data: bytes | mmap, at: int) -> _Frame | None:
    """The frame that begins here, None where none of layer III with a known size does."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bit_rate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate == 3 or bit_rate in (0, 15):
        return None
    first, mono = version == 3, head[3] >> 6 == 3
    size = (144 if first else 72) * 1000 * _BIT_RATES[0 if first else 1][bit_rate] // _RATES[version][rate]
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return _Frame(size + (head[2] >> 1 & 1), 4 + side)


def _xing_frame(head: bytes, count: int) -> bytes:
    """A frame without sound that says how many follow, like the given one in version, rate and channels."""
    # No checksum, a roomy bit rate, no padding.
    head = bytes([head[0], head[1] | 1, _ROOMY << 4 | head[2] & 0x0D, head[3]])
    frame = _frame(head, 0)
    if frame is None:
        return b""
    tag = struct.pack(">4sII", b"Xing", 1, count)
    return (head.ljust(frame.tag_at, b"\0") + tag).ljust(frame.size, b"\0")
