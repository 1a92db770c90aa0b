"""The frozen part of a network, run once: the same training, without running it again."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from phoneme_recognition.config import Config, load_config
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.states import StateStore
from phoneme_recognition.models.networks import EncoderCTC
from phoneme_recognition.runs.evaluate import evaluate
from phoneme_recognition.runs.train import Training, prepare, train

torch.set_num_threads(1)

SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": (16,) * 5,
    "conv_kernel": (10, 4, 4, 2, 2),
    "conv_stride": (5, 4, 4, 2, 2),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "num_feat_extract_layers": 5,
}
NOISE = {"class_path": "audiomentations.AddGaussianNoise", "init_args": {"p": 1.0}}


@dataclass
class Counter:
    """Counts what the constant part of any network is given."""

    lengths: list[int] = field(default_factory=list)

    def taken(self) -> int:
        """Utterances since the last call."""
        number = len(self.lengths)
        self.lengths.clear()
        return number


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter, original = Counter(), EncoderCTC.constant_part

    def counted(
        self: EncoderCTC, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        if waveforms.abs().sum() > 0:  # silence is how the size of the states is found out
            counter.lengths += lengths.tolist()
        return original(self, waveforms, lengths, seeds)

    monkeypatch.setattr(EncoderCTC, "constant_part", counted)
    return counter


Make = Callable[..., Config]


@pytest.fixture
def make(make_quick_config: Any, tmp_path: Path) -> Make:
    torch.manual_seed(0)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=52, **SIZES)).save_pretrained(tmp_path / "pretrained")
    path = make_quick_config(tmp_path)

    def made(**values: Any) -> Config:
        standard = {
            "model.network_name": "Wav2Vec2",
            "model.pretrained_name": str(tmp_path / "pretrained"),
            "model.network_config": {},
            "model.freeze_feature_extractor": True,
            "model.freeze_transformer": True,
        }
        given = standard | {name.replace("__", "."): value for name, value in values.items()}
        return load_config(path, [f"{name}={json.dumps(value)}" for name, value in given.items()])

    return made


def losses(figures: dict[str, Any]) -> list[float]:
    return [figures["val_loss"], figures["test_loss"]]


@pytest.mark.parametrize("transformer", [True, False])
def test_it_trains_as_without_and_hears_each_recording_once(
    make: Make, heard: Counter, transformer: bool
) -> None:
    options = {"model__freeze_transformer": transformer, "trainer__max_epochs": 3}
    expected = train(make(data__frozen_cache=False, **options))
    assert heard.taken() == 3 * (10 + 1) + 2
    found = train(make(**options))
    assert heard.taken() == 12
    assert losses(found) == pytest.approx(losses(expected), rel=2e-3)
    again = train(make(**options))
    assert heard.taken() == 0
    assert losses(again) == losses(found)


def test_a_trial_with_another_rate_and_other_labels_shares_it(make: Make, heard: Counter) -> None:
    train(make())
    heard.taken()
    other: dict[str, Any] = {
        "model__vocab_file": "dataset_modules/tokens/russian_phones_without_stress.json",
        "phonemes__keep_stress": False,
        "model__network_config": {"final_dropout": 0.3},
    }
    train(make(model__lr=0.01, **other))
    assert heard.taken() == 0


def test_a_resumed_run_reads_what_is_there(make: Make, heard: Counter) -> None:
    whole = train(make(trainer__max_epochs=3))
    first = train(make(trainer__max_epochs=2))
    heard.taken()
    last = str(Path(first["run_dir"]) / "last.ckpt")
    resumed = train(make(trainer__max_epochs=3, ckpt_path=last))
    assert heard.taken() == 0
    assert losses(resumed) == losses(whole)


def test_measuring_reads_it_and_makes_none(make: Make, heard: Counter) -> None:
    trained = train(make())
    heard.taken()
    measured = evaluate(make(ckpt_path=trained["checkpoint"]), "test")
    assert heard.taken() == 0
    assert measured["test_loss"] == trained["test_loss"]
    without = evaluate(make(ckpt_path=trained["checkpoint"], data__frozen_cache=False), "test")
    assert heard.taken() == 1
    assert without["test_loss"] == pytest.approx(trained["test_loss"], rel=2e-3)


def test_other_weights_are_heard_anew(make: Make, heard: Counter, tmp_path: Path) -> None:
    train(make())
    heard.taken()
    torch.manual_seed(1)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=52, **SIZES)).save_pretrained(tmp_path / "pretrained")
    train(make())
    assert heard.taken() == 12


def test_what_there_is_no_room_for_is_computed_in_every_epoch(
    make: Make, heard: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    expected = losses(train(make(trainer__max_epochs=2)))
    stored = prepare(make(), 42)
    sizes = np.sort(stored.datamodule.table("train").num_samples)[::-1] / 16000
    a_second = 49 * 32 * 2  # frames, channels, bytes
    room = float(sizes[:4].sum() + 0.5 * sizes[4]) * a_second
    for folder in states_folders(stored):
        for file in folder.iterdir():
            file.unlink()
    heard.taken()
    with caplog.at_level(logging.WARNING):
        prepare(make(data__frozen_cache_gb=room / 1e9), 42)
    lengths = sorted(heard.lengths[:4], reverse=True)
    assert lengths == [round(16000 * size) for size in sizes[:4]]
    assert "train: for the other 6 recordings it is computed in every epoch" in caplog.text
    found = losses(train(make(data__frozen_cache_gb=room / 1e9, trainer__max_epochs=2)))
    assert found == pytest.approx(expected, rel=2e-3)


def states_folders(training: Training) -> list[Path]:
    return [
        folder
        for split in training.datamodule.splits
        for audio, _, _ in training.datamodule.table(split).recordings()
        for folder in audio.glob("states-*")
    ]


def test_an_interrupted_pass_goes_on_where_it_was(
    make: Make, heard: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from phoneme_recognition.runs.frozen import constant_part, hearing

    monkeypatch.setattr(constant_part, "_CPU_SECONDS", 10.0)
    original = hearing.Ears.hear

    def interrupted(self: hearing.Ears, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, list[int]]:
        if len(heard.lengths) >= 6:
            raise KeyboardInterrupt
        return original(self, waveforms, lengths)

    monkeypatch.setattr(hearing.Ears, "hear", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(make(), 42)
    before = heard.taken()
    monkeypatch.setattr(hearing.Ears, "hear", original)
    training = prepare(make(), 42)
    assert before >= 6 and before + heard.taken() == 12
    assert sum(len(StateStore(folder)) for folder in states_folders(training)) == 12


def batches_of(training: Training, epochs: int) -> list[Batch]:
    loader = training.datamodule.train_dataloader()
    found = []
    for epoch in range(epochs):
        loader.plan.set_epoch(epoch)
        found += list(loader)
    return found


def test_augmented_sound_is_heard_anew_unless_views_are_asked_for(
    make: Make, heard: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        training = prepare(make(data__augmentations=[NOISE]), 42)
    assert heard.taken() == 2  # validation and test
    assert all(batch.states is None for batch in batches_of(training, 1))
    assert "data.frozen_views=4" in caplog.text


def test_views_are_drawn_for_each_epoch(make: Make, heard: Counter) -> None:
    config = make(data__augmentations=[NOISE], data__frozen_views=2, trainer__max_epochs=20)
    training = prepare(config, 42)
    assert heard.taken() == 2 * 10 + 2
    seen: dict[str, set[float]] = {}
    for batch in batches_of(training, 12):
        assert batch.states is not None and batch.states.dtype == torch.float16
        for name, states in zip(batch.utterance_ids, batch.states.float(), strict=True):
            seen.setdefault(name, set()).add(round(float(states.abs().sum()), 2))
    assert len(seen) == 10
    assert all(len(variants) == 2 for variants in seen.values())
    prepare(config, 42)
    assert heard.taken() == 0
    other_seed = prepare(config, 43)
    assert heard.taken() == 2 * 10 and other_seed


def test_a_short_run_is_not_worth_it(make: Make, heard: Counter) -> None:
    training = prepare(make(trainer__max_epochs=1), 42)
    assert heard.taken() == 2
    assert all(batch.states is None for batch in batches_of(training, 1))
    prepare(make(trainer__fast_dev_run=True), 42)
    assert heard.taken() == 0


def test_nothing_frozen_has_nothing_to_keep(make: Make, heard: Counter) -> None:
    prepare(make(model__freeze_feature_extractor=False, model__freeze_transformer=False), 42)
    assert heard.taken() == 0
