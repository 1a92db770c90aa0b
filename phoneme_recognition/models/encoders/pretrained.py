"""Load a pretrained encoder, and its CTC head if it has one, from a folder or the hub."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForCTC, PreTrainedConfig, PreTrainedModel

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.encoders.families import Family, network_name_of

logger = logging.getLogger(__name__)

_REMEDY = (
    "Set model.pretrained_name to a folder in Hugging Face format (config.json and model.safetensors), or to"
    " a hub id while the hub can be reached (a gated model also needs: hf auth login)."
)
# Absent from models that were trained without masks: starts random, as in any other fine-tuning.
_MAY_BE_MISSING = "masked_spec_embed"


class Pretrained(NamedTuple):
    """A loaded encoder and the CTC head that came with it, or None."""

    model: Any
    head: nn.Linear | None


def pretrained_config(name: str, network_name: str, family: Family) -> PreTrainedConfig:
    """Read the config of a pretrained model.

    Args:
        name: hub id or folder.
        network_name: the family that the user asked for.
        family: the same.

    Raises:
        NetworkError: it is not there, cannot be read, or belongs to another family.
    """
    _check_folder(name)
    with _as_network_error(name):
        config: PreTrainedConfig = AutoConfig.from_pretrained(_place(name), trust_remote_code=False)
    if config.model_type != family.model_type:
        fitting = network_name_of(config.model_type)
        remedy = f"Set model.network_name to {fitting}." if fitting else "This family is not supported."
        raise NetworkError(
            f"pretrained model {name}",
            expected=f"a model of the family {network_name} ({family.model_type})",
            got=config.model_type,
            remedy=remedy,
        )
    return config


def load_pretrained(name: str, family: Family, config: PreTrainedConfig, vocabulary_size: int) -> Pretrained:
    """Load weights, whatever their precision, as float32.

    Args:
        name: hub id or folder.
        family: of the model.
        config: its config, fields overridden.
        vocabulary_size: a CTC head is kept only if it has so many outputs; else this is said.

    Raises:
        NetworkError: the weights are missing, damaged, or do not fit the config.
    """
    is_whisper = family.model_type == "whisper"
    if not is_whisper and config.vocab_size is None:
        config.vocab_size = vocabulary_size  # some encoders are published without a head
    auto_class: Any = AutoModel if is_whisper else AutoModelForCTC
    with _as_network_error(name), _quiet_transformers():
        model, report = auto_class.from_pretrained(
            _place(name),
            config=config,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            trust_remote_code=False,
        )
    encoder: PreTrainedModel = model.encoder if is_whisper else model.base_model
    prefix = "encoder." if is_whisper else f"{model.base_model_prefix}."
    _check_report(name, encoder, prefix, report)
    has_head = not is_whisper and "lm_head.weight" not in report["missing_keys"]
    return Pretrained(encoder, _fitting_head(name, model.lm_head, vocabulary_size) if has_head else None)


def _fitting_head(name: str, head: nn.Linear, vocabulary_size: int) -> nn.Linear | None:
    if head.out_features == vocabulary_size:
        logger.info("%s: its CTC head of %d outputs is kept", name, vocabulary_size)
        return head
    logger.warning(
        "%s: its CTC head has %d outputs, the vocabulary %d: it is replaced by a new one",
        name,
        head.out_features,
        vocabulary_size,
    )
    return None


def _check_report(name: str, encoder: nn.Module, prefix: str, report: dict[str, Any]) -> None:
    mismatched = sorted(str(key[0]) for key in report["mismatched_keys"] if str(key[0]).startswith(prefix))
    if mismatched:
        raise NetworkError(
            f"pretrained model {name}: its weights do not fit its config with model.network_config",
            got=f"{len(mismatched)} weights of another shape, the first {mismatched[0]}",
            remedy="Override only fields that leave shapes as they are (dropout, masks), not sizes.",
        )
    missing = sorted(key for key in report["missing_keys"] if key.startswith(prefix))
    missing = [key for key in missing if _MAY_BE_MISSING not in key]
    if len(missing) >= len(list(encoder.parameters())) - 1:
        raise NetworkError(f"pretrained model {name} holds no weights of its encoder", remedy=_REMEDY)
    if missing:
        logger.warning(
            "%s: %d weights are missing and start random: %s", name, len(missing), ", ".join(missing[:5])
        )


def _place(name: str) -> str:
    return str(Path(name).expanduser()) if name.startswith("~") else name


def is_folder(name: str) -> bool:
    """Whether a name means a folder, be it there or not, rather than a hub id."""
    return Path(_place(name)).exists() or name.startswith((".", "/", "~")) or name.count("/") > 1


def _check_folder(name: str) -> None:
    """Tell a missing folder at once, instead of asking the hub for it."""
    path = Path(_place(name))
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise NetworkError(f"pretrained model {name}: the folder has no config.json", remedy=_REMEDY)
    elif is_folder(name):
        raise NetworkError(f"pretrained model {name}: there is no such folder", remedy=_REMEDY)


@contextmanager
def _as_network_error(name: str) -> Iterator[None]:
    """Loading raises anything, from OSError to errors of safetensors and pickle: name the model instead."""
    try:
        yield
    except NetworkError:
        raise
    except Exception as error:
        logger.debug("loading %s failed", name, exc_info=True)
        reason = next(
            (line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__
        )
        raise NetworkError(
            f"pretrained model {name} cannot be loaded", got=reason.rstrip("."), remedy=_REMEDY
        ) from None


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep back the report on weights that do not fit: what matters of it is said here."""
    reports: Any = transformers.logging
    level, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        yield
    finally:
        reports.set_verbosity(level)
        if bars:
            reports.enable_progress_bar()
