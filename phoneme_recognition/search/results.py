"""What a search leaves behind: its trials as a table, the best parameters, and a config that has them."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from phoneme_recognition.config.sections import SearchSpace
from phoneme_recognition.files import write_text
from phoneme_recognition.search.folder import TRIAL_LOCK, drop_checkpoints, trial_folder
from phoneme_recognition.search.progress import best_of
from phoneme_recognition.search.spaces import suggest
from phoneme_recognition.search.study import CHECKPOINT, REASON, kind_of

logger = logging.getLogger(__name__)

TRIALS_FILE, PARAMETERS_FILE, CONFIG_FILE = "trials.csv", "best_params.json", "best_config.yaml"
PLOTS_FOLDER = "plots"


def save_trials(study: Study, metric: str, paths: Sequence[str], file: Path) -> None:
    """Write a row for each trial: state, value, times, why it ended early, and its parameters."""
    text = io.StringIO()
    columns = ["trial", "state", metric, "validations", "started", "seconds", "reason"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *paths])
    for trial in study.get_trials(deepcopy=False):
        seconds = f"{trial.duration.total_seconds():.1f}" if trial.duration else ""
        started = trial.datetime_start.isoformat(timespec="seconds") if trial.datetime_start else ""
        value = trial.value if kind_of(trial) in ("complete", "pruned") else None
        why = trial.user_attrs.get(REASON, "")
        row = [trial.number, kind_of(trial), value, len(trial.intermediate_values), started, seconds, why]
        writer.writerow([*row, *(trial.params.get(path, "") for path in paths)])
    write_text(file, text.getvalue())


def best_values(trial: FrozenTrial, spaces: Mapping[str, SearchSpace]) -> dict[str, Any]:
    """The parameters of a trial as the config wants them."""
    return suggest(optuna.trial.FixedTrial(trial.params), spaces)


def save_parameters(values: Mapping[str, Any], file: Path) -> None:
    """Write config path → value as JSON."""
    write_text(file, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def tidy(study: Study, folder: Path) -> None:
    """Keep the best trial's checkpoint, and no other; trials that still run are left alone."""
    best = best_of(study)
    for trial in study.get_trials(deepcopy=False):
        where = trial_folder(folder, trial.number)
        if trial.state.is_finished() and not (where / TRIAL_LOCK).exists():
            is_best = best is not None and trial.number == best.number
            drop_checkpoints(where, trial.user_attrs.get(CHECKPOINT) if is_best else None)


def show_best(trial: FrozenTrial, metric: str, values: Mapping[str, Any]) -> None:
    """Print the best parameters to standard error."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("parameter")
    table.add_column("best value", justify="right")
    for path, value in values.items():
        table.add_row(escape(path), f"{value:.6g}" if isinstance(value, float) else str(value))
    console = Console(stderr=True)
    console.print(
        f"\nbest of the search: trial {trial.number}, {metric} [bold]{trial.value:.4f}[/bold]",
        highlight=False,
    )
    console.print(table)
