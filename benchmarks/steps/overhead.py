"""What a training step costs around a network that is almost free.

A linear head on stored features is all that is left of a step once a frozen stack has been computed. Then the
loop, its metrics and callbacks, the CTC loss and the optimizer are the whole cost. Three ways to train that
head on the same batches take turns: this project's Trainer with all that a run has by default, a bare PyTorch
loop (the floor: nothing is measured or shown), and ``transformers.Trainer``.

    pip install accelerate    # which transformers.Trainer wants
    python -m benchmarks.steps.overhead [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback
from torch import Tensor, nn
from torch.nn.functional import ctc_loss, log_softmax
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer as PeerTrainer
from transformers import TrainerCallback, TrainingArguments

from phoneme_recognition.data.collate import Batch
from phoneme_recognition.models.module import PhonemeRecogniser
from phoneme_recognition.models.optimizers import Optimization
from phoneme_recognition.models.output import CTCOutput
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.engine import training_engine

SIZE, FRAMES, CHANNELS, PHONEMES, SYMBOLS = 4, 400, 256, 80, 50
RATE = 1e-3


class Head(nn.Module):
    """Features → CTC logits: what is trained when both freezes are on and the rest was computed before."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.built_from: dict[str, Any] = {"network_config": {}}
        self.head = nn.Linear(CHANNELS, symbols)

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        """Logits of (batch, frames, channels) features, given where a network has waveforms."""
        return CTCOutput(self.head(waveforms), lengths, waveforms)


class PeerHead(Head):
    """The same head in the form that ``transformers.Trainer`` takes."""

    def forward(  # type: ignore[override]
        self, features: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor
    ) -> dict[str, Tensor]:
        """The mean CTC loss a phoneme, and the logits."""
        logits = self.head(features)
        return {"loss": plain_loss(logits, lengths, labels, label_lengths), "logits": logits}


def plain_loss(logits: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor) -> Tensor:
    """torch's own mean CTC loss."""
    log_probs = log_softmax(logits, dim=-1).transpose(0, 1)
    return ctc_loss(log_probs, labels, lengths, label_lengths, zero_infinity=True)


def make_batches(count: int, vocabulary: Vocabulary) -> list[Batch]:
    """Features that tell the phoneme of each frame, in noise: a head learns them, never quite right."""
    draw = torch.Generator().manual_seed(3)
    means = torch.randn(len(vocabulary), CHANNELS, generator=draw)
    batches = []
    for number in range(count):
        lengths = torch.randint(FRAMES // 2, FRAMES + 1, (SIZE,), generator=draw)
        lengths[0] = FRAMES
        label_lengths = lengths * PHONEMES // FRAMES
        labels = torch.randint(2, len(vocabulary), (SIZE, PHONEMES), generator=draw)
        phones = labels.repeat_interleave(FRAMES // PHONEMES, dim=1)
        features = means[phones] + 4 * torch.randn(SIZE, FRAMES, CHANNELS, generator=draw)
        names = [f"{number}-{row}" for row in range(SIZE)]
        nothing = torch.zeros(SIZE, 0, dtype=torch.int64)
        batches.append(
            Batch(names, features, lengths, labels, label_lengths, torch.arange(SIZE), nothing, lengths * 0)
        )
    return batches


def _loader(batches: Sequence[Any]) -> DataLoader[Any]:
    """Batches as they are."""
    return DataLoader(_Listed(batches), batch_size=None)


class _Listed(Dataset[Any]):
    def __init__(self, batches: Sequence[Any]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, place: int) -> Any:
        return self.batches[place]


Times = tuple[float, float]


@dataclass
class Epochs:
    """What training came to.

    Attributes:
        seconds: wall clock and processor time, in seconds, of each epoch after the first.
        loss: mean CTC loss a phoneme of the trained head on the training batches.
    """

    seconds: list[Times]
    loss: float


class _Clock(Callback):
    """Notes when epochs begin, and when the last one ends."""

    def __init__(self) -> None:
        self.times: list[Times] = []

    def on_train_epoch_start(self, *_: Any) -> None:
        self.times.append(_now())

    def on_train_end(self, *_: Any) -> None:
        self.times.append(_now())


class _PeerClock(TrainerCallback):
    """The same for ``transformers.Trainer``."""

    def __init__(self) -> None:
        self.times: list[Times] = []

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self.times.append(_now())

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self.times.append(_now())


def ours(batches: Sequence[Batch], epochs: int, vocabulary: Vocabulary) -> Epochs:
    """This project's Trainer, with what a run has by default: metrics, monitor, log, checkpoints."""
    network = _seeded(Head, vocabulary)
    module = PhonemeRecogniser(network, vocabulary, audio_params={}, optimization=Optimization(lr=RATE))
    clock = _Clock()
    with tempfile.TemporaryDirectory() as folder:
        section = {"accelerator": "cpu", "max_epochs": epochs, "limit_val_batches": 0, "callbacks": [clock]}
        engine = training_engine(section | {"enable_model_summary": False}, Path(folder))
        engine.fit(module, _loader(batches))
    return Epochs(_later(clock.times), _loss(network, batches))


def floor(batches: Sequence[Batch], epochs: int, vocabulary: Vocabulary) -> Epochs:
    """Nothing but forward, loss, backward and step."""
    network = _seeded(Head, vocabulary)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, fused=True)
    times = [_now()]
    for _ in range(epochs):
        for batch in _loader(batches):
            optimizer.zero_grad()
            logits = network(batch.waveforms, batch.lengths).logits
            plain_loss(logits, batch.lengths, batch.labels, batch.label_lengths).backward()
            optimizer.step()
        times.append(_now())
    return Epochs(_later(times), _loss(network, batches))


def peer(batches: Sequence[Batch], epochs: int, vocabulary: Vocabulary) -> Epochs:
    """``transformers.Trainer`` with its defaults, apart from what makes it train the same."""
    network = _seeded(PeerHead, vocabulary)
    clock = _PeerClock()
    rows = [
        {
            "features": batch.waveforms,
            "lengths": batch.lengths,
            "labels": batch.labels,
            "label_lengths": batch.label_lengths,
        }
        for batch in batches
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=epochs,
            per_device_train_batch_size=1,
            learning_rate=RATE,
            lr_scheduler_type="constant",
            weight_decay=0.01,
            max_grad_norm=0.0,
            use_cpu=True,
            report_to=[],
            dataloader_pin_memory=False,
        )
        # A row of its data set is a batch of ours.
        PeerTrainer(
            network, arguments, train_dataset=_Listed(rows), data_collator=_only, callbacks=[clock]
        ).train()
    return Epochs(_later(clock.times), _loss(network, batches))


def _only(rows: Sequence[Any]) -> Any:
    return rows[0]


def _seeded(kind: type[Head], vocabulary: Vocabulary) -> Head:
    torch.manual_seed(0)
    return kind(len(vocabulary))


def _now() -> Times:
    return time.perf_counter(), time.process_time()


def _later(times: Sequence[Times]) -> list[Times]:
    """Wall clock and processor time of each epoch but the first."""
    return [(end[0] - begin[0], end[1] - begin[1]) for begin, end in pairwise(times)][1:]


@torch.no_grad()
def _loss(network: Head, batches: Sequence[Batch]) -> float:
    losses = [
        plain_loss(network.head(one.waveforms), one.lengths, one.labels, one.label_lengths) for one in batches
    ]
    return float(torch.stack(losses).mean())


WAYS: dict[str, Callable[[Sequence[Batch], int, Vocabulary], Epochs]] = {
    "a bare loop (the floor)": floor,
    "this project": ours,
    "transformers.Trainer": peer,
}


def main() -> None:
    """Let the three take turns and print what they need."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--batches", type=int, default=124, help="steps of an epoch")
    options.add_argument("--epochs", type=int, default=3, help="of each turn; the first is not counted")
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    warnings.simplefilter("ignore")
    vocabulary = Vocabulary.from_phonemes([f"p{number}" for number in range(SYMBOLS)])
    batches = make_batches(chosen.batches, vocabulary)
    found: dict[str, list[Epochs]] = {name: [] for name in WAYS}
    for _ in range(chosen.turns):
        for name, way in WAYS.items():
            found[name].append(way(batches, chosen.epochs, vocabulary))
    figures = {name: _figures(turns, chosen.batches) for name, turns in found.items()}
    _show(figures)
    if chosen.json:
        about = {"threads": chosen.threads, "batches": chosen.batches, "torch": torch.__version__}
        chosen.json.write_text(json.dumps(about | {"ways": figures}, indent=2) + "\n", encoding="utf-8")


def _figures(turns: Sequence[Epochs], batches: int) -> dict[str, float]:
    wall, processor = zip(*(times for turn in turns for times in turn.seconds), strict=True)
    return {
        "ms_a_step": 1000 * statistics.median(wall) / batches,
        "processor_ms_a_step": 1000 * statistics.median(processor) / batches,
        "loss": turns[-1].loss,
    }


def _show(figures: dict[str, dict[str, float]]) -> None:
    least = dict(figures[next(iter(WAYS))])
    print(f"\n{'':24} {'ms a step':>10} {'floor = 1':>10} {'processor ms':>13} {'floor = 1':>10} {'loss':>8}")
    for name, one in figures.items():
        one["ratio"] = one["ms_a_step"] / least["ms_a_step"]
        one["processor_ratio"] = one["processor_ms_a_step"] / least["processor_ms_a_step"]
        print(
            f"{name:24} {one['ms_a_step']:10.2f} {one['ratio']:10.2f} {one['processor_ms_a_step']:13.2f} "
            f"{one['processor_ratio']:10.2f} {one['loss']:8.4f}"
        )


if __name__ == "__main__":
    main()
