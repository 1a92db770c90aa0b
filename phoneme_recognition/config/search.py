"""Judging the section ``optuna``: every search space, and whether its values would do where they go."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from phoneme_recognition.config.checker import Checker
from phoneme_recognition.config.paths import PathError, Steps, format_path, parse_path
from phoneme_recognition.config.sections import OptunaSection, SearchSpace
from phoneme_recognition.errors import Finding

# Puts a value into a tree, and into the copies that have to agree with it.
SetValue = Callable[[Any, Steps, Any], object]
# Checks a tree that a trial might have; the findings that it brings.
Try = Callable[[Any], Sequence[Finding]]

SPACES = ("optuna", "search_spaces")
# What the engine measures on every validation; callbacks of the user's own may log more.
METRICS = ("val_loss", "val_per", "val_cer", "val_wer", "val_greedy_per")
_OURS = ("phoneme_recognition.", "lightning.")
_ENDS = ("low", "high", "step")


def check_search(
    checker: Checker, optuna: OptunaSection, tree: dict[str, Any], set_value: SetValue, attempt: Try
) -> None:
    """Judge the metric and every search space, and whether its values would be good ones for its path.

    Args:
        checker: takes the findings.
        optuna: the section.
        tree: the whole config as plain data.
        set_value: puts a value into such a tree.
        attempt: checks such a tree and returns its findings.
    """
    if optuna.tune and not optuna.search_spaces:
        checker.report(SPACES, "nothing to search", "config path → distribution, low, high, ...")
    _check_metric(checker, optuna.metric, tree)
    known = {(finding.path, finding.message) for finding in checker.findings}
    seen: dict[Steps, str] = {}
    for path, space in optuna.search_spaces.items():
        if any(place.startswith(format_path((*SPACES, path))) for place, _ in known):
            continue  # a value of it is wrong by itself, and stands for none here
        problem, expected = space_problem(space)
        if not problem:
            problem, expected = _path_problem(path, seen)
        if problem:
            checker.report((*SPACES, path), problem, expected)
            continue
        for value in examples(space):
            changed = copy.deepcopy(tree)
            try:
                set_value(changed, parse_path(path), value)
            except PathError as error:
                expected = error.expected or "a path into this config"
                checker.report((*SPACES, path), f"leads nowhere: {error}", expected)
                break
            new = [one for one in attempt(changed) if (one.path, one.message) not in known]
            if new:
                hint = f"{new[0].path}: {new[0].message}"
                expected = _rather(space, value, new[0].expected)
                checker.report((*SPACES, path), f"{value} would not do: {hint}", expected, new[0].nearest)
                break


def _check_metric(checker: Checker, metric: str, tree: dict[str, Any]) -> None:
    if metric in METRICS:
        return
    steps = ("optuna", "metric")
    if metric.startswith("test_"):
        message = f"{metric}: a search must never see the test split"
        checker.report(steps, message, f"one of {', '.join(METRICS)}", f"val_{metric[5:]}")
    elif metric.startswith("train_") or not _has_foreign_callbacks(tree.get("trainer")):
        near = f"val_{metric.partition('_')[2] or metric}"
        expected = f"what a validation measures: {', '.join(METRICS)}"
        checker.report(steps, f"got {metric!r}", expected, near if near in METRICS else "")


def _has_foreign_callbacks(trainer: Any) -> bool:
    listed = trainer.get("callbacks") if isinstance(trainer, dict) else None
    entries = listed if isinstance(listed, list) else [listed]
    paths = [str(entry.get("class_path")) for entry in entries if isinstance(entry, dict)]
    return any(not path.startswith(_OURS) for path in paths)


def _path_problem(path: str, seen: dict[Steps, str]) -> tuple[str, str]:
    try:
        steps = parse_path(path)
    except PathError as error:
        return f"leads nowhere: {error}", error.expected
    if steps[0] == "optuna":
        return "the search cannot change itself", "a path outside of optuna"
    for other, name in seen.items():
        shorter = min(len(other), len(steps))
        if other[:shorter] == steps[:shorter]:
            inner, outer = (path, name) if len(steps) >= len(other) else (name, path)
            return f"{inner} lies in {outer}, which is searched too", "paths beside each other"
    seen[steps] = format_path(steps)
    return "", ""


def space_problem(space: SearchSpace) -> tuple[str, str]:
    """What is wrong with a search space by itself, and what was expected; empty where nothing is."""
    if space.distribution == "categorical":
        return _choices_problem(space)
    if space.choices is not None:
        return f"choices do not go with {space.distribution}", "distribution: categorical"
    if space.low is None or space.high is None:
        return f"{space.distribution} without low or high", "both"
    if space.low >= space.high:
        return f"low {space.low} is not below high {space.high}", "low < high"
    return _range_problem(space, space.low, space.high)


def _choices_problem(space: SearchSpace) -> tuple[str, str]:
    if not space.choices:
        return "a categorical distribution without choices", "choices: [...]"
    extra = [name for name in _ENDS if getattr(space, name) is not None]
    if extra or space.log:
        return f"{(extra or ['log'])[0]} does not go with categorical", "choices alone"
    twice = [one for at, one in enumerate(space.choices) if _is_among(one, space.choices[:at])]
    return (f"the choice {twice[0]} is written twice", "each once") if twice else ("", "")


def _is_among(value: Any, others: Sequence[Any]) -> bool:
    return any(type(value) is type(other) and value == other for other in others)


def _range_problem(space: SearchSpace, low: float, high: float) -> tuple[str, str]:
    kind, step = space.distribution, space.step
    if kind == "int" and any(isinstance(end, float) for end in (low, high, step)):
        return "int with ends that are no integers", "integers"
    logarithmic = kind == "loguniform" or space.log
    if logarithmic and low <= 0:
        return f"low {low} has no logarithm", "low > 0"
    if space.log and (kind != "int" or step not in (None, 1)):
        return f"log does not go with {kind}{' and step' if step else ''}", "loguniform, or int without step"
    if kind == "discrete" and step is None:
        return "discrete without step", "step: the distance between values"
    if step is not None:
        if kind not in ("discrete", "int"):
            return f"step does not go with {kind}", "distribution: discrete (or int)"
        if step > high - low:
            return f"step {step} is wider than the range from {low} to {high}", "at least two values"
    return "", ""


def examples(space: SearchSpace) -> Iterator[Any]:
    """Values that the space may give: all choices, or the ends and one between them, of the kind it draws."""
    if space.choices is not None:
        yield from space.choices
        return
    if space.low is None or space.high is None:
        return
    yield from (space.low, space.high)
    if not draws_integers(space):
        # No whole number: a key that wants integers must be searched with int.
        middle = math.sqrt(space.low * space.high) if space.low > 0 else (space.low + space.high) / 2
        yield math.nextafter(middle, math.inf) if float(middle).is_integer() else middle


def draws_integers(space: SearchSpace) -> bool:
    """Whether a range of numbers gives whole ones: int, and discrete over whole numbers."""
    ends = (space.low, space.high, space.step)
    return space.distribution == "int" or (
        space.distribution == "discrete" and all(isinstance(end, int) for end in ends)
    )


def _rather(space: SearchSpace, value: Any, expected: str) -> str:
    """What was expected, with the distribution that gives it."""
    if isinstance(value, float) and expected.startswith("an integer") and space.choices is None:
        return f"{expected}: distribution: int"
    return expected
