"""The inventory: notation, stress and reduction, the same way for labels and references."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phoneme_recognition.errors import CheckpointError, UserError
from phoneme_recognition.phonemes.inventory import FULL_VOWELS, Inventory
from phoneme_recognition.phonemes.notations import arpabet, timit61, to_ipa
from phoneme_recognition.phonemes.vocabulary import BLANK, UNKNOWN, Vocabulary

TOKENS = Path(__file__).parents[2] / "dataset_modules" / "tokens"
# Корова мычит: both kinds of reduction, stress, a word boundary.
COW = ["k", "ɐ", "r", "ˈo", "v", "ə", "|", "m", "ɨ", "t͡ɕ", "ˈi", "t"]


def read_tokens(name: str) -> dict[str, int]:
    entries: dict[str, int] = json.loads((TOKENS / f"{name}.json").read_text(encoding="utf-8"))
    return entries


def numbered(symbols: tuple[str, ...]) -> dict[str, int]:
    return {symbol: number for number, symbol in enumerate(dict.fromkeys([BLANK, UNKNOWN, *symbols]))}


@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        (Inventory(), "k ɐ r ˈo v ə | m ɨ t͡ɕ ˈi t"),
        (Inventory(keep_stress=False), "k ɐ r o v ə | m ɨ t͡ɕ i t"),
        (Inventory(keep_reduction=False), "k a r ˈo v a | m ɨ t͡ɕ ˈi t"),
        (Inventory(keep_stress=False, keep_reduction=False), "k a r o v a | m ɨ t͡ɕ i t"),
    ],
)
def test_a_phrase(inventory: Inventory, expected: str) -> None:
    assert inventory.apply(COW) == tuple(expected.split())
    assert inventory.apply(inventory.apply(COW)) == tuple(expected.split())
    assert tuple(span.phoneme for span in inventory.spans(COW)) == inventory.apply(COW)


def test_secondary_stress_and_stress_before_the_syllable() -> None:
    assert Inventory().apply(["ˈm", "a", "ˌm", "a"]) == ("m", "ˈa", "m", "ˌa")
    assert Inventory(keep_stress=False).apply(["ˈm", "a", "ˌm", "a", "ˌaɪ"]) == ("m", "a", "m", "a", "aɪ")


def test_a_stressed_vowel_is_never_reduced() -> None:
    assert Inventory(keep_reduction=False).apply(["ˈə", "ə"]) == ("ˈə", "a")
    assert Inventory(keep_stress=False, keep_reduction=False).apply(["ˈɪ", "ɪ"]) == ("ɪ", "i")


def test_reduced_vowels_become_vowels_that_there_are() -> None:
    vocabulary = read_tokens("russian_phones_without_stress")
    assert {*FULL_VOWELS, *FULL_VOWELS.values()} <= vocabulary.keys()
    assert not FULL_VOWELS.keys() & set(FULL_VOWELS.values())


def test_notations() -> None:
    assert Inventory("timit61").apply(["h#", "tcl", "t", "ow"]) == ("t", "oʊ")
    assert Inventory("timit39").apply(["h#", "tcl", "t", "ao", "q"]) == ("t", "ɑ")
    assert Inventory("arpabet", keep_stress=False).apply(["AH0", "B", "AW1", "T"]) == ("ə", "b", "aʊ", "t")
    assert Inventory("xsampa").apply(['"t_Sa', '"', "t", "a"]) == ('"t_Sa', "t", "ˈa")


def test_what_is_not_known_stays_for_the_vocabulary_to_name() -> None:
    assert Inventory("festvox_ru").apply(["aa", "qq", "|", "pp"]) == ("ˈa", "qq", "|", "pʲ")
    assert Inventory().apply(["ж", "q", "<UNK>"]) == ("ж", "q", "<UNK>")


def test_symbols_of_the_vocabulary_keep_their_spelling() -> None:
    vocabulary = Vocabulary.from_phonemes(["g", "ts", "ˈo", "ˈt"])
    assert Inventory().apply(["g", "ts", "ʣ", "ˈt", "o"], vocabulary) == ("g", "ts", "d͡z", "ˈt", "o")
    assert Inventory(keep_stress=False).apply(["ˈo", "g"], vocabulary) == ("o", "g")
    assert Inventory("timit61").apply(["y"], Vocabulary.from_phonemes("y")) == ("j",)
    spans = Inventory().spans(["g", "ˈt", "ˈs", "o"], vocabulary)
    assert spans == [("g", 0, 1), ("ˈt", 1, 2), ("s", 2, 3), ("ˈo", 3, 4)]


def test_spans_name_the_symbols_that_a_phoneme_came_from() -> None:
    spans = Inventory("timit61", keep_stress=False).spans(["h#", "dcl", "jh", "iy", "kcl", "h#"])
    assert spans == [("d͡ʒ", 1, 3), ("i", 3, 4), ("k̚", 4, 5)]


@pytest.mark.parametrize(
    ("name", "inventory"),
    [
        ("russian_phones_without_stress", Inventory(keep_stress=False)),
        ("russian_phonemes", Inventory(keep_stress=False, keep_reduction=False)),
    ],
)
def test_the_russian_vocabularies_are_the_image_of_the_full_one(name: str, inventory: Inventory) -> None:
    phones = [symbol for symbol in read_tokens("russian_phones") if symbol not in (BLANK, UNKNOWN)]
    assert read_tokens(name) == numbered(inventory.apply(phones))
    assert list(read_tokens(name)) == list(numbered(inventory.apply(phones)))


def test_the_english_vocabularies_are_the_images_of_their_notations() -> None:
    for name in ("timit61", "timit39"):
        images = tuple(phoneme for symbol in timit61.PHONES for phoneme in to_ipa([symbol], name))
        assert read_tokens(f"timit_{name[-2:]}") == numbered(images)
    assert read_tokens("arpabet") == numbered(to_ipa(list(arpabet.CMU), "arpabet"))
    assert [len(read_tokens(name)) - 2 for name in ("timit_61", "timit_39", "arpabet")] == [58, 38, 69]


def test_stored_and_read_again() -> None:
    inventory = Inventory("timit39", keep_stress=False)
    stored = json.loads(json.dumps(inventory.to_dict()))
    assert stored == {"notation": "timit39", "keep_stress": False, "keep_reduction": True}
    assert Inventory.from_dict(stored) == inventory
    assert hash(Inventory.from_dict(stored)) == hash(inventory)
    assert Inventory.from_dict({}) == Inventory()


@pytest.mark.parametrize("settings", [{"keep_tones": True}, {"keep_stress": "no"}, {"notation": None}])
def test_stored_settings_that_are_none(settings: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="the stored inventory; expected notation, keep_stress"):
        Inventory.from_dict(settings)


def test_a_notation_that_there_is_not() -> None:
    with pytest.raises(UserError, match="notation 'sampa_xx'; expected one of ipa"):
        Inventory("sampa_xx")
