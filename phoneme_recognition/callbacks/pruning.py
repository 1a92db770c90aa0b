"""Telling a search how a trial comes along, and stopping a trial that is not worth its time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import optuna
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from phoneme_recognition.errors import UserError


class HopelessSearchError(UserError):
    """No trial of the search can have a value: it ends with this one."""


def not_measured(metric: str, known: Sequence[str]) -> HopelessSearchError:
    """The error for a metric that no validation measures, beside those that were."""
    return HopelessSearchError(
        f"optuna.metric: no validation measures {metric!r}",
        expected=f"one of {', '.join(sorted(known))}" if known else "",
        remedy="" if known else "Let trials validate: trainer.limit_val_batches, check_val_every_n_epoch.",
    )


class TrialReporter(Callback):
    """Reports a metric to an Optuna trial at every validation, and ends the trial when the pruner says so.

    Steps are counted in validations, so that trials with other batch sizes can be compared. The sanity
    check before training is none.

    Args:
        trial: the running trial.
        metric: a value that is logged at every validation.
        direction: ``minimize`` or ``maximize``.
        on_value: is told the number of the validation (from 1) and the value.

    Attributes:
        values: the metric at each validation so far.
    """

    def __init__(
        self,
        trial: optuna.trial.BaseTrial,
        metric: str,
        direction: str = "minimize",
        on_value: Callable[[int, float], None] | None = None,
    ) -> None:
        super().__init__()
        self._trial = trial
        self._metric = metric
        self._better = min if direction == "minimize" else max
        self._on_value = on_value
        self.values: list[float] = []

    @property
    def best(self) -> float | None:
        """The best value so far; None before the first."""
        return self._better(self.values, default=None)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the metric.

        Raises:
            HopelessSearchError: nothing logs it.
            UserError: it is no number any more.
            TrialPruned: the trial is worse than others were at this point.
        """
        if trainer.sanity_checking:
            return
        known = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if self._metric not in known:
            raise not_measured(self._metric, [name for name in known if name.startswith("val_")])
        value = known[self._metric]
        self.values.append(value)
        number = len(self.values)
        if not math.isfinite(value):
            raise UserError(f"{self._metric} was {value} at validation {number}")
        self._trial.report(value, number)
        if self._on_value:
            self._on_value(number, value)
        if self._trial.should_prune():
            raise optuna.TrialPruned(f"after {number} validation{'s' * (number > 1)} at {value:.4g}")
