"""The mode ``tune``: trial after trial of a search, until the study has its number of them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from optuna.study import Study

from phoneme_recognition.config import Config, save_config
from phoneme_recognition.config.sections import OptunaSection
from phoneme_recognition.errors import UserError
from phoneme_recognition.runs.check import examine
from phoneme_recognition.runs.machine import refuse_what_the_machine_lacks
from phoneme_recognition.runs.trial import changed, refuse_many_processes
from phoneme_recognition.runs.trials import Search
from phoneme_recognition.runs.vocabulary import find_vocabulary
from phoneme_recognition.search import results
from phoneme_recognition.search.folder import STUDY_LOCK, FileLock, open_study_folder
from phoneme_recognition.search.plots import draw_plots
from phoneme_recognition.search.progress import best_of
from phoneme_recognition.search.study import (
    CHECKPOINT,
    REASON,
    bury_the_dead,
    count_trials,
    finished,
    open_study,
    settle_study,
    shown_storage,
    study_folder,
    study_name,
)

logger = logging.getLogger(__name__)


def tune(config: Config) -> dict[str, Any]:
    """Search for better parameters; an interrupted search goes on where it was.

    Returns:
        The main figures: ``run_dir``, ``best_value``, ``best_params``, ``best_config``, ``checkpoint``, and
        the number of trials of each kind.

    Raises:
        UserError: the config asks for what cannot be had, or no trial came to a result.
    """
    section = _section(config)
    _refuse_what_no_trial_can_have(config, section)
    _examine(config, section)
    name = study_name(config, section)
    folder = study_folder(config, name)
    open_study_folder(folder)
    with FileLock(folder / STUDY_LOCK):
        study = open_study(section, name, folder)
        seed = settle_study(study, config)
        if config.seed_everything is None:
            logger.info("seed_everything: %d", seed)
        config = replace(config, seed_everything=seed)
        _say_where(study, section, folder, bury_the_dead(study, folder))
    try:
        Search(config, section, study, folder).run()
    except KeyboardInterrupt:
        done = finished(count_trials(study))
        logger.info("stopped with %d of %d trials; the same command goes on", done, section.n_trials)
        raise
    finally:
        _save(config, section, study, folder)
    return _conclude(section, study, folder)


def _section(config: Config) -> OptunaSection:
    if config.optuna is None or not config.optuna.search_spaces:
        raise UserError(
            "optuna.search_spaces is empty: there is nothing to search",
            remedy="Add a path, e.g. model.lr: {distribution: loguniform, low: 1e-5, high: 1e-2}.",
        )
    return config.optuna


def _refuse_what_no_trial_can_have(config: Config, section: OptunaSection) -> None:
    refuse_many_processes(config.trainer)
    refuse_what_the_machine_lacks(config.trainer)
    if config.ckpt_path and not config.experiment.only_weights_load:
        raise UserError(
            "tune cannot resume a training: every trial starts anew",
            remedy="Leave ckpt_path out, or set experiment.only_weights_load=true to start from its weights.",
        )
    vocabulary = find_vocabulary(config.model.vocab_file)
    if section.metric == "val_wer" and vocabulary.word_boundary_id is None:
        raise UserError(
            "optuna.metric: val_wer is not measured, because the vocabulary has no word boundary '|'",
            remedy="Set optuna.metric=val_per (or val_cer).",
        )
    greedy = config.decoding.method == "greedy" and "decoding.method" not in section.search_spaces
    if section.metric == "val_greedy_per" and greedy:
        raise UserError(
            "optuna.metric: val_greedy_per is measured beside a search only",
            remedy="With decoding.method=greedy it is the same as val_per.",
        )


def _examine(config: Config, section: OptunaSection) -> None:
    """Say what ``check`` finds, but of the values that the search will replace.

    Raises:
        UserError: no trial could do what it is meant to.
    """
    findings = [finding for finding in examine(config) if finding.path not in section.search_spaces]
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        raise UserError("\n  ".join(["the trials would stumble over:", *map(str, errors)]))
    for finding in findings:
        if finding.level == "warning":
            logger.warning("warning: %s", finding)


def _say_where(study: Study, section: OptunaSection, folder: Path, buried: int) -> None:
    logger.info(
        "search %s: %s %s, %d trials",
        study.study_name,
        section.direction,
        section.metric,
        section.n_trials,
    )
    where = f" (trials in {shown_storage(section.storage)})" if section.storage else ""
    logger.info("in %s%s; more processes with the same command share the work", folder, where)
    counts = count_trials(study)
    if counts:
        logger.info("going on: %s", _in_words(counts))
    if buried:
        logger.info(
            "%d trial%s cut off, and will be tried again", buried, " was" if buried == 1 else "s were"
        )


def _save(config: Config, section: OptunaSection, study: Study, folder: Path) -> None:
    """Write the table of trials and, where there is a best one, its parameters and its config."""
    paths = list(section.search_spaces)
    with FileLock(folder / STUDY_LOCK):
        results.save_trials(study, section.metric, paths, folder / results.TRIALS_FILE)
        best = best_of(study)
        if best is not None:
            values = results.best_values(best, section.search_spaces)
            results.save_parameters(values, folder / results.PARAMETERS_FILE)
            save_config(changed(config, values), folder / results.CONFIG_FILE)


def _conclude(section: OptunaSection, study: Study, folder: Path) -> dict[str, Any]:
    """Draw the plots, print the best parameters, say what next, and give the figures."""
    counts, best = count_trials(study), best_of(study)
    if counts["running"]:
        logger.info("%d still running in other processes, which will write the end", counts["running"])
    if best is None:
        why = Counter(trial.user_attrs.get(REASON) for trial in study.get_trials(deepcopy=False))
        raise UserError(
            f"no trial was completed ({_in_words(counts)})",
            got=f"most often: {why.most_common(1)[0][0]}" if why else "",
            remedy=f"All reasons are in {folder / results.TRIALS_FILE}.",
        )
    with FileLock(folder / STUDY_LOCK):
        draw_plots(study, section.metric, folder / results.PLOTS_FOLDER)
    values = results.best_values(best, section.search_spaces)
    results.show_best(best, section.metric, values)
    word = "lowest" if section.direction == "minimize" else "highest"
    logger.info("plots: %s", folder / results.PLOTS_FOLDER)
    logger.info("train with them: ./run.sh train %s", folder / results.CONFIG_FILE)
    logger.info("that run comes to the same %s: the %s in its history.csv", section.metric, word)
    checkpoint = str(best.user_attrs.get(CHECKPOINT, ""))
    return {
        "mode": "tune",
        "run_dir": str(folder),
        "study": study.study_name,
        "metric": section.metric,
        "best_value": best.value,
        "best_trial": best.number,
        "best_params": values,
        "best_config": str(folder / results.CONFIG_FILE),
        # A trial of another machine has its checkpoint there.
        "checkpoint": checkpoint if checkpoint and Path(checkpoint).is_file() else None,
        "trials": finished(counts),
        **{kind: counts[kind] for kind in ("complete", "pruned", "failed", "interrupted", "running")},
    }


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "none"
