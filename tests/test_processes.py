"""Where a process stands, what processes agree on, and which of them speaks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from phoneme_recognition import processes
from phoneme_recognition.processes import Place, from_first, gathered, one_a_machine, place
from phoneme_recognition.runs.launcher import _environments

LAUNCHED = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
SLURM = {
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NTASKS": "4",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Place()),
        (LAUNCHED, Place(rank=5, world_size=8, local_rank=1, local_size=4)),
        ({"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}, Place(1, 2, 1, 2)),
        # What Lightning leaves behind in the one process of a run.
        ({"WORLD_SIZE": "1", "LOCAL_RANK": "0"}, Place()),
        (SLURM, Place(rank=3, world_size=4, local_rank=1, local_size=2)),
        # torchrun under srun: one task a machine, and torchrun knows better.
        (SLURM | LAUNCHED, Place(5, 8, 1, 4)),
        # A batch script that does not call srun is one process.
        ({"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NTASKS": "4"}, Place()),
        # So is an interactive shell.
        ({"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_STEP_NUM_TASKS": "1"}, Place()),
    ],
)
def test_places(variables: dict[str, str], expected: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {*LAUNCHED, *SLURM}:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert place() == expected
    assert processes.is_first_process() == (expected.rank == 0)
    assert place().num_nodes == expected.world_size // expected.local_size


def test_slurm_says_where_the_first_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTER_ADDR", "MASTER_PORT", *LAUNCHED, "GROUP_RANK", "NODE_RANK"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in (SLURM | {"SLURM_NODELIST": "gpu[07-08]", "SLURM_JOB_ID": "4242"}).items():
        monkeypatch.setenv(name, value)
    processes.join()
    names = ("MASTER_ADDR", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK")
    assert [os.environ[name] for name in names] == ["gpu07", "3", "4", "1", "2", "1"]
    assert os.environ["MASTER_PORT"] == "19242"
    for name in (*names, "MASTER_PORT", "NODE_RANK"):
        monkeypatch.delenv(name)


def test_one_process_agrees_with_itself() -> None:
    assert from_first(lambda: 3) == 3
    assert gathered([1, 2]) == [1, 2]
    calls: list[int] = []
    one_a_machine(lambda: calls.append(1))
    assert calls == [1]


TALK = """
import os, random, sys, time
from pathlib import Path
from phoneme_recognition.processes import from_first, one_a_machine, place
folder = Path(sys.argv[1])

def prepare():
    time.sleep(0.5)
    (folder / f"prepared_by_{place().rank}").touch()

drawn = from_first(lambda: (place().rank, random.random()))
one_a_machine(prepare)
seen = sorted(path.name for path in folder.glob("prepared*"))
print(drawn, from_first(lambda: "again"), seen, place().rank // place().local_size)
"""


def test_processes_of_two_machines_agree(tmp_path: Path) -> None:
    first = _environments(2, 1)
    shared = [dict(one) for one in (*first, *first)]
    for rank, environment in enumerate(shared):
        environment |= {"RANK": str(rank), "WORLD_SIZE": "4", "LOCAL_RANK": str(rank % 2)}
        environment |= {"MASTER_PORT": first[0]["MASTER_PORT"]}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", TALK, str(tmp_path)], env=one, stdout=subprocess.PIPE, text=True
        )
        for one in shared
    ]
    answers = [process.communicate()[0].split(" again ") for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert len({drawn for drawn, _ in answers}) == 1
    assert answers[0][0].startswith("(0, 0.")
    for rank, (_, seen) in enumerate(answers):
        assert f"prepared_by_{rank // 2 * 2}" in seen
    # One process of each machine prepared, and no other.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prepared_by_0", "prepared_by_2"]


@pytest.fixture
def one_of_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.mark.usefixtures("one_of_two")
def test_one_process_tells_of_a_failure() -> None:
    assert processes.speaks_of_failure(ValueError("mine"))
    assert not processes.speaks_of_failure(ValueError("the other's"))
    # What an earlier run of a process with the same number has left says nothing.
    sign = processes.failure_sign(os.getppid())
    os.utime(sign, (time.time() - 3600, time.time() - 3600))
    assert processes.speaks_of_failure()
    assert not processes.speaks_of_failure()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("[gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:19379"), True),
        (RuntimeError("NCCL communicator was aborted on rank 0"), True),
        (ConnectionResetError("Connection reset by peer"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("gloo"), False),
    ],
)
def test_what_only_says_that_another_process_is_gone(error: Exception, expected: bool) -> None:
    assert processes.is_consequence(error) == expected
