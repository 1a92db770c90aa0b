"""The `transformers` config of a network: from a pretrained model, from the training config, or from both."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from transformers import PreTrainedConfig

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.encoders.families import Family

# Set here, or worked out from other fields: not for users.
_NOT_SETTABLE = {"model_type", "vocab_size", "num_feat_extract_layers", "transformers_version", "dtype"}
# Fields that say nothing about the architecture, and where the model once lay.
_NOT_KEPT = {"_name_or_path", "architectures", "transformers_version", "id2label", "label2id", "model_type"}


def override(family: Family, config: PreTrainedConfig | None, fields: Mapping[str, Any]) -> PreTrainedConfig:
    """A family's config with some fields set.

    Args:
        family: whose config it is.
        config: where all other fields come from; the family's defaults if None.
        fields: what to set.

    Raises:
        NetworkError: a field is unknown, with the nearest name, or a value is impossible.
    """
    remedy = f"The fields are those of transformers.{family.config_class.__name__}."
    check_names(fields, settable_fields(family), "model.network_config", remedy=remedy)
    given = {} if config is None else config_to_plain(config)
    try:
        return config_from_plain(family, {**given, **fields})
    except Exception as error:  # whatever the validation of the config's class raises
        raise NetworkError(
            "model.network_config: impossible values",
            got=" ".join(str(error).split()).rstrip("."),
            remedy=remedy,
        ) from None


def settable_fields(family: Family) -> set[str]:
    """The fields of a family's config that a user may set."""
    return set(family.config_class().to_dict()) - _NOT_SETTABLE - _NOT_KEPT


def config_to_plain(config: PreTrainedConfig) -> dict[str, Any]:
    """All that the architecture depends on, as plain data that JSON can hold."""
    fields = {name: value for name, value in config.to_dict().items() if name not in _NOT_KEPT}
    fields.pop("num_feat_extract_layers", None)
    return {**fields, "dtype": "float32"}


def config_from_plain(family: Family, fields: Mapping[str, Any]) -> PreTrainedConfig:
    """The config that `config_to_plain` wrote down."""
    config: PreTrainedConfig = family.config_class.from_dict(dict(fields))
    return config


def check_names(names: Iterable[str], known: Iterable[str], place: str, *, remedy: str) -> None:
    """Refuse unknown names, all of them at once, each with the nearest known one.

    Raises:
        NetworkError: there are any.
    """
    known = sorted(known)
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    by_lower_case = {name.lower(): name for name in known}
    hints = []
    for name in unknown:
        near = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
        hints.append(f"{name} (did you mean {by_lower_case[near[0]]}?)" if near else name)
    raise NetworkError(f"{place}: unknown {', '.join(hints)}", remedy=remedy)
