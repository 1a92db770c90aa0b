"""From a config to the objects of a run."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from phoneme_recognition.config import Config, instantiate
from phoneme_recognition.data.datamodule import Loading, SpeechDataModule, Split
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import Corpus
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.decoding.language_model import MOST_PHONEMES, PhonemeLanguageModel
from phoneme_recognition.models.optimizers import Optimization
from phoneme_recognition.phonemes.g2p.backend import G2P
from phoneme_recognition.phonemes.g2p.names import make_backend
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.processes import place
from phoneme_recognition.runs.machine import has_gpu
from phoneme_recognition.runs.speaking import choose_backend

DEFAULT_BATCH_SIZE = Loading().batch_size

logger = logging.getLogger(__name__)


def build_corpora(config: Config) -> list[Corpus]:
    """The datasets of the config."""
    return [instantiate(entry) for entry in config.data.dataset_classes]


def build_labels(config: Config, vocabulary: Vocabulary, *, stored: Inventory | None = None) -> Labels:
    """What makes the labels of the config's corpora.

    Args:
        config: says how text is spoken and how phones are written.
        vocabulary: what the labels are written in.
        stored: the inventory of a checkpoint, which decides whether stress and reduction count.
    """
    section = config.phonemes
    kept = stored or section
    inventory = Inventory(section.notation, kept.keep_stress, kept.keep_reduction)
    return Labels(vocabulary, build_g2p(config, vocabulary), inventory)


def build_g2p(config: Config, vocabulary: Vocabulary) -> G2P:
    """The backend that turns text into phonemes."""
    section, language = config.phonemes, config.data.language
    name = choose_backend(section.g2p, language, vocabulary)
    return make_backend(name, section.g2p_args, language=language, vocabulary=vocabulary)


def frame_counter(network: nn.Module) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    """Samples → CTC frames of this network, for whole arrays."""

    def count_frames(samples: NDArray[np.int64]) -> NDArray[np.int64]:
        frames: NDArray[np.int64] = network.frame_lengths(torch.from_numpy(samples)).numpy()  # type: ignore[operator]
        return frames

    return count_frames


def build_datamodule(
    config: Config,
    network: nn.Module,
    labels: Labels,
    audio_params: dict[str, Any],
    *,
    seed: int,
    splits: Sequence[Split],
) -> SpeechDataModule:
    """The corpora as loaders; labels and audio parameters come from the config or from a checkpoint."""
    data = config.data
    return SpeechDataModule(
        build_corpora(config),
        labels,
        audio_params=audio_params,
        count_frames=frame_counter(network),
        loading=Loading(
            batch_size=fit_batch_size(data.batch_size),
            batch_seconds=data.batch_seconds,
            num_workers=fit_workers(data.num_workers, gpu=has_gpu(config.trainer)),
            num_proc=data.num_proc,
            rebuild=data.create_dataset,
            max_skipped=data.max_skipped,
            seed=seed,
            phone_times=config.model.frame_loss > 0,
        ),
        transforms=[instantiate(entry) for entry in data.augmentations] if "train" in splits else (),
        splits=splits,
    )


def decoding_of(config: Config) -> Decoding:
    """The ``decoding`` section as the decoder takes it."""
    return Decoding(**asdict(config.decoding))


def build_decoder(config: Config, datamodule: SpeechDataModule, vocabulary: Vocabulary) -> Decoder:
    """The decoder of a config, its language model counted on the training labels."""
    plan, model = decoding_of(config), None
    if plan.lm_order:
        table = datamodule.table("train")
        every = max(1, int(table.label_lengths.sum()) // MOST_PHONEMES)
        model = PhonemeLanguageModel.count(
            table.labels(every), order=plan.lm_order, size=len(vocabulary), start=vocabulary.blank_id
        )
    return Decoder(plan, blank_id=vocabulary.blank_id, language_model=model)


def fit_batch_size(batch_size: int | str) -> int:
    """The utterances a batch; ``auto`` counts as the default where nothing was measured (see ``auto``)."""
    return DEFAULT_BATCH_SIZE if batch_size == "auto" else int(batch_size)


def fit_workers(num_workers: int | str, *, gpu: bool) -> int:
    """The number of loader processes; ``auto`` leaves one core to the training.

    It takes 16 at most beside a GPU. Beside a training on a CPU one is enough: more take its cores. The
    processes of a run on one machine share its cores.
    """
    if num_workers != "auto":
        return int(num_workers)
    cores = len(os.sched_getaffinity(0)) // place().local_size
    return max(0, min(16 if gpu else 1, cores - 1))


def optimization_of(config: Config) -> Optimization:
    """The optimizer's and the schedule's part of the ``model`` section."""
    names = [field.name for field in fields(Optimization)]
    values = {name: getattr(config.model, name) for name in names}
    return Optimization(**values | {"milestones": tuple(config.model.milestones)})
