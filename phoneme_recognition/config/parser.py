"""From a config file and overrides to a checked ``Config``: all mistakes in one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from phoneme_recognition.config.checker import Checker
from phoneme_recognition.config.checks import (
    AUDIO_KEYS,
    check_audio_copies,
    check_backend,
    check_model,
    set_value,
)
from phoneme_recognition.config.entries import ClassEntry
from phoneme_recognition.config.loader import COMMAND_LINE, Document, Origin, read_file, read_value
from phoneme_recognition.config.paths import PathError, Steps, parse_path
from phoneme_recognition.config.search import check_search
from phoneme_recognition.config.sections import (
    AudioParams,
    Config,
    DataSection,
    DecodingSection,
    ExperimentSection,
    ModelSection,
    OptunaSection,
    PhonemesSection,
    SearchSpace,
)
from phoneme_recognition.config.trainer_keys import TRAINER, TRAINER_RULES, with_additions
from phoneme_recognition.errors import ConfigError, Finding

_SECTIONS = ("audio_params", "experiment", "model", "data", "phonemes", "decoding", "trainer", "optuna")
# The method by which the program uses what stands in each list.
_METHODS = {"dataset_classes": "load_data", "augmentations": "__call__"}


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a config file, apply overrides, and check the result without importing what it names.

    Args:
        path: the YAML file.
        overrides: ``KEY=VALUE`` each, with a dotted path as KEY and YAML as VALUE. An override of a key
            of ``audio_params`` reaches its copies in ``data`` and in the datasets too.

    Raises:
        ConfigError: it has mistakes; all of them are in it, in the order of the file.
    """
    document = read_file(path)
    if document.data is None:
        raise ConfigError(document.findings)
    for override in overrides:
        _override(document, override)
    checker = Checker(document)
    config = _check(checker, document.data)
    if checker.findings:
        raise ConfigError(sorted(checker.findings, key=_order))
    return config


def check_tree(tree: dict[str, Any]) -> Config:
    """Check a config that comes as plain data, such as ``Config.resolved`` with some values changed.

    Raises:
        ConfigError: it has mistakes.
    """
    checker = Checker(Document(tree))
    config = _check(checker, tree, search=False)
    if checker.findings:
        raise ConfigError(checker.findings)
    return config


def _order(finding: Finding) -> tuple[bool, int]:
    return finding.source == COMMAND_LINE, finding.line or 0


def _check(checker: Checker, tree: dict[str, Any], *, search: bool = True) -> Config:
    config = checker.section(Config, tree, (), ignored=_SECTIONS)
    audio = checker.section(AudioParams, tree.get("audio_params"), ("audio_params",))
    model = checker.section(ModelSection, tree.get("model"), ("model",))
    experiment = checker.section(ExperimentSection, tree.get("experiment"), ("experiment",))
    data = _check_data(checker, tree.get("data"), audio)
    phonemes = checker.section(PhonemesSection, tree.get("phonemes"), ("phonemes",))
    decoding = checker.section(DecodingSection, tree.get("decoding"), ("decoding",))
    trainer = _check_trainer(checker, tree.get("trainer"))
    optuna = _check_optuna(checker, tree.get("optuna"))
    check_model(checker, model)
    phonemes = check_backend(checker, phonemes)
    check_audio_copies(checker, audio, tree)
    if optuna and search:
        # The search changes the config below optuna, never optuna itself.
        others = {name: value for name, value in tree.items() if name != "optuna"}
        check_search(checker, optuna, others, set_value, lambda changed: _attempt(checker, changed))
    return Config(
        config.seed_everything,
        config.ckpt_path,
        audio,
        experiment,
        model,
        data,
        phonemes,
        decoding,
        trainer=trainer,
        optuna=optuna,
    )


def _attempt(checker: Checker, tree: dict[str, Any]) -> Sequence[Finding]:
    document = checker.document
    attempt = Checker(Document(tree, document.origins, document.findings, document.unread), checker.known)
    _check(attempt, tree, search=False)
    return attempt.findings


def _check_data(checker: Checker, data: Any, audio: AudioParams) -> DataSection:
    section = checker.section(DataSection, data, ("data",), ignored=(*_METHODS, *AUDIO_KEYS, "audio_params"))
    given = data if isinstance(data, dict) else {}
    filled = {"language": section.language, "audio_params": asdict(audio)}
    lists: dict[str, list[ClassEntry]] = {}
    for group, method in _METHODS.items():
        steps = ("data", group)
        listed = [] if given.get(group) is None else given[group]
        if not isinstance(listed, list):
            checker.report(steps, "not a list", "a list of class_path and init_args, each after a dash")
            listed = []
        entries = [checker.entry(one, (*steps, at), method, filled) for at, one in enumerate(listed)]
        lists[group] = [entry for entry in entries if entry]
    if not given.get("dataset_classes"):
        checker.report(("data", "dataset_classes"), "no dataset to work with", "at least one class_path")
    return replace(section, dataset_classes=lists["dataset_classes"], augmentations=lists["augmentations"])


def _check_trainer(checker: Checker, trainer: Any) -> dict[str, Any]:
    if not isinstance(trainer, dict | None):
        checker.report(("trainer",), "not a mapping", "arguments of lightning.pytorch.Trainer")
        return {}
    facts = with_additions(checker.facts(TRAINER))
    return checker.arguments(facts, trainer or {}, ("trainer",), TRAINER_RULES)


def _check_optuna(checker: Checker, optuna: Any) -> OptunaSection | None:
    if optuna is None:
        return None
    section = checker.section(OptunaSection, optuna, ("optuna",), ignored=("search_spaces",))
    spaces = optuna.get("search_spaces") if isinstance(optuna, dict) else None
    steps = ("optuna", "search_spaces")
    if not isinstance(spaces, dict | None):
        checker.report(steps, "not a mapping", "config path → distribution, low, high, ...")
    listed = spaces if isinstance(spaces, dict) else {}
    checked = {
        str(path): checker.section(SearchSpace, space, (*steps, path)) for path, space in listed.items()
    }
    return replace(section, search_spaces=checked)


def _override(document: Document, override: str) -> None:
    name, equals, text = override.partition("=")
    value, problem = read_value(text)
    try:
        if not equals:
            raise PathError("not an override", "KEY=VALUE")
        steps = parse_path(name.strip())
        if problem:
            raise PathError(f"{text!r} is {problem}", "a YAML value; text with special characters in quotes")
        done = set_value(document.data, steps, value)
    except PathError as error:
        finding = Finding(name.strip(), str(error), error.expected, source=COMMAND_LINE)
        document.findings.append(finding)
        return
    for place in done:
        _note(document, place, override)


def _note(document: Document, steps: Steps, override: str) -> None:
    """Note that what stands at these steps now comes from the command line."""
    origins = document.origins
    for known in [one for one in origins if one[: len(steps)] == steps]:
        del origins[known]
    for end in range(1, len(steps) + 1):
        origins.setdefault(steps[:end], Origin(COMMAND_LINE, None, override))
