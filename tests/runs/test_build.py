"""From a config to the objects of a run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import audiomentations
import numpy as np
import pytest
import torch
from small_checkpoint import AUDIO, VOCABULARY, small_network

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.config import ClassEntry, Config, load_config
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.optimizers import Optimization
from phoneme_recognition.runs.build import (
    build_corpora,
    build_datamodule,
    fit_workers,
    frame_counter,
    optimization_of,
)

NOISE = ClassEntry("audiomentations.AddGaussianNoise", {"p": 1.0})


@pytest.fixture
def config(make_quick_config: Any, tmp_path: Path) -> Config:
    return load_config(make_quick_config(tmp_path))


def test_corpora_are_those_of_the_config(config: Config, clips: Path, tmp_path: Path) -> None:
    (corpus,) = build_corpora(config)
    assert isinstance(corpus, FestvoxRuDataset)
    assert (str(corpus.data_dir), str(corpus.cache_dir)) == (str(clips), str(tmp_path / "cache"))


def test_a_corpus_that_cannot_be_made_is_the_users_mistake(config: Config) -> None:
    wrong = ClassEntry("dataset_modules.festvox_ru.FestvoxRuDataset", {"language": "en"})
    with pytest.raises(UserError, match=r"FestvoxRuDataset: .*expected language ru; got en"):
        build_corpora(replace(config, data=replace(config.data, dataset_classes=[wrong])))


def test_frames_are_counted_as_the_network_gives_them() -> None:
    network = small_network()
    samples = np.array([16000, 1, 12345, 40000])
    counted = frame_counter(network)(samples)
    assert counted.dtype == np.int64
    for length, frames in zip(samples.tolist(), counted.tolist(), strict=True):
        with torch.no_grad():
            output = network(torch.randn(1, length), torch.tensor([length]))
        assert frames == int(output.lengths) <= output.logits.shape[1]


@pytest.mark.parametrize(
    ("wanted", "cores", "gpu", "expected"),
    [
        *[("auto", 1, False, 0), ("auto", 2, False, 1), ("auto", 64, False, 1)],
        *[("auto", 1, True, 0), ("auto", 4, True, 3), ("auto", 64, True, 16)],
        *[(0, 4, True, 0), (12, 4, False, 12)],
    ],
)
def test_workers_fit_the_machine_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, wanted: int | str, cores: int, gpu: bool, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)))
    assert fit_workers(wanted, gpu=gpu) == expected


def test_every_optimization_key_of_the_config_arrives(config: Config) -> None:
    values: dict[str, Any] = {
        "optimizer": "SGD",
        "optimizer_args": {"momentum": 0.9},
        "lr": 0.3,
        "scheduler": "MultiStepLR",
        "step_size": 7,
        "gamma": 0.25,
        "milestones": [2, 5],
        "metric_scheduler": "val_per",
        "metric_patience": 4,
        "min_lr": 0.01,
        "warmup_steps": 9,
    }
    changed = replace(config, model=replace(config.model, **values))
    assert optimization_of(changed) == Optimization(**values | {"milestones": (2, 5)})


def test_the_data_section_reaches_the_loaders(config: Config) -> None:
    data = replace(config.data, batch_size=5, num_workers=0)
    module = build_datamodule(
        replace(config, data=data),
        small_network(),
        Labels(VOCABULARY),
        AUDIO,
        seed=3,
        splits=("train", "val", "test"),
    )
    module.prepare_data()
    sizes = [len(batch.utterance_ids) for batch in module.train_dataloader()]
    assert sorted(sizes) == [5, 5]  # ten of the twelve sentences train
    assert len(module.table("val")) == len(module.table("test")) == 1
    by_seconds = replace(config, data=replace(data, batch_seconds=0.1))
    module = build_datamodule(
        by_seconds, small_network(), Labels(VOCABULARY), AUDIO, seed=3, splits=("train",)
    )
    assert len(list(module.train_dataloader())) == 10


def test_augmentations_are_made_only_for_training(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []
    original = audiomentations.AddGaussianNoise.__init__

    def note(self: Any, **arguments: Any) -> None:
        made.append(arguments["p"])
        original(self, **arguments)

    monkeypatch.setattr(audiomentations.AddGaussianNoise, "__init__", note)
    config = replace(config, data=replace(config.data, augmentations=[NOISE]))
    build_datamodule(config, small_network(), Labels(VOCABULARY), AUDIO, seed=0, splits=("test",))
    assert made == []
    build_datamodule(config, small_network(), Labels(VOCABULARY), AUDIO, seed=0, splits=("train", "val"))
    assert made == [1.0]
