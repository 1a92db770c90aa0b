"""The program under its three names: a module, a console script, and what ``run.sh`` starts."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from phoneme_recognition.version import __version__

ROOT = Path(__file__).parents[1]


def test_the_module_is_the_program() -> None:
    command = [sys.executable, "-m", "phoneme_recognition"]
    done = subprocess.run([*command, "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")
    done = subprocess.run([*command, "trian"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no mode 'trian'" in done.stderr


def test_the_console_script_is_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, name = declared["phoneme-recognition"].partition(":")
    monkeypatch.setattr(sys, "argv", ["phoneme-recognition", "--version"])
    with pytest.raises(SystemExit) as ended:
        getattr(importlib.import_module(module), name)()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"
