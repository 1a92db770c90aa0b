"""The two sides of ``input_pipeline.py``: this program's batches, and those of the loop that people write.

Both get the same recordings in the same batches, with transforms of the same arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import audiomentations
import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset
from transformers import Wav2Vec2FeatureExtractor

from phoneme_recognition.audio.augmentation import WaveformTransform
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.data.cache import open_table
from phoneme_recognition.data.dataset import BatchDataset
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.data.table import UtteranceTable
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.vocabulary import Vocabulary

RATE = 16000
BATCH_SIZE = 4
OUR_NOISE, THEIR_NOISE = (
    "custom_augmentations.AddBackgroundNoiseWrapper",
    "audiomentations.AddBackgroundNoise",
)
_OUR_ARGUMENTS = ("cache_dir", "audio_params")
_NOISES, _NOISE_SECONDS, _NOISE_RATE = 40, 5.0, 44100  # as the clips of ESC-50


def write_recordings(folder: Path, clips: Path, number: int) -> dict[int, list[Path]]:
    """Recordings of 3 to 18 s, joined from real sentences, as FLAC at the network's rate and at 48 kHz."""
    sentences = [soundfile.read(path, dtype="float32")[0] for path in sorted(clips.glob("*.flac"))]
    draw = np.random.default_rng(1)
    written: dict[int, list[Path]] = {RATE: [], 48000: []}
    for name in range(number):
        parts = draw.permutation(len(sentences))[:6]
        samples = np.concatenate([sentences[part] for part in parts])[: int(draw.uniform(3, 18) * RATE)]
        for rate, paths in written.items():
            paths.append(folder / f"{name}_{rate}.flac")
            soundfile.write(paths[-1], soxr.resample(samples, RATE, rate) if rate != RATE else samples, rate)
    return written


def write_noises(folder: Path) -> Path:
    """Sounds of five seconds, brown and white noise, with pauses in a quarter of them."""
    folder.mkdir()
    for name in range(_NOISES):
        noise = np.random.default_rng(name).standard_normal(round(_NOISE_SECONDS * _NOISE_RATE))
        noise = np.cumsum(noise) if name % 2 else noise
        noise[: len(noise) // 3] *= name % 4 > 0
        soundfile.write(folder / f"{name}.wav", 0.3 * noise / np.abs(noise).max(), _NOISE_RATE)
    return folder


def open_recordings(paths: Sequence[Path], cache_dir: Path) -> UtteranceTable:
    """The recordings as the cache holds them."""
    vocabulary = Vocabulary.from_file("dataset_modules/tokens/russian_phones.json")
    return open_table(
        "input-pipeline",
        [UtteranceSource(path.stem, AudioFile(str(path)), phonemes=("t", "ə") * 20) for path in paths],
        cache_dir,
        labels=Labels(vocabulary),
        sampling_rate=RATE,
        count_frames=lambda samples: samples // 320,
        progress=False,
    )


def with_probability(entry: ClassEntry, p: float) -> ClassEntry:
    """The same transform, used so often."""
    return replace(entry, init_args=entry.init_args | {"p": p})


def ours(
    table: UtteranceTable, entries: Sequence[ClassEntry], *, workers: int = 0, batch_size: int = BATCH_SIZE
) -> ResumableLoader:
    """The batches of this program, as its datamodule makes them."""
    listen = Listener(RATE, transforms=[instantiate(entry) for entry in entries])
    dataset = BatchDataset(table, listen, seed=1)
    return ResumableLoader(dataset, plan_of(table, batch_size), num_workers=workers)


def plan_of(table: UtteranceTable, batch_size: int = BATCH_SIZE) -> BatchPlan:
    """Which recordings go together."""
    return BatchPlan(table.num_samples / RATE, batch_size=batch_size, seed=1)


def theirs(
    paths: Sequence[Path], plan: BatchPlan, entries: Sequence[ClassEntry]
) -> DataLoader[NDArray[np.float32]]:
    """The batches of a loop that decodes, resamples, augments and pads as it goes."""
    return DataLoader(
        _Recordings(paths, [_in_their_way(entry) for entry in entries]),
        batch_sampler=[batch.tolist() for batch in plan.batches(0)],
        collate_fn=_Padding(),
    )


def _in_their_way(entry: ClassEntry) -> WaveformTransform:
    if entry.class_path == OUR_NOISE:
        kept = {name: value for name, value in entry.init_args.items() if name not in _OUR_ARGUMENTS}
        entry = replace(entry, class_path=THEIR_NOISE, init_args=kept)
    made: WaveformTransform = instantiate(entry)
    return made


class _Recordings(Dataset[NDArray[np.float32]]):
    def __init__(self, paths: Sequence[Path], transforms: Sequence[WaveformTransform]) -> None:
        self._paths = paths
        self._augment = audiomentations.Compose(list(transforms)) if transforms else None

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        samples, rate = soundfile.read(self._paths[index], dtype="float32")
        if rate != RATE:
            samples = soxr.resample(samples, rate, RATE)
        augmented: NDArray[np.float32] = samples
        if self._augment is not None:
            augmented = self._augment(samples, sample_rate=RATE)
        return augmented


class _Padding:
    def __init__(self) -> None:
        self._extract: Any = Wav2Vec2FeatureExtractor(return_attention_mask=True)

    def __call__(self, examples: list[NDArray[np.float32]]) -> dict[str, torch.Tensor]:
        return dict(self._extract(examples, sampling_rate=RATE, padding=True, return_tensors="pt"))
