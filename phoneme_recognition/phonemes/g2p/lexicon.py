"""Words looked up in a pronunciation dictionary."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from phoneme_recognition.errors import DataError, VocabularyError
from phoneme_recognition.phonemes.g2p.backend import G2P, Pronunciation, Word
from phoneme_recognition.phonemes.g2p.lexicon_file import Entries, key_of, read_lexicon
from phoneme_recognition.phonemes.g2p.names import make_backend
from phoneme_recognition.phonemes.g2p.words import APOSTROPHES, HYPHENS, Piece, pieces
from phoneme_recognition.phonemes.notations import NOTATIONS, to_ipa

_SOURCE = "lexicon"
_MOST_REMEMBERED = 100_000
# Thai and Lao, Myanmar, Khmer, Japanese and Chinese are written without blanks between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_HYPHEN = re.compile(f"[{re.escape(HYPHENS)}]")


class LexiconG2P:
    """Look each word up in a dictionary file; unknown words go to another backend.

    Args:
        file: the dictionary: ``WORD TAB p h o n e m e s``, or the format of CMU or MFA; UTF-8. A word on
            several lines has several pronunciations, of which the first (or likeliest) is taken and the
            others are its variants.
        language: of the text; the fallback is told.
        fallback: name or class path of the backend that says what the dictionary lacks, numbers included.
            Without one that is left unsaid.
        fallback_args: its arguments.
        notation: how the file writes phonemes, ``arpabet`` for CMU's; they become IPA in one spelling. None
            leaves them as they stand.

    Raises:
        DataError: the file is missing or cannot be read, or has symbols that the notation lacks.
        UserError: there is no such notation, or the fallback cannot be made.
    """

    def __init__(
        self,
        file: str | Path,
        language: str = "",
        fallback: str | None = None,
        fallback_args: Mapping[str, object] | None = None,
        notation: str | None = "ipa",
    ) -> None:
        path = Path(file)
        content = _read(path)
        self._entries = read_lexicon(path, content)
        self._notation = notation
        if notation is not None:
            _check_notation(path, notation, self._entries)
        self._digest = hashlib.sha256(content).hexdigest()
        self._longest = max(map(len, self._entries))
        self._fallback: G2P | None = None
        if fallback is not None:
            self._fallback = make_backend(fallback, fallback_args, language=language)
        self._words: dict[str, Word | None] = {}
        self._remembered: dict[str, Pronunciation] = {}

    def fingerprint(self) -> str:
        """The content of the file, its notation, and the fingerprint of the fallback."""
        other = self._fallback.fingerprint() if self._fallback else None
        return json.dumps(["lexicon 1", self._digest, self._notation, other])

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """Say each text; words that neither the dictionary nor the fallback knows are unsaid."""
        cut = [list(self._parts(text)) for text in texts]
        self._ask(part.text for parts in cut for part in parts if not isinstance(part, Word))
        return [self._join(parts) for parts in cut]

    def _parts(self, text: str) -> Iterator[Word | Piece]:
        """What the dictionary says of a text; pieces where it says nothing."""
        for piece in pieces(text):
            if not piece.is_word:
                yield piece
                continue
            word = self._word(piece.text)
            if word:
                yield word
            elif _UNSPACED.search(piece.text):
                yield from self._unspaced(piece.text)
            else:
                yield Piece(piece.text.strip(APOSTROPHES), True)

    def _word(self, text: str) -> Word | None:
        if text not in self._words:
            if len(self._words) > _MOST_REMEMBERED:
                self._words.clear()
            self._words[text] = self._find(text)
        return self._words[text]

    def _find(self, text: str) -> Word | None:
        """A word, also one whose apostrophes are quotation marks, or whose parts by hyphens are known."""
        for spelling in dict.fromkeys((text, text.strip(APOSTROPHES))):
            said = [self._phonemes(entry) for entry in self._entries.get(key_of(spelling), "").splitlines()]
            if said and said[0]:
                return Word(spelling, said[0], _SOURCE, tuple(said[1:]))
        parts = [self._word(part) for part in _HYPHEN.split(text)] if _HYPHEN.search(text) else []
        known = [part for part in parts if part]
        if not parts or len(known) < len(parts):
            return None
        return Word(text, tuple(phoneme for part in known for phoneme in part.phonemes), _SOURCE)

    def _phonemes(self, entry: str) -> tuple[str, ...]:
        symbols = entry.split()
        return tuple(symbols) if self._notation is None else to_ipa(symbols, self._notation)

    def _unspaced(self, text: str) -> Iterator[Word | Piece]:
        """Cut a text without blanks into words of the dictionary, the longest first."""
        at, unknown = 0, ""
        while at < len(text):
            ends = range(min(len(text), at + self._longest), at, -1)
            end = next((end for end in ends if key_of(text[at:end]) in self._entries), 0)
            word = self._word(text[at:end]) if end else None
            if word and unknown:
                yield Piece(unknown, True)
            if word:
                yield word
            unknown = "" if word else unknown + text[at]
            at = end or at + 1
        if unknown:
            yield Piece(unknown, True)

    def _ask(self, unknown: Iterable[str]) -> None:
        """Let the fallback say these, all at once."""
        if self._fallback is None:
            return
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.clear()
        new = [text for text in dict.fromkeys(unknown) if text not in self._remembered]
        self._remembered.update(zip(new, self._fallback.pronounce(new), strict=True))

    def _join(self, parts: Iterable[Word | Piece]) -> Pronunciation:
        words: list[Word] = []
        unsaid: list[str] = []
        for part in parts:
            if isinstance(part, Word):
                words.append(part)
                continue
            said = self._remembered.get(part.text, Pronunciation(()))
            words += said.words
            # A fallback that says nothing at all has not said it.
            unsaid += said.unsaid or ([] if said.words else [part.text])
        return Pronunciation(tuple(words), tuple(unsaid))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"lexicon {path} does not exist", remedy="Set g2p_args.file to a dictionary"
        ) from None
    except OSError as error:
        raise DataError(f"lexicon {path} cannot be read", got=str(error)) from None


def _check_notation(path: Path, notation: str, entries: Entries) -> None:
    """Every symbol is looked at now, so that no text can raise an error later."""
    symbols = {symbol for said in entries.values() for symbol in said.split()}
    try:
        to_ipa(sorted(symbols), notation)
    except VocabularyError as error:
        raise DataError(
            f"lexicon {path}: {error.thing}",
            remedy=f"Set g2p_args.notation to that of the file: {', '.join(NOTATIONS)}; null changes nothing",
        ) from None
