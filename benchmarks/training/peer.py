"""The peer of a training benchmark, a process of `training`: ``transformers.Trainer`` at its best.

Features are extracted once, before the training, with ``datasets.map``; sentences are grouped by length;
attention is SDPA; nothing is measured, logged or saved during an epoch. Arrays come from the dataset as
numpy, not as Python lists, and are padded by hand: faster than the usual collator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader
from transformers import (
    Trainer,
    TrainerCallback,
    TrainingArguments,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    WhisperFeatureExtractor,
)

from benchmarks.training.model import overrides, take_head
from benchmarks.training.peer_whisper import WhisperCTC
from benchmarks.training.score import TRAIN_SECONDS, Example, first_seconds, read_split, score
from benchmarks.training.turns import Job, Turns
from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.phonemes.vocabulary import Vocabulary

RATE = 16_000
# What torch's and transformers' losses leave out.
IGNORED = -100

Features = dict[str, Any]


def main() -> None:
    """Take turns until the training is over, then measure."""
    turns = Turns()
    job = turns.job
    vocabulary = Vocabulary.from_file(job.vocab_file)
    test = read_split(Path(job.data), "test", vocabulary)
    examples = read_split(Path(job.data), "train", vocabulary)
    train = first_seconds(examples, TRAIN_SECONDS)
    extract = extractor(job)

    turns.wait()  # the features
    ready = _extracted(examples, extract, job)
    turns.stop_clock()
    turns.done(
        first_losses=_first_losses(build_model(job, vocabulary), train[: job.batch_size], extract, job.mask)
    )

    turns.wait()  # what comes before the first epoch, and the first epoch
    model = build_model(job, vocabulary)

    def measured() -> dict[str, float]:
        turns.stop_clock()
        return _measure(model, test, extract, vocabulary.blank_id, job)

    lengths = [len(example.samples) / RATE for example in examples]
    trainer = (partial(_OnOurBatches, lengths) if job.same_batches else Trainer)(
        model=model,
        args=_arguments(job),
        train_dataset=ready,
        data_collator=partial(collate, mask=job.mask),
        callbacks=[_Epochs(turns, measured)],
    )
    trainer.train()
    turns.stop_clock()
    figures = _measure(model, test, extract, vocabulary.blank_id, job, always=True)
    loss, _ = score(_recogniser(model, extract), train, vocabulary.blank_id)
    losses = vars(trainer).get("losses", [])
    turns.done(**figures, train_loss=loss, steps=trainer.state.global_step, step_losses=losses)


class _OnOurBatches(Trainer):  # type: ignore[misc]
    """Trains on the batches that our side draws, in the same order."""

    def __init__(self, lengths: Sequence[float], **settings: Any) -> None:
        super().__init__(**settings)
        self._lengths = np.array(lengths)
        self.losses: list[float] = []

    def compute_loss(self, *given: Any, **settings: Any) -> Any:
        """Written down, too."""
        loss = super().compute_loss(*given, **settings)
        self.losses.append(float(loss))
        return loss

    def get_train_dataloader(self) -> Any:
        """Padded as ever; only the choice is ours."""
        plan = BatchPlan(self._lengths, batch_size=self.args.per_device_train_batch_size, seed=self.args.seed)
        return DataLoader(self.train_dataset, batch_sampler=_Epochwise(plan), collate_fn=self.data_collator)


class _Epochwise:
    """The rows of a plan's batches; each iteration is another epoch."""

    def __init__(self, plan: BatchPlan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return len(self._plan)

    def __iter__(self) -> Iterator[list[int]]:
        for draws in self._plan:
            yield [draw.row for draw in draws]
        self._plan.set_epoch(self._plan.epoch + 1)


class _Epochs(TrainerCallback):
    """Ends a turn before the next epoch begins."""

    def __init__(self, turns: Turns, measured: Callable[[], dict[str, float]]) -> None:
        self._turns, self._measured = turns, measured

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Wait for the next turn."""
        if state.global_step:
            self._turns.done(**self._measured())
            rest["model"].train()
            self._turns.wait()


def build_model(job: Job, vocabulary: Vocabulary) -> Any:
    """The network with the weights that both sides begin with, frozen as the case wants it."""
    fields = overrides(job.model, job.defaults)
    if job.model == "whisper":
        model: Any = WhisperCTC(job.pretrained, fields, len(vocabulary), vocabulary.blank_id)
        take_head(model.head, job.head)
        model.freeze(job.case)
        return model
    model = Wav2Vec2ForCTC.from_pretrained(
        job.pretrained,
        attn_implementation="sdpa",
        vocab_size=len(vocabulary),
        pad_token_id=vocabulary.blank_id,
        ctc_loss_reduction="mean",
        ctc_zero_infinity=True,
        **fields,
    )
    take_head(model.lm_head, job.head)
    if job.case != "unfrozen":
        # With freeze_base_model alone gradients would still be computed down to the samples.
        model.freeze_feature_encoder()
    if job.case == "frozen":
        model.freeze_base_model()
    return model


def extractor(job: Job) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Samples → what the network takes: normalised samples, or (frames, mels)."""
    if job.model == "whisper":
        mels: Any = WhisperFeatureExtractor.from_pretrained(job.pretrained)

        def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
            # Padded and cut again: without padding the last frame would hear the end mirrored.
            features = mels(samples, sampling_rate=RATE, return_tensors="np").input_features[0]
            frames = -(-len(samples) // mels.hop_length)
            return np.ascontiguousarray(np.asarray(features, dtype=np.float32)[:, :frames].T)

        return log_mel
    waves = Wav2Vec2FeatureExtractor(do_normalize=True)

    def normalised(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(waves(samples, sampling_rate=RATE).input_values[0], dtype=np.float32)

    return normalised


def collate(rows: Sequence[Features], mask: bool = False) -> dict[str, Tensor]:
    """Pad a batch with silence.

    Wav2Vec2 with group norm is to get no attention mask, says its documentation; with ``mask`` it gets one.
    Whisper, written for this, gets the lengths.
    """
    features = [torch.as_tensor(np.asarray(row["input_values"], dtype=np.float32)) for row in rows]
    labels = [torch.tensor(row["labels"], dtype=torch.int64) for row in rows]
    batch = {
        "input_values": pad_sequence(features, batch_first=True),
        "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORED),
    }
    if features[0].dim() == 2:
        batch["lengths"] = torch.tensor([len(one) for one in features])
    elif mask:
        batch["attention_mask"] = pad_sequence([torch.ones_like(one).long() for one in features], True)
    return batch


def _extracted(examples: Sequence[Example], extract: Callable[..., Any], job: Job) -> datasets.Dataset:
    names = list(range(len(examples)))

    def features(row: dict[str, int]) -> Features:
        samples, labels = examples[row["row"]]
        return {"input_values": extract(samples), "labels": labels, "input_length": len(samples)}

    rows = datasets.Dataset.from_dict(
        {"row": names}, features=datasets.Features({"row": datasets.Value("int64")})
    )
    cache = str(Path(job.work) / "features.arrow")
    ready = rows.map(features, remove_columns=["row"], cache_file_name=cache, writer_batch_size=50)
    return ready.with_format("numpy")


def _arguments(job: Job) -> TrainingArguments:
    return TrainingArguments(
        output_dir=job.work,
        per_device_train_batch_size=job.batch_size,
        num_train_epochs=job.epochs,
        learning_rate=job.lr,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        optim=job.optimizer,
        train_sampling_strategy="group_by_length",
        length_column_name="input_length",
        remove_unused_columns=False,  # among them would be the lengths
        dataloader_num_workers=job.workers,
        dataloader_persistent_workers=job.workers > 0,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=job.seed,
        use_cpu=not torch.cuda.is_available(),
    )


def _first_losses(
    model: nn.Module, examples: list[Example], extract: Callable[..., Any], mask: bool
) -> list[float]:
    """Loss of one batch before any step: cut to one length, and padded."""
    model.eval()
    shortest = min(len(example.samples) for example in examples)
    cut = [example._replace(samples=example.samples[:shortest]) for example in examples]
    losses = []
    for batch in (cut, examples):
        rows = [{"input_values": extract(samples), "labels": labels} for samples, labels in batch]
        with torch.inference_mode():
            losses.append(float(model(**collate(rows, mask))["loss"]))
    return losses


def _recogniser(model: nn.Module, extract: Callable[..., Any]) -> Callable[[NDArray[np.float32]], Tensor]:
    model.eval()

    def logits_of(samples: NDArray[np.float32]) -> Tensor:
        logits: Tensor = model(torch.from_numpy(extract(samples))[None])["logits"][0]
        return logits

    return logits_of


def _measure(
    model: nn.Module,
    test: list[Example],
    extract: Callable[..., Any],
    blank_id: int,
    job: Job,
    *,
    always: bool = False,
) -> dict[str, float]:
    if not (job.score_epochs or always):
        return {}
    loss, per = score(_recogniser(model, extract), test, blank_id)
    return {"test_loss": loss, "per": per}
