"""Noise from recordings, mixed into speech at an exact signal-to-noise ratio."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from audiomentations.core.transforms_interface import BaseWaveformTransform
from numpy.typing import NDArray

from phoneme_recognition.data.sounds import Sounds, prepare_sounds
from phoneme_recognition.errors import DataError

_FADE = 0.05  # s in which the end of a sound that is too short passes into its beginning
_TRIES = 8
_QUIET = 0.1  # an excerpt below this share of its sound's RMS (20 dB) is a pause in it


class AddBackgroundNoiseWrapper(BaseWaveformTransform):  # type: ignore[misc]  # audiomentations has no types
    """Adds a random excerpt of a random sound, as ``audiomentations.AddBackgroundNoise`` does, only faster.

    The sounds are decoded and resampled once, and shared by all loader processes. A sound that is longer
    than the speech gives a random excerpt, avoiding its pauses; a shorter one is looped, its end fading into
    its beginning. The signal-to-noise ratio is that of the speech's RMS to the excerpt's, over the whole
    recording: 20·log10(rms_speech / rms_noise) is exactly the drawn value.

    Args:
        sounds_path: a folder of sounds with its sub-folders, a file, or a list of both.
        min_snr_db: the smallest (noisiest) signal-to-noise ratio in dB.
        max_snr_db: the largest (cleanest).
        noise_rms: ``relative`` to the speech, by the ratios above; ``absolute`` by the levels below.
        min_absolute_rms_db: the quietest noise in dB below full scale, where ``absolute``.
        max_absolute_rms_db: the loudest, at most 0.
        noise_transform: another transform, applied to the excerpt before it is scaled.
        p: probability with which a recording gets noise at all.
        audio_params: its ``sampling_rate`` (Hz) is prepared for at once; a config fills it in. Without it,
            and at other rates, the sounds are prepared when they are first used.
        cache_dir: where the decoded sounds are kept.

    Raises:
        DataError: the folder is missing or holds no sound that can be used.
        ValueError: a smallest value is above its largest.
    """

    supports_multichannel = False

    def __init__(
        self,
        sounds_path: str | list[str] = "./data/ESC-50",
        min_snr_db: float = 8.0,
        max_snr_db: float = 55.0,
        noise_rms: Literal["relative", "absolute"] = "relative",
        min_absolute_rms_db: float = -45.0,
        max_absolute_rms_db: float = -15.0,
        noise_transform: Callable[[NDArray[np.float32], int], NDArray[np.float32]] | None = None,
        p: float = 0.75,
        audio_params: dict[str, Any] | None = None,
        cache_dir: str = "./data/cache",
    ) -> None:
        super().__init__(p)
        if min_snr_db > max_snr_db:
            raise ValueError(f"min_snr_db {min_snr_db} is above max_snr_db {max_snr_db}")
        if not min_absolute_rms_db <= max_absolute_rms_db <= 0:
            raise ValueError("min_absolute_rms_db is above max_absolute_rms_db, or that is above 0")
        self.sounds_path = sounds_path
        self.min_snr_db = min_snr_db
        self.max_snr_db = max_snr_db
        self.noise_rms = noise_rms
        self.min_absolute_rms_db = min_absolute_rms_db
        self.max_absolute_rms_db = max_absolute_rms_db
        self.noise_transform = noise_transform
        self.audio_params = audio_params
        self.cache_dir = cache_dir
        self._sounds: dict[int, Sounds] = {}  # by sampling rate
        if audio_params and "sampling_rate" in audio_params:
            self.sounds(int(audio_params["sampling_rate"]))

    def sounds(self, sampling_rate: int) -> Sounds:
        """The sounds at this rate in Hz, decoded where that has not been done yet.

        Raises:
            DataError: there are none; it says where to get some.
        """
        if sampling_rate not in self._sounds:
            given = [self.sounds_path] if isinstance(self.sounds_path, str | Path) else self.sounds_path
            try:
                self._sounds[sampling_rate] = prepare_sounds(
                    [Path(one) for one in given], sampling_rate, self.cache_dir
                )
            except DataError as error:
                error.remedy = error.remedy or _remedy()
                raise
        return self._sounds[sampling_rate]

    def randomize_parameters(self, samples: NDArray[np.float32], sample_rate: int) -> None:
        """Draw for one recording whether it gets noise, which excerpt, and how loud."""
        super().randomize_parameters(samples, sample_rate)
        if not self.parameters["should_apply"]:
            return
        sounds = self.sounds(sample_rate)
        sound = random.randrange(len(sounds))
        self.parameters["noise_file_path"] = sounds.paths[sound]
        self.parameters["sound"] = sound
        self.parameters["offset"] = _draw_start(sounds, sound, len(samples)) / sample_rate  # s
        if self.noise_rms == "relative":
            self.parameters["snr_db"] = random.uniform(self.min_snr_db, self.max_snr_db)
        else:
            self.parameters["rms_db"] = random.uniform(self.min_absolute_rms_db, self.max_absolute_rms_db)

    def apply(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        """Add what was drawn to (num_samples,) samples; the length stays."""
        noise = self._noise(len(samples), sample_rate)
        level, wanted = _rms(noise), self._wanted_rms(samples)
        if level == 0.0:  # only a noise_transform can have silenced it
            return samples
        return samples + noise * np.float32(wanted / level)

    def _noise(self, num_samples: int, sample_rate: int) -> NDArray[np.float32]:
        sounds, sound = self.sounds(sample_rate), self.parameters["sound"]
        start = round(self.parameters["offset"] * sample_rate)
        if sounds.lengths[sound] >= num_samples:
            noise = sounds.excerpt(sound, start, num_samples)
        else:
            whole = sounds.excerpt(sound, 0, num_samples)
            noise = loop(whole, start, num_samples, fade=int(_FADE * sample_rate))
        if self.noise_transform is not None:
            noise = np.resize(self.noise_transform(noise, sample_rate), num_samples)
        return noise

    def _wanted_rms(self, samples: NDArray[np.float32]) -> float:
        if self.noise_rms == "absolute":
            return float(10 ** (self.parameters["rms_db"] / 20))
        return _rms(samples) / float(10 ** (self.parameters["snr_db"] / 20))


def loop(sound: NDArray[np.float32], start: int, num_samples: int, *, fade: int) -> NDArray[np.float32]:
    """Repeat a sound without a seam: its end passes into its beginning at constant power.

    Args:
        sound: (length,) samples.
        start: where in the loop to begin.
        num_samples: how many to give.
        fade: samples of the passage; a quarter of the sound at most.

    Returns:
        (num_samples,) float32.
    """
    fade = min(fade, len(sound) // 4)
    angle = np.linspace(0.0, np.pi / 2, fade, endpoint=False, dtype=np.float32)
    circle = sound[: len(sound) - fade].copy()
    circle[:fade] = circle[:fade] * np.sin(angle) + sound[len(sound) - fade :] * np.cos(angle)
    return np.resize(np.roll(circle, -start), num_samples)


def _draw_start(sounds: Sounds, sound: int, num_samples: int) -> int:
    length = int(sounds.lengths[sound])
    if length < num_samples:  # it will be looped
        return random.randrange(length)
    last = length - num_samples
    for _ in range(_TRIES):
        start = random.randint(0, last)
        if _rms(sounds.excerpt(sound, start, num_samples)) >= _QUIET * sounds.rms[sound]:
            return start
    # Mostly silence: the excerpt that has the loudest sample in it.
    loudest = int(sounds.loudest[sound])
    return random.randint(max(0, loudest - num_samples + 1), min(last, loudest))


def _rms(samples: NDArray[np.float32]) -> float:
    # A dot product of float32 is exact to a millionth, and ten times as fast as a mean in float64.
    return float(np.sqrt(np.dot(samples, samples) / len(samples)))


def _remedy() -> str:
    return (
        "Put sounds there, for example ESC-50 (https://github.com/karolpiczak/ESC-50; 2,000 clips, CC BY-NC: "
        "not for commercial use): git clone --depth 1 https://github.com/karolpiczak/ESC-50 data/ESC-50. "
        "Or name your own folder in init_args.sounds_path, or take this entry out of data.augmentations."
    )
