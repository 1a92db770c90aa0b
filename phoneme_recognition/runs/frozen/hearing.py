"""Recordings go through the constant part of a network, and what it gives is written down."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from phoneme_recognition.data.state_batches import Unheard, UnheardBatches
from phoneme_recognition.data.states import PartWriter
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.constant import ConstantNetwork

# A part is finished after so many bytes or seconds: what a kill costs at most.
_PART_BYTES, _PART_SECONDS = 256 * 2**20, 60.0


@dataclass(frozen=True)
class Ears:
    """What hears: the network, where it runs and in which precision.

    Attributes:
        network: on the CPU.
        device: it is moved there for as long as it hears.
        autocast: the type of its products, None for that of its weights.
        num_workers: loader processes that make waveforms.
    """

    network: ConstantNetwork
    device: torch.device
    autocast: torch.dtype | None = None
    num_workers: int = 0

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Move the network to its device, in evaluation mode; afterwards it is as it was before."""
        network: Any = self.network
        trains = network.training
        try:
            network.to(self.device).eval()
            with torch.no_grad(), self._precision():
                yield
        finally:
            network.to("cpu").train(trains)

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if self.autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.autocast)

    def hear(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, list[int]]:
        """(B, S) waveforms and (B,) samples → (B, T, ...) float16 states on the CPU, frames of each."""
        states, frames = self.network.constant_part(waveforms.to(self.device), lengths.to(self.device))
        return states.half().cpu(), frames.tolist()


def bytes_a_second(network: ConstantNetwork, sampling_rate: int) -> int:
    """What the states of a second of sound take on the disk."""
    with Ears(network, torch.device("cpu")).open():
        states, frames = network.constant_part(torch.zeros(1, sampling_rate), torch.tensor([sampling_rate]))
    return 2 * int(frames) * states[0, 0].numel()


def write_states(ears: Ears, batches: UnheardBatches, store: Path, *, title: str, seconds: float) -> None:
    """Let the network hear all batches and keep what it gives.

    Args:
        ears: the network.
        batches: what it is to hear.
        store: folder of the states.
        title: of the progress bar on standard error, in a terminal.
        seconds: sound in all of them, for the bar.

    Raises:
        UserError: an augmentation failed.
        OSError: the disk is full.
    """
    loader = DataLoader(
        batches,
        batch_size=None,
        num_workers=ears.num_workers,
        pin_memory=ears.device.type == "cuda",
        # Of its own, or a run that has to compute would go on with other draws than one that finds.
        generator=torch.Generator(),
    )
    bar = tqdm(total=round(seconds), desc=title, unit="s", disable=None)
    with contextlib.ExitStack() as stack, bar, ears.open():
        writer, began = None, 0.0
        for batch in loader:
            if isinstance(batch, UserError):
                raise batch
            states, frames = ears.hear(batch.waveforms, batch.lengths)
            full = writer is not None and (
                writer.size > _PART_BYTES or time.monotonic() - began > _PART_SECONDS
            )
            if writer is None or full:
                stack.close()
                writer, began = stack.enter_context(PartWriter(store, states.shape[2:])), time.monotonic()
            _write(writer, batch, states, frames)
            bar.update(round(float(batch.lengths.sum()) / batches.sampling_rate))


def _write(writer: PartWriter, batch: Unheard, states: Tensor, frames: Sequence[int]) -> None:
    rows = zip(batch.pairs.tolist(), states.numpy(), frames, batch.lengths.tolist(), strict=True)
    for (clip, view), row, length, num_samples in rows:
        writer.add(clip, view, row[:length], num_samples)
