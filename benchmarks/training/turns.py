"""Two processes that work in turns: while one is timed, the other stands still.

The main command starts both (`Player`); each of them waits for its turn and says when it is done (`Turns`).
They talk in lines of JSON over the standard streams; whatever else a process prints goes to its log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """What both sides are to do; the same for both.

    Attributes:
        case: ``frozen`` (only the head learns), ``front_end`` (feature extractor frozen) or ``unfrozen``.
        model: ``wav2vec2`` or ``whisper``.
        pretrained: folder with the weights that both begin with.
        head: file with the weights of the CTC head that both begin with.
        data: folder of `corpus.write_corpus`.
        work: a folder of this process alone.
        vocab_file: phoneme → id.
        epochs: how many.
        batch_size: utterances a batch.
        lr: of AdamW, without weight decay, constant.
        workers: loader processes.
        seed: of the order of the sentences and of whatever else is drawn.
        defaults: leave masks, dropout and LayerDrop as the pretrained folder has them.
        score_epochs: measure the error rate after every epoch, off the clock.
        optimizer: the peer's, ``adamw_torch`` or ``adamw_torch_fused``.
        mask: the peer's Wav2Vec2 is told which samples are padding.
        same_batches: the peer gets the batches that we draw, in our order.
    """

    case: str
    model: str
    pretrained: str
    head: str
    data: str
    work: str
    vocab_file: str
    epochs: int
    batch_size: int
    lr: float
    workers: int
    seed: int
    defaults: bool
    score_epochs: bool
    optimizer: str
    mask: bool = False
    same_batches: bool = False


class Turns:
    """The side of the process that works: wait, work, say what came out."""

    def __init__(self) -> None:
        # What a library prints must not come between the lines of the two.
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self.job = Job(**json.loads(sys.stdin.readline()))
        self._begun = 0.0
        # When the process had imported all that it needs.
        self.extra: dict[str, Any] = {"ready": time.time()}

    def wait(self) -> None:
        """Wait for the next turn; the clock runs from its begin."""
        sys.stdin.readline()
        self._begun = time.perf_counter()

    def stop_clock(self) -> None:
        """The turn's work is done; what is computed from now on, up to ``done``, is not timed."""
        self.extra["seconds"] = time.perf_counter() - self._begun

    def done(self, **figures: Any) -> None:
        """End the turn and hand over its figures."""
        if "seconds" not in self.extra:
            self.stop_clock()
        self._out.write(json.dumps(self.extra | figures | {"peak_mb": peak_memory()}) + "\n")
        self._out.flush()
        self.extra = {}


class Player:
    """The side of the main command: one process, and what its turns took.

    Args:
        module: its ``main`` is the process.
        job: what it is to do.
        log: what it prints goes there.

    Attributes:
        started: when, in seconds since 1970.
    """

    def __init__(self, module: str, job: Job, log: Path) -> None:
        self._log = log
        self.started = time.time()
        self._process = subprocess.Popen(
            # Not as its main program: what that imports, processes that it starts would import again, unlike
            # those of our command.
            [sys.executable, "-c", f"from {module} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
        )
        self._send(json.dumps(asdict(job)))

    def turn(self) -> dict[str, Any]:
        """Let it work once.

        Raises:
            SystemExit: it failed; the end of its log is the message.
        """
        self._send("go")
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(self._log.read_text(errors="replace")[-4000:])
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Wait until it has ended."""
        self._process.communicate()

    def _send(self, line: str) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SystemExit(self._log.read_text(errors="replace")[-4000:]) from None


def peak_memory() -> float:
    """Most resident memory of this process so far, in MB, without its children."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
