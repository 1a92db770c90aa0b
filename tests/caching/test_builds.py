"""A table is built whole or not at all: through kills, crashes, interruptions and races."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cache_corpus import cached, copy_corpus, folders, many_sources

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data import clips as clips_module
from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.data.preprocessing import decode_clips

# Builds a table of the recordings in a folder, slowly, in another process.
BUILDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from cache_corpus import cached, make_source
from phoneme_recognition.data import clips

def slowly(files, rate, num_proc, real=clips.decode_clips):
    for number, clip in enumerate(real(files, rate, num_proc)):
        if number == 1:
            print("building", flush=True)
        time.sleep({pause})
        yield clip

{guard}
    clips.decode_clips = slowly
    paths = sorted(Path({folder!r}).glob("*.flac"))
    table = cached([make_source(path) for path in paths], Path({cache!r}), num_proc={num_proc})
    print(len(table), table.directory.stat().st_ino, flush=True)
"""


class Builder:
    """A build in another process."""

    def __init__(
        self,
        folder: Path,
        cache: Path,
        pause: float,
        num_proc: int = 1,
        guard: str = 'if __name__ == "__main__":',
    ) -> None:
        script = folder.parent / f"builder{num_proc}.py"
        script.write_text(
            BUILDER.format(
                tests=str(Path(__file__).parent),
                folder=str(folder),
                cache=str(cache),
                pause=pause,
                num_proc=num_proc,
                guard=guard,
            )
        )
        path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path}
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def children(self) -> list[int]:
        tasks = Path(f"/proc/{self.process.pid}/task")
        return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def eventually(condition: Callable[[], bool]) -> bool:
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_build_leaves_no_table_and_no_processes(clips: Path, tmp_path: Path) -> None:
    folder, cache = tmp_path / "clips", tmp_path / "cache"
    sources = many_sources(clips, folder, 40)
    builder = Builder(folder, cache, pause=0.5, num_proc=2)
    assert builder.line() == "building"
    workers = builder.children()
    builder.process.send_signal(signal.SIGKILL)
    builder.process.wait()
    assert len(workers) >= 2
    assert eventually(lambda: not any(alive(pid) for pid in workers))
    assert folders(cache)
    assert all(name.startswith(".corpus-") and name.endswith(".tmp") for name in folders(cache))
    table = cached(sources[:3], cache)
    assert len(table) == 3
    assert folders(cache) == [table.directory.parent.name]  # what the killed one left is gone


def test_two_builds_of_one_table_at_once_both_end_well(clips: Path, tmp_path: Path) -> None:
    copy_corpus(clips, tmp_path / "clips")
    builders = [Builder(tmp_path / "clips", tmp_path / "cache", pause=0.05) for _ in range(2)]
    ends = [builder.process.communicate()[0].split("\n") for builder in builders]
    assert [builder.process.returncode for builder in builders] == [0, 0]
    assert ends[0][-2] == ends[1][-2]  # both see the same four rows in the same folder
    assert sum("building" in end for end in ends) == 1  # the second one waited instead of decoding again
    assert len(folders(tmp_path / "cache")) == 1


def test_an_interruption_leaves_nothing_half_made(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = copy_corpus(clips, tmp_path / "clips")

    def interrupted(files: list[AudioFile], *_: object) -> object:
        yield np.ones(16000, np.int16)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(clips_module, "decode_clips", interrupted)
        cached(sources, tmp_path / "cache")
    assert folders(tmp_path / "cache") == []
    assert len(cached(sources, tmp_path / "cache")) == 4


def test_a_build_under_way_is_not_taken_for_a_leftover(clips: Path, tmp_path: Path) -> None:
    sources, cache = copy_corpus(clips, tmp_path / "clips"), tmp_path / "cache"
    cache.mkdir()
    with build_lock(cache, "corpus-other"), whole_folder(cache / "x", cache, "corpus-other") as folder:
        table = cached(sources, cache)
        assert folder.is_dir()
    assert folders(cache) == sorted(["x", table.directory.parent.name])


def test_leftovers_of_other_names_stay(tmp_path: Path) -> None:
    for name in (".mine-1.abc.tmp", ".mine-2.def.tmp", ".yours-1.abc.tmp", "mine-1", ".mine-3.tmp.keep"):
        (tmp_path / name).mkdir()
    remove_leftovers(tmp_path, "mine-")
    assert folders(tmp_path) == [".mine-3.tmp.keep", ".yours-1.abc.tmp", "mine-1"]


def test_a_folder_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    for content in ("old", "new"):
        with whole_folder(tmp_path / "target", tmp_path, "build") as folder:
            (folder / content).touch()
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["new"]
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "target", tmp_path, "build") as folder:
        (folder / "broken").touch()
        raise RuntimeError
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["new"]
    assert folders(tmp_path) == ["target"]


def test_a_script_without_a_guard_is_told_so(clips: Path, tmp_path: Path) -> None:
    """Each new process runs such a script again: it must neither hang nor start processes without end."""
    many_sources(clips, tmp_path / "clips", 20)
    builder = Builder(tmp_path / "clips", tmp_path / "cache", pause=0, num_proc=2, guard="if True:")
    out, err = builder.process.communicate()
    assert "Start your script's work under `if __name__ == '__main__':`" in err
    assert builder.process.returncode == 1
    assert out == ""
    assert folders(tmp_path / "cache") == []


class Deadly(AudioFile):
    """A file on which the decoding process dies, as on a fault in a decoder's C code."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[[int], object], tuple[int]]:
        return os._exit, (11,)


def test_a_file_that_kills_its_process_is_named_and_the_others_go_on(clips: Path, tmp_path: Path) -> None:
    files = [source.audio for source in many_sources(clips, tmp_path, 40)]
    deadly = [*files[:20], Deadly("deadly.wav"), *files[20:]]
    decoded = list(decode_clips(deadly, 16000, num_proc=2))
    assert decoded[20] == "damaged: the process that decoded it crashed"
    for clip, expected in zip(
        decoded[:20] + decoded[21:], decode_clips(files, 16000, num_proc=1), strict=True
    ):
        np.testing.assert_array_equal(clip, expected)
