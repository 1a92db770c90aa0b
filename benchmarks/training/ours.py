"""Our side of a training benchmark, a process of `training`: the public way, from a config file on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from benchmarks.training.corpus import corpus_arguments
from benchmarks.training.model import FREEZES, NETWORK_NAMES, overrides, take_head
from benchmarks.training.score import TRAIN_SECONDS, Example, first_seconds, read_split, score
from benchmarks.training.turns import Job, Turns
from phoneme_recognition.config import Config, load_config
from phoneme_recognition.data import collate
from phoneme_recognition.models.losses import phoneme_loss
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.train import fit, prepare


def main() -> None:
    """Take turns until the training is over, then measure."""
    turns = Turns()
    job = turns.job
    vocabulary = Vocabulary.from_file(job.vocab_file)
    test = read_split(Path(job.data), "test", vocabulary)
    train = first_seconds(read_split(Path(job.data), "train", vocabulary), TRAIN_SECONDS)

    turns.wait()  # the cache of the recordings
    unfrozen = prepare(_config(job, "unfrozen"), job.seed)
    turns.stop_clock()
    take_head(unfrozen.module.network.get_submodule("head"), job.head)
    turns.done(
        first_losses=_first_losses(unfrozen.module.network, train[: job.batch_size], vocabulary, job.model)
    )
    del unfrozen

    turns.wait()  # what comes before the first epoch, and the first epoch
    training = prepare(_config(job, job.case), job.seed)
    network = training.module.network
    take_head(network.get_submodule("head"), job.head)

    def measured() -> dict[str, float]:
        turns.stop_clock()
        return _measure(network, test, vocabulary.blank_id, job)

    epochs = _Epochs(turns, measured, losses=[] if job.same_batches else None)
    training.engine.callbacks.insert(0, epochs)  # type: ignore[attr-defined]
    fit(training)
    turns.stop_clock()
    figures = _measure(network, test, vocabulary.blank_id, job, always=True)
    loss, _ = score(_recogniser(network, job), train, vocabulary.blank_id)
    steps = training.engine.global_step
    turns.done(**figures, train_loss=loss, steps=steps, step_losses=epochs.losses or [])


class _Epochs(Callback):
    """Ends a turn before the next epoch begins."""

    def __init__(self, turns: Turns, measured: Any, *, losses: list[float] | None) -> None:
        self._turns, self._measured, self.losses = turns, measured, losses

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write the loss down, if that is wanted."""
        if self.losses is not None:
            self.losses.append(float(outputs["loss"]))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Wait for the next turn."""
        if trainer.current_epoch:
            self._turns.done(**self._measured())
            pl_module.train()
            self._turns.wait()


def config_of(job: Job, case: str) -> dict[str, Any]:
    """The config file of a case as plain data: what is left out has its default."""
    front_end, transformer = FREEZES[case]
    dataset = corpus_arguments(Path(job.data)) | {"cache_dir": f"{job.work}/cache"}
    return {
        "seed_everything": job.seed,
        "audio_params": {"do_normalize": job.model == "wav2vec2"},
        "model": {
            "vocab_file": job.vocab_file,
            "network_name": NETWORK_NAMES[job.model],
            "pretrained_name": job.pretrained,
            "network_config": overrides(job.model, job.defaults),
            "freeze_feature_extractor": front_end,
            "freeze_transformer": transformer,
            "lr": job.lr,
            "optimizer_args": {"weight_decay": 0.0},
        },
        "data": {
            "num_workers": job.workers,
            "batch_size": job.batch_size,
            "dataset_classes": [
                {"class_path": "dataset_modules.custom_audio.CustomAudioDataset", "init_args": dataset}
            ],
        },
        "decoding": {"method": "greedy"},
        "trainer": {
            "max_epochs": job.epochs,
            "gradient_clip_val": 1.0,  # as transformers.Trainer has by default
            "limit_val_batches": 0,
            "num_sanity_val_steps": 0,
            "enable_checkpointing": False,
            "default_root_dir": job.work,
        },
    }


def _config(job: Job, case: str) -> Config:
    path = Path(job.work) / f"{case}.yaml"
    path.write_text(yaml.safe_dump(config_of(job, case), allow_unicode=True), encoding="utf-8")
    return load_config(path)


def _first_losses(
    network: nn.Module, examples: list[Example], vocabulary: Vocabulary, model: str
) -> list[float]:
    """Loss of one batch before any step: cut to one length, and padded."""
    network.eval()
    shortest = min(len(example.samples) for example in examples)
    cut = [example._replace(samples=example.samples[:shortest]) for example in examples]
    return [_batch_loss(network, batch, vocabulary, model) for batch in (cut, examples)]


def _batch_loss(network: nn.Module, examples: list[Example], vocabulary: Vocabulary, model: str) -> float:
    ready = [
        collate.Example(str(number), _normalised(samples, model), np.array(labels), 0)
        for number, (samples, labels) in enumerate(examples)
    ]
    batch = collate.collate(ready)
    with torch.inference_mode():
        output = network(batch.waveforms, batch.lengths)
        log_probs = log_softmax(output.logits, dim=-1)
        return float(phoneme_loss(log_probs, output.lengths, batch, blank_id=vocabulary.blank_id))


def _normalised(samples: NDArray[np.float32], model: str) -> NDArray[np.float32]:
    return collate.normalise_waveform(samples) if model == "wav2vec2" else samples


def _recogniser(network: nn.Module, job: Job) -> Any:
    network.eval()

    def logits_of(samples: NDArray[np.float32]) -> Tensor:
        wave = torch.from_numpy(_normalised(samples, job.model))
        output = network(wave[None], torch.tensor([len(wave)]))
        logits: Tensor = output.logits[0, : int(output.lengths[0])]
        return logits

    return logits_of


def _measure(
    network: nn.Module, test: list[Example], blank_id: int, job: Job, *, always: bool = False
) -> dict[str, float]:
    if not (job.score_epochs or always):
        return {}
    loss, per = score(_recogniser(network, job), test, blank_id)
    return {"test_loss": loss, "per": per}
