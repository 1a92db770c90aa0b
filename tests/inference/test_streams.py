"""Batches heard in several processes or threads at once: the same phonemes, and no process left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch
from small_checkpoint import small_ear

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.errors import UserError
from phoneme_recognition.inference import streams as streams_module
from phoneme_recognition.inference.hearing import Ear, Excerpt
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.streams import Streams

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")


@pytest.fixture
def ear() -> Ear:
    return small_ear()


@pytest.fixture
def excerpts(ear: Ear, clips: Path) -> list[Excerpt]:
    sounds = [Sound(read_audio(path, 16000)) for path in sorted(clips.glob("ru_*.flac"))[:6]]
    return [ear.excerpt(sound, window) for sound in sounds for window in ear.windows(sound)]


@pytest.fixture
def cores() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("fork", [pytest.param(True, marks=linux), False])
def test_streams_hear_what_one_hears(
    ear: Ear, excerpts: list[Excerpt], fork: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "_may_fork", lambda: fork)
    alone = [ear.hear([one]) for one in excerpts]
    assert sum(len(heard.ids) for (heard,) in alone) > 50
    with Streams(ear) as streams:
        assert streams.count == 3
        waiting = [streams.submit([one]) for one in excerpts]
        assert [streams.result(one) for one in waiting] == alone
        assert bool(multiprocessing.active_children()) == fork
    assert not multiprocessing.active_children()
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("cores")
def test_no_more_streams_than_cores_and_batches(ear: Ear) -> None:
    assert [Streams(ear, batches).count for batches in (0, 2, 5, None)] == [1, 2, 3, 3]
    ear.device = torch.device("cuda")
    assert Streams(ear).count == 1


@linux
@pytest.mark.usefixtures("cores")
def test_a_process_that_is_killed_is_said_and_none_stays(ear: Ear, excerpts: list[Excerpt]) -> None:
    with pytest.raises(UserError, match=r"ended from outside.*OMP_NUM_THREADS"), Streams(ear) as streams:
        streams.result(streams.submit(excerpts[:1]))
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGKILL)
        for _ in range(100):  # the pool learns of it in a thread of its own
            streams.result(streams.submit(excerpts[:1]))
            time.sleep(0.02)
    assert not multiprocessing.active_children()


def _hear_as_daemon(ear: Ear, excerpts: list[Excerpt], answer: Connection) -> None:
    with Streams(ear) as streams:
        heard = streams.result(streams.submit(excerpts))
        answer.send((len(heard), len(multiprocessing.active_children())))


@linux
@pytest.mark.usefixtures("cores")
def test_a_daemon_which_may_have_no_children_hears_in_threads(ear: Ear, excerpts: list[Excerpt]) -> None:
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    torch.set_num_threads(1)  # the child is a fork, too
    child = context.Process(target=_hear_as_daemon, args=(ear, excerpts[:2], send), daemon=True)
    child.start()
    assert receive.poll(60)
    assert receive.recv() == (2, 0)
    child.join(60)


PROGRAM = """
import multiprocessing, sys, time
import torch
from small_checkpoint import small_network, VOCABULARY
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.inference.hearing import Ear
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.streams import Streams
import numpy as np
torch.set_num_threads(2)
ear = Ear(small_network(), Decoder(Decoding(), blank_id=0), device=torch.device("cpu"), sampling_rate=16000,
          normalise=True, padding_value=0.0)
sound = Sound(np.random.default_rng(0).standard_normal(16000).astype(np.float32))
with Streams(ear) as streams:
    streams.submit([ear.excerpt(sound, ear.windows(sound)[0])]).result()
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    time.sleep(600)
"""


@linux
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_nobody_stays_behind_when_the_parent_ends(sign: signal.Signals, tmp_path: Path) -> None:
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=(tmp_path / "errors").open("w"),
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout
    children = [int(word) for word in process.stdout.readline().split()]
    assert len(children) == 2
    for _ in range(600):  # until both are ready for anything
        if all(map(_ignores_interrupts, children)):
            break
        time.sleep(0.1)
    os.killpg(process.pid, sign) if sign == signal.SIGINT else process.kill()
    process.wait(60)
    for _ in range(300):
        if not any(map(_runs, children)):
            break
        time.sleep(0.1)
    left = [child for child in children if _runs(child)]
    for child in left:
        os.kill(child, signal.SIGKILL)
    assert not left
    # Of Ctrl-C one process speaks, the parent.
    errors = (tmp_path / "errors").read_text()
    assert errors.count("KeyboardInterrupt") == (1 if sign == signal.SIGINT else 0)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _ignores_interrupts(pid: int) -> bool:
    ignored = Path(f"/proc/{pid}/status").read_text().partition("SigIgn:")[2].split()[0]
    return bool(int(ignored, 16) >> (signal.SIGINT - 1) & 1)
