"""The starting script, with a stand-in for Python that notes what it was asked: nothing is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from checkouts import Checkout, make_checkout, wait_for


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path)


@pytest.fixture
def installed(checkout: Checkout) -> Checkout:
    assert checkout.run("train", "config/quickstart.yaml").returncode == 0
    checkout.calls()
    return checkout


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_goes_to_standard_output_and_installs_nothing(checkout: Checkout, word: str) -> None:
    result = checkout.run(word)
    assert (result.returncode, result.stderr) == (0, "")
    assert "./run.sh MODE CONFIG [KEY=VALUE ...]" in result.stdout
    assert checkout.calls() == []


def test_no_arguments_is_a_mistake_that_shows_the_help(checkout: Checkout) -> None:
    result = checkout.run()
    assert (result.returncode, result.stdout) == (2, "")
    assert "usage: ./run.sh" in result.stderr


def test_first_start_makes_the_environment_and_becomes_the_program(checkout: Checkout) -> None:
    result = checkout.run(
        "train", "config/quickstart.yaml", "a.b[0].c=x y", STUB_PIP="echo noise", STUB_PROGRAM="echo '{}'"
    )
    venv = checkout.root / ".venv"
    calls = checkout.calls()
    assert calls[-3:] == [
        f"-m|venv|--clear|{venv}",
        "-m|pip|install|--disable-pip-version-check|--no-input"
        f"|--constraint|{checkout.root}/constraints.txt|--editable|{checkout.root}[russian]",
        "-m|phoneme_recognition|train|config/quickstart.yaml|a.b[0].c=x y",
    ]
    assert result.stdout == "{}\n"
    assert "noise" in (venv / "install.log").read_text()


def test_second_start_starts_no_python_but_the_program(installed: Checkout) -> None:
    result = installed.run("val", "config/quickstart.yaml")
    assert installed.calls() == ["-m|phoneme_recognition|val|config/quickstart.yaml"]
    assert result.stderr.count("\n") == 1
    assert "running in the virtual environment" in result.stderr


def test_local_route_names_its_reason(installed: Checkout) -> None:
    assert "PHONEME_LOCAL=1" in installed.run("val", PHONEME_LOCAL="1").stderr


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_once(installed: Checkout, name: str) -> None:
    (installed.root / name).write_text("second\n")
    installed.run("train")
    assert installed.installs() == 1
    installed.run("train")
    assert installed.installs() == 0


def test_another_python_behind_the_environment_is_noticed(installed: Checkout, tmp_path: Path) -> None:
    python = installed.root / ".venv/bin/python"
    shutil.copy(python, tmp_path / "newer")
    python.unlink()
    python.symlink_to(tmp_path / "newer")
    installed.run("train")
    assert installed.installs() == 1


def test_python_that_is_gone_gives_a_new_environment(installed: Checkout) -> None:
    (installed.root / ".venv/bin/python").resolve().unlink()
    assert installed.run("train").returncode == 0
    assert any(call.startswith("-m|venv|--clear") for call in installed.calls())


def test_moved_checkout_is_installed_again(installed: Checkout, tmp_path: Path) -> None:
    installed.root = installed.root.rename(tmp_path / "moved")
    installed.run("train")
    assert installed.installs() == 1


def test_failed_installation_says_why_and_is_tried_again(installed: Checkout) -> None:
    (installed.root / "pyproject.toml").write_text("second\n")
    result = installed.run("train", STUB_PIP="echo 'no such package'; exit 1")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no such package" in result.stderr
    assert not any("phoneme_recognition|" in call for call in installed.calls())
    # Back to what was once installed well: the failed attempt may have changed any of it.
    (installed.root / "pyproject.toml").write_text("first\n")
    installed.run("train")
    assert installed.installs() == 1


def test_requirements_that_change_meanwhile_are_installed_next(checkout: Checkout) -> None:
    checkout.run("train", STUB_PIP="echo second > pyproject.toml")
    checkout.calls()
    checkout.run("train")
    assert checkout.installs() == 1


def test_killed_installation_is_done_again(checkout: Checkout, tmp_path: Path) -> None:
    process = checkout.popen("train", STUB_PIP=f"touch '{tmp_path}/begun'; sleep 600")
    wait_for(tmp_path / "begun", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    checkout.calls()
    assert checkout.run("train").returncode == 0
    assert checkout.installs() == 1


def test_two_starts_at_once_install_once(checkout: Checkout, tmp_path: Path) -> None:
    pip = f"touch '{tmp_path}/begun'; while [ ! -e '{tmp_path}/go on' ]; do sleep 0.01; done"
    first = checkout.popen("train", STUB_PIP=pip)
    wait_for(tmp_path / "begun", first)
    second = checkout.popen("val")
    assert second.stderr is not None
    waited = any("waiting for another start" in line for line in second.stderr)
    (tmp_path / "go on").touch()
    assert waited
    for process in (first, second):
        process.communicate()
        assert process.returncode == 0
    calls = checkout.calls()
    assert sum(call.startswith("-m|pip|install") for call in calls) == 1
    assert {"-m|phoneme_recognition|train", "-m|phoneme_recognition|val"} <= set(calls)


def test_folder_that_is_no_environment_is_left_alone(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/thesis.tex").touch()
    result = checkout.run("train", PHONEME_VENV=os.fspath(tmp_path / "home"))
    assert result.returncode == 2
    assert "PHONEME_VENV" in result.stderr
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.tex"]


def test_environment_elsewhere(checkout: Checkout, tmp_path: Path) -> None:
    result = checkout.run("train", "config/quickstart.yaml", cwd=tmp_path, PHONEME_VENV="an env")
    assert result.returncode == 0
    assert (tmp_path / "an env/.installed-run").exists()
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [("STUB_VERSION", "Python 3.11 or newer is needed"), ("STUB_ENSUREPIP", "apt-get install python3-venv")],
)
def test_unfit_python_says_what_to_install(checkout: Checkout, variable: str, remedy: str) -> None:
    result = checkout.run("train", cwd=None, stdin="", **{variable: "1"})
    assert (result.returncode, result.stdout) == (2, "")
    assert remedy in result.stderr
    assert "the installation failed" not in result.stderr


def test_a_newer_python_is_found_by_its_own_name(checkout: Checkout, tmp_path: Path) -> None:
    for name in ("python3", "python3.14", "python3.13"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\nexit 1\n")
    assert checkout.run("train").returncode == 0


@pytest.mark.parametrize("code", [0, 1, 2, 77])
def test_exit_code_is_the_programs(installed: Checkout, code: int) -> None:
    assert installed.run("trian", STUB_PROGRAM=f"exit {code}").returncode == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_program(installed: Checkout, number: signal.Signals) -> None:
    program = f"trap 'exit 43' {number.name[3:]}; echo $$; while :; do sleep 0.01; done"
    process = installed.popen("train", STUB_PROGRAM=program)
    assert process.stdout is not None
    took_the_place_of_the_script = int(process.stdout.readline()) == process.pid
    if took_the_place_of_the_script:
        process.send_signal(number)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == 43


def test_standard_input_reaches_the_program_past_an_installation(checkout: Checkout) -> None:
    result = checkout.run("transcribe", stdin="a sentence\n", STUB_PIP="cat >/dev/null", STUB_PROGRAM="cat")
    assert result.stdout == "a sentence\n"


def test_selftest_installs_its_tools_once_and_runs_in_the_checkout(
    installed: Checkout, tmp_path: Path
) -> None:
    installed.run("selftest", "-k", "a b", cwd=tmp_path)
    *_, install, suite = installed.calls_with_folder()
    assert install.endswith(f"--editable|{installed.root}[dev]")
    assert suite == f"{installed.root}|-m|pytest|-k|a b"
    installed.run("selftest")
    installed.run("train")
    assert installed.calls() == ["-m|pytest", "-m|phoneme_recognition|train"]


@pytest.mark.parametrize(
    ("given", "folder", "name"),
    [
        ("{root}/config/quickstart.yaml", "{root}", "config/quickstart.yaml"),
        ("../a checkout/config/quickstart.yaml", "{root}", "config/quickstart.yaml"),
        ("config/quickstart.yaml", "{root}", "config/quickstart.yaml"),
        ("my own.yml", "{here}", "my own.yml"),
        ("missing.yaml", "{here}", "missing.yaml"),
        ("{root}/runs/best.ckpt", "{here}", "{root}/runs/best.ckpt"),
    ],
)
def test_called_from_another_folder(
    installed: Checkout, tmp_path: Path, given: str, folder: str, name: str
) -> None:
    here = tmp_path / "somewhere else"
    here.mkdir()
    (here / "my own.yml").touch()
    given, folder, name = (text.format(root=installed.root, here=here) for text in (given, folder, name))
    installed.run("train", given, "a=b", cwd=here)
    assert installed.calls_with_folder() == [f"{folder}|-m|phoneme_recognition|train|{name}|a=b"]


def test_called_through_a_link(installed: Checkout, tmp_path: Path) -> None:
    (tmp_path / "phoneme").symlink_to(installed.root / "run.sh")
    subprocess.run(
        [tmp_path / "phoneme", "train", "config/quickstart.yaml"],
        cwd=tmp_path,
        env=installed.environment,
        check=True,
        capture_output=True,
    )
    assert installed.calls_with_folder() == [
        f"{installed.root}|-m|phoneme_recognition|train|config/quickstart.yaml"
    ]


def test_modules_of_the_checkout_can_be_imported_from_anywhere(installed: Checkout, tmp_path: Path) -> None:
    result = installed.run("train", cwd=tmp_path, PYTHONPATH="/mine", STUB_PROGRAM='echo "$PYTHONPATH"')
    assert result.stdout == f"{installed.root}:/mine\n"
