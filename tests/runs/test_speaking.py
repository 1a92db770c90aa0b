"""Which backend speaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.speaking import choose_backend, place_of_vocabulary

PHONES = Vocabulary.from_phonemes(["ˈa", "m", "tʲ"])
LETTERS = Vocabulary.from_phonemes(["а", "м"])


@pytest.mark.parametrize("language", ["ru", "RU", "rus", "ru-RU", "ru_RU"])
def test_russian_is_spoken_where_the_language_is(language: str) -> None:
    assert choose_backend("auto", language, PHONES) == "russian"
    assert choose_backend("auto", language, None) == "russian"


def test_text_stays_as_it_is_elsewhere() -> None:
    assert choose_backend("auto", "cs", PHONES) == "phonemes"
    assert choose_backend("auto", "rue", None) == "phonemes"  # Rusyn
    assert choose_backend("auto", "ru", LETTERS) == "phonemes"


def test_a_name_is_meant() -> None:
    assert choose_backend("espeak", "ru", LETTERS) == "espeak"
    assert choose_backend("my.Backend", "ru", PHONES) == "my.Backend"


def test_a_vocabulary_of_ones_own_goes_before_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "dataset_modules/tokens/russian_phones.json"
    assert place_of_vocabulary(name).is_file()
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()
    assert place_of_vocabulary(name) == Path(name)
    assert place_of_vocabulary("nowhere.json") == Path("nowhere.json")
