"""From corpora to the loaders of the three splits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from numpy.typing import NDArray

from phoneme_recognition.audio.augmentation import WaveformTransform
from phoneme_recognition.data.batching import BatchPlan, Draw
from phoneme_recognition.data.cache import UtteranceTable, concatenate, open_table, table_name
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.dataset import BatchDataset
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.data.states import TableStates
from phoneme_recognition.data.utterance import Corpus
from phoneme_recognition.errors import DataError, UserError

logger = logging.getLogger(__name__)

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Loading:
    """How batches are made and where the cache stands; the values of the config's ``data`` section.

    ``phone_times`` asks for training batches that say which phone is heard when.
    """

    batch_size: int = 4
    batch_seconds: float | None = None
    num_workers: int = 0
    num_proc: int = 2
    rebuild: bool = False
    max_skipped: float = 0.1
    seed: int = 42
    phone_times: bool = False


class SpeechDataModule(LightningDataModule):
    """Cached utterances of several corpora as batches.

    Args:
        corpora: where the recordings come from, concatenated split by split.
        labels: how what is said becomes symbols of the vocabulary.
        audio_params: ``sampling_rate``, ``padding_value`` and ``do_normalize`` as in the config.
        count_frames: (n,) samples → (n,) CTC frames of the network, to find labels that are too long.
        loading: batch sizes, processes and the cache's rules.
        transforms: waveform augmentation of the training split.
        splits: which splits :meth:`prepare_data` makes ready.
    """

    def __init__(
        self,
        corpora: Sequence[Corpus],
        labels: Labels,
        *,
        audio_params: dict[str, object],
        count_frames: Callable[[NDArray[np.int64]], NDArray[np.int64]],
        loading: Loading,
        transforms: Sequence[WaveformTransform] = (),
        splits: Sequence[Split] = ("train", "val", "test"),
    ) -> None:
        super().__init__()
        self._corpora = corpora
        self._labels = labels
        self._audio_params = audio_params
        self._count_frames = count_frames
        self._loading = loading
        self._transforms = transforms
        self._splits = splits
        self._tables: dict[Split, UtteranceTable] = {}
        self._states: dict[Split, TableStates] = {}

    @property
    def splits(self) -> Sequence[Split]:
        """The splits that are made ready."""
        return self._splits

    @property
    def loading(self) -> Loading:
        """How batches are made."""
        return self._loading

    def prepare_data(self) -> None:
        """Fetch the corpora and build what the cache lacks (Lightning calls it in one process a machine)."""
        # Every engine asks again; what is rebuilt is rebuilt once.
        missing = [split for split in self._splits if split not in self._tables]
        for corpus in self._corpora if missing else ():
            corpus.load_data(create_dataset=self._loading.rebuild)
        for split in missing:
            table = self._open(split, rebuild=self._loading.rebuild)
            # A corpus may have no test recordings of its own; nothing can be learnt without the others.
            if not len(table) and (split != "test" or len(self._splits) == 1):
                names = ", ".join(type(corpus).__name__ for corpus in self._corpora)
                raise DataError(
                    f"there is no recording in the {split} split of {names}",
                    remedy="Check the folders in data.dataset_classes.",
                )
            self._tables[split] = table

    def table(self, split: Split) -> UtteranceTable:
        """The split's utterances, from the cache."""
        if split not in self._tables:
            for corpus in self._corpora:
                corpus.load_data()
            self._tables[split] = self._open(split, rebuild=False)
        return self._tables[split]

    def train_dataloader(self) -> ResumableLoader:
        """Training batches: shuffled, augmented."""
        return self._loader("train")

    def val_dataloader(self) -> ResumableLoader:
        """Validation batches: the same in every epoch."""
        return self._loader("val")

    def test_dataloader(self) -> ResumableLoader:
        """Test batches: the same every time."""
        return self._loader("test")

    def number_of_batches(self, split: Split, world_size: int = 1) -> int:
        """Batches of an epoch for each of so many processes."""
        return len(self._plan(split, 0, world_size))

    def _open(self, split: Split, *, rebuild: bool) -> UtteranceTable:
        return concatenate(
            [
                open_table(
                    table_name(corpus, split),
                    getattr(corpus, f"get_{split}_data")(),
                    corpus.cache_dir,
                    labels=self._labels,
                    sampling_rate=int(str(self._audio_params["sampling_rate"])),
                    count_frames=self._count_frames,
                    num_proc=self._loading.num_proc,
                    rebuild=rebuild,
                    max_skipped=self._loading.max_skipped,
                )
                for corpus in self._corpora
            ]
        )

    def set_batch_size(self, batch_size: int) -> None:
        """Make batches of so many utterances from now on."""
        self._loading = replace(self._loading, batch_size=batch_size)

    def longest_batch(self, size: int) -> Batch:
        """The longest training utterances as one batch; again from the longest on where there are too few."""
        dataset = self._dataset("train")
        order = np.argsort(-dataset.table.num_samples, kind="stable")
        batch = dataset[[Draw(int(row), 0) for row in np.resize(order, size)]]
        if isinstance(batch, UserError):
            raise batch
        return batch

    def listener(self, split: Split) -> Listener:
        """What makes waveforms of the split's samples."""
        return Listener(
            self.table(split).sampling_rate,
            normalise=bool(self._audio_params["do_normalize"]),
            padding_value=float(str(self._audio_params["padding_value"])),
            transforms=self._transforms if split == "train" else (),
        )

    def use_states(self, split: Split, states: TableStates | None) -> None:
        """From now on, give batches of these states in the place of waveforms; None: of waveforms again."""
        if states is None:
            self._states.pop(split, None)
        else:
            self._states[split] = states

    def _dataset(self, split: Split) -> BatchDataset:
        asked = split == "train" and self._loading.phone_times
        return BatchDataset(
            self.table(split),
            self.listener(split),
            states=self._states.get(split),
            seed=self._loading.seed,
            pause_id=self._labels.vocabulary.blank_id if asked else None,
        )

    def _loader(self, split: Split) -> ResumableLoader:
        dataset = self._dataset(split)
        rank, world_size = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        plan = self._plan(split, rank, world_size)
        if split == "train" and rank == 0:
            logger.info("%s", plan.describe())
        return ResumableLoader(
            dataset, plan, num_workers=self._loading.num_workers, pin_memory=torch.cuda.is_available()
        )

    def _plan(self, split: Split, rank: int, world_size: int) -> BatchPlan:
        table, training = self.table(split), split == "train"
        if training and len(table) < world_size:
            raise DataError(
                f"there are {len(table)} training recordings for {world_size} processes",
                remedy=f"Set trainer.devices={max(1, len(table))}.",
            )
        return BatchPlan(
            table.num_samples / table.sampling_rate,
            batch_size=self._loading.batch_size,
            batch_seconds=self._loading.batch_seconds,
            shuffle=training,
            seed=self._loading.seed,
            rank=rank,
            world_size=world_size,
            overfit=bool(self.trainer and vars(self.trainer).get("overfit_batches")),
        )
