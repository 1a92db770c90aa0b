"""Where the time of a training step of the quickstart goes, and how far it is from what the machine can do.

The steps are those of the config, on its recordings, taken one part after the other without the loop around
them. The floor is the arithmetic of the convolutions over the measured speed of a matrix product, which takes
turns with the steps, as other work on the machine slows both.

    python -m benchmarks.steps.quickstart [KEY=VALUE ...] [--steps 60] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax
from torch.optim import Optimizer

from phoneme_recognition.callbacks.weight_averaging import MovingAverage
from phoneme_recognition.config import load_config
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.models.compact import CompactCTC
from phoneme_recognition.models.losses import frame_loss, phoneme_loss
from phoneme_recognition.models.module import INNER_SHARE
from phoneme_recognition.models.optimizers import build_optimizer
from phoneme_recognition.runs.build import optimization_of
from phoneme_recognition.runs.train import Training, prepare

CLIP, SEED = 5.0, 42
MATRIX = 1024
WHOLE = "whole step"


class Parts:
    """Seconds of each part of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._last = time.perf_counter()

    def begin(self) -> None:
        """What follows is the next part."""
        self._last = time.perf_counter()

    def end(self, name: str) -> None:
        """A part has ended, and the next begins."""
        now = time.perf_counter()
        self.seconds[name].append(now - self._last)
        self._last = now

    def medians(self) -> dict[str, float]:
        """The median of each part, in milliseconds."""
        return {name: 1e3 * statistics.median(values) for name, values in self.seconds.items()}


class Steps:
    """Training steps without a loop around them.

    Args:
        training: what the config makes.
    """

    def __init__(self, training: Training) -> None:
        module, network = training.module, training.module.network
        if not isinstance(network, CompactCTC) or not hasattr(module, "frame_head"):
            raise SystemExit("expected a config with network_name: CompactCTC and a frame_loss")
        self._network, self._frame_head = network.train(), module.frame_head
        self._blank, self._frame_weight = module.vocabulary.blank_id, training.config.model.frame_loss
        names = ((name.removeprefix("network."), value) for name, value in module.named_parameters())
        self._optimizer: Optimizer = build_optimizer(names, optimization_of(training.config))
        self._weights = list(module.parameters())
        self._average = [weights.detach().clone() for weights in self._weights]
        self._averaging = MovingAverage(decay=0.99)
        self.multiplications = 0
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.register_forward_hook(self._count)

    def take(self, batch: Batch, parts: Parts) -> None:
        """One step; what each of its parts took goes into ``parts``."""
        network, self.multiplications = self._network, 0
        parts.begin()
        if batch.states is None:
            states, frames = network.constant_part(batch.waveforms, batch.lengths)
            parts.end("log-mel")
        else:
            states, frames = batch.states, batch.lengths
        output = network.from_states(states, frames, batch.seeds)
        parts.end("augmentation and forward")
        loss = self._ctc(output.logits, output.lengths, batch)
        if output.inner_logits is not None:
            inner = self._ctc(output.inner_logits, output.lengths, batch)
            loss = (1 - INNER_SHARE) * loss + INNER_SHARE * inner
        parts.end("CTC losses")
        loss = loss + self._frame_weight * frame_loss(self._frame_head, output, batch)
        parts.end("frame loss")
        loss.backward()
        parts.end("backward")
        nn.utils.clip_grad_norm_(self._weights, CLIP)
        parts.end("clipping")
        self._optimizer.step()
        self._optimizer.zero_grad()
        parts.end("optimizer")
        self._averaging._average(self._average, [weights.detach() for weights in self._weights], 1000)
        parts.end("moving average")

    def _ctc(self, logits: Tensor, frames: Tensor, batch: Batch) -> Tensor:
        return phoneme_loss(log_softmax(logits, dim=-1), frames, batch, blank_id=self._blank)

    def _count(self, layer: nn.Conv2d, _: object, result: Tensor) -> None:
        # Forward, and both gradients: three products of the same size.
        self.multiplications += 3 * layer.weight.numel() * result.numel() // result.shape[1]


def loaded(training: Training, parts: Parts) -> Iterator[Batch]:
    """Batches of the config for ever, each with its loading measured."""
    loader = training.datamodule.train_dataloader()
    batches = iter(loader)
    while True:
        parts.begin()
        batch = next(batches, None)
        if batch is None:
            batches = iter(loader)
            continue
        parts.end("loading")
        yield batch


def measure(training: Training, steps: int) -> dict[str, float]:
    """Median milliseconds of each part, of the whole and of the floor."""
    parts, taken = Parts(), Steps(training)
    matrix, floors = torch.randn(MATRIX, MATRIX), []
    warm_up = 10
    for number, batch in enumerate(islice(loaded(training, parts), steps + warm_up)):
        if number == warm_up:
            parts.seconds.clear()
        taken.take(batch, parts)
        begun = time.perf_counter()
        torch.mm(matrix, matrix)
        floors.append((time.perf_counter() - begun) * taken.multiplications / MATRIX**3)
    found = parts.medians()
    return {**found, WHOLE: sum(found.values()), "floor": 1e3 * statistics.median(floors[warm_up:])}


def show(found: dict[str, float]) -> None:
    """The table for people."""
    for name, milliseconds in found.items():
        print(f"{name:26s} {milliseconds:8.1f} ms {100 * milliseconds / found[WHOLE]:6.1f} %")


def main() -> None:
    """Read the arguments, measure, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--config", default="config/quickstart.yaml")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    config = load_config(arguments.config, [*arguments.overrides, "trainer.logger=false"])
    with tempfile.TemporaryDirectory() as folder:
        found = measure(prepare(config, SEED, run_dir=Path(folder)), arguments.steps)
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps({"threads": torch.get_num_threads(), "ms": found}, indent=2))


if __name__ == "__main__":
    main()
