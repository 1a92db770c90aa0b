"""What a trial is told of a training run, and what ends it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import optuna
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from phoneme_recognition.callbacks.pruning import HopelessSearchError, TrialReporter
from phoneme_recognition.errors import UserError


def begin(**pruner: Any) -> tuple[optuna.Study, optuna.Trial]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(pruner=optuna.pruners.MedianPruner(**pruner))
    return study, study.ask()


def validate(reporter: TrialReporter, value: float, *, sanity: bool = False, name: str = "val_per") -> None:
    trainer = SimpleNamespace(sanity_checking=sanity, callback_metrics={name: torch.tensor(value)})
    reporter.on_validation_end(cast(Trainer, trainer), cast(LightningModule, None))


def test_every_validation_is_reported_but_the_sanity_check() -> None:
    study, trial = begin()
    seen: list[tuple[int, float]] = []
    reporter = TrialReporter(trial, "val_per", on_value=lambda number, value: seen.append((number, value)))
    validate(reporter, 9.0, sanity=True)
    assert reporter.best is None
    for value in (0.75, 0.5, 0.625):
        validate(reporter, value)
    assert study.trials[0].intermediate_values == {1: 0.75, 2: 0.5, 3: 0.625}
    assert seen == [(1, 0.75), (2, 0.5), (3, 0.625)]
    assert reporter.best == 0.5


def test_more_can_be_better() -> None:
    reporter = TrialReporter(begin()[1], "val_per", "maximize")
    for value in (0.75, 0.5):
        validate(reporter, value)
    assert reporter.best == 0.75


def test_a_trial_worse_than_the_median_ends_after_the_warm_up() -> None:
    study, _ = begin(n_startup_trials=2, n_warmup_steps=2)
    study.tell(0, 1.0)
    for _ in range(2):
        good = study.ask()
        for step in (1, 2, 3):
            good.report(0.25, step)
        study.tell(good, 0.25)
    reporter = TrialReporter(study.ask(), "val_per")
    validate(reporter, 0.9)
    with pytest.raises(optuna.TrialPruned, match=r"after 2 validations at 0\.8"):
        validate(reporter, 0.8)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_ends_the_trial_but_not_the_search(value: float) -> None:
    reporter = TrialReporter(begin()[1], "val_loss")
    validate(reporter, 1.0, name="val_loss")
    with pytest.raises(UserError, match=rf"val_loss was {value} at validation 2") as caught:
        validate(reporter, value, name="val_loss")
    assert not isinstance(caught.value, HopelessSearchError)


def test_a_metric_that_is_not_logged_ends_the_search() -> None:
    reporter = TrialReporter(begin()[1], "val_f1")
    with pytest.raises(
        HopelessSearchError, match=r"no validation measures 'val_f1'; expected one of val_per"
    ):
        validate(reporter, 0.5)
