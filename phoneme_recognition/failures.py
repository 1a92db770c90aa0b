"""What went wrong in code that is not ours, in one line that a user can act on."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Collection
from pathlib import Path


def reason(error: BaseException) -> str:
    """The message of an exception; a bare ``assert`` has none, so its condition is read from the source."""
    if isinstance(error, AssertionError) and not str(error):
        return f"a condition that does not hold: {_failing_code(error).removeprefix('assert ')}"
    text = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def place(error: BaseException, files: Collection[str] = ()) -> str:
    """Where an exception came from, as ``file.py, line 3: the code``.

    Args:
        error: as it was caught.
        files: whose code is meant; the last line of theirs is told, or the very last where there is none.
    """
    frame = _frame(error, files)
    name = Path(frame.filename).name
    return f"{name}, line {frame.lineno}: {(frame.line or '').strip()}"


def _frame(error: BaseException, files: Collection[str]) -> traceback.FrameSummary:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if frame.filename in files]
    return (theirs or frames)[-1]


def _failing_code(error: BaseException) -> str:
    """The statement that raised, on one line; it may stand on several."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    first = frame.lineno or 0
    lines = [linecache.getline(frame.filename, at) for at in range(first, (frame.end_lineno or first) + 1)]
    return " ".join(" ".join(lines).split())
