"""Starting one process a device, and seeing to it that they end together.

Every process runs the whole command again and finds its place in its environment, as with torchrun.
Compared with that, exit codes stay what they mean (2 is the user's mistake), Ctrl-C is passed on once, and a
process that dies without a word is named.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any

from phoneme_recognition.processes import PARENT, failure_sign, place

# So long the others may take to end by themselves when one has failed, and after being asked to.
GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05
_ROOT = Path(__file__).resolve().parents[2]


class ProcessError(Exception):
    """The run ended badly and has said why, if it could.

    Attributes:
        code: the exit code for the command.
        reason: what is still to be said; "" where the process itself has told all.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Stopped(BaseException):
    """This process was asked to end, by the signal ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def processes_to_start(section: Mapping[str, Any]) -> int:
    """How many processes this machine is to start for a ``trainer`` section; 1 means that this one will do.

    Where a launcher has started this process as one of several, nothing is to start.
    """
    if place().world_size > 1:
        return 1
    devices = section.get("devices", "auto")
    if isinstance(devices, list):
        return max(1, len(devices))
    if str(devices) in ("auto", "-1", "None"):
        return _visible_gpus() if section.get("accelerator", "auto") in ("auto", "gpu", "cuda") else 1
    text = str(devices)
    return max(1, int(text)) if text.isdigit() else max(1, len([part for part in text.split(",") if part]))


def launch(arguments: Sequence[str], number: int, *, num_nodes: int = 1) -> dict[str, Any]:
    """Run a command in so many processes on this machine and give the figures of the first.

    Args:
        arguments: of the command line: mode, config, overrides.
        number: of processes.
        num_nodes: machines that take part; more than one need NODE_RANK, MASTER_ADDR and MASTER_PORT.

    Raises:
        ProcessError: any of them failed, or the run was stopped.
    """
    failure_sign(os.getpid()).unlink(missing_ok=True)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as results:
        try:
            _run(arguments, _environments(number, num_nodes), results)
        finally:
            failure_sign(os.getpid()).unlink(missing_ok=True)
        results.seek(0)
        lines = results.read().splitlines()
    figures: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return figures


def _visible_gpus() -> int:
    import torch

    return max(1, torch.cuda.device_count())


def _environments(number: int, num_nodes: int) -> list[dict[str, str]]:
    node = int(os.environ.get("NODE_RANK", 0)) if num_nodes > 1 else 0
    path = [*filter(None, [os.environ.get("PYTHONPATH")]), str(_ROOT)]
    shared = os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "WORLD_SIZE": str(number * num_nodes),
        "LOCAL_WORLD_SIZE": str(number),
        "NODE_RANK": str(node),
        "GROUP_RANK": str(node),
        PARENT: str(os.getpid()),
    }
    if num_nodes == 1:
        shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
    # Otherwise every process would take all the cores.
    shared.setdefault("OMP_NUM_THREADS", str(max(1, len(os.sched_getaffinity(0)) // number)))
    return [
        shared | {"RANK": str(node * number + local), "LOCAL_RANK": str(local)} for local in range(number)
    ]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _run(arguments: Sequence[str], environments: Sequence[dict[str, str]], results: IO[str]) -> None:
    command = [sys.executable, "-m", "phoneme_recognition", *arguments]
    workers: list[subprocess.Popen[bytes]] = []
    try:
        with _stop_signals():
            for local, environment in enumerate(environments):
                # A session of their own: Ctrl-C reaches them through this process, and once.
                workers.append(
                    subprocess.Popen(
                        command,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL if local else results,
                        start_new_session=True,
                    )
                )
            _wait(workers)
    except _Stopped as stop:
        raise ProcessError(128 + stop.number) from None
    finally:
        _end(workers)


def _wait(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait for all to end well; when one has failed, or this process is asked to stop, see that all end."""
    try:
        while any(worker.poll() is None for worker in workers) and not any(_codes(workers)):
            time.sleep(_POLL_SECONDS)
    except _Stopped:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(signal.SIGINT)
        # They put things away; whoever cannot wait presses Ctrl-C again.
        while any(worker.poll() is None for worker in workers):
            time.sleep(_POLL_SECONDS)
        raise
    codes = _codes(workers)
    if not any(codes):
        return
    failure = _failure(codes)
    if failure.reason:
        failure_sign(os.getpid()).touch()  # the others know less
    _let_end(workers)
    raise failure


def _codes(workers: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    """The exit codes so far; 0 for a process that runs."""
    return [worker.poll() or 0 for worker in workers]


def _failure(codes: Sequence[int]) -> ProcessError:
    """What a run is to be called in which one process has failed first, or some at the same time."""
    worst = min(codes)
    if worst >= 0:
        # A mistake of the user's (2) brings others down with it.
        return ProcessError(2 if 2 in codes else max(codes))
    name = signal.Signals(-worst).name
    memory = " (often by the system, for want of memory)" if name == "SIGKILL" else ""
    return ProcessError(1, f"process {codes.index(worst)} of the run was ended by {name}{memory}")


def _let_end(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while any(worker.poll() is None for worker in workers) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _end(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    """Leave no process behind: one that waits for a lost one in a collective operation hears nothing else."""
    for worker in workers:
        if worker.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@contextlib.contextmanager
def _stop_signals() -> Iterator[None]:
    """Turn Ctrl-C and a request to terminate into one exception, in the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
