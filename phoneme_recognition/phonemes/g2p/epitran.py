"""Text said by epitran: letters turned into sounds by tables and rules, where a spelling allows that."""

from __future__ import annotations

import difflib
import importlib.util
import logging
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from phoneme_recognition.errors import MissingExtraError, UserError
from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.phonemes.g2p.ipa import split_ipa, stress_on_vowels
from phoneme_recognition.phonemes.g2p.words import APOSTROPHES, HYPHENS, pieces
from phoneme_recognition.phonemes.notations.ipa import normalise_ipa

_SOURCE = "epitran"
_MOST_REMEMBERED = 200_000
_LONGEST_WORD = 200  # its time grows with the square of the length
_NEAREST = 5
# Two-letter codes (ISO 639-1) → the tables that are the usual ones for them.
_TABLE = """
aa:aar-Latn af:afr-Latn am:amh-Ethi ar:ara-Arab av:ava-Cyrl az:aze-Latn bn:ben-Beng ca:cat-Latn
cs:ces-Latn cy:cym-Latn de:deu-Latn eo:epo-Latn es:spa-Latn et:est-Latn fa:fas-Arab ff:ful-Latn fi:fin-Latn
fr:fra-Latn fy:fry-Latn ga:gle-Latn gl:glg-Latn ha:hau-Latn hi:hin-Deva hr:hrv-Latn ht:hat-Latn-bab
hu:hun-Latn id:ind-Latn it:ita-Latn ja:jpn-Hira jv:jav-Latn ka:kat-Geor kk:kaz-Cyrl km:khm-Khmr kn:kan-Knda
ko:kor-Hang ku:kmr-Latn ky:kir-Cyrl lg:lug-Latn lo:lao-Laoo lt:lit-Latn lv:lav-Latn mi:mri-Latn ml:mal-Mlym
mn:mon-Cyrl-bab mr:mar-Deva ms:msa-Latn mt:mlt-Latn my:mya-Mymr ne:npi-Deva nl:nld-Latn nn:nno-Latn
ny:nya-Latn oc:oci-Latn om:orm-Latn or:ori-Orya pa:pan-Guru pl:pol-Latn ps:pbu-Arab pt:por-Latn qu:quy-Latn
rn:run-Latn ro:ron-Latn ru:rus-Cyrl rw:kin-Latn sg:sag-Latn si:sin-Sinh sl:slv-Latn sn:sna-Latn so:som-Latn
sq:sqi-Latn sr:srp-Cyrl sv:swe-Latn sw:swa-Latn ta:tam-Taml te:tel-Telu tg:tgk-Cyrl th:tha-Thai ti:tir-Ethi
tk:tuk-Latn tl:tgl-Latn tn:tsn-Latn tr:tur-Latn ug:uig-Arab uk:ukr-Cyrl ur:urd-Arab uz:uzb-Latn vi:vie-Latn
xh:xho-Latn yo:yor-Latn za:zha-Latn zu:zul-Latn
"""
_CODES = dict(pair.split(":") for pair in _TABLE.split())


class EpitranG2P:
    """Let epitran turn the letters of each word into sounds.

    It knows no stress and no exceptions, and says each word by itself. Numbers, signs, and words with a
    letter that the language's table lacks are unsaid.

    Args:
        language: a code such as ``cs``; it chooses the table.
        code: the name of a table instead, e.g. ``spa-Latn-eu``.

    Raises:
        MissingExtraError: the extra ``epitran`` is not installed.
        UserError: there is no table for the language, or several.
    """

    def __init__(self, language: str, code: str | None = None) -> None:
        self._code = _choose(language, code, _tables())
        self._said: dict[str, tuple[str, ...]] = {}

    def fingerprint(self) -> str:
        """Versions and the name of the table."""
        return f"epitran 1 {version('epitran')} panphon {version('panphon')} {self._code}"

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """Say each text, word by word."""
        return [self._pronounce(text) for text in texts]

    def _pronounce(self, text: str) -> Pronunciation:
        words: list[Word] = []
        unsaid: list[str] = []
        for piece in pieces(text):
            bare = piece.text.strip(APOSTROPHES)
            phonemes = self._remembered(piece.text) if piece.is_word else ()
            if phonemes:
                words.append(Word(bare, phonemes, _SOURCE))
            else:
                unsaid.append(bare or piece.text)
        return Pronunciation(tuple(words), tuple(unsaid))

    def _remembered(self, word: str) -> tuple[str, ...]:
        said = self._said.get(word)
        if said is None:
            if len(self._said) > _MOST_REMEMBERED:
                self._said.clear()
            said = self._said[word] = tuple(self._say(word))
        return said

    def _say(self, word: str) -> list[str]:
        """The phonemes of a word; none where a letter of it is unknown."""
        for hyphen in HYPHENS:
            word = word.replace(hyphen, " ")
        parts = [self._say_part(part) for part in word.split()]
        return [phoneme for part in parts for phoneme in part] if all(parts) else []

    def _say_part(self, word: str) -> list[str]:
        """An apostrophe is a letter in some languages, a quotation mark or nothing at all in others."""
        plain = word.translate(dict.fromkeys(map(ord, APOSTROPHES), "'"))
        for spelling in dict.fromkeys((word, plain, plain.strip("'"), plain.replace("'", ""))):
            ipa = self._transliterate(spelling) if len(spelling) <= _LONGEST_WORD else ""
            if ipa:
                return stress_on_vowels([normalise_ipa(segment) for segment in split_ipa(ipa)])
        return []

    def _transliterate(self, word: str) -> str:
        """What epitran says; "" where it does not know a letter, which it would let through as it stands."""
        self._epitran.nils.clear()
        ipa = unicodedata.normalize("NFD", self._epitran.transliterate(word))
        return "" if self._epitran.nils else ipa

    @cached_property
    def _epitran(self) -> Any:
        with _logging_untouched():
            from epitran.exceptions import DatafileError, MappingError
            from epitran.simple import SimpleEpitran
        try:
            return SimpleEpitran(self._code)
        except (DatafileError, MappingError) as error:
            raise UserError(f"epitran's table {self._code} is broken", got=str(error)) from None


def _tables() -> list[str]:
    """The names of epitran's tables, without importing it."""
    spec = importlib.util.find_spec("epitran")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("The g2p backend epitran", "epitran")
    folder = Path(next(iter(spec.submodule_search_locations))) / "data" / "map"
    return sorted(file.stem for file in folder.glob("*-*.csv"))


def _choose(language: str, code: str | None, tables: Collection[str]) -> str:
    """The table for a language."""
    if code is None:
        general = language.lower().replace("_", "-").partition("-")[0]
        if general in ("en", "eng"):
            raise UserError(
                "epitran has no table for English: it asks the program flite, which is not supported here",
                remedy="Take g2p: espeak, or g2p: lexicon with the CMU Pronouncing Dictionary",
            )
        usual = [table for table in _CODES.values() if table.startswith(f"{general}-")]
        fitting = usual or [table for table in tables if table.startswith(f"{general}-")]
        code = language if language in tables else _CODES.get(general)
        code = code or (fitting[0] if len(fitting) == 1 else None)
        if code is None and len(fitting) > 1:
            raise UserError(
                f"epitran has several tables for the language {language!r}",
                expected=f"code: one of {', '.join(fitting)}",
            )
    if code is not None and code in tables:
        return code
    wanted = code or language
    near = difflib.get_close_matches(wanted, [*tables, *_CODES], n=_NEAREST, cutoff=0.5)
    raise UserError(
        f"epitran has no table {wanted!r}" if code else f"epitran has no table for the language {language!r}",
        expected="one of: " + ", ".join(tables),
        remedy=f"Near are: {', '.join(near)}" if near else "",
    )


@contextmanager
def _logging_untouched() -> Iterator[None]:
    """Importing epitran silences the whole program's logging: it is put back."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
