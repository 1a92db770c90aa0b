"""The tables that pages get at build time."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from docs_blocks import ROOT

from phoneme_recognition.config.classes import NO_DEFAULT, class_facts
from phoneme_recognition.config.provided import with_provided
from phoneme_recognition.config.trainer_keys import TRAINER
from phoneme_recognition.phonemes.g2p.names import NAMES

OURS = [
    "phoneme_recognition.callbacks.CustomModelCheckpoint",
    "phoneme_recognition.callbacks.LogMetricsCallback",
    "phoneme_recognition.callbacks.FadeMasks",
    "phoneme_recognition.callbacks.MovingAverage",
    "phoneme_recognition.callbacks.TrainingMonitor",
    "dataset_modules.custom_audio.CustomAudioDataset",
    "dataset_modules.common_voice.CommonVoiceDataset",
    "dataset_modules.festvox_ru.FestvoxRuDataset",
    "dataset_modules.fillets.FilletsDataset",
    "dataset_modules.custom.CustomDataset",
    "custom_augmentations.CustomPitchShift",
    "custom_augmentations.AddBackgroundNoiseWrapper",
    *NAMES.values(),
]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The hook, imported as mkdocs imports it."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
    return importlib.import_module("tables")


def test_a_marker_becomes_a_table(tables: ModuleType) -> None:
    page = "before\n\n<!-- keys: model gamma optimizer -->\n\nafter"
    assert tables.on_page_markdown(page) == (
        "before\n\n"
        "| key | type | default | meaning |\n|---|---|---|---|\n"
        "| `gamma` | a number (more than 0, at most 1) | `0.1` |"
        " StepLR, MultiStepLR, ReduceLROnPlateau: factor of the rate |\n"
        "| `optimizer` | `AdamW`, `SGD`, `Muon` | `AdamW` | AdamW or SGD of torch.optim, or Muon |\n\n"
        "after"
    )


@pytest.mark.parametrize(
    "marker", ["keys: modle", "keys: model rate", "arguments: custom_augmentations.Nothing"]
)
def test_a_marker_of_nothing_stops_the_build(tables: ModuleType, marker: str) -> None:
    with pytest.raises(ValueError):
        tables.on_page_markdown(f"<!-- {marker} -->")


def test_every_argument_of_the_trainer_has_its_meaning(tables: ModuleType) -> None:
    rows = tables.section_keys("trainer")
    assert {row.name for row in rows} == set(class_facts(TRAINER).arguments)
    assert all(row.meaning for row in rows)


def test_top_level_keys_are_those_outside_of_the_sections(tables: ModuleType) -> None:
    assert [row.name for row in tables.section_keys("general")] == ["seed_everything", "ckpt_path"]


@pytest.mark.parametrize("path", OURS)
def test_every_argument_of_our_classes_has_its_meaning(tables: ModuleType, path: str) -> None:
    rows = tables.class_arguments(path)
    assert [row.name for row in rows] == list(class_facts(path).arguments)
    assert [row.name for row in rows if not row.meaning] == []


AUGMENTATIONS = sorted((ROOT / "docs" / "augmentations").glob("[!i]*.md"))


@pytest.mark.parametrize("page", AUGMENTATIONS, ids=lambda page: page.stem)
def test_tables_that_are_written_by_hand_agree_with_the_class(page: Path) -> None:
    """Those of the augmentations, which have units that no docstring gives."""
    text = page.read_text(encoding="utf-8")
    path = re.search(r"class_path: (\S+)", text)
    assert path
    facts = with_provided(class_facts(path[1])).arguments
    written: dict[str, str] = {}
    for first, second in re.findall(r"^\| (`.+?`) \| (.+?) \|", text, re.MULTILINE):
        names, values = re.findall(r"`(\w+)`", first), second.strip("`").split(", ")
        written |= dict(zip(names, values * (1 if len(values) > 1 else len(names)), strict=True))
    assert set(written) == set(facts)
    for name, value in written.items():
        default = facts[name].default
        if value != "filled in" and default not in (..., NO_DEFAULT):
            assert yaml.safe_load(value) == default, name


def test_meanings_in_both_forms_of_docstrings_and_from_ancestors(
    tables: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "documented_for_tests.py").write_text(
        '''class Below:
    """One.

    Args:
        rate: how fast, in :class:`Hz`,
            or faster.

            More of it.
        depth (int): how deep.
        name, other: two.

    Raises:
        ValueError: never.
    """


class Above(Below):
    def __init__(self, rate: float, p: float = 0.5, depth: int | None = None, mode="a|b", other=1):
        """
        :param p: probability
            of it
        :param mode: the
        """
'''
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    rows = {row.name: row for row in tables.class_arguments("documented_for_tests.Above")}
    assert rows["rate"][1:] == ("a number", "must be given", "how fast, in `Hz`, or faster")
    assert rows["p"][1:] == ("a number", "`0.5`", "probability of it")
    assert rows["depth"][1:] == ("an integer or null", "`null`", "how deep")
    assert rows["other"].meaning == "two"
    assert "`a\\|b`" in tables.as_table("argument", rows.values())
