"""Where ``phonemize`` takes its lines from: a text, files, or standard input."""

from __future__ import annotations

import codecs
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple

from phoneme_recognition.errors import DataError, UserError

STANDARD_INPUT = "-"
LINES_AT_ONCE = 2000
_CHARACTERS_AT_ONCE = 500_000

# UTF-32 in its little-endian form begins as UTF-16 does.
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_LOOKS_LIKE_A_FILE = re.compile(r"\S*(?:/\S+|\w\.[A-Za-z][A-Za-z0-9]{1,4})")

logger = logging.getLogger(__name__)


class Line(NamedTuple):
    """One line.

    Attributes:
        place: where it stands, for people.
        text: without its end.
        is_broken: some of its bytes are no UTF-8; they are U+FFFD now.
        size: bytes with its end.
    """

    place: str
    text: str
    is_broken: bool = False
    size: int = 0


def is_there(name: str) -> bool:
    """Whether a word of the command line names something on the disk; a text may be too long for a name."""
    try:
        return bool(name) and Path(name).exists()
    except OSError:
        return False


def read_lines(inputs: Sequence[str]) -> Iterator[Line]:
    """The lines of all files, one after the other, or of the one text that the words make together.

    Raises:
        DataError: a file cannot be read, or is not UTF-8 at all.
        UserError: a folder, or files and words of a text side by side.
    """
    files = [name for name in inputs if name == STANDARD_INPUT or is_there(name)]
    if not files:
        yield from _lines_of_text(" ".join(inputs))
        return
    if len(files) < len(inputs):
        other = next(name for name in inputs if name not in files)
        raise UserError(
            f"{files[0]} is a file and {other!r} is none",
            expected="files, or one text",
            remedy="Put a text in quotes.",
        )
    for name in files:
        where = f"{name}, line" if len(files) > 1 else "line"
        for number, (text, is_broken, size) in enumerate(_lines_of_file(name), start=1):
            yield Line(f"{where} {number}", text, is_broken, size)


def size_of(inputs: Sequence[str]) -> int | None:
    """Bytes in all files; None where that is not known before they are read."""
    paths = [Path(name) for name in inputs]
    if not all(is_there(name) and Path(name).is_file() for name in inputs):
        return None
    return sum(path.stat().st_size for path in paths)


def in_chunks(lines: Iterable[Line], most: int = LINES_AT_ONCE) -> Iterator[list[Line]]:
    """The lines, as many at a time as are quick to say together and take little room."""
    chunk: list[Line] = []
    room = _CHARACTERS_AT_ONCE
    for line in lines:
        chunk.append(line)
        room -= len(line.text)
        if len(chunk) == most or room < 0:
            yield chunk
            chunk, room = [], _CHARACTERS_AT_ONCE
    if chunk:
        yield chunk


def _lines_of_text(text: str) -> Iterator[Line]:
    if _LOOKS_LIKE_A_FILE.fullmatch(text):
        logger.warning("there is no file %s: it is taken for a text", text)
    # The system hands over bytes that are no UTF-8 as lone surrogates, which nothing can print.
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n"), start=1):
        yield Line(f"line {number}", line.removesuffix("\r"), "\ufffd" in line)


def _lines_of_file(name: str) -> Iterator[tuple[str, bool, int]]:
    """Text, whether it is broken, and size; a line ends with a line feed and nothing else."""
    try:
        with _opened(name) as file:
            for number, row in enumerate(file):
                if number == 0 and row.startswith(_OTHER_MARKS):
                    raise _not_utf8(name, "UTF-16")
                bare = row.removeprefix(codecs.BOM_UTF8) if number == 0 else row
                yield (*_decode(bare.removesuffix(b"\n").removesuffix(b"\r")), len(row))
    except OSError as error:
        raise DataError(f"{name} cannot be read", got=error.strerror or str(error)) from None


def _opened(name: str) -> nullcontext[BinaryIO] | BinaryIO:
    if name != STANDARD_INPUT:
        return Path(name).open("rb")
    if sys.stdin is None:
        raise DataError("standard input is closed", expected="lines of text")
    return nullcontext(sys.stdin.buffer)


def _decode(row: bytes) -> tuple[str, bool]:
    try:
        return row.decode("utf-8"), False
    except UnicodeDecodeError:
        return row.decode("utf-8", "replace"), True


def refuse_other_encodings(lines: Sequence[Line], inputs: Sequence[str]) -> None:
    """Stop where of all lines with letters beyond ASCII not one is UTF-8: the rest will be no better.

    Raises:
        DataError: it is so.
    """
    if any(line.is_broken for line in lines) and all(line.is_broken or line.text.isascii() for line in lines):
        raise _not_utf8(" or ".join(inputs), "WINDOWS-1251")


def _not_utf8(name: str, encoding: str) -> DataError:
    return DataError(
        f"{name} is not UTF-8 text",
        remedy=f"Convert it, for example with: iconv -f {encoding} -t UTF-8 OLD > NEW",
    )
