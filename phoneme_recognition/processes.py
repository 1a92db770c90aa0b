"""The processes of a run: which of them this one is, what they agree on, and which of them speaks.

A run on several devices is one process a device, all of them doing the same steps. They are started by
``runs.launcher``, by torchrun or by SLURM; whoever it was, this is the one place that knows. Nothing here
imports torch before it is needed.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

# Set by our launcher: a process that has lost this parent ends, so that none is left behind.
PARENT = "PHONEME_LAUNCHER"

# So old a sign of failure is another run's.
_STALE_SECONDS = 60.0
# What only says that another process is gone; that one's own words come first.
_CONSEQUENCES = ("DistNetworkError", "DistBackendError", "DistStoreError")
_CONSEQUENCE_SIGNS = ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer", "Broken pipe")


@dataclass(frozen=True)
class Place:
    """Where this process stands among those of its run.

    Attributes:
        rank: its number, from 0; the first one writes and speaks.
        world_size: how many there are on all machines.
        local_rank: its number on this machine.
        local_size: how many there are on this machine.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @property
    def num_nodes(self) -> int:
        """How many machines take part."""
        return self.world_size // self.local_size


def place() -> Place:
    """Where this process stands, by the variables of our launcher, of torchrun, or of SLURM's ``srun``."""
    given = os.environ
    if int(given.get("WORLD_SIZE") or 1) > 1 and "RANK" in given:
        world_size = int(given["WORLD_SIZE"])
        local_rank = int(given.get("LOCAL_RANK", 0))
        return Place(
            int(given["RANK"]), world_size, local_rank, int(given.get("LOCAL_WORLD_SIZE", world_size))
        )
    # A batch script that does not call srun sees SLURM's other variables, too, and is one process.
    tasks = int(given.get("SLURM_STEP_NUM_TASKS") or 1)
    if tasks > 1:
        local_size = int(re.findall(r"\d+", given.get("SLURM_STEP_TASKS_PER_NODE", str(tasks)))[0])
        return Place(int(given["SLURM_PROCID"]), tasks, int(given["SLURM_LOCALID"]), local_size)
    return Place()


def is_first_process() -> bool:
    """Whether this process is the one that writes files and speaks."""
    return place().rank == 0


def from_first(make: Callable[[], T]) -> T:
    """Call ``make`` in the first process and give what it returned in all of them.

    Every process must come here, in the same order. The others wait as long as it takes, for what is made
    may be a cache of hours.
    """
    here = place()
    if here.world_size == 1:
        return make()
    return _agreed(f"phoneme_recognition/first/{_next_number()}", make, leads=here.rank == 0)


def one_a_machine(make: Callable[[], T]) -> T:
    """Call ``make`` in one process of each machine and give what it returned in all of that machine.

    The others wait until it is done.
    """
    here = place()
    if here.world_size == 1:
        return make()
    machine = here.rank // here.local_size
    return _agreed(f"phoneme_recognition/{machine}/{_next_number()}", make, leads=here.local_rank == 0)


def wait_for_all() -> None:
    """Go on when every process of the run has come here."""
    here = place()
    if here.world_size == 1:
        return
    key = f"phoneme_recognition/all/{_next_number()}"
    _store().add(key, 1)
    while _store().add(key, 0) < here.world_size:
        time.sleep(0.1)


def gathered(values: list[T]) -> list[T]:
    """The values of all processes, in the order of their ranks. The processes must be connected."""
    here = place()
    if here.world_size == 1:
        return values
    import torch

    parts: list[list[T]] = [[] for _ in range(here.world_size)]
    torch.distributed.all_gather_object(parts, values)
    return [value for part in parts for value in part]


def join() -> None:
    """Make the launcher's variables complete, so that Lightning and PyTorch find the others."""
    here = place()
    if here.world_size == 1:
        return
    if "MASTER_ADDR" not in os.environ or "MASTER_PORT" not in os.environ:
        from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

        machines = os.environ.get("SLURM_STEP_NODELIST") or os.environ["SLURM_NODELIST"]
        os.environ["MASTER_ADDR"] = SLURMEnvironment.resolve_root_node_address(machines)
        # Jobs that share a machine need ports of their own.
        os.environ["MASTER_PORT"] = str(15000 + int(os.environ.get("SLURM_JOB_ID", 0)) % 10000)
    os.environ |= {
        "RANK": str(here.rank),
        "WORLD_SIZE": str(here.world_size),
        "LOCAL_RANK": str(here.local_rank),
        "LOCAL_WORLD_SIZE": str(here.local_size),
        "GROUP_RANK": str(here.rank // here.local_size),
        "NODE_RANK": str(here.rank // here.local_size),
    }


def speaks_of_failure(error: BaseException | None = None) -> bool:
    """Whether this process is to tell of a failure that ends it: one of those of a machine does.

    Args:
        error: where it only says that another process is gone, that one gets the time to speak first.
    """
    if place().world_size == 1:
        return True
    if error is not None and is_consequence(error):
        time.sleep(2.0)
    sign = failure_sign(os.getppid())
    try:
        os.close(os.open(sign, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if time.time() - sign.stat().st_mtime < _STALE_SECONDS:
            return False
        sign.touch()
    return True


def failure_sign(parent: int) -> Path:
    """The file that says that a process started by ``parent`` has told of its failure."""
    return Path(tempfile.gettempdir()) / f"phoneme-{os.getuid()}-{parent}.failed"


def is_consequence(error: BaseException) -> bool:
    """Whether an error only says that another process of the run is gone."""
    if type(error).__name__ in _CONSEQUENCES:
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _CONSEQUENCE_SIGNS)


def end_with_parent() -> None:
    """From now on, end this process when the launcher that started it is gone, however that ended."""
    parent = int(os.environ.get(PARENT, 0))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    if parent:
        threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def serve_parent() -> None:
    """For a process of a pool: leave Ctrl-C to the parent, and end when the parent is gone.

    An orphan would wait for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, args=(parent.sentinel,), name="serve-parent", daemon=True).start()


def _agreed(key: str, make: Callable[[], T], *, leads: bool) -> T:
    store = _store()
    if leads:
        value = make()
        store.set(key, pickle.dumps(value))
        return value
    while not store.check([key]):
        time.sleep(0.1)
    agreed: T = pickle.loads(store.get(key))
    return agreed


@cache
def _store() -> Any:
    """PyTorch's key-value store at the run's main address; its process group will share it."""
    from torch.distributed.rendezvous import rendezvous

    join()
    store, _, _ = next(iter(rendezvous("env://", timeout=timedelta(minutes=30))))
    return store


_number = 0


def _next_number() -> int:
    global _number
    _number += 1
    return _number
