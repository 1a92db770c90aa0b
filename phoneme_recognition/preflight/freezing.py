"""What is frozen against where the weights come from."""

from __future__ import annotations

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.models import COMPACT


def check_freezing(model: ModelSection, *, from_scratch: bool) -> list[Diagnosis]:
    """Judge the two freezes.

    Args:
        model: the section.
        from_scratch: the weights start random; else they come from a pretrained model or a checkpoint.
    """
    names = ("freeze_feature_extractor", "freeze_transformer")
    frozen = [f"model.{name}" for name in names if getattr(model, name)]
    if frozen and model.network_name == COMPACT:
        reason = f"{COMPACT} has no parts that can be frozen"
        return [Diagnosis("error", frozen[0], reason, f"Set {' and '.join(frozen)} to false.")]
    if frozen and from_scratch:
        part = "the whole encoder" if len(frozen) == 2 else "a part of the network"
        reason = f"the network starts from random weights, and {part} is frozen: it stays random for ever"
        remedy = f"Set {' and '.join(frozen)} to false, or give a pretrained model in model.pretrained_name."
        return [Diagnosis("warning", frozen[0], reason, remedy)]
    if model.freeze_transformer and not model.freeze_feature_extractor:
        reason = "the front end changes under a transformer that cannot follow it"
        remedy = "Set model.freeze_feature_extractor to true, or model.freeze_transformer to false."
        return [Diagnosis("warning", "model.freeze_feature_extractor", reason, remedy)]
    return []
