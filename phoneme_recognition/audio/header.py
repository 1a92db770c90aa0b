"""How long a recording is, from its header alone."""

from __future__ import annotations

import io
from pathlib import Path

import soundfile

from phoneme_recognition.audio.file import AudioFile


def duration_of(audio: AudioFile) -> float | None:
    """Seconds of a recording as its header says, or None where it cannot be told without decoding."""
    try:
        if audio.length is None and not audio.offset:
            info = soundfile.info(audio.path)
        else:
            with Path(audio.path).open("rb") as file:
                file.seek(audio.offset)
                info = soundfile.info(io.BytesIO(file.read(-1 if audio.length is None else audio.length)))
    except (OSError, ValueError, soundfile.SoundFileError):  # what is wrong with it, decoding will say
        return None
    seconds = float(info.frames) / max(1, info.samplerate)
    # A stream without a length claims an absurd one.
    return seconds if 0 < seconds < 1e6 else None
