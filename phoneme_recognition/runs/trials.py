"""The trials of a search in this process: one after the other, until the study has its number of them."""

from __future__ import annotations

import gc
import logging
import re
import time
from dataclasses import replace
from pathlib import Path

import optuna
import torch
from optuna.study import Study

from phoneme_recognition.callbacks.pruning import HopelessSearchError
from phoneme_recognition.config import Config
from phoneme_recognition.config.sections import OptunaSection
from phoneme_recognition.errors import UserError
from phoneme_recognition.runs.trial import TrialRunner
from phoneme_recognition.search.folder import STUDY_LOCK, FileLock, drop_folder, trial_folder
from phoneme_recognition.search.progress import SearchProgress
from phoneme_recognition.search.results import tidy
from phoneme_recognition.search.study import (
    REASON,
    bury_the_dead,
    count_trials,
    finished,
    sampler,
    try_again,
)

logger = logging.getLogger(__name__)

# So many failures in a row for one reason: no value of the parameters would help.
HOPELESS = 3


class Search:
    """The trials of this process.

    Args:
        config: the config that is searched, with its seed settled.
        section: its section ``optuna``.
        study: the study, perhaps shared with other processes.
        folder: the study's folder on this machine.
    """

    def __init__(self, config: Config, section: OptunaSection, study: Study, folder: Path) -> None:
        self._config, self._section, self._study, self._folder = config, section, study, folder
        self._lock = FileLock(folder / STUDY_LOCK)
        self._paths = list(section.search_spaces)
        self._progress = SearchProgress(study, section.n_trials, section.metric, self._paths)
        self._until = time.monotonic() + (section.timeout or float("inf"))
        self._number: int | None = None
        self._reasons: list[str] = []
        self._rebuild = config.data.create_dataset and not finished(count_trials(study))

    def run(self) -> None:
        """Run trials until the study has enough, or the time is over.

        Raises:
            UserError: no trial can succeed.
            KeyboardInterrupt: the search was stopped; its trial is in line again.
        """
        self._progress.head()
        with self._progress.showing():
            while self._next():
                self._reasons = [] if self._succeeded() else [*self._reasons, self._reason()]
                same = self._reasons[-HOPELESS:]
                if len(same) == HOPELESS and len({re.sub(r"\d+", "#", one) for one in same}) == 1:
                    raise UserError(
                        f"{HOPELESS} trials in a row failed for the same reason: {same[-1]}",
                        remedy="Mend it, and call again.",
                    )

    def _next(self) -> bool:
        """Run one trial; gives False where there is none to run."""
        with self._lock:
            bury_the_dead(self._study, self._folder)
            counts = count_trials(self._study)
            # Those that others are running count too: together we run as many as were asked for.
            if finished(counts) + counts["running"] >= self._section.n_trials:
                return False
            if time.monotonic() > self._until:
                logger.info("optuna.timeout is over: no further trial begins")
                return False
            self._study.sampler = sampler(self._section, self._study, self._config.seed_everything or 0)
            self._number = None
            try:
                self._study.optimize(self._objective, n_trials=1)
            except HopelessSearchError:
                self._forget()
                raise
            except KeyboardInterrupt:
                self._forget(again=True)
                raise
            except Exception as error:
                if self._number is None:  # no trial began: the study itself is out of reach
                    raise UserError("the study cannot be reached", got=str(error)) from error
        self._put_away()
        return True

    def _objective(self, trial: optuna.Trial) -> float:
        self._number = trial.number
        self._progress.begin(trial.number)
        data = replace(self._config.data, create_dataset=self._rebuild)
        self._rebuild = False
        config = replace(self._config, data=data)
        runner = TrialRunner(config, self._section, self._folder, self._progress.validated)
        return runner.run(trial, started=self._lock.release)

    def _forget(self, *, again: bool = False) -> None:
        """Take back the trial that was cut off."""
        if self._number is not None:
            if again:
                try_again(self._study, self._study.trials[self._number])
            drop_folder(trial_folder(self._folder, self._number))

    def _put_away(self) -> None:
        """After a trial: free its memory, say how it ended, keep the best checkpoint alone."""
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self._number is not None:
            self._progress.end(self._study.trials[self._number])
        with self._lock:
            tidy(self._study, self._folder)

    def _succeeded(self) -> bool:
        states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
        return self._number is not None and self._study.trials[self._number].state in states

    def _reason(self) -> str:
        attributes = self._study.trials[self._number or 0].user_attrs
        return str(attributes.get(REASON, "its process was given up by another"))
