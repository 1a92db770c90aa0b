"""Every augmentation that the default config shows, with its values, on real speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.audio.augmentation import WaveformTransform, augment
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.data.cache import UtteranceTable, open_table
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.dataset import BatchDataset
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.phonemes.vocabulary import Vocabulary

RATE = 16000
NOISE = "custom_augmentations.AddBackgroundNoiseWrapper"
# The augmentations of the default config in its order and with its values; then the shipped example.
DEFAULTS: list[tuple[str, dict[str, Any]]] = [
    ("audiomentations.AddGaussianNoise", {"min_amplitude": 0.0008, "max_amplitude": 0.0043, "p": 0.4}),
    (NOISE, {"min_snr_db": 8.0, "max_snr_db": 55.0, "p": 0.75}),
    ("audiomentations.BandPassFilter", {"min_center_freq": 745.0, "max_center_freq": 5463.0, "p": 0.25}),
    ("audiomentations.Aliasing", {"min_sample_rate": 4495, "max_sample_rate": 8423, "p": 0.15}),
    ("audiomentations.ApplyImpulseResponse", {"p": 0.3}),
    ("audiomentations.BitCrush", {"p": 0.4}),
    ("audiomentations.Limiter", {"min_threshold_db": -15.0, "max_threshold_db": -7.0, "p": 0.15}),
    ("custom_augmentations.CustomPitchShift", {"min_semitones": -4.0, "max_semitones": 4.0, "p": 0.5}),
]
# The ends of each range by themselves, and beyond what the defaults ask for.
EXTREMES: list[tuple[str, dict[str, Any]]] = [
    ("audiomentations.AddGaussianNoise", {"min_amplitude": 0.0008, "max_amplitude": 0.0008}),
    ("audiomentations.AddGaussianNoise", {"min_amplitude": 1.0, "max_amplitude": 1.0}),
    (NOISE, {"min_snr_db": 8.0, "max_snr_db": 8.0}),
    (NOISE, {"min_snr_db": -60.0, "max_snr_db": -60.0}),
    (NOISE, {"min_snr_db": 80.0, "max_snr_db": 80.0}),
    ("audiomentations.BandPassFilter", {"min_center_freq": 745.0, "max_center_freq": 745.0}),
    ("audiomentations.BandPassFilter", {"min_center_freq": 5463.0, "max_center_freq": 5463.0}),
    (
        "audiomentations.BandPassFilter",
        {"min_bandwidth_fraction": 1.99, "max_rolloff": 48, "zero_phase": True},
    ),
    ("audiomentations.Aliasing", {"min_sample_rate": 4495, "max_sample_rate": 4495}),
    ("audiomentations.Aliasing", {"min_sample_rate": 48000, "max_sample_rate": 48000}),
    ("audiomentations.ApplyImpulseResponse", {"ir_path": None, "lru_cache_size": 1}),
    ("audiomentations.BitCrush", {"min_bit_depth": 1, "max_bit_depth": 1}),
    ("audiomentations.BitCrush", {"min_bit_depth": 32, "max_bit_depth": 32}),
    ("audiomentations.Limiter", {"min_threshold_db": -60.0, "max_threshold_db": -60.0}),
    ("audiomentations.Limiter", {"min_threshold_db": 0.0, "max_threshold_db": 0.0}),
    ("custom_augmentations.CustomPitchShift", {"min_semitones": -12, "max_semitones": -12}),
    ("custom_augmentations.CustomPitchShift", {"min_semitones": 12, "max_semitones": 12}),
]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two noises in it, one shorter and one longer than the clips."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "noise").mkdir()
    for number, seconds in enumerate((0.7, 9.0)):
        drawn = np.random.default_rng(number).standard_normal(round(seconds * 22050))
        soundfile.write(folder / "noise" / f"{number}.wav", 0.1 * drawn, 22050)
    return folder


@pytest.fixture(autouse=True)
def inside(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    monkeypatch.setattr("phoneme_recognition.data.room_folder.COUNT", 5)


@pytest.fixture(scope="module")
def speech(clips: Path) -> list[NDArray[np.float32]]:
    return [read_audio(path, RATE) for path in sorted(clips.glob("*.flac"))[:3]]


@pytest.fixture(scope="module")
def table(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> UtteranceTable:
    cache = tmp_path_factory.mktemp("cache")
    corpus = FestvoxRuDataset(cache_dir=str(cache), data_dir=str(clips))
    corpus.load_data()
    root = Path(__file__).parents[2]
    return open_table(
        "clips",
        corpus.get_train_data(),
        cache,
        labels=Labels(Vocabulary.from_file(root / "dataset_modules/tokens/russian_phones.json")),
        sampling_rate=RATE,
        count_frames=lambda samples: samples // 640,
        num_proc=1,
        progress=False,
    )


def make(entries: Sequence[tuple[str, dict[str, Any]]], **changes: Any) -> list[WaveformTransform]:
    made = []
    for path, arguments in entries:
        extra = {"sounds_path": "noise"} if path == NOISE else {}
        made.append(instantiate(ClassEntry(path, arguments | extra | changes)))
    return made


@pytest.mark.parametrize(("path", "arguments"), DEFAULTS, ids=[path for path, _ in DEFAULTS])
def test_each_changes_speech_and_nothing_but_the_seed_decides_how(
    path: str, arguments: dict[str, Any], speech: list[NDArray[np.float32]]
) -> None:
    (used,) = make([(path, arguments)], p=1.0)
    draws = {
        (clip, seed): augment(speech[clip], [used], sampling_rate=RATE, seed=seed)
        for clip in range(len(speech))
        for seed in range(4)
    }
    for (clip, _), drawn in draws.items():
        assert len(drawn) == len(speech[clip])  # phones stay where they are
        assert np.isfinite(drawn).all()
        assert not np.array_equal(drawn, speech[clip])
    assert any(not np.array_equal(draws[0, 0], draws[0, seed]) for seed in (1, 2, 3))
    # A fresh one, with empty caches and in another order, draws the same.
    (fresh,) = make([(path, arguments)], p=1.0)
    for clip, seed in sorted(draws, reverse=True):
        again = augment(speech[clip], [fresh], sampling_rate=RATE, seed=seed)
        assert np.array_equal(again, draws[clip, seed])


@pytest.mark.parametrize(("path", "arguments"), EXTREMES)
def test_the_ends_of_every_range_give_sound(
    path: str,
    arguments: dict[str, Any],
    speech: list[NDArray[np.float32]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for seed, clip in enumerate(speech):
        drawn = augment(clip, make([(path, arguments)], p=1.0), sampling_rate=RATE, seed=seed)
        assert drawn.dtype == np.float32
        assert drawn.shape == clip.shape
    assert not caplog.records  # nothing was passed over


def test_probabilities_are_kept(speech: list[NDArray[np.float32]]) -> None:
    for (path, arguments), transform in zip(DEFAULTS, make(DEFAULTS), strict=True):
        clip = speech[0][:800]
        applied = sum(
            not np.array_equal(augment(clip, [transform], sampling_rate=RATE, seed=seed), clip)
            for seed in range(150)
        )
        assert applied / 150 == pytest.approx(arguments["p"], abs=0.13), path


def loader(table: UtteranceTable, workers: int, epoch: int) -> ResumableLoader:
    plan = BatchPlan(table.num_samples / RATE, batch_size=3, seed=3)
    plan.set_epoch(epoch)
    return ResumableLoader(
        BatchDataset(table, Listener(RATE, transforms=make(DEFAULTS)), seed=3), plan, num_workers=workers
    )


def same(left: Batch, right: Batch) -> bool:
    return left.utterance_ids == right.utterance_ids and torch.equal(left.waveforms, right.waveforms)


def test_all_together_give_the_same_batches_in_any_process_and_on_resume(table: UtteranceTable) -> None:
    expected = list(loader(table, 0, epoch=2))
    other = list(loader(table, 0, epoch=3))
    assert not any(same(one, two) for one in expected for two in other)
    for workers in (0, 1, 2):
        resumed = loader(table, workers, epoch=2)
        resumed.go_on_at(1)
        for whole, begun in (
            (expected, list(loader(table, workers, epoch=2))),
            (expected[1:], list(resumed)),
        ):
            assert all(same(one, two) for one, two in zip(whole, begun, strict=True))
