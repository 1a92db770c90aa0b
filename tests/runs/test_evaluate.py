"""What measuring leaves behind: figures for programs, a table that explains them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from phoneme_recognition.config import Config
from phoneme_recognition.errors import CheckpointError, UserError
from phoneme_recognition.metrics.error_rates import EditCounts
from phoneme_recognition.runs.evaluate import evaluate, save_measurement
from phoneme_recognition.runs.measurement import Measurement

TRANSCRIPTS = [
    ("a", ["t͡ɕ", "|", "ˈa"], ["t͡ɕ", "ˈa"]),
    ("b\tc", ["p", "b"], ["p", "d", "d"]),
    ("d", ["s"], []),
]


@pytest.fixture
def measured() -> Measurement:
    counts = EditCounts(1, 1, 1, 5)
    return Measurement("test", 3, 2.5, {"per": 0.6, "wer": 0.75}, counts, "greedily", TRANSCRIPTS)


def test_figures_have_flat_names_and_rates_are_fractions(measured: Measurement) -> None:
    assert measured.figures() == {
        "test_per": 0.6,
        "test_wer": 0.75,
        "test_loss": 2.5,
        "utterances": 3,
        "phonemes": 5,
        "substitutions": 1,
        "insertions": 1,
        "deletions": 1,
        "decoding": "greedily",
    }


def test_the_figures_lie_beside_the_checkpoint_under_its_name(measured: Measurement, tmp_path: Path) -> None:
    checkpoint = tmp_path / "epoch=01-val_per=0.5000.ckpt"
    folder = save_measurement(measured, checkpoint)
    assert folder == tmp_path / "test_epoch=01-val_per=0.5000"
    figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert figures == {"checkpoint": str(checkpoint)} | measured.figures()
    assert sorted(path.name for path in folder.iterdir()) == ["metrics.json", "utterances.tsv"]


def test_each_utterance_has_its_own_errors(measured: Measurement, tmp_path: Path) -> None:
    path = save_measurement(measured, tmp_path / "last.ckpt") / "utterances.tsv"
    assert path.read_text(encoding="utf-8").splitlines()[:2] == [
        "utterance\tper\tsubstitutions\tinsertions\tdeletions\treference\thypothesis",
        # A word boundary that was missed is no phoneme that was.
        "a\t0.0000\t0\t0\t0\tt͡ɕ | ˈa\tt͡ɕ ˈa",
    ]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["utterance"] for row in rows] == ["a", "b\tc", "d"]
    assert (rows[1]["per"], rows[1]["substitutions"], rows[1]["insertions"]) == ("1.0000", "1", "1")
    assert (rows[2]["per"], rows[2]["deletions"], rows[2]["hypothesis"]) == ("1.0000", "1", "")


def test_measuring_again_replaces_the_figures(measured: Measurement, tmp_path: Path) -> None:
    save_measurement(measured, tmp_path / "last.ckpt")
    again = Measurement("test", 1, 0.5, {"per": 0.0}, EditCounts(0, 0, 0, 1), "greedily", TRANSCRIPTS[:1])
    folder = save_measurement(again, tmp_path / "last.ckpt")
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["test_per"] == 0.0
    assert len((folder / "utterances.tsv").read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("split", ["val", "test"])
def test_the_checkpoint_is_asked_for_first(split: str) -> None:
    with pytest.raises(UserError, match=rf"{split} needs a checkpoint\. Add ckpt_path=\.\.\. to .* {split} "):
        evaluate(Config(), "val" if split == "val" else "test")


def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.ckpt does not exist"):
        evaluate(Config(ckpt_path=str(tmp_path / "none.ckpt")), "test")
