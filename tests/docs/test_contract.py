"""docs/contract.md: everything that is promised stands there with a test that exists."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import NamedTuple

import pytest
from docs_blocks import ROOT

import custom_augmentations
import phoneme_recognition.callbacks
from dataset_modules.base_dataset import BaseDataset
from phoneme_recognition.cli import MODES
from phoneme_recognition.config.classes import class_facts
from phoneme_recognition.config.sections import (
    DECODERS,
    DISTRIBUTIONS,
    OPTIMIZERS,
    SCHEDULERS,
    AudioParams,
    DataSection,
    DecodingSection,
    ExperimentSection,
    ModelSection,
    OptunaSection,
    PhonemesSection,
    SearchSpace,
)
from phoneme_recognition.config.trainer_keys import TRAINER
from phoneme_recognition.models import NETWORK_NAMES
from phoneme_recognition.phonemes.g2p.names import NAMES

PAGE = ROOT / "docs" / "contract.md"
SECTIONS = {
    "audio_params": AudioParams,
    "experiment": ExperimentSection,
    "model": ModelSection,
    "data": DataSection,
    "phonemes": PhonemesSection,
    "decoding": DecodingSection,
    "optuna": OptunaSection,
    "search_spaces": SearchSpace,
}
# From Lightning, and shown in the default config.
SHOWN = ("lightning.pytorch.callbacks.TQDMProgressBar", "lightning.pytorch.callbacks.EarlyStopping")
# What the program gives to every backend that takes it.
FILLED_IN = ("language", "vocabulary")
# Arguments of Lightning's that the users' contract is silent about.
SILENT = ("enable_autolog_hparams", "model_registry")


class Row(NamedTuple):
    """One row: its line in the page, what it is about and the names in that, its sentence, its tests."""

    line: int
    what: str
    names: list[str]
    sentence: str
    tests: list[str]


@cache
def rows() -> list[Row]:
    """All the rows of all the tables of the page."""
    found = []
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), start=1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[0] != "what" and not cells[0].startswith("---"):
            names = re.findall(r"`([^`]+)`", cells[0])
            found.append(Row(number, cells[0], names, cells[1], re.findall(r"`(tests/[^`]+)`", cells[2])))
    return found


def dataset_classes() -> Iterator[type]:
    for path in sorted((ROOT / "dataset_modules").glob("[a-z]*.py")):
        module = importlib.import_module(f"dataset_modules.{path.stem}")
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, BaseDataset) and found.__module__ == module.__name__:
                yield found


def classes() -> list[str]:
    """The dotted paths of the classes that a config may name and that come with the project."""
    datasets = [f"{one.__module__}.{one.__name__}" for one in dataset_classes()]
    augmentations = [f"custom_augmentations.{name}" for name in custom_augmentations.__all__]
    callbacks = [f"phoneme_recognition.callbacks.{name}" for name in phoneme_recognition.callbacks.__all__]
    return datasets + augmentations + callbacks


def backends() -> Iterator[str]:
    """The short names of what turns text into phonemes, and the arguments of each."""
    for name, path in NAMES.items():
        yield name
        arguments = class_facts(path).arguments
        yield from (f"{path.rpartition('.')[2]}.{one}" for one in arguments if one not in FILLED_IN)


def promised() -> Iterator[str]:
    """Everything that has to have a row."""
    yield from ("seed_everything", "ckpt_path")
    for section, kind in SECTIONS.items():
        yield from (f"{section}.{entry.name}" for entry in fields(kind))
    yield from (f"trainer.{name}" for name in class_facts(TRAINER).arguments if name not in SILENT)
    for path in classes():
        yield path
        # What all callbacks or all transforms have from their ancestors is no promise of ours.
        yield from (f"{path.rpartition('.')[2]}.{name}" for name in class_facts(path).arguments)
    yield from SHOWN
    yield from backends()
    yield from (*MODES, "selftest", "run.sh")
    yield from (*NETWORK_NAMES, *OPTIMIZERS, *SCHEDULERS, *DECODERS, *DISTRIBUTIONS)
    yield from ("loss", "per", "cer", "wer")


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for row in rows():
        for name in row.tests:
            path, _, test = name.partition("::")
            if not (ROOT / path).is_file() or test not in names_in(path):
                missing.append(f"{PAGE.name}:{row.line}: {name}")
    assert missing == []


def test_no_row_is_without_a_sentence_and_a_test() -> None:
    assert [row for row in rows() if not (row.what and row.sentence and row.tests)] == []


def test_everything_that_is_promised_has_a_row() -> None:
    named = {name for row in rows() for name in row.names}
    assert [one for one in promised() if one not in named] == []


def test_no_row_is_about_a_key_that_is_gone() -> None:
    known = set(promised())
    prefixes = tuple(f"{section}." for section in (*SECTIONS, "trainer"))
    keys = [name for row in rows() for name in row.names if re.fullmatch(r"\w+\.\w+", name)]
    assert [name for name in keys if name.startswith(prefixes) and name not in known] == []


@pytest.mark.parametrize(
    "what",
    [
        "model.lr",
        "train",
        "phonemize",
        "RussianG2P.stress_model",
        "dataset_modules.custom_audio.CustomAudioDataset",
    ],
)
def test_the_list_of_promises_is_not_empty_by_mistake(what: str) -> None:
    assert what in set(promised())
