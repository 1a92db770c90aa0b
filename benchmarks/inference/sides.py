"""One side of `compare`, a process of its own: recordings in, phonemes and seconds out.

A process for each, so that neither works in memory that the other has left behind, nor counts it. They are
asked in turn; whoever is not asked stands still. Questions and answers are lines of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

Phonemes = list[list[str]]
# Seconds between two looks at the memory.
_PAUSE = 0.25


class Side:
    """The side of the main command; use it in a ``with`` statement.

    Args:
        name: ``pipeline`` or ``ours``.
        checkpoint: what both hear with.
    """

    def __init__(self, name: str, checkpoint: str) -> None:
        command = [sys.executable, "-m", "benchmarks.inference.sides", name, checkpoint]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()  # ready

    def __enter__(self) -> Side:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def hear(self, files: Sequence[Path], batch: float | None = None, *, how: str = "short") -> Any:
        """Seconds and phonemes of recordings.

        Args:
            files: what is to be heard.
            batch: recordings (pipeline) or seconds (ours) a batch.
            how: the pipeline is to take them: ``short`` ones whole, ``files`` whole and reading them itself,
                ``long`` ones in chunks. Ours is told nothing.
        """
        assert self._process.stdin
        question = {"files": [str(file) for file in files], "batch": batch, "how": how}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def watched(self, hear: Callable[[], Any]) -> tuple[Any, int, int]:
        """What ``hear`` gives, and the MiB that the side and its children held before and at most."""
        before = most = memory(self._process.pid)
        done = threading.Event()

        def watch() -> None:
            nonlocal most
            while not done.wait(_PAUSE):
                most = max(most, memory(self._process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            return hear(), before, most
        finally:
            done.set()
            watcher.join()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a side has failed; its last words stand above")
        return json.loads(line)


def memory(pid: int) -> int:
    """MiB of a process and its children; what several of them share is counted once."""
    total = 0
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        total += int(rollup.partition("\nPss:")[2].split()[0])
        threads = list(Path(f"/proc/{pid}/task").glob("*/children"))
        children = {child for thread in threads for child in thread.read_text(encoding="ascii").split()}
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return total // 1024
    return total // 1024 + sum(memory(int(child)) for child in children)


def main() -> None:
    """Answer until there are no more questions."""
    name, checkpoint = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    hear = _pipeline(checkpoint) if name == "pipeline" else _ours(checkpoint)
    print(json.dumps("ready"), file=out, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        started = time.perf_counter()
        said = hear([Path(file) for file in question["files"]], question["batch"], question["how"])
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "said": said}), file=out, flush=True)


def _pipeline(checkpoint: str) -> Callable[[list[Path], float | None, str], Phonemes]:
    from benchmarks.inference.peer import Pipeline

    pipeline = Pipeline(checkpoint)

    def hear(files: list[Path], batch: float | None, how: str) -> Phonemes:
        size = int(batch or 1)
        if how == "long":
            return [pipeline.long(file, size) for file in files]
        return pipeline.files(files, size) if how == "files" else pipeline.short(files, size)

    return hear


def _ours(checkpoint: str) -> Callable[[list[Path], float | None, str], Phonemes]:
    from phoneme_recognition import Recognizer

    recognizer = Recognizer(checkpoint, device="cpu")

    def hear(files: list[Path], batch: float | None, how: str) -> Phonemes:
        return [one.phonemes for one in recognizer.transcribe_all(files, batch_seconds=batch)]

    return hear


if __name__ == "__main__":
    main()
