"""The container, with a real Docker engine: built once, found again, and as good as running outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from container_checkout import ContainerCheckout

LAST_CHECKPOINTS = "runs/*/last.ckpt"
LONG = "trainer.max_epochs=100000"


@pytest.fixture(scope="module")
def engine() -> None:
    if os.environ.get("PHONEME_SKIP_CONTAINER_TESTS") == "1":
        pytest.skip("PHONEME_SKIP_CONTAINER_TESTS=1")
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "version"], capture_output=True).returncode
    ):
        pytest.fail("no Docker engine answers: start one, or set PHONEME_SKIP_CONTAINER_TESTS=1")


@pytest.fixture(scope="module")
def checkout(
    engine: None, make_quick_config: Callable[[Path], Path], clips: Path
) -> Iterator[ContainerCheckout]:
    folder = Path(tempfile.mkdtemp())
    checkout = ContainerCheckout.make(folder, f"phoneme_test_{os.getpid()}")
    config = make_quick_config(checkout.root)
    config.write_text(config.read_text().replace(str(clips), str(checkout.root / "tests/data/festvox_ru")))
    checkout.give_away(folder)
    yield checkout
    subprocess.run(["docker", "rm", "--force", checkout.container], capture_output=True, check=False)
    images = [checkout.container, f"{checkout.container}:dev"]
    subprocess.run(["docker", "rmi", "--force", *images], capture_output=True, check=False)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first(checkout: ContainerCheckout) -> subprocess.CompletedProcess[str]:
    return checkout.run("train", "quick.yaml")


@pytest.fixture
def started(checkout: ContainerCheckout, first: object) -> ContainerCheckout:
    return checkout


def identity(checkout: ContainerCheckout) -> str:
    asked = ("--format", "{{.Id}} {{.State.StartedAt}}", checkout.container)
    return checkout.docker("container", "inspect", *asked)


def begin_training(checkout: ContainerCheckout, **options: Any) -> tuple[subprocess.Popen[str], Path]:
    """A training that would never end, as soon as it has something to lose."""
    before = set(checkout.root.glob(LAST_CHECKPOINTS))
    process = checkout.popen("train", "quick.yaml", LONG, **options)
    while not (new := set(checkout.root.glob(LAST_CHECKPOINTS)) - before):
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    return process, new.pop()


def programs_inside(checkout: ContainerCheckout) -> list[str]:
    lines = checkout.docker("top", checkout.container, "-eo", "pid,args").splitlines()[1:]
    return [line for line in lines if "python" in line]


def test_first_start_builds_and_trains(
    checkout: ContainerCheckout, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stderr
    assert "building the image" in first.stderr
    figures = json.loads(first.stdout.splitlines()[-1])
    assert (Path(figures["run_dir"]) / "last.ckpt").is_file()
    assert Path(figures["run_dir"]).is_relative_to(checkout.root)
    assert json.loads(first.stdout)["test_phonemes"] > 0


def test_everything_written_belongs_to_the_caller(started: ContainerCheckout) -> None:
    written = [path for path in started.root.parent.rglob("*") if path.lstat().st_uid != started.user]
    assert written == []
    assert any(started.root.glob("cache/*"))


def test_second_start_finds_the_container(
    started: ContainerCheckout, capsys: pytest.CaptureFixture[str]
) -> None:
    before = identity(started)
    (started.root / "phoneme_recognition/new.py").write_text("# code may change\n")
    second = started.run("train", "quick.yaml")
    assert second.returncode == 0
    assert "run.sh:" not in second.stderr
    assert identity(started) == before
    began = time.perf_counter()
    assert started.run("--version").returncode == 0
    took = time.perf_counter() - began
    with capsys.disabled():
        sys.stderr.write(f"\n./run.sh --version in the running container: {took:.2f} s in all\n")


def test_a_mistake_in_the_config_is_exit_code_2(started: ContainerCheckout) -> None:
    result = started.run("train", "quick.yaml", "model.lrr=1")
    assert (result.returncode, result.stdout) == (2, "")
    assert "did you mean 'lr'" in result.stderr


def test_ctrl_c_stops_the_run_inside_and_keeps_the_checkpoint(started: ContainerCheckout) -> None:
    process, checkpoint = begin_training(started)
    assert len(programs_inside(started)) == 1
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate()
    assert (process.returncode, out) == (130, ""), err
    assert f"ckpt_path={checkpoint}" in err
    assert programs_inside(started) == []
    resumed = started.run("train", "quick.yaml", f"ckpt_path={checkpoint}", "trainer.max_epochs=1")
    assert resumed.returncode == 0, resumed.stderr


def test_a_container_at_work_is_not_taken_away(started: ContainerCheckout) -> None:
    process, checkpoint = begin_training(started)
    outside = started.root.parent / "home"
    other = started.run("--version", PHONEME_MOUNTS=str(outside))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, ""), err
    assert f"ckpt_path={checkpoint}" in err
    assert programs_inside(started) == []
    assert other.returncode == 2
    assert f"it does not see {outside}" in other.stderr
    assert "PHONEME_CONTAINER=" in other.stderr


def test_ctrl_c_at_a_terminal(started: ContainerCheckout) -> None:
    outer, inner = os.openpty()
    process, checkpoint = begin_training(started, terminal=inner)
    os.close(inner)
    os.write(outer, b"\x03")
    shown = b""
    while True:
        try:
            shown += os.read(outer, 4096)
        except OSError:  # the other side is closed
            break
    assert process.wait() == 130
    assert f"ckpt_path={checkpoint}" in shown.decode()
    os.close(outer)


def test_a_stopped_container_is_started_again(started: ContainerCheckout) -> None:
    before = identity(started).split()[0]
    started.docker("stop", started.container)
    result = started.run("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert identity(started).split()[0] == before


def test_folders_outside_are_seen_when_named(started: ContainerCheckout) -> None:
    folder = Path(tempfile.mkdtemp())
    (folder / "mine.yaml").write_text("model: {lrr: 1}\n")
    started.give_away(folder)
    refused = started.run("train", str(folder / "mine.yaml"))
    assert refused.returncode == 2
    assert f"PHONEME_MOUNTS='{folder}'" in refused.stderr
    seen = started.run("train", str(folder / "mine.yaml"), PHONEME_MOUNTS=str(folder))
    assert seen.returncode == 2
    assert "did you mean 'lr'" in seen.stderr
    shutil.rmtree(folder)


def test_a_package_of_debian_is_fetched_inside(started: ContainerCheckout) -> None:
    fetch = (
        "from pathlib import Path; import dataset_modules.debian as d; d.fetch_package('hostname', Path('p'))"
    )
    command = ("exec", "--user", f"{started.user}:{started.user}", "--workdir", str(started.root))
    started.docker(*command, started.container, "python", "-c", fetch)
    assert any((started.root / "p").rglob("bin/hostname"))


def test_the_suite_runs_inside(started: ContainerCheckout) -> None:
    result = started.run("selftest", "tests/test_files.py", "tests/integration/test_container.py")
    assert result.returncode == 0, result.stderr
    assert " passed" in result.stdout
    assert "SKIPPED" in result.stdout
    assert "PHONEME_SKIP_CONTAINER_TESTS=1" in result.stdout
    before = identity(started)
    assert started.run("--version").returncode == 0
    assert identity(started) == before  # it serves for everything else too


def test_a_changed_dockerfile_is_built_again(started: ContainerCheckout) -> None:
    dockerfile = started.root / "Dockerfile"
    text = dockerfile.read_text()
    dockerfile.write_text(text.replace("\n\n\n", "\nENV NEW=yes\n\n\n", 1))
    result = started.run("--version")
    assert result.returncode == 0
    assert "building the image" in result.stderr
    assert started.docker("exec", started.container, "printenv", "NEW") == "yes"
    dockerfile.write_text(text.replace("\n\n\n", "\nRUN echo 'no such package' && exit 7\n\n\n", 1))
    broken = started.run("--version")
    assert (broken.returncode, broken.stdout) == (2, "")
    assert "no such package" in broken.stderr
    assert "PHONEME_LOCAL=1" in broken.stderr
    dockerfile.write_text(text)


def test_two_starts_at_once_make_one_container(started: ContainerCheckout) -> None:
    started.docker("rm", "--force", started.container)
    starts = [started.popen("--version") for _ in range(2)]
    ends = [start.communicate() for start in starts]
    assert [start.returncode for start in starts] == [0, 0], ends
    assert sum("waiting for another start" in err for _, err in ends) <= 1


@pytest.mark.parametrize("files", [["compose.yaml"], ["compose.yaml", "compose.gpu.yaml"]])
def test_compose_describes_the_same_container(started: ContainerCheckout, files: list[str]) -> None:
    compose = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    command = [*compose, *(part for name in files for part in ("--file", name))]
    options: dict[str, Any] = {"cwd": started.root, "capture_output": True, "text": True}
    environment = started.environment | {"PWD": str(started.root)}
    shown = subprocess.run([*command, "config"], env=environment, check=True, **options).stdout
    assert started.container in shown
    assert ("nvidia" in shown) == ("compose.gpu.yaml" in files)
    if "compose.gpu.yaml" in files:
        return
    started.docker("rm", "--force", started.container)
    subprocess.run([*command, "up", "--detach", "--build"], env=environment, check=True, **options)
    inside = ["exec", "-T", "--user", f"{started.user}:{started.user}", "phoneme_recognition"]
    program = ["python", "-m", "phoneme_recognition", "vocab", "quick.yaml", "output=phones.json"]
    done = subprocess.run([*command, *inside, *program], env=environment, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert (started.root / "phones.json").stat().st_uid == started.user
