"""Mistakes that only several keys together show."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, fields, replace
from typing import Any

from phoneme_recognition.config.checker import Checker
from phoneme_recognition.config.classes import NO_DEFAULT, ClassLookupError, nearest
from phoneme_recognition.config.paths import Steps, set_path
from phoneme_recognition.config.sections import (
    OPTIMIZERS,
    AudioParams,
    ModelSection,
    PhonemesSection,
)
from phoneme_recognition.models import COMPACT
from phoneme_recognition.phonemes.g2p.names import NAMES

AUTO = "auto"
AUDIO_KEYS = tuple(entry.name for entry in fields(AudioParams))


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


# What the program gives to a backend that takes it.
_GIVEN_TO_BACKENDS = ("language", "vocabulary")


def check_backend(checker: Checker, phonemes: PhonemesSection) -> PhonemesSection:
    """Judge the G2P backend and its arguments.

    Returns:
        The section, with entries in place of ``class_path`` mappings among the arguments.
    """
    steps, name = ("phonemes", "g2p"), phonemes.g2p
    if name == AUTO:
        if phonemes.g2p_args:
            message = "auto chooses the backend, and these arguments belong to one"
            checker.report(("phonemes", "g2p_args"), message, "phonemes.g2p to name it, too")
        return phonemes
    if name not in NAMES and "." not in name:
        names = (AUTO, *NAMES)
        checker.report(
            steps, f"got {name!r}", f"one of {', '.join(names)}, or a class path", nearest(name, names)
        )
        return phonemes
    try:
        facts = checker.facts(NAMES.get(name, name))
    except ClassLookupError as error:
        checker.report(steps, f"{name}: {error}", near=error.nearest)
        return phonemes
    if facts.complete and "pronounce" not in facts.methods:
        checker.report(steps, f"{name} cannot stand here", "a class with pronounce() and fingerprint()")
        return phonemes
    arguments = {
        one: argument
        for one, argument in facts.arguments.items()
        if one not in _GIVEN_TO_BACKENDS or one in phonemes.g2p_args
    }
    facts, place = replace(facts, arguments=arguments), ("phonemes", "g2p_args")
    return replace(phonemes, g2p_args=checker.arguments(facts, phonemes.g2p_args, place))


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
    """Where copies of ``audio_params`` stand: in ``data`` (merged in, or by its name) and in its classes."""
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


def audio_values(tree: dict[Hashable, Any]) -> dict[str, Any]:
    """What the section ``audio_params`` of a tree says, with its defaults."""
    given = tree.get("audio_params")
    return asdict(AudioParams()) | (given if isinstance(given, dict) else {})


def set_value(tree: Any, steps: Steps, value: Any) -> list[Steps]:
    """Set a value in a config's tree; one of ``audio_params`` also in the copies that agreed with it.

    Returns:
        Where it was set.

    Raises:
        PathError: the path leads nowhere; the tree is as it was.
    """
    before = audio_values(tree)
    set_path(tree, steps, value)
    after, done = audio_values(tree), [steps]
    for place, copied in audio_copies(tree) if steps[0] == "audio_params" else ():
        for name in AUDIO_KEYS:
            if before[name] != after[name] and copied.get(name, NO_DEFAULT) == before[name]:
                set_path(tree, (*place, name), after[name])
                done.append((*place, name))
    return done
