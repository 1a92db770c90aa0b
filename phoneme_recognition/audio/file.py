"""Where a recording lies, as a value that travels to other processes."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioFile:
    """Where a recording lies: a file, or ``length`` bytes from ``offset`` inside one (an archive member)."""

    path: str
    offset: int = 0
    length: int | None = None

    def fingerprint(self) -> str:
        """What identifies the content without reading it: path, size, modification and change times.

        The change time catches a file that was rewritten with its old modification time. A file that
        is not there has a fingerprint too, so that it can be named in the report of skipped files.
        """
        try:
            status = os.stat(self.path)  # noqa: PTH116 (a Path for each of a million files takes longer than this)
        except (OSError, ValueError):  # a path with a NUL in it
            return f"{self.path}|missing"
        times = f"{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}"
        return f"{self.path}|{self.offset}|{self.length}|{times}"
