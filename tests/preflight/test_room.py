"""Disk and memory: the estimates against hand-computed sizes and against what PyTorch keeps."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import torch
from surveys import said, survey_of
from torch import Tensor, nn

from phoneme_recognition.models.networks import build_network
from phoneme_recognition.preflight.activations import activation_bytes
from phoneme_recognition.preflight.room import available_memory, check_disk, check_memory, training_bytes

torch.set_num_threads(1)

SHAPE = {"hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 384}
NETWORKS: dict[str, dict[str, Any]] = {
    "CompactCTC": {},
    "Wav2Vec2": SHAPE,
    "Wav2Vec2-BERT": SHAPE,
    "SEW": SHAPE,
}


def free(monkeypatch: pytest.MonkeyPatch, gigabytes: float) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(0, 0, gigabytes * 1e9))


def test_the_cache_of_an_hour_takes_16_bits_a_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # 3,600 utterances of 10 s, half of them looked at: 36,000 s at 16 kHz in 2 bytes are 1.152 GB.
    rows = [said(str(number), "a") for number in range(1800)]
    survey = survey_of(rows, [10.0] * 1800, total=3600, cache_dir=tmp_path / "not" / "there")
    found = []
    for gigabytes in (2.0, 1.2, 1.1):
        free(monkeypatch, gigabytes)
        found.append(check_disk([survey], tmp_path, sampling_rate=16000, checkpoint_bytes=0, checkpoints=3))
    assert found[0] == []
    assert [one.level for one in found[1]] == ["warning"]
    assert [one.level for one in found[2]] == ["error"]
    assert "needs about 1.2 GB, and 1.1 GB are free" in found[2][0].reason


def test_what_is_cached_needs_no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free(monkeypatch, 0.001)
    survey = survey_of([said("a", "a")], [1e6], cached=True, cache_dir=tmp_path)
    assert check_disk([survey], tmp_path, sampling_rate=16000, checkpoint_bytes=0, checkpoints=3) == []


def test_checkpoints_need_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free(monkeypatch, 5.0)
    (found,) = check_disk([], tmp_path, sampling_rate=16000, checkpoint_bytes=2e9, checkpoints=3)
    assert (found.level, found.path) == ("error", "trainer.default_root_dir")
    assert "need about 6.0 GB" in found.reason


def test_memory_is_weights_gradients_states_and_activations() -> None:
    # 100 million weights, 10 million trained by AdamW: 4 x (100 + 10 x 3) million bytes.
    assert training_bytes(100_000_000, 10_000_000, optimizer_states=2) == 520e6
    assert check_memory(1e9, 2e9, 8e9, where="the GPU") == []
    (found,) = check_memory(1e9, 7e9, 8e9, where="the GPU")
    assert found.level == "warning"
    assert "takes about 8.0 GB (1.0 for the network), and the GPU has 8.0 GB" in found.reason
    assert 1e8 < available_memory() < 1e14


@pytest.mark.parametrize("name", NETWORKS)
def test_the_estimate_of_activations_is_near_what_is_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # As it is on a GPU, where memory is short; a CPU computes some of it anew.
    monkeypatch.setattr("phoneme_recognition.models.encoders.convolutions.is_blockwise", lambda *_: False)
    network = build_network(
        network_name=name,
        pretrained_name=None,
        network_config=NETWORKS[name],
        vocabulary_size=54,
        blank_id=0,
        sampling_rate=16000,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    ).train()
    lengths = torch.tensor([32000, 32000])
    frames = float(network.frame_lengths(lengths).sum())  # type: ignore[operator]
    estimate = activation_bytes(network, 64000, frames, train_front_end=True, train_transformer=True)
    assert 0.4 < estimate / kept_bytes(network, lengths) < 2.5


def kept_bytes(network: nn.Module, lengths: Tensor) -> float:
    """Bytes that the forward pass keeps for the backward pass, weights left out."""
    weights = {one.untyped_storage().data_ptr() for one in network.parameters()}
    kept: dict[int, tuple[int, Tensor]] = {}

    def keep(value: Tensor) -> Tensor:
        storage = value.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes(), value
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        output = network(torch.randn(2, 32000) * 0.1, lengths, torch.tensor([1, 2]))
    assert output.logits.requires_grad
    return float(sum(size for address, (size, _) in kept.items() if address not in weights))
