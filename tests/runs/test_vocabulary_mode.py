"""Finding a vocabulary file, and making one from a dataset."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataset_modules.festvox_ru import PHONES
from phoneme_recognition.config import Config, load_config
from phoneme_recognition.errors import DataError, UserError, VocabularyError
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.vocabulary import find_vocabulary, make_vocabulary

SHIPPED = "dataset_modules/tokens/russian_phones.json"


@pytest.fixture
def config(make_quick_config: Any, tmp_path: Path) -> Config:
    return load_config(make_quick_config(tmp_path))


def test_a_file_of_the_working_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = find_vocabulary(SHIPPED)
    monkeypatch.chdir(tmp_path)
    assert find_vocabulary(SHIPPED) == shipped  # found from any folder
    own = tmp_path / SHIPPED
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"[PAD]": 0, "o": 1}), encoding="utf-8")
    assert find_vocabulary(SHIPPED).phonemes == ["o"]


def test_a_file_that_is_nowhere_is_named_as_it_was_given() -> None:
    with pytest.raises(VocabularyError, match=r"vocabulary file my/own\.json does not exist"):
        find_vocabulary("my/own.json")


def labels(clips: Path) -> Counter[str]:
    """The phones of the training and validation sentences, read from the files by themselves."""
    counts: Counter[str] = Counter()
    for path in sorted(clips.glob("*.lab"))[:-1]:  # the last one is the test
        phones = [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines() if line != "#"]
        counts.update(PHONES[phone] for phone in phones if phone != "pau")
    return counts


def test_it_holds_the_symbols_of_training_and_validation(
    config: Config, clips: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "new" / "vocab.json"
    with caplog.at_level(logging.INFO):
        figures = make_vocabulary(config, str(path))
    counts = labels(clips)
    made = Vocabulary.from_file(path)
    assert set(made.phonemes) == set(Vocabulary.from_phonemes(counts).phonemes)
    assert json.loads(path.read_text(encoding="utf-8")) == made.to_dict()
    assert figures == {
        "mode": "vocab",
        "vocab_file": str(path),
        "phonemes": len(counts),
        "rare": sum(number < 10 for number in counts.values()),
    }
    assert 0 < figures["rare"] < figures["phonemes"]
    listed = [record.getMessage().split() for record in caplog.records if "rare" in record.getMessage()]
    assert len(listed) == figures["rare"]
    assert all(int(number) < 10 for number, *_ in listed)


def test_an_existing_file_is_never_overwritten(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "vocab.json"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=r"is there already\. Give another name: .*output=FILE"):
        make_vocabulary(config, str(path))
    with pytest.raises(UserError, match="is there already"):
        make_vocabulary(replace(config, model=replace(config.model, vocab_file=str(path))), None)
    assert path.read_text(encoding="utf-8") == "mine"


def test_without_output_it_goes_where_the_config_looks_for_it(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "wanted.json"
    config = replace(config, model=replace(config.model, vocab_file=str(path)))
    make_vocabulary(config, None)
    assert len(find_vocabulary(config.model.vocab_file)) > 30


def test_several_datasets_are_counted_together(config: Config, clips: Path, tmp_path: Path) -> None:
    (entry,) = config.data.dataset_classes
    twice = replace(config, data=replace(config.data, dataset_classes=[entry, entry]))
    once = make_vocabulary(config, str(tmp_path / "once.json"))
    both = make_vocabulary(twice, str(tmp_path / "twice.json"))
    assert both["phonemes"] == once["phonemes"]
    assert both["rare"] == sum(2 * number < 10 for number in labels(clips).values()) < once["rare"]


def test_a_dataset_without_labels_makes_no_file(config: Config, tmp_path: Path) -> None:
    empty = replace(config, data=replace(config.data, dataset_classes=[]))
    with pytest.raises(DataError, match="no label to make a vocabulary from"):
        make_vocabulary(empty, str(tmp_path / "vocab.json"))
    assert not (tmp_path / "vocab.json").exists()
