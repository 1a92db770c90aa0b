"""The networks of silero-stress, asked about many sentences at once."""

from __future__ import annotations

import re
import types

import pytest
import torch

from phoneme_recognition.errors import UserError
from phoneme_recognition.phonemes.g2p.russian.stress import silero
from phoneme_recognition.phonemes.g2p.russian.stress.silero import (
    SileroStress,
    installed_version,
    load_silero,
)
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import parse_marked, write_marked
from phoneme_recognition.phonemes.g2p.russian.token import Token

pytest.importorskip("silero_stress")

_SENTENCES = [
    "на двери висел большой замок",
    "старинный замок стоял на высокой горе",
    "он испытывал страшную муку",
    "мы купили муку и сахар",
    "все уже ушли домой",
    "белки прыгали по веткам",
    "в яйце есть белки и жиры",
]


@pytest.fixture(scope="module")
def model() -> SileroStress:
    return load_silero()


def _tokens(text: str) -> list[Token]:
    return [Token(word, pause=index == 0) for index, word in enumerate(text.split())]


def _asked(model: SileroStress, sentences: list[list[Token]]) -> dict[int, list[int]]:
    return {
        number: [index for index, token in enumerate(sentence) if model.is_homograph(token.word)]
        for number, sentence in enumerate(sentences)
    }


def test_loading_leaves_torch_as_it_was() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(3)
    try:
        load_silero.cache_clear()
        load_silero()
        assert torch.get_num_threads() == 3
        assert torch.is_grad_enabled()
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), state)


def test_asking_leaves_torch_as_it_was(model: SileroStress) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        sentences = [_tokens(_SENTENCES[0])]
        model.predict(["молоко"])
        model.solve(sentences, _asked(model, sentences))
        assert torch.get_num_threads() == 3
        assert torch.is_grad_enabled()
    finally:
        torch.set_num_threads(threads)


def test_gradients_that_were_off_stay_off() -> None:
    with torch.no_grad():
        with silero._torch_left_alone():
            torch.set_grad_enabled(True)
        assert not torch.is_grad_enabled()


def test_words_by_themselves(model: SileroStress) -> None:
    predictions = model.predict(["молоко", "зеленый", "жираф", "елка", "все"])
    found = {word: (said.word, said.stress) for word, said in predictions.items()}
    assert found == {
        "молоко": ("молоко", 5),
        "зеленый": ("зелёный", 3),
        "жираф": ("жираф", 3),
        "елка": ("ёлка", 0),
        "все": ("все", 2),
    }
    assert all(0.9 < said.sure <= 1 for said in predictions.values())
    assert model.predict([]) == {}


def test_homographs_are_decided_by_their_context(model: SileroStress) -> None:
    sentences = [_tokens(text) for text in _SENTENCES]
    solved = model.solve(sentences, _asked(model, sentences))
    assert write_marked(solved[0, 4]) == "зам+ок"
    assert write_marked(solved[1, 1]) == "з+амок"
    assert write_marked(solved[2, 3]) == "м+уку"
    assert write_marked(solved[3, 2]) == "мук+у"
    assert write_marked(solved[5, 0]) == "б+елки"
    assert write_marked(solved[6, 3]) == "белк+и"


def test_the_same_as_the_library_says_one_sentence_at_a_time(model: SileroStress) -> None:
    sentences = [_tokens(text) for text in _SENTENCES]
    for (number, index), said in model.solve(sentences, _asked(model, sentences)).items():
        sentence = _SENTENCES[number].capitalize() + "."
        word = model._accentor(model._homographs(sentence)).strip(".").split()[index]
        assert said == parse_marked(word)


def test_company_changes_nothing(model: SileroStress) -> None:
    sentences = [_tokens(text) for text in _SENTENCES] + [_tokens(" ".join(_SENTENCES))]
    asked = _asked(model, sentences)
    together = model.solve(sentences, asked)
    for number in asked:
        alone = model.solve([sentences[number]], {0: asked[number]})
        assert {(number, index): said for (_, index), said in alone.items()}.items() <= together.items()


def test_the_context_is_bounded_and_written_like_a_text() -> None:
    tokens = [
        Token("вот", pause=True),
        Token("кто"),
        Token("то", hyphen=True),
        Token("замок", pause=True),
        Token("дом"),
    ]
    parts = silero._parts(tokens)
    assert silero._context(parts, 3, "замок") == "Вот кто-то [HOMO] замок [/HOMO] дом."
    many = silero._parts([Token("слово")] * 1000)
    before, after = re.split(r" \[HOMO\] слово \[/HOMO\] ", silero._context(many, 500, "слово"))
    assert 140 < len(before) <= 150
    assert 140 < len(after) <= 150


def test_a_library_that_is_built_differently_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = types.SimpleNamespace(load_accentor=lambda: types.SimpleNamespace(accentor=object()))
    monkeypatch.setattr("importlib.import_module", lambda name: stranger)
    with pytest.raises(UserError, match=r"accentor\.exceptions.*model: none"):
        SileroStress()


def test_the_version_is_known_without_loading() -> None:
    assert (installed_version() or "").startswith("1.")
