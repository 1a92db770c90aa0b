"""Train, measure and use phoneme recognisers for any language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phoneme_recognition.version import __version__

if TYPE_CHECKING:
    from phoneme_recognition.recognizer import Recognizer, Transcription

__all__ = ["Recognizer", "Transcription", "__version__"]


def __getattr__(name: str) -> object:
    # Imported when asked for: torch takes seconds, and a mistake in a config is reported without it.
    if name in ("Recognizer", "Transcription"):
        from phoneme_recognition import recognizer

        return getattr(recognizer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
