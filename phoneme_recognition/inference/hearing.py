"""The network with what stands around it: excerpts of recordings in, phoneme ids out."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from phoneme_recognition.data.collate import pad_waveforms
from phoneme_recognition.decoding.decoder import Decoder
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.windows import Window, cut, grid_of


class Heard(NamedTuple):
    """What was heard in one window.

    Attributes:
        ids: phoneme ids, in order.
        first: the likeliest symbol of the first frame kept; None where none was.
        last: the likeliest symbol of the last.
    """

    ids: list[int]
    first: int | None
    last: int | None


class Excerpt(NamedTuple):
    """What the network hears of a recording at once, cut out and ready.

    Attributes:
        samples: (num_samples,) float32.
        skip: frames at its beginning that are context.
        keep: frames behind those that count, or more than there are.
    """

    samples: NDArray[np.float32]
    skip: int
    keep: int


class Ear:
    """A network that listens to excerpts of recordings.

    Args:
        network: in evaluation mode, on the device.
        decoder: makes ids of its logits.
        device: where the network is.
        sampling_rate: in Hz.
        normalise: whether the network wants recordings of zero mean and unit variance.
        padding_value: stands behind the shorter ones of a batch.
    """

    def __init__(
        self,
        network: nn.Module,
        decoder: Decoder,
        *,
        device: torch.device,
        sampling_rate: int,
        normalise: bool,
        padding_value: float,
    ) -> None:
        self.device, self.sampling_rate = device, sampling_rate
        self._network, self._decoder = network, decoder
        self._normalise, self._padding_value = normalise, padding_value
        self._grid = grid_of(network, sampling_rate)
        self._prepared = False

    @property
    def longest(self) -> float:
        """Seconds that are heard at once."""
        return self._grid.longest / self.sampling_rate

    def windows(self, sound: Sound) -> list[Window]:
        """In which windows a recording is heard; one if it is short enough."""
        if len(sound) <= self._grid.longest:
            return [Window(0, len(sound), 0, len(sound))]  # no frame of it is left out
        frames = self._network.frame_lengths(torch.tensor([len(sound)]))  # type: ignore[operator]
        return cut(sound, self._grid, int(frames), self.sampling_rate)

    def excerpt(self, sound: Sound, window: Window) -> Excerpt:
        """Cut out what a window shows."""
        take = Sound.normalised if self._normalise else Sound.stretch
        return Excerpt(take(sound, window.start, window.stop), window.skip, window.keep)

    def prepare(self) -> None:
        """Make now what is made of weights with the first batch and kept.

        Processes that share this memory then find it there.
        """
        if not self._prepared:
            # A tenth of a second in which there is nothing.
            self.hear([Excerpt(np.zeros(self.sampling_rate // 10, np.float32), 0, 1)])
            self._prepared = True

    def hear(self, excerpts: Sequence[Excerpt]) -> list[Heard]:
        """Hear excerpts as one batch."""
        logits, lengths = self.logits(excerpts)
        found = self._decoder(logits, lengths)
        firsts = logits[:, 0].argmax(dim=-1).tolist()
        ends = (lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, logits.shape[2])
        lasts = logits.gather(1, ends)[:, 0].argmax(dim=-1).tolist()
        return [
            Heard(ids, first, last) if length else Heard(ids, None, None)
            for ids, first, last, length in zip(found, firsts, lasts, lengths.tolist(), strict=True)
        ]

    def logits(self, excerpts: Sequence[Excerpt]) -> tuple[Tensor, Tensor]:
        """(B, T, V) logits and (B,) lengths of the frames that each excerpt keeps."""
        padded, lengths = pad_waveforms([one.samples for one in excerpts], self._padding_value)
        with torch.inference_mode():
            output = self._network(padded.to(self.device), lengths.to(self.device))
            spans = torch.tensor([(one.skip, one.keep) for one in excerpts], device=output.lengths.device)
            skips, keeps = spans.unbind(dim=1)
            keeps = torch.minimum(keeps, output.lengths - skips)
            if not any(one.skip for one in excerpts):
                return output.logits, keeps
            rows = zip(output.logits, excerpts, keeps.tolist(), strict=True)
            kept = [row[one.skip : one.skip + keep] for row, one, keep in rows]
            return pad_sequence(kept, batch_first=True), keeps

    def twin(self) -> Ear:
        """Another one for another thread: the same weights in memory, a state of its own.

        While a network works it notes in itself where the batch's padding is.
        """
        tensors = itertools.chain(self._network.parameters(), self._network.buffers())
        made = copy.copy(self)
        made._network = copy.deepcopy(self._network, {id(tensor): tensor for tensor in tensors})
        return made


def join(heard: Sequence[Heard]) -> list[int]:
    """The phonemes of a recording from those of its windows.

    A phoneme that the border cuts in two is heard in both windows. As in CTC's rule, equal symbols in
    neighbouring frames are one.
    """
    ids: list[int] = []
    before: int | None = None
    for one in heard:
        cut_in_two = one.first is not None and one.first == before and ids[-1:] == one.ids[:1] == [before]
        ids += one.ids[1:] if cut_in_two else one.ids
        before = one.last if one.last is not None else before
    return ids
