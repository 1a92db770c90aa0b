"""How many processes are started, and what becomes of a run in which one fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from phoneme_recognition.processes import failure_sign
from phoneme_recognition.runs.launcher import (
    ProcessError,
    _environments,
    _failure,
    launch,
    processes_to_start,
)

# Stands in for the program: what it does is written in its first argument.
PROGRAM = """
import os, signal, sys, time
rank = int(os.environ["RANK"])
exec(sys.argv[1])
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "phoneme_recognition").mkdir()
    (tmp_path / "phoneme_recognition" / "__init__.py").touch()
    (tmp_path / "phoneme_recognition" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("phoneme_recognition.runs.launcher.GRACE_SECONDS", 0.3)


@pytest.mark.parametrize(
    ("section", "gpus", "expected"),
    [
        ({}, 0, 1),
        ({}, 4, 4),
        ({"devices": "auto", "accelerator": "cpu"}, 4, 1),
        ({"devices": -1, "accelerator": "gpu"}, 3, 3),
        ({"devices": 2, "accelerator": "cpu"}, 0, 2),
        ({"devices": "2", "accelerator": "cpu"}, 0, 2),
        ({"devices": [0]}, 4, 1),
        ({"devices": [1, 3]}, 4, 2),
        ({"devices": "1,3"}, 4, 2),
        ({"devices": "two"}, 0, 1),
        ({"devices": 0}, 0, 1),
    ],
)
def test_one_process_a_device(
    section: dict[str, Any], gpus: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert processes_to_start(section) == expected
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "0")
    assert processes_to_start(section) == 1, "somebody has started them already"


@pytest.mark.usefixtures("program")
def test_the_figures_are_those_of_the_first(tmp_path: Path) -> None:
    code = (
        "open(f'seen_{rank}', 'w').write(os.environ['WORLD_SIZE'] + str(sys.argv[2:]));"
        "print('{\"rank\": %d}' % rank)"
    )
    assert launch([code, "a", "b=c d"], 3) == {"rank": 0}
    assert [(tmp_path / f"seen_{rank}").read_text() for rank in range(3)] == ["3['a', 'b=c d']"] * 3


@pytest.mark.parametrize(
    ("code", "expected", "reason"),
    [
        ("sys.exit(2 if rank else 0)", 2, ""),
        # The others wait for something that never comes.
        ("time.sleep(0 if rank else 60); sys.exit(2)", 2, ""),
        ("time.sleep(60 if rank else 0); sys.exit(1)", 1, ""),
        (
            "time.sleep(0 if rank else 60); os.kill(os.getpid(), 9)",
            1,
            "process 1 of the run was ended by SIG",
        ),
        (
            "time.sleep(60 if rank else 0); os.kill(os.getpid(), 11)",
            1,
            "process 0 of the run was ended by SIG",
        ),
    ],
)
@pytest.mark.usefixtures("program")
def test_one_that_fails_ends_all(code: str, expected: int, reason: str) -> None:
    with pytest.raises(ProcessError) as caught:
        launch([code], 2)
    assert caught.value.code == expected
    assert caught.value.reason.startswith(reason)
    assert bool(caught.value.reason) == bool(reason)
    assert not failure_sign(os.getpid()).exists()


@pytest.mark.parametrize(("number", "sent"), [(130, "signal.SIGINT"), (143, "signal.SIGTERM")])
@pytest.mark.usefixtures("program")
def test_a_request_to_stop_is_passed_on_once(number: int, sent: str, tmp_path: Path) -> None:
    code = f"""
def stop(*_):
    open(f'stopped_{{rank}}', 'a').write('x')
    time.sleep(0.3)
    sys.exit(130)
signal.signal(signal.SIGINT, stop)
open(f'ready_{{rank}}', 'w').close()
while rank == 0 and not os.path.exists('ready_1'):
    time.sleep(0.05)
if rank == 0:
    os.kill(os.getppid(), {sent})
time.sleep(60)
"""
    with pytest.raises(ProcessError) as caught:
        launch([code], 2)
    assert (caught.value.code, caught.value.reason) == (number, "")
    assert [(tmp_path / f"stopped_{rank}").read_text() for rank in range(2)] == ["x", "x"]


@pytest.mark.parametrize(
    ("codes", "expected"), [([0, 1], 1), ([1, 2], 2), ([2, 0], 2), ([1, -9], 1), ([0, 130], 130)]
)
def test_the_code_is_that_of_the_cause(codes: list[int], expected: int) -> None:
    assert _failure(codes).code == expected


def test_several_machines_take_their_numbers_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"NODE_RANK": "1", "MASTER_ADDR": "first", "MASTER_PORT": "1234"}.items():
        monkeypatch.setenv(name, value)
    last = _environments(2, 3)[1]
    assert (last["RANK"], last["LOCAL_RANK"], last["WORLD_SIZE"]) == ("3", "1", "6")
    assert (last["MASTER_ADDR"], last["MASTER_PORT"], last["GROUP_RANK"]) == ("first", "1234", "1")
