"""The least time that an epoch of training can take on this machine.

Operations over the measured peak of a float32 matrix product, bytes over the measured bandwidth of a copy:
the larger of the two. Operations are those of every convolution and matrix product, forward and backward,
without padding, as `torch.utils.flop_counter` counts them (a multiply-add is two). Bytes are what cannot be
kept in a core's cache: every weight once a pass, AdamW's seven passes over what is trained, the input once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, Wav2Vec2ForCTC, WhisperModel

from benchmarks.training.model import FREEZES

SIZE = 2048  # of the matrices
COPIED = 2**26  # floats
ADAMW_PASSES = 7  # weight, gradient and two moments are read, all but the gradient written


@dataclass(frozen=True)
class Floor:
    """Operations and bytes of an epoch, and the seconds that they take at least."""

    operations: float
    bytes: float
    seconds: float


@dataclass(frozen=True)
class Machine:
    """Operations a second of a matrix product, and bytes a second of a copy (read and written)."""

    operations: float
    bandwidth: float

    def floor(self, operations: float, moved: float) -> Floor:
        """The least time for so much work."""
        return Floor(operations, moved, max(operations / self.operations, moved / self.bandwidth))


def measure_machine(repeats: int = 10) -> Machine:
    """Measure both, the best of some tries."""
    left, right = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    source, target = torch.rand(COPIED), torch.empty(COPIED)
    return Machine(
        2 * SIZE**3 / _best(lambda: left @ right, repeats),
        8 * COPIED / _best(lambda: target.copy_(source), repeats),
    )


def _best(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def floors(
    machine: Machine, pretrained: str, case: str, samples: Sequence[int], *, batch_size: int, symbols: int
) -> dict[str, dict[str, float]]:
    """The floor of an epoch in which all is computed, and of one in which the constant part is known.

    Args:
        machine: what it can do.
        pretrained: folder of the model.
        case: see `model.FREEZES`.
        samples: length of each utterance.
        batch_size: utterances a step.
        symbols: logits a frame.
    """
    work = _Work(pretrained, case, symbols)
    # The work of an utterance is a quadratic function of its length: three lengths say it all.
    points = np.quantile(samples, (0.0, 0.5, 1.0)) + np.array([0, 16_000, 32_000])
    curves = np.array([work.operations(int(point)) for point in points])
    whole, constant = (
        float(np.polyval(np.polyfit(points, curve, 2), np.asarray(samples)).sum()) for curve in curves.T
    )
    steps = -(-len(samples) // batch_size)
    passes = 4 * steps * (work.weights + (1 + ADAMW_PASSES) * work.trained)
    known = 4 * steps * (2 + ADAMW_PASSES) * work.trained
    stored = 2.0 * sum(work.stored_values(count) for count in samples)
    return {
        "all": asdict(machine.floor(whole, passes + 4.0 * sum(samples))),
        "constant part known": asdict(machine.floor(whole - constant, known + stored)),
    }


class _Work:
    """A model without weights, to be counted."""

    def __init__(self, pretrained: str, case: str, symbols: int) -> None:
        self.symbols = symbols
        self.config = AutoConfig.from_pretrained(pretrained)
        self.front_end_frozen, self.transformer_frozen = FREEZES[case]
        self.is_whisper = self.config.model_type == "whisper"
        self.config._attn_implementation = "eager"  # matrix products that are counted on every device
        # What is left out at random is not to be left out of the count.
        self.config.layerdrop = self.config.encoder_layerdrop = 0.0
        with torch.device("meta"):
            self.model: Any = (WhisperModel if self.is_whisper else Wav2Vec2ForCTC)(self.config).train()
        self.encoder = self.model.encoder if self.is_whisper else self.model.wav2vec2
        for part in self._frozen_parts():
            part.requires_grad_(False)
        if self.front_end_frozen and not self.is_whisper:
            # Otherwise gradients are computed down to the samples.
            self.model.freeze_feature_encoder()
        counted = [*self.encoder.parameters()]
        self.weights = sum(weight.numel() for weight in counted)
        self.trained = sum(weight.numel() for weight in counted if weight.requires_grad) + self._head

    @property
    def _head(self) -> int:
        return int(self.encoder.config.hidden_size * self.symbols)

    def _frozen_parts(self) -> list[Any]:
        if self.transformer_frozen:
            return [self.encoder]
        if not self.front_end_frozen:
            return []
        return (
            [self.encoder.conv1, self.encoder.conv2] if self.is_whisper else [self.encoder.feature_extractor]
        )

    def stored_values(self, samples: int) -> int:
        """Numbers that the constant part gives for an utterance."""
        if self.transformer_frozen:
            return samples // 320 * int(self.config.hidden_size)
        channels = self.config.d_model if self.is_whisper else self.config.conv_dim[-1]
        return samples // 320 * int(channels) if self.front_end_frozen else 0

    def operations(self, samples: int) -> tuple[float, float]:
        """Of one utterance: all, and those of what the freezes leave constant."""
        with FlopCounterMode(display=False) as counter:
            hidden = self._encoded(samples)
            head = 2.0 * hidden.shape[1] * self._head
            if hidden.requires_grad:
                hidden.sum().backward()
        whole = counter.get_total_flops() + head * (2 if self.transformer_frozen else 3)
        if self.transformer_frozen:
            return whole, float(counter.get_total_flops())
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            if self.front_end_frozen:
                self._front_end(samples)
        return whole, float(counter.get_total_flops())

    def _encoded(self, samples: int) -> torch.Tensor:
        features = self._front_end(samples)
        if not self.is_whisper:
            hidden: torch.Tensor = self.encoder.feature_projection(features)[0]
            return self.encoder.encoder(hidden).last_hidden_state  # type: ignore[no-any-return]
        for layer in self.encoder.layers:
            output = layer(features, None)
            features = output[0] if isinstance(output, tuple) else output
        return features

    def _front_end(self, samples: int) -> torch.Tensor:
        if self.is_whisper:
            mel = torch.empty(1, self.config.num_mel_bins, samples // 160, device="meta")
            hidden: torch.Tensor = self.encoder.conv2(self.encoder.conv1(mel)).transpose(1, 2)
            return hidden
        wave = torch.empty(1, samples, device="meta")
        return self.encoder.feature_extractor(wave).transpose(1, 2)  # type: ignore[no-any-return]
