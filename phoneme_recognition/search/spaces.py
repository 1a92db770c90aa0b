"""Values for a trial: the config's distributions in Optuna's words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from phoneme_recognition.config.search import draws_integers
from phoneme_recognition.config.sections import SearchSpace

Scalar = str | int | float | bool | None


def suggest(trial: optuna.trial.BaseTrial, spaces: Mapping[str, SearchSpace]) -> dict[str, Any]:
    """Ask a trial for the value of every searched path.

    Args:
        trial: a running trial, or a ``FixedTrial`` that answers with known parameters.
        spaces: config path → distribution; they were checked with the config.

    Returns:
        Config path → value, of the type that the config wants.
    """
    return {path: _suggest(trial, path, space) for path, space in spaces.items()}


def _suggest(trial: optuna.trial.BaseTrial, path: str, space: SearchSpace) -> Any:
    if space.choices is not None:
        named = as_categories(space.choices)
        return named[trial.suggest_categorical(path, list(named))]
    if space.low is None or space.high is None:
        raise ValueError(f"{path}: {space.distribution} without low or high")
    if draws_integers(space):
        return trial.suggest_int(
            path, int(space.low), int(space.high), step=int(space.step or 1), log=space.log
        )
    logarithmic = space.distribution == "loguniform"
    return trial.suggest_float(path, float(space.low), float(space.high), step=space.step, log=logarithmic)


def as_categories(choices: Sequence[Any]) -> dict[Scalar, Any]:
    """The choices by the names under which Optuna keeps them.

    Texts, numbers, truth values and null stand for themselves. A study cannot hold lists and mappings, and
    cannot tell 1 from true; where one of these is among the choices, all are named by their JSON.
    """
    plain = all(choice is None or isinstance(choice, str | int | float | bool) for choice in choices)
    if plain and len(set(choices)) == len(choices):
        return {choice: choice for choice in choices}
    return {json.dumps(choice, ensure_ascii=False): choice for choice in choices}


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """Config path → its last steps, as many as tell it from the others: for tables and plots."""
    names = {}
    for path in paths:
        steps = path.split(".")
        for length in range(1, len(steps) + 1):
            name = ".".join(steps[-length:])
            if sum(other in (path, name) or other.endswith(f".{name}") for other in paths) == 1:
                break
        names[path] = name
    return names
