"""Text said by espeak-ng: about a hundred languages, by rules and dictionaries of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.phonemes.g2p.espeak_engine import FLAG, Engine
from phoneme_recognition.phonemes.g2p.espeak_text import SIGNS, clean, core, without_signs
from phoneme_recognition.phonemes.g2p.ipa import phonemes_of, stress_on_vowels, without_stress
from phoneme_recognition.phonemes.g2p.scripts import has_foreign_letters, scripts_of

_SOURCE = "espeak"
_MOST_REMEMBERED = 200_000
_LONGEST_WORD = 80  # of longer ones espeak loses sounds without a word
_ADDITIONS = re.compile(r'[\^"_:;~-]')


class _Token(NamedTuple):
    """What espeak makes of something between two blanks.

    Attributes:
        rest: what it can say of it; "" for nothing.
        alone: the words that it says where this is the whole text.
        unsaid: what it cannot say of it.
    """

    rest: str
    alone: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


class EspeakG2P:
    """Let espeak-ng say the text: whole sentences, as it joins and weakens words by what stands beside them.

    Numbers and a few signs (%, &, $ ...) are said as espeak reads them. Foreign letters, other signs, emoji
    and words of more than 80 letters are unsaid.

    Args:
        language: a code such as ``cs`` or ``zh-CN``; it chooses the voice.
        voice: another voice of espeak's, e.g. ``en-gb`` or ``pt-br``.
        keep_stress: keep the primary stress, on the vowel.
        keep_secondary: keep the secondary stress, too.
        other_voices: take words that espeak gives to the voice of another language (mostly English ones) with
            the sounds of that language; otherwise they are unsaid.

    Raises:
        MissingExtraError: the extra ``espeak`` is not installed.
        UserError: there is no espeak-ng library, or no such voice.
    """

    def __init__(
        self,
        language: str,
        voice: str | None = None,
        keep_stress: bool = True,
        keep_secondary: bool = False,
        other_voices: bool = False,
    ) -> None:
        self._engine = Engine(language, voice)
        self._scripts = scripts_of(self._engine.voice)
        self._keep_stress = keep_stress
        self._keep_secondary = keep_secondary
        self._other_voices = other_voices
        said = self._engine.say(list(SIGNS))
        signs = [sign for sign, words in zip(SIGNS, said, strict=True) if words and not _has_flags(words)]
        self._signs = frozenset(signs)
        self._tokens: dict[str, _Token] = {}
        self._pairs: dict[str, bool] = {}
        self._phonemes: dict[str, tuple[str, ...]] = {}

    def fingerprint(self) -> str:
        """Versions, voice and options."""
        options = f"{self._engine.voice} {self._keep_stress} {self._keep_secondary} {self._other_voices}"
        return f"espeak 1 {self._engine.release} {options}"

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """Say each text.

        The words of a text are paired with what is said as far as that is certain. Where espeak joins words
        in a way that cannot be followed, the text of each word is what espeak says.
        """
        cut = [clean(text).split() for text in texts]
        self._learn([token for tokens in cut for token in tokens])
        lines = [[self._tokens[token] for token in tokens] for tokens in cut]
        said = self._engine.say([" ".join(token.rest for token in line) for line in lines])
        return [
            Pronunciation(
                tuple(self._words([token for token in line if token.alone], words)),
                tuple(part for token in line for part in token.unsaid),
            )
            for line, words in zip(lines, said, strict=True)
        ]

    def _learn(self, tokens: Sequence[str]) -> None:
        """Let espeak say what it has not said yet, each by itself."""
        if len(self._tokens) > _MOST_REMEMBERED:
            self._tokens.clear()
        new = [token for token in dict.fromkeys(tokens) if token not in self._tokens]
        parts = [self._readable(token) for token in new]
        said = self._engine.say([rest for rest, _ in parts])
        for token, (rest, unsaid), words in zip(new, parts, said, strict=True):
            left = core(rest)
            if self._is_foreign(words) or (left and not words):
                self._tokens[token] = _Token("", (), (*unsaid, left or rest))
            else:
                self._tokens[token] = _Token(rest, tuple(words), unsaid)

    def _readable(self, token: str) -> tuple[str, tuple[str, ...]]:
        """What of a token can be given to espeak, and what cannot."""
        rest, unsaid = without_signs(token, self._signs)
        word = core(rest)
        if len(word) > _LONGEST_WORD or has_foreign_letters(word, self._scripts):
            return "", (*unsaid, word)
        return rest, unsaid

    def _is_foreign(self, words: Sequence[str]) -> bool:
        return not self._other_voices and _has_flags(words)

    def _words(self, tokens: Sequence[_Token], said: Sequence[str]) -> Iterator[Word]:
        if self._is_foreign(said):
            # Several words together called another voice: each is said by itself.
            said = [word for token in tokens for word in token.alone]
        names = [core(token.rest) for token in tokens for _ in token.alone]
        if len(names) > len(said):
            names = self._joined(tokens, len(names) - len(said))
        paired = len(names) == len(said)
        for at, word in enumerate(said):
            phonemes = self._clean(word)
            if phonemes:
                yield Word(names[at] if paired else "".join(phonemes), phonemes, _SOURCE)

    def _joined(self, tokens: Sequence[_Token], joints: int) -> list[str]:
        """The names of the words where espeak joins some (``of the``).

        It is asked for each pair of neighbours by itself.

        Returns:
            One name for each word that is said; none where the pairs do not explain the number of joints.
        """
        pairs = [f"{one.rest} {other.rest}" for one, other in pairwise(tokens)]
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._pairs]
        if len(self._pairs) > _MOST_REMEMBERED:
            self._pairs, new = {}, list(dict.fromkeys(pairs))
        said = self._engine.say(new)
        self._pairs.update((pair, len(words) == 1) for pair, words in zip(new, said, strict=True))
        explained = sum(self._pairs[pair] for pair in pairs) == joints
        if not explained or any(len(token.alone) > 1 for token in tokens):
            return []
        names = [core(tokens[0].rest)]
        for token, pair in zip(tokens[1:], pairs, strict=True):
            if self._pairs[pair]:
                names[-1] += f" {core(token.rest)}"
            else:
                names.append(core(token.rest))
        return names

    def _clean(self, word: str) -> tuple[str, ...]:
        """The phonemes of a word that espeak says."""
        known = self._phonemes.get(word)
        if known is None:
            units = _ADDITIONS.sub("", FLAG.sub(" ", word)).split()
            phonemes = [phoneme for unit in units for phoneme in phonemes_of(unit)]
            phonemes = stress_on_vowels(phonemes, self._keep_secondary)
            known = tuple(phonemes if self._keep_stress else without_stress(phonemes))
            if len(self._phonemes) > _MOST_REMEMBERED:
                self._phonemes.clear()
            self._phonemes[word] = known
        return known


def _has_flags(words: Sequence[str]) -> bool:
    return any("(" in word for word in words)
