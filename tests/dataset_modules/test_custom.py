"""The worked example works."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset_modules.base_dataset import BaseDataset
from dataset_modules.custom import CustomDataset
from phoneme_recognition.errors import DataError


def test_three_tables(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        lines = f"\ufeffclips/{split}1.wav\td ˈa\r\n\r\nclips/{split}2.wav\n"
        (tmp_path / f"{split}.tsv").write_text(lines, encoding="utf-8")
    corpus = CustomDataset(tmp_path / "cache", tmp_path, language="ru", audio_params={"sampling_rate": 16000})
    assert corpus.cache_dir == tmp_path / "cache"
    corpus.load_data(create_dataset=True)
    for split, rows in (
        ("train", corpus.get_train_data()),
        ("val", corpus.get_val_data()),
        ("test", corpus.get_test_data()),
    ):
        assert [row.utterance_id for row in rows] == [f"clips/{split}1.wav", f"clips/{split}2.wav"]
        assert rows[0].audio.path == str(tmp_path / "clips" / f"{split}1.wav")
        assert [row.phonemes for row in rows] == [("d", "ˈa"), ()]  # the second is reported as an empty label


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no table .*train\.tsv"):
        CustomDataset(data_dir=tmp_path).get_train_data()


def test_a_dataset_has_to_name_its_splits() -> None:
    with pytest.raises(TypeError, match="get_test_data"):
        BaseDataset()  # type: ignore[abstract]
