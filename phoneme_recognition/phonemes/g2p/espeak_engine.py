"""The espeak-ng library: where it is, which voices it has, and what it says.

It is under the GPL and so is phonemizer, through which it is called: both are optional, and imported here
alone, when a backend is made.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import difflib
import importlib.util
import logging
import os
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from phoneme_recognition.errors import MissingExtraError, UserError

FLAG = re.compile(r"\([^()]*\)")  # (en): what follows is said by that voice
_NO_PUNCTUATION = re.compile(r"(?!)")  # espeak parts clauses by punctuation: nothing is taken from it
_NEAREST = 5
# Where a language code is not the name of a voice.
_VOICES = {
    "en": "en-us",
    "fr": "fr-fr",
    "in": "id",
    "iw": "he",
    "no": "nb",
    "zh": "cmn",
    "zh-hk": "yue",
}
# Their tones and consonants come out as espeak's own codes (ɜ is a third tone, s. is ʂ), and long sentences
# lose words.
_NO_IPA = ("cmn", "hak", "th", "yue")


class Engine:
    """One voice of espeak.

    Args:
        language: a code such as ``cs`` or ``zh-CN``.
        voice: a voice of espeak instead of that for the language.

    Attributes:
        voice: the voice in use.
        release: versions of the library and of what calls it.

    Raises:
        MissingExtraError: phonemizer is not installed.
        UserError: there is no library, no such voice, or it writes no IPA.
    """

    def __init__(self, language: str, voice: str | None) -> None:
        if importlib.util.find_spec("phonemizer") is None:
            raise MissingExtraError("The g2p backend espeak", "espeak")
        self._arguments = (language, voice)
        library = _find_library()
        from phonemizer.backend import EspeakBackend
        from phonemizer.separator import Separator

        try:
            voices = EspeakBackend.supported_languages()
            self.voice = _choose(language, voice, voices)
            self._backend = EspeakBackend(
                self.voice,
                with_stress=True,
                language_switch="keep-flags",
                punctuation_marks=_NO_PUNCTUATION,
                logger=logging.Logger("phonemizer", logging.CRITICAL),  # it warns of what is handled here
            )
        except RuntimeError as error:
            raise UserError(f"espeak library {library} does not work", got=str(error)) from None
        self._separator = Separator(phone=" ", word="|")
        self.release = f"{_release(library)} phonemizer {version('phonemizer')}"

    def __reduce__(self) -> tuple[type[Engine], tuple[str, str | None]]:
        """Another process has to find and load the library by itself."""
        return Engine, self._arguments

    def say(self, texts: Sequence[str]) -> list[list[str]]:
        """What espeak says: for each text its words, with blanks between their units and flags in them."""
        lines = self._backend.phonemize(list(texts), separator=self._separator, strip=True)
        return [[word for word in line.split("|") if word.strip()] for line in lines]


def _find_library() -> str:
    """The library's file or name; phonemizer is told where that is no place of the system's."""
    own = os.environ.get("PHONEMIZER_ESPEAK_LIBRARY")
    if own:
        return own
    if importlib.util.find_spec("espeakng_loader") is not None:
        import espeakng_loader
        from phonemizer.backend.espeak.wrapper import EspeakWrapper

        library = str(espeakng_loader.get_library_path())
        EspeakWrapper.set_library(library)
        EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
        return library
    found = ctypes.util.find_library("espeak-ng") or ctypes.util.find_library("espeak")
    if found is None:
        raise UserError(
            "The g2p backend espeak finds no espeak-ng library",
            remedy="Install it with: pip install 'phoneme-recognition[espeak]', or as a package of the "
            "system (Debian, Ubuntu: apt-get install espeak-ng)",
        )
    return found


def _release(library: str) -> str:
    """What the library calls itself, e.g. ``1.52.0``."""
    info = ctypes.CDLL(library).espeak_Info
    info.restype = ctypes.c_char_p
    info.argtypes = [ctypes.c_void_p]
    said: bytes = info(None)
    return said.decode("utf-8", "replace")


def _choose(language: str, voice: str | None, voices: Mapping[str, str]) -> str:
    """The voice for a language: by its code, or by the code without its region."""
    wanted = (voice or language).lower().replace("_", "-")
    general = wanted.partition("-")[0]
    codes = (wanted, _VOICES.get(wanted)) + (() if voice else (general, _VOICES.get(general)))
    found = next((code for code in codes if code in voices), None)
    if found in _NO_IPA:
        raise UserError(
            f"espeak's voice {found!r} writes no IPA",
            remedy="Take g2p: lexicon, or give the phonemes of each recording",
        )
    if found is not None:
        return found
    named = {name.lower(): code for code, name in voices.items()}
    near = difflib.get_close_matches(wanted, [*voices, *named], n=_NEAREST, cutoff=0.5)
    near = list(dict.fromkeys(named.get(name, name) for name in near))
    raise UserError(
        f"espeak has no voice {voice!r}" if voice else f"espeak has no voice for the language {language!r}",
        expected="one of: " + ", ".join(sorted(voices)),
        remedy=f"Near are: {', '.join(near)}" if near else "",
    )
