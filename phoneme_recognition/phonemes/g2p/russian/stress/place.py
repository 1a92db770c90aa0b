"""Stress for whole sentences: each source of it in its turn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from phoneme_recognition.errors import MissingExtraError, UserError
from phoneme_recognition.phonemes.g2p.russian.stress.clitics import (
    find_clitics,
    find_denials,
    takes_the_stress,
)
from phoneme_recognition.phonemes.g2p.russian.stress.compounds import join_compound, split_compound
from phoneme_recognition.phonemes.g2p.russian.stress.dictionary import DATA, StressDictionary, data_hash
from phoneme_recognition.phonemes.g2p.russian.stress.exceptions import Exceptions
from phoneme_recognition.phonemes.g2p.russian.stress.homographs import decide
from phoneme_recognition.phonemes.g2p.russian.stress.silero import (
    Prediction,
    SileroStress,
    installed_version,
    load_silero,
)
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, vowels_of
from phoneme_recognition.phonemes.g2p.russian.token import Stressed, Token

_SURE = 0.9  # from this probability on silero is right more often than the dictionary where they differ
_AFTER_PO = {"моему": 1, "твоему": 2, "своему": 2}  # по-мо́ему, but по моему́ мнению
_LONGEST = 60  # letters; the network's time and memory grow with the square, and no word is longer
_REMEMBERED = 65_536  # word forms; then all are forgotten, so that memory stays flat over any corpus
_AT_ONCE = 1024  # sentences

_Given = Mapping[int, tuple[Marked, str]]


class StressPlacer:
    """Finds the stress and the ё of each word, and which words have no stress of their own.

    The sources in their order: the user's marks in the text; the user's exceptions; a list of phrases whose
    stress is on the preposition; ё, which is stressed; silero-stress, with homographs by their context; a
    dictionary; a guess by the ending.

    Args:
        model: ``silero`` asks silero-stress (extra ``russian``), ``none`` does without it, ``auto`` asks it
            where it is installed.
        exceptions: a text file with one word or phrase a line: ``зам+ок``, ``замо́к``, or the spelling in
            the text, a tab, and how it is said. ``#`` begins a comment.

    Raises:
        MissingExtraError: ``silero`` is wanted and not installed.
        DataError: the file of exceptions cannot be read or has lines that say no stress.
        UserError: ``model`` is none of the three.
    """

    def __init__(
        self, *, model: Literal["auto", "silero", "none"] = "auto", exceptions: str | Path | None = None
    ) -> None:
        if model not in ("auto", "silero", "none"):
            raise UserError("stress_model", expected="auto, silero or none", got=repr(model))
        self._version = None if model == "none" else installed_version()
        if model == "silero" and self._version is None:
            raise MissingExtraError("stress by context (stress_model: silero)", "russian")
        self._exceptions = Exceptions() if exceptions is None else Exceptions.read(exceptions)
        self._exceptions_hash = (
            "" if exceptions is None else hashlib.sha256(Path(exceptions).read_bytes()).hexdigest()
        )
        self._dictionary = StressDictionary()
        self._known: dict[str, Stressed] = {}

    def fingerprint(self) -> str:
        """All that decides about the stress: the library's version, the data, the user's exceptions."""
        return f"silero-stress {self._version}, data {data_hash()}, exceptions {self._exceptions_hash[:16]}"

    def place(self, sentences: Sequence[Sequence[Token]]) -> list[list[Stressed]]:
        """Stress all words.

        Args:
            sentences: their words in order. The result for one does not depend on the others.

        Returns:
            One ``Stressed`` for each token.
        """
        placed: list[list[Stressed]] = []
        for start in range(0, len(sentences), _AT_ONCE):
            placed += self._place(sentences[start : start + _AT_ONCE])
        return placed

    def _place(self, sentences: Sequence[Sequence[Token]]) -> list[list[Stressed]]:
        given = [self._given(sentence) for sentence in sentences]
        leaning = [find_clitics(sentence, marked) for sentence, marked in zip(sentences, given, strict=True)]
        self._learn({token.word for sentence in sentences for token in sentence})
        solved = self._solve(sentences, given, leaning)
        return [
            self._assemble(sentence, given[number], leaning[number], solved.get(number, {}))
            for number, sentence in enumerate(sentences)
        ]

    def _given(self, sentence: Sequence[Token]) -> _Given:
        """The stresses that a person has written down, with their source."""
        given = {index: (said, "dictionary") for index, said in self._phrases.find(sentence).items()}
        given |= {index: (said, "exceptions") for index, said in self._exceptions.find(sentence).items()}
        return given | {
            index: (Marked(token.word, token.marks), "user mark")
            for index, token in enumerate(sentence)
            if token.marks
        }

    def _solve(
        self,
        sentences: Sequence[Sequence[Token]],
        given: Sequence[_Given],
        leaning: Sequence[Mapping[int, int]],
    ) -> dict[int, dict[int, Marked]]:
        """Homographs by their context: for the number of a sentence and the index of a word in it."""
        if self._version is None:
            return {}
        asked: dict[int, list[int]] = {}
        for number, sentence in enumerate(sentences):
            for index, token in enumerate(sentence if len(sentence) > 1 else ()):
                if (
                    self._silero.is_homograph(token.word)
                    and index not in given[number]
                    and index not in leaning[number]
                ):
                    asked.setdefault(number, []).append(index)
        solved: dict[int, dict[int, Marked]] = {}
        for (number, index), said in self._silero.solve(sentences, asked).items():
            solved.setdefault(number, {})[index] = said
        return solved

    def _assemble(
        self,
        sentence: Sequence[Token],
        given: _Given,
        leaning: Mapping[int, int],
        solved: Mapping[int, Marked],
    ) -> list[Stressed]:
        placed: list[Stressed] = []
        denied = find_denials(sentence)
        for index, token in enumerate(sentence):
            if index in denied and not token.marks:
                placed.append(denied[index])
            elif token.marks:
                placed.append(Stressed(self._spelling(token), token.marks, 0, given[index][1]))
            elif index in given:
                placed.append(Stressed(*given[index][0], 0, given[index][1]))
            elif index in leaning:
                placed.append(Stressed(token.word, (), leaning[index], "clitic"))
            elif index - 1 in given and _gives_up_its_stress(token, sentence[index - 1]):
                placed.append(Stressed(token.word, (), -1, given[index - 1][1]))
            elif (part := self._part(sentence, index)) is not None:
                placed.append(part)
            elif (said := decide(sentence, index)) is not None:
                placed.append(Stressed(*said, 0, "neighbours"))
            elif index in solved:
                placed.append(Stressed(*solved[index], 0, "silero"))
            else:
                placed.append(self._known[token.word])
        return placed

    def _part(self, sentence: Sequence[Token], index: int) -> Stressed | None:
        """A part of a word with a hyphen that by itself is stressed otherwise."""
        token = sentence[index]
        if index and token.hyphen and sentence[index - 1].word == "по" and token.word in _AFTER_PO:
            return Stressed(token.word, (_AFTER_PO[token.word],), 0, "dictionary")
        if index + 1 < len(sentence) and sentence[index + 1].hyphen:
            return self._first_part(token)
        return None

    def _first_part(self, token: Token) -> Stressed | None:
        said = self._dictionary.first_part(token.word)
        return None if said is None else Stressed(*said, 0, "dictionary")

    def _spelling(self, token: Token) -> str:
        """A word that the user has marked, with ё where his stress is on it and no е is possible there."""
        restored = self._known[token.word].word
        places = {index for index, letter in enumerate(restored) if letter != token.word[index]}
        return restored if places <= set(token.marks) else token.word

    def _learn(self, words: Iterable[str]) -> None:
        """Find the stress of words by themselves, for all that are not known yet."""
        new = [word for word in words if word not in self._known]
        if len(self._known) + len(new) > _REMEMBERED:
            self._known.clear()
            new = list(words)
        stems = {word: split_compound(word) for word in new}
        predictions = self._predict(stem for _, stem in stems.values())
        for word, (numeral, stem) in stems.items():
            said, source = self._say(stem, predictions.get(stem))
            self._known[word] = Stressed(*join_compound(numeral, said), 0, source)

    def _predict(self, stems: Iterable[str]) -> Mapping[str, Prediction]:
        if self._version is None:
            return {}
        return self._silero.predict(
            stem for stem in stems if "ё" not in stem and len(stem) <= _LONGEST and _is_open(stem)
        )

    def _say(self, word: str, prediction: Prediction | None) -> tuple[Marked, str]:
        """A word without context, and the source of its stress."""
        vowels = vowels_of(word)
        restored = self._dictionary.restore_yo(word)
        if "ё" in restored:
            return Marked(restored, tuple(index for index in vowels if restored[index] == "ё")), "ё"
        if not vowels:
            return Marked(word), "no vowel"
        usual = self._dictionary.usual(word)
        if usual is not None:
            return usual, "dictionary"
        if prediction is not None and prediction.sure >= _SURE:
            return _choose(word, prediction.word, prediction.stress, "silero")
        found = self._dictionary.find(word) if _is_open(word) else None
        if found is not None:
            return _choose(word, found.word, found.stresses[-1], "dictionary")
        if prediction is not None:
            return _choose(word, prediction.word, prediction.stress, "silero")
        return _choose(word, word, self._dictionary.guess(word), "guess")

    @cached_property
    def _silero(self) -> SileroStress:
        return load_silero()

    @cached_property
    def _phrases(self) -> Exceptions:
        return Exceptions.read(DATA / "phrases.txt")


def _is_open(word: str) -> bool:
    """Whether stress or ё is a question at all."""
    vowels = vowels_of(word)
    return len(vowels) > 1 or (len(vowels) == 1 and word[vowels[0]] == "е")


def _choose(word: str, restored: str, stress: int, source: str) -> tuple[Marked, str]:
    known = len(vowels_of(word)) == 1 and restored == word
    return Marked(restored, (stress,)), "one vowel" if known else source


def _gives_up_its_stress(token: Token, before: Token) -> bool:
    """Whether the stress has moved from this word onto the preposition before: на́ пол."""
    return takes_the_stress(before) and not token.pause and not token.hyphen
