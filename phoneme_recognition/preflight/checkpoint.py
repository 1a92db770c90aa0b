"""The checkpoint that a run goes on from, against the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from phoneme_recognition.config import Config
from phoneme_recognition.diagnosis import Diagnosis, shorten
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.checkpoint import BLOCK, read_checkpoint
from phoneme_recognition.phonemes.vocabulary import Vocabulary

_PATH = "ckpt_path"


def check_checkpoint(config: Config, vocabulary: Vocabulary) -> list[Diagnosis]:
    """Judge ``ckpt_path`` and ``only_weights_load``."""
    if config.ckpt_path is None:
        if config.experiment.only_weights_load:
            reason = "there is no ckpt_path to take weights from, so it has no effect"
            place = "experiment.only_weights_load"
            return [Diagnosis("warning", place, reason, "Give ckpt_path, or set it to false.")]
        return []
    try:
        checkpoint = read_checkpoint(config.ckpt_path)
        trained_with = Vocabulary(checkpoint[BLOCK]["vocabulary"])
    except UserError as error:
        return [Diagnosis("error", _PATH, f"{error.thing} {error.got}".strip(), error.remedy)]
    if config.experiment.only_weights_load:
        return _check_weights(config, checkpoint[BLOCK])
    return [
        *_check_vocabulary(trained_with, vocabulary),
        *_check_block(config, checkpoint[BLOCK]),
        *_check_progress(config.trainer, checkpoint),
    ]


def _check_weights(config: Config, block: Mapping[str, Any]) -> list[Diagnosis]:
    there, wanted = block["network"]["network_name"], config.model.network_name
    if there == wanted:
        return []
    reason = f"its network is a {there}, and a {wanted} is to be trained: hardly a weight will fit"
    return [Diagnosis("warning", _PATH, reason, f"Set model.network_name to {there}.")]


def _check_vocabulary(trained_with: Vocabulary, vocabulary: Vocabulary) -> list[Diagnosis]:
    if trained_with == vocabulary:
        return []
    differing = sorted(set(trained_with.phonemes) ^ set(vocabulary.phonemes))
    what = f"they differ in {shorten(differing)}" if differing else "the same phonemes have other ids"
    reason = f"it was trained with another vocabulary than model.vocab_file: {what}"
    remedy = "Resume with its own, or set experiment.only_weights_load=true to take only its weights."
    return [Diagnosis("error", _PATH, reason, remedy)]


def _check_block(config: Config, block: Mapping[str, Any]) -> list[Diagnosis]:
    found = []
    there, wanted = block["network"]["network_name"], config.model.network_name
    if there != wanted:
        reason = f"the resumed network is a {there}: model.network_name {wanted} has no effect"
        remedy = f"Set it to {there}, or experiment.only_weights_load=true for a new network."
        found.append(Diagnosis("warning", "model.network_name", reason, remedy))
    own = asdict(config.audio_params)
    for name, value in block["audio_params"].items():
        if own.get(name, value) != value:
            reason = f"{own[name]} here, {value} in the checkpoint: the network would hear something else"
            found.append(Diagnosis("warning", f"audio_params.{name}", reason, f"Set it to {value}."))
    return found


def _check_progress(trainer: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> list[Diagnosis]:
    loops = checkpoint.get("loops", {}).get("fit_loop", {})
    whole = bool(loops.get("epoch_loop.batch_progress", {}).get("is_last_batch"))
    done, wanted = int(checkpoint.get("epoch", 0)) + whole, trainer.get("max_epochs")
    if isinstance(wanted, int) and 0 <= wanted <= done:
        reason = f"{done} epochs are done in the checkpoint already: nothing is left to train"
        return [Diagnosis("warning", "trainer.max_epochs", reason, f"Set it above {done}.")]
    return []
