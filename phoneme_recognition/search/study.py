"""The study: where it is kept, whether it belongs to this config, and which of its trials count."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from phoneme_recognition.config import Config
from phoneme_recognition.config.sections import OptunaSection
from phoneme_recognition.errors import UserError
from phoneme_recognition.failures import reason
from phoneme_recognition.randomness import draw_seed
from phoneme_recognition.search.folder import drop_folder, is_alive, this_machine, trial_folder

logger = logging.getLogger(__name__)

# What a trial notes about itself in the study.
MACHINE, FOLDER, REASON, CHECKPOINT, RETRIES = "machine", "folder", "reason", "checkpoint", "retries"
CONFIG_HASHES, SEED = "config", "seed"

# A trial on another machine that has not been heard of for so many seconds is given up.
HEARTBEAT, GRACE = 60, 300
# Parameters that took their process down with them so many times are not tried again.
MOST_RETRIES = 3
SQLITE_PATIENCE = 60
SQLITE_SUFFIXES = (".db", ".sqlite", ".sqlite3")

# What may change from call to call, and from machine to machine, without making trials incomparable.
_FREE = (
    "optuna.tune",
    "optuna.n_trials",
    "optuna.timeout",
    "optuna.storage",
    "optuna.study_name",
    "experiment.custom_folder_name",
    "data.num_workers",
    "data.num_proc",
    "data.create_dataset",
    "trainer.default_root_dir",
    "trainer.enable_progress_bar",
    "trainer.enable_model_summary",
)


def study_name(config: Config, section: OptunaSection) -> str:
    """The study's name: given, or made from the folder's name, or from all that makes trials comparable."""
    if section.study_name:
        return section.study_name
    if config.experiment.custom_folder_name:
        return f"{config.experiment.custom_folder_name}_search"
    text = json.dumps(_hashes(config.resolved()), sort_keys=True)
    return f"search_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def study_folder(config: Config, name: str) -> Path:
    """The study's folder on this machine."""
    return Path(config.trainer.get("default_root_dir") or ".") / "runs" / name


def open_study(section: OptunaSection, name: str, folder: Path) -> Study:
    """Open the study, or begin it where it is not there.

    Raises:
        UserError: the storage cannot be used, or the study there has another direction.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = section.storage or f"sqlite:///{(folder / 'study.db').resolve()}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study = optuna.create_study(
                storage=_storage(url),
                study_name=name,
                direction=StudyDirection[section.direction.upper()],
                pruner=_pruner(section),
                load_if_exists=True,
            )
    except Exception as error:  # drivers of databases raise what they like
        raise UserError(
            f"optuna.storage {shown_storage(url)} cannot be used",
            expected="a database URL such as sqlite:///study.db or mysql+pymysql://..., or a journal file",
            got=reason(error).replace(url, shown_storage(url)),
            remedy="Check that the server runs and that its Python driver is installed.",
        ) from None
    if study.direction.name.lower() != section.direction:
        raise UserError(
            f"study {name} in {shown_storage(url)} is to {study.direction.name.lower()}",
            got=f"optuna.direction {section.direction}",
            remedy="Choose another optuna.study_name.",
        )
    return study


def _storage(url: str) -> BaseStorage:
    if "://" in url or url.endswith(SQLITE_SUFFIXES):
        url = url if "://" in url else f"sqlite:///{Path(url).resolve()}"
        options = {"connect_args": {"timeout": SQLITE_PATIENCE}} if url.startswith("sqlite") else {}
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return RDBStorage(
            url,
            engine_kwargs=options,
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=try_again,
        )
    # Its lock is a link to the file, which only an absolute path can be.
    path = Path(url).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(path)))


def shown_storage(url: str) -> str:
    """A storage's address, fit to be shown: without the password."""
    scheme, separator, rest = url.partition("://")
    account, at, host = rest.rpartition("@")
    user = account.partition(":")[0]
    return f"{scheme}{separator}{user}:***{at}{host}" if at and ":" in account else url


def _pruner(section: OptunaSection) -> optuna.pruners.BasePruner:
    match section.pruner:
        case "median":
            return optuna.pruners.MedianPruner(
                n_startup_trials=section.prune_after_trials, n_warmup_steps=section.prune_after_validations
            )
        case "hyperband":
            return optuna.pruners.HyperbandPruner(min_resource=max(1, section.prune_after_validations))
        case _:
            return optuna.pruners.NopPruner()


def sampler(section: OptunaSection, study: Study, seed: int) -> optuna.samplers.BaseSampler:
    """What proposes the values of the next trial.

    It is made anew for each trial and seeded with the number of trials there are, so that neither processes
    side by side nor a study that goes on draw twice the same. To be called under the study's lock.
    """
    number = draw_seed(seed, len(study.get_trials(deepcopy=False))) % 2**32
    if section.sampler == "random":
        return optuna.samplers.RandomSampler(seed=number)
    return optuna.samplers.TPESampler(seed=number)


def settle_study(study: Study, config: Config) -> int:
    """See that the study was made with this config, and agree on the seed with all who work on it.

    Returns:
        The seed of all trials: the config's, or where it gives none, the one that the first process drew.

    Raises:
        UserError: the study has results of another config.
    """
    mine, theirs = _hashes(config.resolved()), study.user_attrs.get(CONFIG_HASHES)
    if theirs is not None and theirs != mine and any(_is_result(trial) for trial in _trials(study)):
        other = sorted(path for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path))
        raise UserError(
            f"study {study.study_name} was made with another config: {', '.join(other)} changed",
            remedy="Its trials cannot be compared with new ones: choose another optuna.study_name.",
        )
    if theirs != mine:
        study.set_user_attr(CONFIG_HASHES, mine)
    if config.seed_everything is not None:
        return config.seed_everything
    if SEED not in study.user_attrs:
        study.set_user_attr(SEED, secrets.randbelow(2**31))
    return int(study.user_attrs[SEED])


def _hashes(tree: Mapping[str, Any]) -> dict[str, str]:
    """Config path → hash of its value: enough to name a difference, and nobody's secrets."""
    return {
        path: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
        for path, value in _leaves(tree, "")
        if path not in _FREE
    }


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _trials(study: Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False)


def _is_result(trial: FrozenTrial) -> bool:
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED)


def kind_of(trial: FrozenTrial) -> str:
    """``complete``, ``pruned``, ``failed``, ``interrupted``, ``running`` or ``waiting``.

    A trial that failed by itself says why. One that does not was cut off: its process was killed or stopped.
    """
    if trial.state == TrialState.FAIL:
        return "failed" if REASON in trial.user_attrs else "interrupted"
    return trial.state.name.lower()


def count_trials(study: Study) -> Counter[str]:
    """How many trials of each kind there are."""
    return Counter(kind_of(trial) for trial in _trials(study))


def finished(counts: Mapping[str, int]) -> int:
    """The trials that count towards ``n_trials``: those that came to an end of their own."""
    return sum(counts.get(kind, 0) for kind in ("complete", "pruned", "failed"))


def try_again(study: Study, trial: FrozenTrial) -> None:
    """Put the parameters of a trial that was cut off in line to be tried again."""
    retries = int(trial.user_attrs.get(RETRIES, 0)) + 1
    if trial.params and retries <= MOST_RETRIES:
        study.enqueue_trial(trial.params, user_attrs={RETRIES: retries})


def bury_the_dead(study: Study, folder: Path) -> int:
    """Mark the trials of this machine as failed whose process is gone, and put them in line again.

    Trials of other machines are judged by Optuna's heartbeat alone, where the storage is a database. To be
    called under the study's lock.

    Returns:
        How many there were.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)
    dead = [trial for trial in _trials(study) if _is_dead(trial, trial_folder(folder, trial.number))]
    for trial in dead:
        study.tell(trial.number, state=TrialState.FAIL)
        try_again(study, trial)
        drop_folder(trial_folder(folder, trial.number))
    return len(dead)


def _is_dead(trial: FrozenTrial, where: Path) -> bool:
    if trial.state != TrialState.RUNNING:
        return False
    if MACHINE in trial.user_attrs:
        return trial.user_attrs[MACHINE] == this_machine() and is_alive(where) is False
    # Killed between its first and its second moment: nobody knows whose it was.
    started = trial.datetime_start
    return started is not None and (datetime.now() - started).total_seconds() > GRACE
