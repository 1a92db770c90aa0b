"""The Russian backend against a list whose phonemes were derived by hand, from grammar and dictionaries."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from phoneme_recognition.phonemes.g2p.backend import Pronunciation
from phoneme_recognition.phonemes.g2p.russian.g2p import RussianG2P
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, Vocabulary

ROOT = Path(__file__).resolve().parents[4]
WORDS = Path(__file__).with_name("words.tsv")


class Case(NamedTuple):
    """A text, its phonemes, and the rule that it is an example of."""

    text: str
    phonemes: str
    rule: str


@cache
def cases() -> tuple[Case, ...]:
    with WORDS.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return tuple(Case(*row) for row in rows)


@cache
def spoken() -> dict[str, Pronunciation]:
    """Every text of the list, with the dictionary alone: sounds are what is tested, and marks decide."""
    texts = [case.text for case in cases()]
    return dict(zip(texts, RussianG2P(stress_model="none").pronounce(texts), strict=True))


def test_the_list_is_large_and_spread_over_the_rules() -> None:
    assert len(cases()) >= 400
    groups = Counter(case.rule.partition(":")[0] for case in cases())
    assert len(groups) >= 30


def test_the_list_is_written_in_the_inventory_and_uses_all_of_it() -> None:
    vocabulary = Vocabulary.from_file(ROOT / "dataset_modules/tokens/russian_phones.json")
    used = {symbol for case in cases() for symbol in case.phonemes.split()} - {WORD_BOUNDARY}
    assert used == set(vocabulary.phonemes)


@pytest.mark.parametrize("rule", sorted({case.rule for case in cases()}))
def test_every_word_is_said_as_the_norm_has_it(rule: str) -> None:
    for case in cases():
        if case.rule == rule:
            assert " ".join(spoken()[case.text].phonemes()) == case.phonemes, case.text
            assert spoken()[case.text].unsaid == (), case.text
