"""The command line: exit codes, and what goes to which stream."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from phoneme_recognition.cli import MODES, main


def run(*arguments: str) -> tuple[int, str]:
    results = io.StringIO()
    return main(arguments, results), results.getvalue()


def test_help_names_every_mode() -> None:
    code, text = run("--help")
    assert code == 0
    for mode in MODES:
        assert f"\n  {mode} " in text


def test_without_arguments_it_explains_itself_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == (2, "")
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian", "x.yaml"], "no mode 'trian'"),
        (["train"], "needs a config file"),
        (["train", "nowhere.yaml"], "nowhere.yaml"),
        (["transcribe", "some.ckpt"], "needs a checkpoint and recordings"),
        (["transcribe", "some.ckpt", "x.wav", "format=xml"], "format=text or format=jsonl"),
        (["transcribe", "some.ckpt", "nowhere.wav"], "nowhere.wav does not exist"),
    ],
)
def test_a_users_mistake_is_explained_without_a_traceback(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(*arguments)
    errors = capsys.readouterr().err
    assert (code, text) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


def test_a_checkpoint_that_is_none_is_explained(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path / "foreign.ckpt"
    foreign.write_bytes(b"no checkpoint at all")
    clip = str(next(clips.glob("*.flac")))
    assert run("transcribe", str(foreign), clip)[0] == 2
    assert "damaged or no checkpoint" in capsys.readouterr().err
    assert run("transcribe", str(tmp_path / "missing.ckpt"), clip)[0] == 2
    assert "does not exist" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from phoneme_recognition.cli import main; main(['--help']);"
        "print(sorted({'torch', 'lightning', 'transformers', 'numpy', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
