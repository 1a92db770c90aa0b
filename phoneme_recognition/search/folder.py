"""The study's folder on this machine: one process at a time where it matters, and whose trials live."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import TextIO

from phoneme_recognition.errors import UserError

logger = logging.getLogger(__name__)

STUDY_LOCK = ".study.lock"
TRIAL_LOCK = ".running.lock"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class FileLock:
    """A lock that the system gives back when its process ends, however it ends.

    It is a POSIX record lock: child processes do not inherit it, so that an orphaned loader worker cannot
    keep it. A process must not open the file a second time while it holds the lock.

    Args:
        path: the file, which is made where it is missing; its folder is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; without ``wait`` give False where another process holds it."""
        file = self.path.open("a", encoding="utf-8")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def this_machine() -> str:
    """What tells this machine, since it was started, from all others; containers on it count as the same."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return os.uname().nodename


def open_study_folder(folder: Path) -> None:
    """Make the study's folder, or see that it is one.

    Raises:
        UserError: the folder belongs to something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / STUDY_LOCK).exists() and any(folder.iterdir()):
        raise UserError(
            f"folder {folder} is there, and is none of a search",
            remedy="Choose another optuna.study_name (or experiment.custom_folder_name).",
        )
    (folder / STUDY_LOCK).touch()


def trial_folder(folder: Path, number: int) -> Path:
    """Where a trial keeps its files."""
    return folder / f"trial_{number:04d}"


def is_alive(folder: Path) -> bool | None:
    """Whether a process on this machine works on the trial of this folder; not to be asked of one's own.

    Returns:
        None where it does not show: the trial has another folder.
    """
    lock = FileLock(folder / TRIAL_LOCK)
    if not lock.path.exists():
        return None
    if lock.acquire(wait=False):
        lock.release()
        return False
    return True


def drop_checkpoints(folder: Path, keep: str | None = None) -> None:
    """Remove a trial's checkpoints but one."""
    for checkpoint in folder.glob("**/*.ckpt"):
        if str(checkpoint.resolve()) != keep:
            checkpoint.unlink(missing_ok=True)


def drop_folder(folder: Path) -> None:
    """Remove the folder of a trial that was cut off."""
    shutil.rmtree(folder, ignore_errors=True)
