"""Noise from recordings: exact ratios, excerpts and loops, and what happens to strange folders."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from pathlib import Path

import audiomentations
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from custom_augmentations import AddBackgroundNoiseWrapper
from custom_augmentations.background_noise import loop
from phoneme_recognition.audio.augmentation import augment
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.errors import DataError, UserError

RATE = 16000
Samples = NDArray[np.float32]


def level(samples: Samples) -> float:
    """RMS in dB."""
    return float(10 * np.log10(np.mean(np.square(samples.astype(np.float64)))))


def noise_of(seed: int, seconds: float, rate: int = RATE) -> Samples:
    drawn = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return (0.1 * drawn).astype(np.float32)


@pytest.fixture(scope="module")
def speech(clips: Path) -> Samples:
    return read_audio(clips / "ru_0054.flac", RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sounds: longer and shorter than the speech, of other rates, formats and depths in the folder."""
    root = tmp_path / "noise"
    (root / "deep" / "er").mkdir(parents=True)
    soundfile.write(root / "long.wav", noise_of(1, 8, 44100), 44100)
    soundfile.write(root / "deep" / "short.flac", noise_of(2, 1.3), RATE)
    soundfile.write(root / "deep" / "er" / "stereo.ogg", np.stack([noise_of(3, 6, 22050)] * 2, axis=1), 22050)
    return root


@pytest.fixture
def make(folder: Path, tmp_path: Path) -> Callable[..., AddBackgroundNoiseWrapper]:
    def made(**arguments: object) -> AddBackgroundNoiseWrapper:
        given = {"sounds_path": str(folder), "p": 1.0, "cache_dir": str(tmp_path / "cache")} | arguments
        return AddBackgroundNoiseWrapper(**given)  # type: ignore[arg-type]

    return made


def added(transform: AddBackgroundNoiseWrapper, speech: Samples, seed: int) -> Samples:
    return augment(speech, [transform], sampling_rate=RATE, seed=seed) - speech


@pytest.mark.parametrize("snr", [-5.0, 8.0, 40.0])
def test_the_ratio_is_the_one_that_was_drawn(
    make: Callable[..., AddBackgroundNoiseWrapper], speech: Samples, snr: float
) -> None:
    transform, used = make(min_snr_db=snr, max_snr_db=snr), set()
    for seed in range(12):
        noise = added(transform, speech, seed)
        assert level(speech) - level(noise) == pytest.approx(snr, abs=2e-3)
        used.add(Path(transform.parameters["noise_file_path"]).name)
    assert used == {"long.wav", "short.flac", "stereo.ogg"}


def test_ratios_spread_over_the_whole_range(
    make: Callable[..., AddBackgroundNoiseWrapper], speech: Samples
) -> None:
    transform = make(min_snr_db=8, max_snr_db=55)
    ratios = [level(speech) - level(added(transform, speech, seed)) for seed in range(60)]
    assert 7.9 < min(ratios) < 15
    assert 48 < max(ratios) < 55.1


def test_a_long_sound_gives_a_random_excerpt(
    make: Callable[..., AddBackgroundNoiseWrapper], folder: Path, speech: Samples
) -> None:
    transform = make(sounds_path=str(folder / "long.wav"), min_snr_db=0, max_snr_db=0)
    whole = read_audio(folder / "long.wav", RATE)
    offsets = set()
    for seed in range(5):
        noise = added(transform, speech, seed)
        at = round(transform.parameters["offset"] * RATE)
        excerpt = whole[at : at + len(speech)]
        assert np.corrcoef(noise, excerpt)[0, 1] > 0.999
        offsets.add(at)
    assert len(offsets) == 5


def test_a_short_sound_is_looped_without_a_seam() -> None:
    time = np.arange(4000) / RATE
    tone = np.sin(2 * np.pi * 443 * time).astype(np.float32)  # not a whole number of periods
    looped = loop(tone, 1000, 20000, fade=800)
    assert len(looped) == 20000
    # A tone never rises faster than its own slope, times the square root of 2 where two of them overlap.
    steepest = np.sqrt(2) * 2 * np.pi * 443 / RATE
    assert np.abs(np.diff(looped)).max() < 1.1 * steepest
    assert np.abs(np.diff(np.resize(tone, 20000))).max() > 1.3 * steepest  # what plain repetition does
    assert np.array_equal(looped[:3200], looped[3200:6400])  # 4000 - 800
    assert np.array_equal(looped[: 3200 - 1000], tone[1000:3200])


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_sound_as_long_as_the_speech_is_taken_whole(
    make: Callable[..., AddBackgroundNoiseWrapper], tmp_path: Path, speech: Samples, more: int
) -> None:
    path = tmp_path / "equal.wav"
    soundfile.write(path, noise_of(4, (len(speech) + more) / RATE), RATE)
    transform = make(sounds_path=str(path), min_snr_db=3, max_snr_db=3)
    for seed in range(8):
        noise = added(transform, speech, seed)
        assert len(noise) == len(speech)
        assert level(speech) - level(noise) == pytest.approx(3, abs=2e-3)


@pytest.mark.parametrize("length", [1, 2, 5, 999])
def test_even_the_shortest_sound_loops(length: int) -> None:
    looped = loop(np.ones(length, np.float32), 0, 3000, fade=800)
    assert len(looped) == 3000
    assert np.abs(looped).min() > 0.9


def test_pauses_of_a_sound_are_avoided(
    make: Callable[..., AddBackgroundNoiseWrapper], tmp_path: Path, speech: Samples
) -> None:
    bark = np.zeros(60 * RATE, np.float32)
    bark[50 * RATE : 50 * RATE + 4000] = noise_of(5, 0.25)
    path = tmp_path / "bark.wav"
    soundfile.write(path, bark, RATE)
    transform = make(sounds_path=str(path), min_snr_db=10, max_snr_db=10)
    for seed in range(10):
        noise = added(transform, speech, seed)
        assert level(speech) - level(noise) == pytest.approx(10, abs=2e-3)


def test_absolute_levels_and_a_transform_of_the_noise(
    make: Callable[..., AddBackgroundNoiseWrapper], speech: Samples
) -> None:
    quiet = make(noise_rms="absolute", min_absolute_rms_db=-30, max_absolute_rms_db=-30)
    assert level(added(quiet, speech, 1)) == pytest.approx(-30, abs=0.01)
    low = audiomentations.LowPassFilter(min_cutoff_freq=500, max_cutoff_freq=500, min_rolloff=24, p=1.0)
    noise = added(make(min_snr_db=5, max_snr_db=5, noise_transform=low), speech, 1)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    share = spectrum[: len(spectrum) // 8].sum() / spectrum.sum()  # below 1 kHz
    assert share > 0.95
    assert level(speech) - level(noise) == pytest.approx(5, abs=2e-3)


def test_sounds_are_decoded_once(
    make: Callable[..., AddBackgroundNoiseWrapper],
    tmp_path: Path,
    speech: Samples,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        first = make(audio_params={"sampling_rate": RATE})
    assert "decoding 3 sounds" in caplog.text
    expected = added(first, speech, 7)
    monkeypatch.setattr(
        "phoneme_recognition.data.preprocessing.read_audio", None
    )  # nothing can be decoded now
    assert np.array_equal(added(make(), speech, 7), expected)
    assert np.array_equal(added(pickle.loads(pickle.dumps(first)), speech, 7), expected)
    assert len(list((tmp_path / "cache").glob("sounds-*"))) == 1


def test_a_changed_folder_is_decoded_anew(
    make: Callable[..., AddBackgroundNoiseWrapper], folder: Path, speech: Samples
) -> None:
    assert len(make().sounds(RATE)) == 3
    soundfile.write(folder / "more.wav", noise_of(9, 2), RATE)
    assert len(make().sounds(RATE)) == 4
    assert len(make().sounds(8000)) == 4
    assert make().sounds(8000).lengths.sum() == pytest.approx(make().sounds(RATE).lengths.sum() / 2, abs=4)


def test_a_list_of_folders_and_files(
    make: Callable[..., AddBackgroundNoiseWrapper], folder: Path, tmp_path: Path
) -> None:
    transform = make(sounds_path=[str(folder / "deep" / "er"), str(folder / "long.wav")])
    names = [Path(path).name for path in transform.sounds(RATE).paths]
    assert names == ["stereo.ogg", "long.wav"]


def test_unusable_files_are_named_and_the_others_used(
    make: Callable[..., AddBackgroundNoiseWrapper],
    folder: Path,
    speech: Samples,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (folder / "broken.wav").write_bytes(b"RIFF nothing")
    soundfile.write(folder / "silent.wav", np.zeros(1000, np.float32), RATE)
    (folder / "notes.txt").write_text("no sound")
    with caplog.at_level(logging.WARNING):
        sounds = make().sounds(RATE)
    assert [Path(path).name for path in sounds.paths] == ["stereo.ogg", "short.flac", "long.wav"]
    assert "2 of 5 sounds cannot be used" in caplog.text
    assert "broken.wav: " in caplog.text
    assert "silent.wav: silent" in caplog.text
    assert sounds.excerpt(1, 0, 10**9).shape == (round(1.3 * RATE),)  # rows are not shifted by the unusable


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "does not exist"), ({}, "holds no sound"), ({"a.wav": b"x"}, "none of the 1")],
)
def test_without_sounds_it_says_what_to_get(
    tmp_path: Path, content: dict[str, bytes] | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("data/ESC-50").mkdir(parents=True)
        for name, data in content.items():
            Path("data/ESC-50", name).write_bytes(data)
    entry = ClassEntry(
        "custom_augmentations.AddBackgroundNoiseWrapper", {"audio_params": {"sampling_rate": RATE}}
    )
    with pytest.raises(DataError) as caught:
        instantiate(entry)
    text = str(caught.value)
    assert text.startswith("custom_augmentations.AddBackgroundNoiseWrapper: ")
    for words in (said, "data/ESC-50", "https://github.com/karolpiczak/ESC-50", "CC BY-NC", "sounds_path"):
        assert words in text


def test_a_cache_that_cannot_be_written_is_explained(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be written to .*Set cache_dir"):
        AddBackgroundNoiseWrapper(str(folder), cache_dir=str(tmp_path / "file")).sounds(RATE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"min_snr_db": 9, "max_snr_db": 8}, "min_snr_db 9 is above max_snr_db 8"),
        ({"max_absolute_rms_db": 3.0}, "above 0"),
        ({"min_absolute_rms_db": -5.0}, "min_absolute_rms_db is above"),
    ],
)
def test_swapped_ends_are_explained(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        instantiate(ClassEntry("custom_augmentations.AddBackgroundNoiseWrapper", arguments))
