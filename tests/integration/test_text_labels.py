"""Recordings with plain text: what is said becomes phonemes, is trained on, and is measured alike."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.cli import main
from phoneme_recognition.models.checkpoint import read_checkpoint, stored_inventory
from phoneme_recognition.phonemes.g2p.russian.g2p import RussianG2P
from phoneme_recognition.phonemes.inventory import Inventory

MakeConfig = Callable[[Path], Path]
NUMBERS = ("ru_0054", "у меня есть iPhone")


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    results = io.StringIO()
    code = main(arguments, results)
    return code, json.loads(results.getvalue().splitlines()[-1]) if code == 0 else {}


@pytest.fixture
def config(clips: Path, make_quick_config: MakeConfig, tmp_path: Path) -> Path:
    """The twelve sentences as a folder of recordings with a text beside each; one has a foreign word."""
    folder = tmp_path / "custom" / "ru"
    folder.mkdir(parents=True)
    corpus = FestvoxRuDataset(data_dir=clips)
    for row in [*corpus.get_train_data(), *corpus.get_val_data(), *corpus.get_test_data()]:
        shutil.copy(row.audio.path, folder)
        text = NUMBERS[1] if row.utterance_id == NUMBERS[0] else row.text
        (folder / f"{row.utterance_id}.txt").write_text(str(text), encoding="utf-8")
    path = make_quick_config(tmp_path)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["data"]["dataset_classes"] = [
        {
            "class_path": "dataset_modules.custom_audio.CustomAudioDataset",
            "init_args": {
                "train_val_dir": str(tmp_path / "custom"),
                "test_dir": str(tmp_path / "custom"),
                "allowed_extensions": [".flac"],
                "cache_dir": str(tmp_path / "cache"),
            },
        }
    ]
    content["phonemes"] = {"g2p": "russian", "g2p_args": {"stress_model": "none"}}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def references(figures: dict[str, Any]) -> dict[str, str]:
    """Utterance → its reference in the test's table."""
    (path,) = Path(figures["run_dir"]).glob("test_*/utterances.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["utterance"]: row["reference"] for row in csv.DictReader(file, delimiter="\t")}


def test_the_references_are_what_the_backend_says(config: Path) -> None:
    code, figures = run("train", str(config), "trainer.max_epochs=1")
    assert code == 0
    found = references(figures)
    assert len(found) == 11
    backend = RussianG2P(stress_model="none")
    for name, reference in found.items():
        text = (config.parent / "custom" / "ru" / name).with_suffix(".txt").read_text(encoding="utf-8")
        said = backend.pronounce([text])[0].phonemes()
        assert reference.split() == [symbol for symbol in said if symbol != "|"]
    assert any("ˈ" in reference for reference in found.values())


def test_a_text_that_cannot_be_said_is_named_and_left_out(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("train", str(config), "trainer.max_epochs=1", "data.max_skipped=0.2")[0] == 0
    lists = [path.read_text(encoding="utf-8") for path in config.parent.glob("cache/*/labels-*/skipped.csv")]
    assert any("not said: iPhone" in text and NUMBERS[0] in text for text in lists)
    assert "cannot be said: iPhone (1 times)" in caplog.text


def test_stress_and_reduction_are_dropped_alike_in_labels_and_references(config: Path) -> None:
    without = (
        "phonemes.keep_stress=false",
        "phonemes.keep_reduction=false",
        "model.vocab_file=dataset_modules/tokens/russian_phonemes.json",
    )
    code, figures = run("train", str(config), "trainer.max_epochs=1", *without)
    assert code == 0
    trained = references(figures)
    assert not any(sign in reference for reference in trained.values() for sign in "ˈəɐɪʊ")
    checkpoint = str(figures["checkpoint"])
    assert stored_inventory(read_checkpoint(checkpoint)) == Inventory("ipa", False, False)
    # The config says nothing of it now: the checkpoint does.
    code, figures = run("test", str(config), f"ckpt_path={checkpoint}")
    assert code == 0
    assert references(figures) == trained


def test_a_change_of_the_backend_makes_new_labels_and_decodes_nothing_again(config: Path) -> None:
    code, figures = run("train", str(config), "trainer.max_epochs=1")
    assert code == 0
    hard = references(figures)
    tables = {path.name for path in (config.parent / "cache").iterdir() if path.is_dir()}
    code, figures = run(
        "train", str(config), "trainer.max_epochs=1", "phonemes.g2p_args.assimilative_softness=true"
    )
    assert code == 0
    soft = references(figures)
    assert soft != hard
    assert {name: line.replace("ʲ", "") for name, line in soft.items()} == {
        name: line.replace("ʲ", "") for name, line in hard.items()
    }
    assert {path.name for path in (config.parent / "cache").iterdir() if path.is_dir()} == tables


def test_the_check_names_what_cannot_be_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, figures = run("check", str(config), "data.max_skipped=0.2")
    assert code == 0
    findings = [one for one in figures["findings"] if "cannot say" in one["reason"]]
    assert findings
    assert all("RussianG2P cannot say iPhone (1 times)" in one["reason"] for one in findings)
    assert {one["level"] for one in findings} == {"warning"}
