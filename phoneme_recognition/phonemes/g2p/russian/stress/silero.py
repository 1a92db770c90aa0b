"""silero-stress, many sentences at a time.

Its own call takes one sentence and asks its two networks about that one alone. Here all word forms go to
the first network at once, and the homographs of many sentences to the second one in batches. That needs the
insides of the library, which is why its version is bounded and the constructor looks whether they are there.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from phoneme_recognition.errors import UserError
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, parse_marked, vowels_of
from phoneme_recognition.phonemes.g2p.russian.token import Token

PACKAGE = "silero-stress"
_REACH = 150  # letters of context on each side that the library gives to its network
_WORDS_AT_ONCE = 2048
_SENTENCES_AT_ONCE = 64
_INSIDES = {
    "accentor": ("exceptions", "_get_model_preds"),
    "homosolver": (
        "homodict",
        "yohomodict",
        "compiled_phrases",
        "tokenizer",
        "model",
        "_predict_with_pattern",
    ),
}


class Prediction(NamedTuple):
    """What the network says of a word form by itself.

    Attributes:
        word: the form, with ё restored.
        stress: index of the stressed vowel.
        sure: the probability it gives to this, or 1 where it stands in the library's own list.
    """

    word: str
    stress: int
    sure: float


def installed_version() -> str | None:
    """The version of silero-stress, or None where it is not installed. Nothing is imported."""
    if importlib.util.find_spec("silero_stress") is None:
        return None
    return importlib.metadata.version(PACKAGE)


@lru_cache(maxsize=1)
def load_silero() -> SileroStress:
    """The networks, loaded once a process."""
    return SileroStress()


class SileroStress:
    """The two networks of silero-stress. They are loaded by the constructor, which takes seconds.

    Raises:
        UserError: the installed version is built differently.
    """

    def __init__(self) -> None:
        with _torch_left_alone():
            model = importlib.import_module("silero_stress").load_accentor()
        for part, names in _INSIDES.items():
            for name in names:
                if not hasattr(getattr(model, part, None), name):
                    raise _unknown_insides(f"{part}.{name}")
        self._accentor: Any = model.accentor
        self._homographs: Any = model.homosolver

    def is_homograph(self, word: str) -> bool:
        """Whether the context decides about its stress or its ё."""
        return word in self._homographs.homodict or word in self._homographs.compiled_phrases

    def keeps_e(self, word: str) -> bool:
        """Whether only the context can tell its е from ё: все, небо, узнаем."""
        return word in self._homographs.yohomodict

    def predict(self, words: Iterable[str]) -> dict[str, Prediction]:
        """Say of each form where its stress lies; forms that the network has no idea of are left out.

        Args:
            words: forms in lower case, without ё, each with a vowel.
        """
        forms = sorted(set(words))
        return {
            prediction.word.replace("ё", "е"): prediction
            for start in range(0, len(forms), _WORDS_AT_ONCE)
            for prediction in self._predict(forms[start : start + _WORDS_AT_ONCE])
        }

    def _predict(self, words: Sequence[str]) -> Iterator[Prediction]:
        with _one_thread():
            stress, which, yo, which_yo = self._accentor._get_model_preds(list(words))
        rows = zip(
            words,
            stress.amax(1).tolist(),
            which.tolist(),
            yo.amax(1).tolist(),
            which_yo.tolist(),
            strict=True,
        )
        for word, sure, vowel, sure_yo, e in rows:
            vowels = vowels_of(word)
            listed = self._accentor.exceptions.get(word)
            if listed is not None:
                yield _with_yo(word, listed[0], listed[1], 1.0)
            elif vowel < len(vowels):
                places = [index for index in vowels if word[index] == "е"]
                restored = (
                    places[e - 1] if 0 < e <= len(places) and sure_yo > 0.5 and not self.keeps_e(word) else -1
                )
                yield _with_yo(word, vowels[vowel], restored, sure)

    def solve(self, sentences: Sequence[Sequence[Token]], asked: Mapping[int, Iterable[int]]) -> _Solved:
        """Decide about homographs by their context.

        Only contexts of one length go through the network together: it knows no padding mask, and what it
        says would otherwise depend on the company that a sentence is in.

        Args:
            sentences: their words.
            asked: for the number of a sentence, the indices of its homographs.

        Returns:
            For (sentence, index) the word with its stress, and ё where it is one.
        """
        solved: _Solved = {}
        by_length: dict[int, list[tuple[tuple[int, int], str, list[int]]]] = defaultdict(list)
        for number, indices in asked.items():
            parts = _parts(sentences[number])
            for index in indices:
                word = sentences[number][index].word
                context = _context(parts, index, word)
                answer = self._by_phrase(word, context)
                if answer is not None:
                    solved[number, index] = parse_marked(answer)
                elif word in self._homographs.homodict:
                    ids = self._homographs.tokenizer(context)
                    by_length[len(ids)].append(((number, index), word, ids))
        for rows in by_length.values():
            for start in range(0, len(rows), _SENTENCES_AT_ONCE):
                solved |= self._by_network(rows[start : start + _SENTENCES_AT_ONCE])
        return solved

    def _by_phrase(self, word: str, context: str) -> str | None:
        pattern = self._homographs.compiled_phrases.get(word)
        answer: str | None = (
            None if pattern is None else self._homographs._predict_with_pattern(pattern, context)
        )
        return answer

    def _by_network(self, rows: Sequence[tuple[tuple[int, int], str, list[int]]]) -> _Solved:
        import torch

        tokenizer = self._homographs.tokenizer
        ids = [row[2] for row in rows]
        starts = torch.tensor([row.index(tokenizer.homo_start_id) for row in ids])
        ends = torch.tensor([row.index(tokenizer.homo_end_id) for row in ids])
        with _one_thread(), torch.no_grad():
            logits = self._homographs.model(torch.tensor(ids), starts, ends).flatten()
        return {
            place: parse_marked(sorted(self._homographs.homodict[word])[logit > 0])
            for (place, word, _), logit in zip(rows, logits.tolist(), strict=True)
        }


_Solved = dict[tuple[int, int], Marked]


def _with_yo(word: str, stress: int, yo: int, sure: float) -> Prediction:
    """The form with ё at ``yo`` (-1: none), which counts only where the stress is."""
    restored = word[:yo] + "ё" + word[yo + 1 :] if yo == stress and word[yo] == "е" else word
    return Prediction(restored, stress, sure)


def _parts(sentence: Sequence[Token]) -> list[str]:
    """The words as they follow one another in writing, each with what parts it from the one before."""
    joints = ["-" if token.hyphen else ", " if token.pause else " " for token in sentence]
    parts = [joint + token.word for joint, token in zip(joints, sentence, strict=True)]
    return [sentence[0].word.capitalize(), *parts[1:]] if parts else []


def _context(parts: Sequence[str], index: int, word: str) -> str:
    """The text around one word, as the library writes it for its network."""
    before = "".join(parts[max(0, index - _REACH) : index])[-_REACH:]
    after = "".join([*parts[index + 1 : index + 1 + _REACH], "."])[:_REACH].lstrip(" ")
    return f"{before} [HOMO] {word} [/HOMO] {after}".strip()


@contextmanager
def _torch_left_alone() -> Iterator[None]:
    """Undo what importing and loading the library does to the whole process: one thread, no gradients."""
    import torch

    threads, gradients = torch.get_num_threads(), torch.is_grad_enabled()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_grad_enabled(gradients)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Networks this small gain a tenth by a second thread, and lose tenfold where the cores are busy."""
    import torch

    with _torch_left_alone():
        torch.set_num_threads(1)
        yield


def _unknown_insides(name: str) -> UserError:
    return UserError(
        f"silero-stress {installed_version()} is built differently from what this program knows",
        expected=f"{name}, as in silero-stress 1.5",
        remedy="Install another with: pip install 'silero-stress>=1.5,<2', or do without: stress_model: none",
    )
