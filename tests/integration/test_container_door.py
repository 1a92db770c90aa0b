"""What the starting script asks of Docker, with a stand-in for it that notes the questions."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from checkouts import Checkout, make_checkout

# Keeps what it knows in files: a container exists when it was run; `exec` runs its command outside.
DOCKER = """#!/bin/bash
{ printf '%s' "$1"; printf '|%s' "${@:2}"; } | tr '\n' ' ' >> "$DOCKER_LOG"
echo >> "$DOCKER_LOG"
state=$DOCKER_LOG.state
case "$*" in
  "container inspect"*ExecIDs*) echo "${STUB_BUSY:-0}" ;;
  "container inspect"*) cat "$state" 2>/dev/null ;;
  "info --format"*) echo "${STUB_SECURITY:-[name=seccomp]}" ;;
  info) printf '%s\\n' "${STUB_INFO:- Runtimes: io.containerd.runc.v2 runc}" ;;
  "image inspect"*) exit 1 ;;
  build*) for word; do case $word in phoneme.*) echo "$word" >> "$state.image" ;; esac; done
    eval "${STUB_BUILD:-:}" ;;
  run*)
    { echo true; tac "$state.image" | sed -n 's/phoneme.build=//p' | head -n 1
      tac "$state.image" | sed -n 's/phoneme.target=//p' | head -n 1
      for name in groups user mounts; do printf '%s\\n' "$@" | sed -n "s/phoneme.$name=//p"; done
    } > "$state"
    [[ -z $(printf '%s\\n' "$@" | grep '^type=bind' | sort | uniq -d) ]] || exit 125 ;;
  "rm --force"*) rm -f "$state" ;;
  start*) sed -i '1s/.*/true/' "$state" ;;
  *"kill -s"*) eval "${@: -1}" ;;
  exec*)
    while [[ $1 != sh ]]; do shift; done
    export HOME="$DOCKER_LOG.home"
    exec env --default-signal=INT "$@" ;; # this shell was started without
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    checkout = make_checkout(tmp_path)
    for name in ("Dockerfile", ".dockerignore"):
        (checkout.root / name).write_text("first\n")
    (tmp_path / "bin/docker").write_text(DOCKER)
    (tmp_path / "bin/python").symlink_to("python3")
    (tmp_path / "home").mkdir()
    asked = {"DOCKER_LOG": str(tmp_path / "docker calls"), "HOME": str(tmp_path / "home")}
    checkout.environment |= asked
    for name in ("HF_HOME", "XDG_CACHE_HOME"):
        checkout.environment.pop(name, None)
    return checkout


@pytest.fixture
def started(checkout: Checkout) -> Checkout:
    result = checkout.run("train", "config/quickstart.yaml")
    assert result.returncode == 0, result.stderr
    asked(checkout)
    checkout.calls()
    return checkout


def asked(checkout: Checkout, verb: str = "") -> list[str]:
    """What Docker was asked since the last look."""
    log = Path(checkout.environment["DOCKER_LOG"])
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line for line in lines if line.startswith(verb)]


def test_first_start_builds_starts_and_runs(checkout: Checkout) -> None:
    result = checkout.run("train", "config/quickstart.yaml", "a=b c", STUB_PROGRAM="echo '{}'")
    assert (result.returncode, result.stdout) == (0, "{}\n")
    assert checkout.calls_with_folder()[-1].endswith(
        "|-m|phoneme_recognition|train|config/quickstart.yaml|a=b c"
    )
    verbs = [line.split("|")[0] for line in asked(checkout)]
    assert [verb for verb in verbs if verb in ("build", "run", "exec")] == ["build", "run", "exec"]
    assert not (checkout.root / ".venv").exists()


def test_second_start_asks_twice(started: Checkout) -> None:
    result = started.run("val", "config/quickstart.yaml")
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split("|")[0] for line in asked(started)] == ["container", "exec"]


def test_local_runs_do_not_ask(started: Checkout) -> None:
    result = started.run("val", "config/quickstart.yaml", PHONEME_LOCAL="1")
    assert "PHONEME_LOCAL=1: running in the virtual environment" in result.stderr
    assert asked(started) == []


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "pyproject.toml", "constraints.txt"])
def test_what_the_image_is_made_of_is_watched(started: Checkout, name: str) -> None:
    (started.root / name).write_text("second\n")
    assert "building the image" in started.run("train").stderr
    assert "building the image" not in started.run("train").stderr


def test_a_moved_checkout_gets_a_container_that_sees_it(started: Checkout, tmp_path: Path) -> None:
    started.root = started.root.rename(tmp_path / "moved")
    assert started.run("train").returncode == 0
    (run,) = asked(started, "run")
    assert f"type=bind,source={tmp_path}/moved,target={tmp_path}/moved" in run


def test_a_container_at_work_is_not_taken_away(started: Checkout) -> None:
    (started.root / "Dockerfile").write_text("second\n")
    result = started.run("train", STUB_BUSY="1")
    assert result.returncode == 2
    assert "what its image is made of has changed" in result.stderr
    assert "PHONEME_CONTAINER=phoneme_recognition-2" in result.stderr
    assert asked(started, "rm") == []


def test_a_failed_build_shows_its_end_and_is_tried_again(checkout: Checkout) -> None:
    result = checkout.run("train", STUB_BUILD="echo 'no such package'; exit 7")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no such package" in result.stderr
    assert asked(checkout, "run|") == []
    assert checkout.run("train").returncode == 0


@pytest.mark.parametrize(
    ("info", "gpu"),
    [
        (" Runtimes: io.containerd.runc.v2 nvidia runc", True),
        (" Discovered Devices:\n  cdi: nvidia.com/gpu=0", True),
        (" Runtimes: io.containerd.runc.v2 runc\n Name: nvidia-box", False),
    ],
)
def test_a_gpu_is_used_where_there_is_one(checkout: Checkout, info: str, gpu: bool) -> None:
    assert checkout.run("train", STUB_INFO=info).returncode == 0
    build, run = (line for line in asked(checkout) if line.startswith(("build", "run")))
    assert ("|--gpus|all|" in run) == gpu
    assert ("TORCH_INDEX_URL=|" in build) == gpu


def test_variables_of_the_build(checkout: Checkout) -> None:
    chosen = {"PHONEME_TORCH_INDEX": "https://example.org/torch", "PHONEME_BASE_IMAGE": "mine:1"}
    chosen["https_proxy"] = "http://proxy:3128"
    checkout.run("train", cwd=None, stdin="", **chosen)
    (build,) = asked(checkout, "build")
    for argument in ("TORCH_INDEX_URL=https://example.org/torch", "BASE_IMAGE=mine:1", "https_proxy"):
        assert f"|--build-arg|{argument}|" in build


def test_a_rootless_engine_runs_as_its_root(checkout: Checkout) -> None:
    checkout.run("train", STUB_SECURITY="[name=seccomp name=rootless]")
    assert "|--user|0:0|" in asked(checkout, "exec")[0]


def test_what_reaches_the_program(started: Checkout) -> None:
    own = {"HF_TOKEN": "secret", "MDC_API_KEY": "secret", "CUDA_VISIBLE_DEVICES": "1", "NOT_OURS": "x"}
    started.run("train", cwd=None, stdin="", **own)
    (call,) = asked(started, "exec")
    assert f"|--user|{os.getuid()}:{os.getgid()}|--workdir|{started.root}|" in call
    for name in ("HF_TOKEN", "HF_HOME", "MDC_API_KEY", "CUDA_VISIBLE_DEVICES", "PYTHONPATH"):
        assert f"|--env|{name}|" in call
    assert "secret" not in call  # anybody can read the arguments of a process
    assert "NOT_OURS" not in call
    assert "--tty" not in call


def test_standard_input_reaches_the_program(started: Checkout) -> None:
    assert started.run("transcribe", stdin="a sentence\n", STUB_PROGRAM="cat").stdout == "a sentence\n"


@pytest.mark.parametrize("code", [0, 1, 2, 77])
def test_exit_code_is_the_programs(started: Checkout, code: int) -> None:
    assert started.run("train", STUB_PROGRAM=f"exit {code}").returncode == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_handed_on(started: Checkout, number: signal.Signals) -> None:
    program = f"trap 'exit 43' {number.name[3:]}; echo ready; while :; do sleep 0.01; done"
    process = started.popen("train", STUB_PROGRAM=program)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 43


def test_selftest_has_an_image_of_its_own_that_serves_for_all(started: Checkout) -> None:
    started.run("selftest", "-k", "a b")
    (build,) = asked(started, "build")
    assert "|--target|dev|--tag|phoneme_recognition:dev|" in build
    assert started.calls() == ["-m|pytest|-k|a b"]
    started.run("train")
    assert asked(started, "build") == []


def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mine.yaml").write_text(
        "data: [{path: 'x', noise: " + str(folder / "noise") + "}] # /etc/passwd\n"
    )
    return folder


def sees_not(result: subprocess.CompletedProcess[str], path: Path) -> bool:
    return (
        result.returncode == 2
        and "the container sees this repository, not" in result.stderr
        and (f"{path}" in result.stderr and "PHONEME_MOUNTS=" in result.stderr)
    )


def test_paths_outside_are_refused_with_the_remedy(started: Checkout, tmp_path: Path) -> None:
    folder = outside(tmp_path)
    assert sees_not(started.run("train", str(folder / "mine.yaml")), folder / "mine.yaml")
    assert sees_not(
        started.run("train", "config/quickstart.yaml", f"ckpt_path={folder}/a.ckpt"), folder / "a.ckpt"
    )
    assert sees_not(
        started.run("train", "config/quickstart.yaml", "ckpt_path=~/a.ckpt"), tmp_path / "home/a.ckpt"
    )
    assert sees_not(started.run("train", "config/quickstart.yaml", f"x=[{{sounds_path: {folder}}}]"), folder)
    assert sees_not(started.run("transcribe", "a.ckpt", "../elsewhere"), folder)
    assert sees_not(started.run("transcribe", "a.ckpt", cwd=folder), folder)
    assert started.calls() == []


def test_paths_that_a_config_names_are_looked_at(started: Checkout, tmp_path: Path) -> None:
    folder = outside(tmp_path)
    (started.root / "mine.yaml").write_text((folder / "mine.yaml").read_text())
    result = started.run("train", "mine.yaml")
    assert sees_not(result, folder / "noise")
    assert "/etc/passwd" not in result.stderr


def test_folders_that_are_named_are_seen(started: Checkout, tmp_path: Path) -> None:
    folder = outside(tmp_path)
    config = str(folder / "mine.yaml")
    mounts = f"{folder}:{tmp_path / 'home'}"
    assert started.run("train", config, "ckpt_path=~/a.ckpt", PHONEME_MOUNTS=mounts).returncode == 0
    (run,) = asked(started, "run")
    assert f"|--mount|type=bind,source={folder},target={folder}|" in run
    started.run("train", config, PHONEME_MOUNTS=str(folder))  # fewer than it sees
    assert asked(started, "run") == []


def test_a_named_folder_that_is_not_there(started: Checkout) -> None:
    result = started.run("train", PHONEME_MOUNTS="/no such folder")
    assert result.returncode == 2
    assert "PHONEME_MOUNTS names /no such folder" in result.stderr


def test_where_links_in_the_checkout_lead_is_seen(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "big disk/corpus").mkdir(parents=True)
    (checkout.root / "data").symlink_to(tmp_path / "big disk")
    assert checkout.run("train", "config/quickstart.yaml", "x=data/corpus").returncode == 0
    (run,) = asked(checkout, "run")
    assert f"source={tmp_path}/big disk,target={tmp_path}/big disk" in run
