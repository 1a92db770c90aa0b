"""Batches from the cache: real clips, the same for any number of workers, resumable within an epoch."""

from __future__ import annotations

from pathlib import Path

import audiomentations
import numpy as np
import pytest
import torch

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.data.cache import UtteranceTable, open_table
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.dataset import BatchDataset
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.phonemes.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def table(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> UtteranceTable:
    cache = tmp_path_factory.mktemp("cache")
    corpus = FestvoxRuDataset(cache_dir=str(cache), data_dir=str(clips))
    corpus.load_data()
    sources = [*corpus.get_train_data(), *corpus.get_val_data(), *corpus.get_test_data()]
    return open_table(
        "clips",
        sources,
        cache,
        labels=Labels(Vocabulary.from_file("dataset_modules/tokens/russian_phones.json")),
        sampling_rate=16000,
        count_frames=lambda samples: samples // 640,
        num_proc=1,
        progress=False,
    )


def loader(table: UtteranceTable, *, workers: int = 0, epoch: int = 0) -> ResumableLoader:
    noise = audiomentations.AddGaussianNoise(min_amplitude=0.001, max_amplitude=0.01, p=0.7)
    dataset = BatchDataset(table, Listener(16000, transforms=[noise]), seed=3)
    plan = BatchPlan(table.num_samples / 16000, batch_size=3, seed=3)
    plan.set_epoch(epoch)
    return ResumableLoader(dataset, plan, num_workers=workers)


def same(left: Batch, right: Batch) -> bool:
    assert left.states is None and right.states is None
    return left.utterance_ids == right.utterance_ids and all(
        torch.equal(a, b) for a, b in zip(left[1:-1], right[1:-1], strict=True)
    )


def test_batches_hold_the_cached_speech(table: UtteranceTable) -> None:
    dataset = BatchDataset(table, Listener(16000, normalise=False))
    batch = next(iter(ResumableLoader(dataset, BatchPlan(table.num_samples / 16000, batch_size=12))))
    by_id = {table[row].utterance_id: table[row] for row in range(len(table))}
    for name, waveform, length, label in zip(
        batch.utterance_ids, batch.waveforms, batch.lengths, batch.labels, strict=True
    ):
        row = by_id[name]
        assert np.array_equal(waveform[:length].numpy() * 32768, row.samples)
        assert waveform[length:].abs().sum() == 0
        assert label[: len(row.phoneme_ids)].tolist() == row.phoneme_ids.tolist()


def test_normalised_speech_has_zero_mean_and_unit_variance(table: UtteranceTable) -> None:
    for batch in loader(table):
        for waveform, length in zip(batch.waveforms, batch.lengths, strict=True):
            assert abs(float(waveform[:length].mean())) < 1e-3
            assert abs(float(waveform[:length].var(correction=0)) - 1) < 1e-3


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(table: UtteranceTable, workers: int) -> None:
    alone, helped = list(loader(table, epoch=4)), list(loader(table, workers=workers, epoch=4))
    assert all(same(a, b) for a, b in zip(alone, helped, strict=True))


def test_augmentation_is_new_in_every_epoch_and_repeatable(table: UtteranceTable) -> None:
    def of(epoch: int) -> dict[str, torch.Tensor]:
        return {
            name: waveform
            for batch in loader(table, epoch=epoch)
            for name, waveform in zip(batch.utterance_ids, batch.waveforms, strict=True)
        }

    first, again, later = of(1), of(1), of(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], later[name][: len(first[name])]) for name in first)


def test_an_epoch_goes_on_where_it_was_left(table: UtteranceTable) -> None:
    whole = list(loader(table, epoch=2))
    resumed = loader(table, epoch=2)
    resumed.go_on_at(2)
    assert all(same(a, b) for a, b in zip(list(resumed), whole[2:], strict=True))
    # The next epoch begins at its beginning.
    assert len(list(resumed)) == len(whole)
