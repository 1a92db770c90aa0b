"""Folders that are written whole or not at all, by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_logger = logging.getLogger(__name__)
_LEFTOVER = re.compile(r"\.(?P<build>.+)\.[^.]+\.tmp")


@contextlib.contextmanager
def build_lock(parent: Path, build: str) -> Iterator[None]:
    """Let one process at a time make ``build`` in ``parent``; the others wait.

    The operating system frees the lock of a process that dies. Where there can be no lock (a read-only
    folder, some network file systems) builds go on side by side: that costs time, but each folder stays
    whole, as it is filled apart and renamed.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(_lock_file(parent, build))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _logger.info("waiting for another process that makes %s", parent / build)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def whole_folder(target: Path, parent: Path, build: str) -> Iterator[Path]:
    """Give an empty folder to fill, which becomes ``target`` when the block ends without an exception.

    Args:
        target: takes the place of an older folder of that path.
        parent: where the folder is filled, on the same file system as ``target``.
        build: what is made, see ``build_lock``.
    """
    building = _temporary(parent, build)
    try:
        yield building
        for file in building.iterdir():
            _flush(file)
        building.chmod(0o777 & ~_umask())  # it was made private; a cache may be shared
        _put_in_place(building, target, parent, build)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def remove_leftovers(parent: Path, prefix: str) -> None:
    """Remove what builds that were killed have left: unfinished folders whose lock is free.

    Args:
        parent: where the builds are made.
        prefix: of the builds' names.
    """
    for path in parent.glob(".*.tmp"):
        match = _LEFTOVER.fullmatch(path.name)
        if match and match["build"].startswith(prefix):
            with contextlib.suppress(OSError), _lock_file(parent, match["build"]) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)


def _lock_file(parent: Path, build: str) -> TextIO:
    return (parent / f".{build}.lock").open("w")


def _temporary(parent: Path, build: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{build}.", suffix=".tmp", dir=parent))


def _put_in_place(building: Path, target: Path, parent: Path, build: str) -> None:
    """Rename; an older folder is moved aside first, as a folder that is not empty cannot be replaced."""
    if target.exists():
        aside = _temporary(parent, build)
        target.rename(aside / "old")
        building.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        building.rename(target)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
