"""Sketches have the sizes of the real networks, and cost nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.freezing import freeze
from phoneme_recognition.models.networks import build_network
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.sketch import sketch_network

VOCABULARY = Vocabulary.from_phonemes("abcde")
TINY: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": [16, 16, 16],
    "conv_kernel": [10, 4, 4],
    "conv_stride": [5, 4, 4],
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


@pytest.mark.parametrize(("front", "transformer"), [(False, False), (True, False), (True, True)])
def test_sizes_and_frames_are_those_of_the_network(front: bool, transformer: bool) -> None:
    model = ModelSection(network_name="Wav2Vec2", pretrained_name=None, network_config=TINY)
    sketch = sketch_network(model, VOCABULARY, 16000)
    real = build_network(
        network_name="Wav2Vec2",
        pretrained_name=None,
        network_config=TINY,
        vocabulary_size=len(VOCABULARY),
        blank_id=VOCABULARY.blank_id,
        sampling_rate=16000,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    )
    freeze(real, feature_extractor=front, transformer=transformer)
    total, trained = sketch.parameters(freeze_feature_extractor=front, freeze_transformer=transformer)
    assert total == sum(one.numel() for one in real.parameters())
    assert trained == pytest.approx(
        sum(one.numel() for one in real.parameters() if one.requires_grad), abs=32
    )
    lengths = torch.tensor([1600, 16000, 54321])
    assert torch.equal(sketch.network.frame_lengths(lengths), real.frame_lengths(lengths))  # type: ignore[operator]


def test_a_large_network_has_no_weights_here() -> None:
    model = ModelSection(network_name="CompactCTC", pretrained_name=None, network_config={"channels": 4096})
    sketch = sketch_network(model, VOCABULARY, 16000)
    assert sketch.parameters(freeze_feature_extractor=False, freeze_transformer=False)[0] > 5e8
    assert all(one.device.type == "meta" for one in sketch.network.parameters())


def test_a_pretrained_folder_is_read_without_its_weights(tmp_path: Path) -> None:
    Wav2Vec2Config(**TINY, vocab_size=9).save_pretrained(tmp_path)
    model = ModelSection(network_name="Wav2Vec2", pretrained_name=str(tmp_path))
    sketch = sketch_network(model, VOCABULARY, 16000)
    assert sketch.known
    wanted = Wav2Vec2ForCTC(Wav2Vec2Config(**TINY, vocab_size=len(VOCABULARY)))
    total, _ = sketch.parameters(freeze_feature_extractor=True, freeze_transformer=True)
    assert total == sum(one.numel() for one in wanted.parameters())


def test_a_hub_model_that_is_not_here_counts_as_usual_for_its_family() -> None:
    sketch = sketch_network(ModelSection(pretrained_name="nobody/nothing-of-the-kind"), VOCABULARY, 16000)
    assert not sketch.known
    assert sketch.network.frame_lengths(torch.tensor([16000])).tolist() == [49]  # type: ignore[operator]


def test_what_cannot_be_built_is_refused(tmp_path: Path) -> None:
    Wav2Vec2Config(**TINY).save_pretrained(tmp_path)
    with pytest.raises(NetworkError, match="expected a model of the family HuBERT"):
        sketch_network(ModelSection(network_name="HuBERT", pretrained_name=str(tmp_path)), VOCABULARY, 16000)
    with pytest.raises(NetworkError, match="no such folder"):
        sketch_network(ModelSection(pretrained_name="./not/here"), VOCABULARY, 16000)
