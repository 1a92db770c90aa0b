"""The labels of the twelve real sentences, read as a notation and as the dataset reads them."""

from __future__ import annotations

from pathlib import Path

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.phonemes.notations import from_ipa, to_ipa


def read_symbols(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").partition("#\n")[2].splitlines()
    return [line.split()[2] for line in lines if line.strip()]


def test_the_clips_read_as_the_dataset_reads_them(clips: Path) -> None:
    dataset = FestvoxRuDataset(data_dir=clips)
    sources = [*dataset.get_train_data(), *dataset.get_val_data(), *dataset.get_test_data()]
    assert len(sources) == 12
    for source in sources:
        symbols = read_symbols(clips / f"{source.utterance_id}.lab")
        assert "pau" in symbols
        phonemes = to_ipa(symbols, "festvox_ru")
        assert phonemes == source.phonemes
        assert from_ipa(phonemes, "festvox_ru") == tuple(symbol for symbol in symbols if symbol != "pau")
