"""Locks that end with their process, and folders of trials."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phoneme_recognition.errors import UserError
from phoneme_recognition.search.folder import (
    STUDY_LOCK,
    TRIAL_LOCK,
    FileLock,
    drop_checkpoints,
    drop_folder,
    is_alive,
    open_study_folder,
    this_machine,
    trial_folder,
)

# Takes the lock, forks a child (as a data loader does), says so, and waits.
HOLDER = """
import os, sys, time
from pathlib import Path
from phoneme_recognition.search.folder import FileLock
lock = FileLock(Path(sys.argv[1]))
lock.acquire()
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(600)
"""


def test_a_lock_dies_with_its_process_and_not_with_its_children(tmp_path: Path) -> None:
    path = tmp_path / TRIAL_LOCK
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    child = int(holder.stdout.readline())
    try:
        assert is_alive(tmp_path) is True
        assert not FileLock(path).acquire(wait=False)
        holder.kill()
        holder.wait()
        # The orphan still has the file open.
        os.kill(child, 0)
        assert is_alive(tmp_path) is False
    finally:
        os.kill(child, signal.SIGKILL)
        holder.stdout.close()


def test_nobody_knows_of_a_trial_without_a_folder(tmp_path: Path) -> None:
    assert is_alive(tmp_path / "trial_0007") is None


def test_a_lock_can_be_given_back_early(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / STUDY_LOCK)
    with lock:
        lock.release()
        lock.release()
        assert FileLock(lock.path).acquire(wait=False)


def test_this_machine_is_the_same_for_every_process() -> None:
    code = "from phoneme_recognition.search.folder import this_machine; print(this_machine())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == this_machine()


def test_the_folder_of_another_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.ckpt").touch()
    with pytest.raises(UserError, match=r"is none of a search.*optuna\.study_name"):
        open_study_folder(tmp_path / "run")
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["last.ckpt"]
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "search", tmp_path / "empty"):
        open_study_folder(folder)
        (folder / "study.db").touch()
        open_study_folder(folder)


def test_checkpoints_are_dropped_but_the_one_to_keep(tmp_path: Path) -> None:
    folder = trial_folder(tmp_path, 12)
    assert folder.name == "trial_0012"
    (folder / "inside").mkdir(parents=True)
    for name in ("best.ckpt", "last.ckpt", "inside/other.ckpt", "history.csv"):
        (folder / name).touch()
    drop_checkpoints(folder, str((folder / "best.ckpt").resolve()))
    assert {file.name for file in folder.rglob("*.*")} == {"best.ckpt", "history.csv"}
    drop_checkpoints(folder)
    assert {file.name for file in folder.rglob("*.*")} == {"history.csv"}
    drop_folder(folder)
    drop_folder(folder)
    assert not folder.exists()
