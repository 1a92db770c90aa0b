"""Whether the constant part of a network is to be run once and kept, of which recordings, and where.

It is frozen, or has no weights at all, so it gives the same in every epoch. What it gave is named by a hash
of its weights, of the recordings and of all that changes their sound: another run that shares them (a resumed
one, a trial of a search) finds it.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from phoneme_recognition.config import Config
from phoneme_recognition.config.entries import to_plain
from phoneme_recognition.data.clips import Clips
from phoneme_recognition.data.datamodule import SpeechDataModule, Split
from phoneme_recognition.data.folders import build_lock
from phoneme_recognition.data.state_batches import UnheardBatches, cut_by_length
from phoneme_recognition.data.states import StateStore, TableStates
from phoneme_recognition.errors import DataError
from phoneme_recognition.models.constant import ConstantNetwork, constant_key
from phoneme_recognition.processes import is_first_process, one_a_machine, place, wait_for_all
from phoneme_recognition.runs.frozen.hearing import Ears, bytes_a_second, write_states
from phoneme_recognition.runs.frozen.passes import passes_over
from phoneme_recognition.runs.machine import has_gpu, precision_of

# Seconds of sound that go through the constant part together.
_CPU_SECONDS, _GPU_SECONDS = 20.0, 240.0
# Where nothing is said, so much of the free disk may be used; and never more than the second.
_SHARE_OF_DISK, _MOST_OF_DISK = 0.5, 0.95
# Fewer passes over the recordings are not worth one of its own.
_WORTHWHILE = 2.0
_MIXED = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}

logger = logging.getLogger(__name__)


def keep_constant_part(network: nn.Module, datamodule: SpeechDataModule, config: Config) -> None:
    """Run the constant part of a network where it has not been run, and give the batches what it gave.

    Nothing happens where there is none, where ``data.frozen_cache`` is false, or where too little would be
    read again.

    Args:
        network: on the CPU; it is left as it was.
        datamodule: prepared.
        config: of the run.

    Raises:
        DataError: what it gives cannot be written.
        UserError: an augmentation failed.
    """
    if isinstance(network, ConstantNetwork) and network.has_constant_part and config.data.frozen_cache:
        keeper = _Keeper(network, datamodule, config)
        for split in datamodule.splits:
            if keeper.passes(split) >= _WORTHWHILE:
                keeper.make(split)
        keeper.advise()
        use_constant_part(network, datamodule, config)


def use_constant_part(network: nn.Module, datamodule: SpeechDataModule, config: Config) -> None:
    """Give the batches of each split what this network's constant part gave before, where that was kept."""
    keeper = None
    if isinstance(network, ConstantNetwork) and network.has_constant_part and config.data.frozen_cache:
        keeper = _Keeper(network, datamodule, config)
    for split in datamodule.splits:
        datamodule.use_states(split, keeper.find(split) if keeper else None)


class _Keeper:
    """Where the states of a network's constant part are kept, and what is still to be made."""

    def __init__(self, network: ConstantNetwork, datamodule: SpeechDataModule, config: Config) -> None:
        self._network, self._datamodule, self._config = network, datamodule, config
        self._key = self._hash(constant_key(network), precision_of(config.trainer))
        self._rate = int(config.audio_params.sampling_rate)

    def passes(self, split: Split) -> float:
        """How often a run goes over a split; 0 where the sound is another each time."""
        if not len(self._datamodule.table(split)) or not self._views(split):
            return 0.0
        number = self._datamodule.number_of_batches(split, place().world_size)
        # What is tested once is tested again by the next run.
        passes = passes_over("train" if split == "train" else "val", self._config.trainer, number)
        if split == "train" and self._is_augmented(split):
            return passes / max(1, self._views(split) - 1)
        return passes

    def advise(self) -> None:
        """Say why the frozen part is run in every epoch, where that could be otherwise."""
        if "train" in self._datamodule.splits and not self._views("train") and is_first_process():
            logger.info(
                "data.augmentations give another sound in every epoch, so the frozen part is run in each; "
                "data.frozen_views=4 would run it once over four variants of every recording"
            )

    def find(self, split: Split) -> TableStates | None:
        """What is kept of a split; None where that is nothing."""
        table = self._datamodule.table(split)
        views = self._views(split)
        stores = [StateStore(self._place(folder, split)) for folder, _, _ in table.recordings()]
        if not views or not any(map(len, stores)):
            return None
        return TableStates(table, stores, views=views, seed=self._datamodule.loading.seed)

    def make(self, split: Split) -> None:
        """Run the constant part over what is missing of a split, and keep what it gives."""
        for folder, clips, used in self._datamodule.table(split).recordings():
            store = self._place(folder, split)
            with contextlib.ExitStack() as stack:
                if place().local_rank == 0:
                    stack.enter_context(build_lock(folder.parent, f"{folder.name}-{store.name}"))
                wanted = one_a_machine(lambda: self._missing(store, clips, used, split))  # noqa: B023
                try:
                    self._hear(split, folder, clips, wanted, store)
                except OSError as error:
                    raise DataError(
                        f"the output of the frozen part cannot be written to {store}",
                        got=error.strerror or str(error),
                        remedy="Make room, or set data.frozen_cache_gb or data.frozen_cache=false.",
                    ) from None
                wait_for_all()

    def _missing(self, store: Path, clips: Clips, used: NDArray[np.int64], split: Split) -> NDArray[np.int64]:
        """(n, 2) recordings and views that are to be made, as far as there is room for them."""
        known = StateStore(store)
        known.remove_leftovers()
        pairs = known.missing(used, self._views(split))
        if not len(pairs):
            return pairs
        order = np.argsort(-clips.num_samples[pairs[:, 0]], kind="stable")
        a_second = bytes_a_second(self._network, self._rate)
        sizes = np.cumsum(clips.num_samples[pairs[order, 0]]) / self._rate * a_second
        room = self._room(known, store)
        fitting = int(np.searchsorted(sizes, room, side="right"))
        if is_first_process():
            self._say(split, len(pairs), fitting, float(sizes[-1]), room, store)
        return pairs[order[:fitting]]

    def _room(self, known: StateStore, store: Path) -> float:
        """Bytes that may be written."""
        free = shutil.disk_usage(store.parent).free
        limit = self._config.data.frozen_cache_gb
        if limit is None:
            return _SHARE_OF_DISK * free
        return min(limit * 1e9 - known.size, _MOST_OF_DISK * free)

    def _say(self, split: Split, wanted: int, fitting: int, size: float, room: float, store: Path) -> None:
        logger.info(
            "%s: what stays the same in every epoch is computed once, for %d recordings: %s in %s",
            *(split, fitting, _size(min(size, room)), store),
        )
        if fitting < wanted:
            logger.warning(
                "%s: for the other %d recordings it is computed in every epoch: all take %s, and "
                "data.frozen_cache_gb (null: half of the free disk) leaves room for %s",
                *(split, wanted - fitting, _size(size), _size(max(0.0, room))),
            )

    def _hear(self, split: Split, folder: Path, clips: Clips, wanted: NDArray[np.int64], store: Path) -> None:
        """This process's share of what is to be heard."""
        here, gpu = place(), has_gpu(self._config.trainer)
        seconds = _GPU_SECONDS if gpu else _CPU_SECONDS
        lengths = clips.num_samples[wanted[:, 0]]
        mine = cut_by_length(wanted, lengths, int(seconds * self._rate))[here.local_rank :: here.local_size]
        if not mine:
            return
        listen = self._datamodule.listener(split)
        total = sum(float(clips.num_samples[pairs[:, 0]].sum()) for pairs in mine) / self._rate
        ears = Ears(
            self._network,
            _device(self._config.trainer) if gpu else torch.device("cpu"),
            _MIXED.get(precision_of(self._config.trainer)),
            # Without augmentation there is nothing to do but to copy.
            self._datamodule.loading.num_workers if listen.transforms else 0,
        )
        batches = UnheardBatches(folder, mine, listen, seed=self._datamodule.loading.seed)
        write_states(ears, batches, store, title=f"frozen part, {split}", seconds=total)

    def _views(self, split: Split) -> int:
        """Variants of each recording that are kept; 0 where the sound is another in every epoch."""
        return (self._config.data.frozen_views or 0) if self._is_augmented(split) else 1

    def _is_augmented(self, split: Split) -> bool:
        return split == "train" and bool(self._config.data.augmentations)

    def _place(self, folder: Path, split: Split) -> Path:
        if not self._is_augmented(split):
            return folder / f"states-{self._key[:16]}"
        entries = [to_plain(entry) for entry in self._config.data.augmentations]
        sources = [_source(transform) for transform in self._datamodule.listener(split).transforms]
        key = self._hash(self._key, self._datamodule.loading.seed, entries, sources)
        return folder / f"states-{key[:16]}"

    def _hash(self, *facts: object) -> str:
        facts = (*facts, self._config.audio_params.do_normalize)
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _size(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"


def _source(transform: object) -> str:
    """The code of a transform: when it is changed, it gives another sound."""
    try:
        return inspect.getsource(type(transform))
    except (OSError, TypeError):
        return type(transform).__qualname__


def _device(section: Mapping[str, Any]) -> torch.device:
    devices = section.get("devices")
    alone = place().world_size == 1 and isinstance(devices, list | tuple) and len(devices) == 1
    return torch.device("cuda", int(devices[0]) if alone and devices else place().local_rank)
