"""One trial of a search: the config with the trial's values, trained by the code of ``train``."""

from __future__ import annotations

import copy
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from lightning.pytorch.callbacks import ModelSummary

from phoneme_recognition.callbacks.pruning import HopelessSearchError, TrialReporter, not_measured
from phoneme_recognition.config import Config, check_tree
from phoneme_recognition.config.checks import set_value
from phoneme_recognition.config.paths import parse_path
from phoneme_recognition.config.sections import OptunaSection
from phoneme_recognition.errors import UserError
from phoneme_recognition.failures import reason
from phoneme_recognition.files import write_text
from phoneme_recognition.processes import place
from phoneme_recognition.runs.launcher import processes_to_start
from phoneme_recognition.runs.seeding import settle_seed
from phoneme_recognition.runs.train import fit, prepare
from phoneme_recognition.search.folder import TRIAL_LOCK, FileLock, drop_folder, this_machine, trial_folder
from phoneme_recognition.search.spaces import suggest
from phoneme_recognition.search.study import CHECKPOINT, FOLDER, MACHINE, REASON

logger = logging.getLogger(__name__)

ERROR_FILE = "error.txt"


@dataclass(frozen=True)
class TrialRunner:
    """What all trials of a search share.

    Args:
        config: the config that is searched, with its seed settled.
        section: its section ``optuna``.
        folder: the study's folder.
        on_value: is told each validation's number and value.
    """

    config: Config
    section: OptunaSection
    folder: Path
    on_value: Callable[[int, float], None]

    def run(self, trial: optuna.Trial, started: Callable[[], None]) -> float:
        """Train with the values of a trial.

        Args:
            trial: the trial, just begun.
            started: is called when other processes can see whose trial it is.

        Returns:
            The best value of the metric over all validations.

        Raises:
            TrialPruned: the trial was not worth its time.
            UserError: or whatever else went wrong; the reason is noted in the trial.
        """
        folder = trial_folder(self.folder, trial.number)
        drop_folder(folder)  # of another study that had this name
        folder.mkdir()
        with FileLock(folder / TRIAL_LOCK) as lock:
            trial.set_user_attr(FOLDER, str(folder.resolve()))
            trial.set_user_attr(MACHINE, this_machine())
            started()
            try:
                return self._train(trial, folder)
            except Exception as error:
                note_failure(trial, error, folder)
                raise
            finally:
                lock.path.unlink(missing_ok=True)

    def _train(self, trial: optuna.Trial, folder: Path) -> float:
        config = changed(self.config, suggest(trial, self.section.search_spaces))
        refuse_many_processes(config.trainer)
        config, seed = settle_seed(config)
        training = prepare(config, seed, splits=("train", "val"), run_dir=folder)
        reporter = TrialReporter(trial, self.section.metric, self.section.direction, self.on_value)
        engine = training.engine
        # First, so that it sees a validation before what reacts to it.
        callbacks = engine.callbacks  # type: ignore[attr-defined]
        callbacks[:] = [reporter, *(one for one in callbacks if not isinstance(one, ModelSummary))]
        for callback in engine.checkpoint_callbacks:
            callback.dirpath = str(folder.resolve())  # type: ignore[attr-defined]
        if engine.progress_bar_callback is not None:
            engine.progress_bar_callback.disable()
        fit(training)
        if reporter.best is None:
            raise not_measured(self.section.metric, [])
        best = getattr(engine.checkpoint_callback, "best_model_path", "")
        if best:
            trial.set_user_attr(CHECKPOINT, str(Path(best).resolve()))
        return reporter.best


def changed(config: Config, values: Mapping[str, Any]) -> Config:
    """The config with the values of a trial, ready for ``train``.

    Raises:
        ConfigError: the values do not go together.
    """
    tree = copy.deepcopy(config.resolved())
    for path, value in values.items():
        set_value(tree, parse_path(path), value)
    made = check_tree(tree)
    return replace(made, optuna=replace(made.optuna, tune=False)) if made.optuna else made


def note_failure(trial: optuna.Trial, error: Exception, folder: Path) -> None:
    """Write down why a trial ended early: in the study, and where it is no plain reason, in its folder.

    A trial that ends a hopeless search is no result: it is not counted, and says nothing.
    """
    if isinstance(error, HopelessSearchError):
        return
    if isinstance(error, optuna.TrialPruned | UserError):
        trial.set_user_attr(REASON, str(error))
        return
    trial.set_user_attr(REASON, reason(error))
    write_text(folder / ERROR_FILE, "".join(traceback.format_exception(error)))


def refuse_many_processes(section: Mapping[str, Any]) -> None:
    """Say that a trial runs in one process, where the ``trainer`` section asks for several.

    Raises:
        HopelessSearchError: it asks for several devices or nodes, or a launcher has started several.
    """
    number = max(place().world_size, processes_to_start(section) * int(section.get("num_nodes") or 1))
    if number > 1:
        raise HopelessSearchError(
            f"tune trains each trial in one process, and the config (or a launcher) asks for {number}",
            remedy="Set trainer.devices=1 and trainer.num_nodes=1, and start the same command once for each "
            "device, e.g. with CUDA_VISIBLE_DEVICES=0, 1, ...: they share the study.",
        )
