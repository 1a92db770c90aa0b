"""Freezing parts of a pretrained network: no gradients, evaluation mode, weights that stay as they are."""

from __future__ import annotations

from torch import nn

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.encoders.base import SpeechEncoder


def freeze(network: nn.Module, *, feature_extractor: bool, transformer: bool) -> None:
    """Freeze the parts that are asked for; the others stay as they are.

    A frozen part gets no gradients, keeps to evaluation mode (no dropout, no LayerDrop, fixed batch-norm
    statistics) whatever ``train()`` is told, and its weights and buffers never change. Gradients still pass
    through a frozen transformer to a feature extractor that is trained.

    Args:
        network: a network of `networks.build_network`.
        feature_extractor: the convolutional front end (Whisper: both convolutions; Wav2Vec2-BERT, whose
            filterbank has no weights: the projection of the features).
        transformer: everything else of the encoder; the CTC head is always trained.

    Raises:
        NetworkError: the network has no such parts.
    """
    if not (feature_extractor or transformer):
        return
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, SpeechEncoder):
        raise NetworkError(
            f"{type(network).__name__} is trained from scratch and has nothing to freeze",
            expected="model.freeze_feature_extractor and model.freeze_transformer false",
            got=f"{str(feature_extractor).lower()} and {str(transformer).lower()}",
            remedy="Set both to false.",
        )
    encoder.frozen_front_end |= feature_extractor
    encoder.frozen_transformer |= transformer
    for child in [*encoder.part(front_end=True)] if feature_extractor else []:
        child.requires_grad_(False)
    for child in [*encoder.part(front_end=False)] if transformer else []:
        child.requires_grad_(False)
    if transformer:
        # What hangs on the model itself, such as the embedding of masked frames.
        for parameter in encoder.model.parameters(recurse=False):
            parameter.requires_grad_(False)
    encoder.train(encoder.training)
