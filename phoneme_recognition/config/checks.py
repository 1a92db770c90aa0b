"""Mistakes that only several keys together show."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

from phoneme_recognition.config.checker import Checker
from phoneme_recognition.config.paths import PathError, parse_path, set_path
from phoneme_recognition.config.sections import (
    OPTIMIZERS,
    AudioParams,
    ModelSection,
    OptunaSection,
    SearchSpace,
)
from phoneme_recognition.errors import Finding
from phoneme_recognition.models import COMPACT

AUDIO_KEYS = tuple(entry.name for entry in fields(AudioParams))
# What stands in for a value of the search when its path is tried out; the findings that it brings.
Try = Callable[[Any], Sequence[Finding]]


def check_model(checker: Checker, model: ModelSection) -> None:
    """Judge the network's source, the schedule and the optimizer's own arguments."""
    default = ModelSection()
    name = ("model", "pretrained_name")
    if model.pretrained_name is None:
        if not model.network_config and model.network_name != COMPACT:
            message = f"null means from scratch, and {model.network_name} has no sizes for that"
            checker.report(name, message, "a hub id or folder, or model.network_config")
    elif model.pretrained_name == default.pretrained_name and model.network_name != default.network_name:
        message = f"{model.pretrained_name} is a {default.network_name}, not a {model.network_name}"
        checker.report(name, message, f"a pretrained {model.network_name}, or null")
    if model.scheduler == "MultiStepLR" and not model.milestones:
        checker.report(("model", "milestones"), "empty, and MultiStepLR needs them", "a list of epochs")
    _check_optimizer(checker, model)


def _check_optimizer(checker: Checker, model: ModelSection) -> None:
    if model.head_lr is not None and model.optimizer == "Muon":
        message = "Muon leaves heads to AdamW, at a rate of its own"
        checker.report(("model", "head_lr"), message, "null, and model.optimizer_args.adamw_lr")
    if not model.optimizer_args:
        return  # spares reading torch's source
    facts = checker.facts(OPTIMIZERS[model.optimizer])
    arguments = {name: argument for name, argument in facts.arguments.items() if name not in ("params", "lr")}
    steps = ("model", "optimizer_args")
    for name, value in model.optimizer_args.items():
        if name == "lr":
            checker.report((*steps, name), "the learning rate has its own key", "model.lr")
        elif name not in arguments:
            checker.unknown((*steps, name), arguments)
        else:
            checker.argument(value, arguments[name], (*steps, name))


def check_audio_copies(checker: Checker, audio: AudioParams, tree: dict[str, Any]) -> None:
    """Compare the copies of ``audio_params`` in ``data`` and in its classes with the section itself."""
    wanted = asdict(audio)
    data = tree.get("data")
    if isinstance(data, dict) and not isinstance(data.get("audio_params"), dict | None):
        checker.report(("data", "audio_params"), "not a mapping", "{<<: *audio_params}")
    for steps, copied in audio_copies(tree):
        inside = {name: value for name, value in copied.items() if name in AUDIO_KEYS}
        # In init_args the mapping is nothing else, so that other keys are mistakes there.
        before = len(checker.findings)
        found = asdict(checker.section(AudioParams, inside if steps == ("data",) else copied, steps))
        for name in inside if len(checker.findings) == before else ():
            if found[name] != wanted[name]:
                message = f"{found[name]} contradicts audio_params.{name}, which is {wanted[name]}"
                checker.report((*steps, name), message, "the same value: merge it in with <<: *audio_params")


def audio_copies(tree: dict[str, Any]) -> list[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Where copies of ``audio_params`` stand: in ``data`` (merged in, or under its own name) and its classes."""
    data = tree.get("data")
    if not isinstance(data, dict):
        return []
    found: list[tuple[tuple[str | int, ...], dict[str, Any]]] = [(("data",), data)]
    if isinstance(data.get("audio_params"), dict):
        found.append((("data", "audio_params"), data["audio_params"]))
    for group in ("dataset_classes", "augmentations"):
        listed = data.get(group)
        for index, entry in enumerate(listed if isinstance(listed, list) else []):
            arguments = entry.get("init_args") if isinstance(entry, dict) else None
            copied = arguments.get("audio_params") if isinstance(arguments, dict) else None
            if isinstance(copied, dict):
                found.append((("data", group, index, "init_args", "audio_params"), copied))
    return found


def check_search(checker: Checker, optuna: OptunaSection, tree: dict[str, Any], attempt: Try) -> None:
    """Judge every search space, and whether its ends would be good values for its path.

    Args:
        checker: takes the findings.
        optuna: the section.
        tree: the whole config as plain data.
        attempt: checks such a tree and returns its findings.
    """
    known = {(finding.path, finding.message) for finding in checker.findings}
    for path, space in optuna.search_spaces.items():
        steps = ("optuna", "search_spaces", path)
        problem, expected = _space_problem(space)
        if problem:
            checker.report(steps, problem, expected)
            continue
        ends = [space.low, space.high] if space.choices is None else space.choices
        for end in ends:
            changed = copy.deepcopy(tree)
            try:
                set_path(changed, parse_path(path), end)
            except PathError as error:
                checker.report(steps, f"leads nowhere: {error}", error.expected or "a path into this config")
                break
            new = [one for one in attempt(changed) if (one.path, one.message) not in known]
            if new:
                hint = f"{new[0].path}: {new[0].message}"
                checker.report(steps, f"{end} would not do: {hint}", new[0].expected, new[0].nearest)
                break


def _space_problem(space: SearchSpace) -> tuple[str, str]:
    """What is wrong with a search space, and what was expected."""
    if space.distribution == "categorical":
        return ("", "") if space.choices else ("a categorical distribution without choices", "choices: [...]")
    if space.choices is not None:
        return f"choices do not go with {space.distribution}", "distribution: categorical"
    if space.low is None or space.high is None:
        return f"{space.distribution} without low or high", "both"
    if space.low >= space.high:
        return f"low {space.low} is not below high {space.high}", "low < high"
    if space.distribution == "loguniform" and space.low <= 0:
        return f"low {space.low} has no logarithm", "low > 0"
    if space.distribution == "discrete" and space.step is None:
        return "discrete without step", "step: the distance between values"
    ends = (space.low, space.high, space.step)
    if space.distribution == "int" and any(isinstance(end, float) for end in ends):
        return "int with ends that are no integers", "integers"
    return "", ""
