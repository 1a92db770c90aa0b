"""The mode ``tune`` on real clips: what it leaves behind, and what it says where it cannot go on."""

from __future__ import annotations

import csv
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from phoneme_recognition.cli import main
from phoneme_recognition.config import load_config

# As many for a trial as for the run that repeats it; one is the fastest for a network of this size.
torch.set_num_threads(1)

SEARCH = """
optuna:
  n_trials: 3
  metric: val_cer
  prune_after_trials: 0
  prune_after_validations: 0
  search_spaces:
    model.lr: {distribution: loguniform, low: 1e-3, high: 1e-1}
    data.batch_size: {distribution: discrete, low: 2, high: 6, step: 2}
"""
CALLBACK = "trainer.callbacks=[{class_path: interrupting.%s}]"


@pytest.fixture
def config(make_quick_config: Any, tmp_path: Path) -> Path:
    """A config of the twelve sentences with a small search in it."""
    path: Path = make_quick_config(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + SEARCH, encoding="utf-8")
    return path


def run(mode: str, config: Path, *overrides: str) -> tuple[int, dict[str, Any]]:
    """Exit code and figures."""
    results = io.StringIO()
    code = main([mode, str(config), *overrides], results)
    return code, json.loads(results.getvalue().splitlines()[-1]) if code == 0 else {}


def rows(folder: str | Path, file: str = "trials.csv") -> list[dict[str, str]]:
    with (Path(folder) / file).open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_a_search_and_the_run_that_its_best_config_repeats(config: Path, tmp_path: Path) -> None:
    code, figures = run("tune", config, "optuna.pruner=none", "data.augmentations=[{class_path: "
                        "audiomentations.AddGaussianNoise, init_args: {p: 0.5}}]")  # fmt: skip
    assert code == 0
    folder = Path(figures["run_dir"])
    assert folder.parent == tmp_path / "runs"
    assert (figures["trials"], figures["complete"]) == (3, 3)
    values = [float(row["val_cer"]) for row in rows(folder)]
    assert figures["best_value"] == min(values) == values[figures["best_trial"]]
    assert json.loads((folder / "best_params.json").read_text()) == figures["best_params"]
    assert {"history.png", "history.html", "slice.png"} <= {
        file.name for file in (folder / "plots").iterdir()
    }
    # The test split was not even opened.
    assert {file.name.split("-")[1] for file in (tmp_path / "cache").iterdir() if file.is_dir()} == {
        "train",
        "val",
    }
    # One checkpoint in all, and it is the best trial's.
    assert [str(file.resolve()) for file in folder.rglob("*.ckpt")] == [figures["checkpoint"]]
    assert Path(figures["checkpoint"]).parent.name == f"trial_{figures['best_trial']:04d}"

    best = load_config(figures["best_config"])
    assert best.optuna is not None
    assert best.optuna.tune is False
    assert (best.model.lr, best.data.batch_size) == tuple(figures["best_params"].values())
    torch.rand(7)  # whatever was drawn before
    code, trained = run("train", Path(figures["best_config"]))
    assert code == 0
    assert Path(trained["run_dir"]).parent == folder.parent
    history = rows(trained["run_dir"], "history.csv")
    assert min(float(row["val_cer"]) for row in history) == figures["best_value"]
    assert history == rows(folder / f"trial_{figures['best_trial']:04d}", "history.csv")


def test_train_runs_the_search_where_tune_is_true(config: Path) -> None:
    code, figures = run("train", config, "optuna.tune=true", "optuna.n_trials=1", "trainer.max_epochs=1")
    assert code == 0
    assert (figures["mode"], figures["trials"]) == ("tune", 1)


def test_a_search_goes_on_where_it_was(
    config: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    quick = ("trainer.max_epochs=1", "optuna.sampler=random")
    _, first = run("tune", config, *quick, "optuna.n_trials=1")
    # A time that is over lets no further trial begin, and shows what there is.
    assert run("tune", config, *quick, "optuna.n_trials=3", "optuna.timeout=1e-6")[1]["trials"] == 1
    assert "optuna.timeout is over" in caplog.text
    code, second = run("tune", config, *quick, "optuna.n_trials=3", "data.num_proc=2")
    assert code == 0
    assert "going on: 1 complete" in caplog.text
    assert (second["run_dir"], second["trials"]) == (first["run_dir"], 3)
    parameters = [(row["model.lr"], row["data.batch_size"]) for row in rows(second["run_dir"])]
    assert len(set(parameters)) == 3
    # Nothing more to do: the results are shown again.
    _, third = run("tune", config, *quick, "optuna.n_trials=3")
    assert third == second
    # In one go, the same values are tried.
    _, whole = run("tune", config, *quick, "optuna.n_trials=3", "optuna.study_name=whole")
    assert [(row["model.lr"], row["data.batch_size"]) for row in rows(whole["run_dir"])] == parameters
    # Another config has another study; where a name is given, it is refused.
    assert (
        run("tune", config, *quick, "model.optimizer=SGD", "optuna.n_trials=1")[1]["run_dir"]
        != first["run_dir"]
    )
    assert run("tune", config, *quick, "model.optimizer=SGD", "optuna.study_name=whole")[0] == 2
    assert "made with another config: model.optimizer changed" in capsys.readouterr().err


def test_bad_trials_are_recorded_and_survived(
    config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.syspath_prepend(Path(__file__).parent)
    text = config.read_text(encoding="utf-8")
    # Rates of which one makes the callback fail and one makes every number NaN; then two to be compared.
    text = text.replace("{distribution: loguniform, low: 1e-3, high: 1e-1}",
                        "{distribution: categorical, choices: [1e-9, 0.01, 1e+30, 2.0]}")  # fmt: skip
    config.write_text(text, encoding="utf-8")
    code, figures = run(
        *("tune", config, "optuna.n_trials=9", "optuna.sampler=random", "optuna.metric=val_loss"),
        CALLBACK % "FailOften, init_args: {lr: 1e+20}",
        "model.optimizer=SGD",
        "optuna.prune_after_trials=1",
        "trainer.max_epochs=1",
    )
    assert code == 0
    assert figures["trials"] == 9 == figures["complete"] + figures["pruned"] + figures["failed"]
    assert figures["failed"] and figures["pruned"]
    reasons = {row["model.lr"]: row["reason"] for row in rows(figures["run_dir"]) if row["state"] == "failed"}
    assert "RuntimeError: CUDA out of memory" in reasons["1e+30"]
    failed = next(row for row in rows(figures["run_dir"]) if row["model.lr"] == "1e+30")
    error = Path(figures["run_dir"]) / f"trial_{int(failed['trial']):04d}" / "error.txt"
    assert "in on_train_start" in error.read_text(encoding="utf-8")
    assert "CUDA out of memory" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_search_that_only_fails_ends_with_the_reason(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    code, _ = run("tune", config, "optuna.n_trials=20", CALLBACK % "FailOften, init_args: {lr: 0}")
    assert code == 2
    assert (
        "3 trials in a row failed for the same reason: RuntimeError: CUDA out of memory"
        in capsys.readouterr().err
    )
    (folder,) = (tmp_path / "runs").iterdir()
    assert [row["state"] for row in rows(folder)] == ["failed"] * 3


def test_a_search_without_validations_ends_with_its_first_trial(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run("tune", config, "trainer.check_val_every_n_epoch=5", "trainer.max_epochs=1")
    assert code == 2
    assert "no validation measures 'val_cer'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("trainer.devices=2",), "one process"),
        (("trainer.num_nodes=2",), "one process"),
        (("ckpt_path=runs/x/last.ckpt",), "only_weights_load"),
        (("optuna.metric=val_wer",), "word boundary"),
        (("optuna.metric=val_greedy_per",), "val_per"),
        (("optuna.search_spaces=null",), "nothing to search"),
        (("optuna.storage=nonsense://x",), "optuna.storage"),
        (("model.vocab_file=nowhere.json",), "nowhere.json"),
    ],
)
def test_what_no_trial_could_have_is_said_before_the_first(
    config: Path, overrides: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("tune", config, *overrides)[0] == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.rglob("trial_*"))


def test_ddp_on_one_device(config: Path) -> None:
    arguments = ("optuna.n_trials=2", "optuna.pruner=none", "trainer.max_epochs=1", "trainer.strategy=ddp")
    code, figures = run("tune", config, *arguments, "trainer.devices=1")
    assert code == 0
    assert figures["complete"] == 2


def test_ctrl_c_and_the_same_command_again(
    config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.syspath_prepend(Path(__file__).parent)
    command = (
        *("tune", config, "optuna.n_trials=2", "trainer.max_epochs=1"),
        CALLBACK % f"InterruptOnce, init_args: {{mark: {tmp_path / 'interrupted'}}}",
    )
    assert run(*command)[0] == 130
    assert "stopped with 0 of 2 trials; the same command goes on" in caplog.text
    assert "ckpt_path" not in caplog.text
    code, figures = run(*command)
    assert code == 0
    assert (figures["trials"], figures["interrupted"]) == (2, 1)
    states = [(row["state"], row["model.lr"]) for row in rows(figures["run_dir"])]
    assert states[0] == ("interrupted", states[1][1])
    assert not (Path(figures["run_dir"]) / "trial_0000").exists()


def test_checkpoints_of_a_trial_stay_in_its_folder(config: Path, tmp_path: Path) -> None:
    code, figures = run(
        *("tune", config, "optuna.n_trials=2", "trainer.max_epochs=1"),
        "trainer.enable_progress_bar=true",
        "trainer.callbacks=[{class_path: phoneme_recognition.callbacks.CustomModelCheckpoint, "
        f"init_args: {{dirpath: {tmp_path / 'elsewhere'}}}}}, "
        "{class_path: lightning.pytorch.callbacks.TQDMProgressBar, init_args: {refresh_rate: 30}}]",
    )
    assert code == 0
    assert Path(figures["checkpoint"]).parent.parent == Path(figures["run_dir"]).resolve()
    assert not list(tmp_path.glob("elsewhere/*"))
