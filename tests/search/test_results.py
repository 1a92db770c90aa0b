"""Tables, parameters and plots of a study that was made up."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path

import optuna
import pytest
from matplotlib.image import imread
from optuna.trial import TrialState

from phoneme_recognition.config.sections import SearchSpace
from phoneme_recognition.search import plots
from phoneme_recognition.search.folder import trial_folder
from phoneme_recognition.search.progress import SearchProgress, best_of, clock
from phoneme_recognition.search.results import best_values, save_parameters, save_trials, show_best, tidy
from phoneme_recognition.search.study import CHECKPOINT, REASON

GAIN = "data.augmentations[0].init_args.p"
SPACES = {
    "model.lr": SearchSpace("loguniform", 1e-5, 1e-1),
    GAIN: SearchSpace("uniform", 0.0, 1.0),
    "model.optimizer": SearchSpace("categorical", choices=("AdamW", "SGD")),
}


def made_up(complete: int, folder: Path | None = None) -> optuna.Study:
    """So many complete trials, one failed and one pruned; in the folder, two checkpoints of each."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for number in range(complete + 2):
        trial = study.ask()
        lr = trial.suggest_float("model.lr", 1e-5, 1e-1, log=True)
        gain = trial.suggest_float(GAIN, 0.0, 1.0)
        trial.suggest_categorical("model.optimizer", ["AdamW", "SGD"])
        if folder:
            trial.set_user_attr(CHECKPOINT, str(make_checkpoints(trial_folder(folder, number))))
        for step in (1, 2):
            trial.report(lr + gain / step, step)
        if number < complete:
            study.tell(trial, lr + gain)
        else:
            failed = number == complete
            trial.set_user_attr(
                REASON, "out of memory, with\na second line" if failed else "after 2 validations"
            )
            study.tell(trial, state=TrialState.FAIL if failed else TrialState.PRUNED)
    return study


def test_every_plot_as_page_and_picture(tmp_path: Path) -> None:
    made = plots.draw_plots(made_up(6), "val_per", tmp_path / "plots")
    assert {path.name for path in made} == {
        f"{name}.{suffix}" for name in plots.PLOTS for suffix in ("html", "png")
    }
    for path in made:
        if path.suffix == ".png":
            picture = imread(path)
            assert min(picture.shape[:2]) > 300
            assert picture.std() > 0.02  # something is on it
        else:
            page = path.read_text(encoding="utf-8")
            assert "Plotly.newPlot" in page
            assert "https://cdn" not in page
            # Parameters by names that fit, values by the metric's.
            assert '"lr"' in page or path.stem in ("history", "validations")
    assert (tmp_path / "plots" / "plotly.min.js").stat().st_size > 1_000_000


def test_a_plot_that_cannot_be_made_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = plots.draw_plots(made_up(1), "val_per", tmp_path)
    assert (tmp_path / "history.png") in made
    assert (tmp_path / "importances.png") not in made
    assert "plot importances left out: ValueError: all complete trials have the same value" in caplog.text
    assert not list(tmp_path.glob(".*"))


def test_the_table_of_trials(tmp_path: Path) -> None:
    study = made_up(2)
    save_trials(study, "val_per", list(SPACES), tmp_path / "trials.csv")
    with (tmp_path / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["complete", "complete", "failed", "pruned"]
    assert [row["reason"] for row in rows[1:]] == [
        "",
        "out of memory, with\na second line",
        "after 2 validations",
    ]
    for row, trial in zip(rows, study.trials, strict=True):
        assert float(row["model.lr"]) == trial.params["model.lr"]
        assert row["model.optimizer"] == trial.params["model.optimizer"]
        assert row["validations"] == "2"
    assert float(rows[0]["val_per"]) == study.trials[0].value
    assert rows[2]["val_per"] == ""


def test_the_best_parameters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = made_up(5)
    best = best_of(study)
    assert best is not None
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    assert best.value == min(float(trial.value or 0) for trial in complete)
    values = best_values(best, SPACES)
    assert values == best.params
    save_parameters(values, tmp_path / "best.json")
    assert json.loads((tmp_path / "best.json").read_text(encoding="utf-8")) == values
    show_best(best, "val_per", values)
    said = capsys.readouterr().err
    assert f"trial {best.number}, val_per {best.value:.4f}" in said
    assert GAIN in said
    assert best_of(optuna.create_study()) is None


def make_checkpoints(folder: Path) -> Path:
    folder.mkdir()
    for name in ("best.ckpt", "last.ckpt"):
        (folder / name).touch()
    return (folder / "best.ckpt").resolve()


def test_only_the_best_trial_keeps_its_checkpoint(tmp_path: Path) -> None:
    study = made_up(3, tmp_path)
    running = trial_folder(tmp_path, study.ask().number)
    make_checkpoints(running)
    best = best_of(study)
    assert best is not None
    tidy(study, tmp_path)
    assert set(tmp_path.rglob("*.ckpt")) == {
        trial_folder(tmp_path, best.number) / "best.ckpt",
        running / "best.ckpt",
        running / "last.ckpt",
    }


def test_a_line_for_each_trial(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    study = made_up(2)
    progress = SearchProgress(study, 10, "val_per", list(SPACES))
    progress.head()
    for trial in study.trials:
        progress.end(trial)
    head, first, second, failed, reason, pruned, why = caplog.messages
    best = min(first, second, key=lambda line: float(line.split()[1].rstrip("*")))
    assert "*" in best
    assert "*" not in (second if best is first else first)
    assert head.split()[:3] == ["trial", "val_per", "best"]
    assert failed.split()[:2] == ["2", "failed"]
    assert pruned.split()[:2] == ["3", "pruned"]
    assert (reason.strip(), why.strip()) == ("out of memory, with a second line", "after 2 validations")
    for line, trial in zip((first, second, failed, pruned), study.trials, strict=True):
        assert f"lr={trial.params['model.lr']:.4g}" in line
        assert f"p={trial.params[GAIN]:.4g}" in line


def test_warnings_are_said_once_and_chatter_not_at_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    engine = logging.getLogger("phoneme_recognition.runs.train")
    progress = SearchProgress(made_up(1), 3, "val_per", ["model.lr"])
    with progress.showing():
        for _ in range(3):
            engine.info("training in ...")
            engine.warning("the same warning")
            logging.getLogger("phoneme_recognition.data.cache").info("decoding")
    engine.info("afterwards")
    assert caplog.messages.count("training in ...") == 0
    assert caplog.messages.count("afterwards") == 1
    assert caplog.messages.count("decoding") == 3
    assert caplog.messages.count("the same warning") == 1


def test_times_in_words() -> None:
    assert [clock(seconds) for seconds in (0, 59.6, 75, 3600, 36000 + 61)] == [
        "0:00",
        "1:00",
        "1:15",
        "1:00:00",
        "10:01:01",
    ]
