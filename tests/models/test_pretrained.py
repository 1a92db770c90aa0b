"""Pretrained models from local folders: the numbers of transformers, and plain words for what fails."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tiny_networks import CONFIGS, VOCABULARY, spread
from torch import Tensor

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.encoders.families import FAMILIES
from phoneme_recognition.models.networks import EncoderCTC, build_network, network_block, rebuild_network

# Any: transformers leaves much of them without types.
AutoModelForCTC: Any = transformers.AutoModelForCTC
WhisperModel: Any = transformers.WhisperModel
SeamlessM4TFeatureExtractor: Any = transformers.SeamlessM4TFeatureExtractor
WhisperFeatureExtractor: Any = transformers.WhisperFeatureExtractor

SECOND = 16_000
# So short a Whisper has 1 s of positions, and its own padding fits into a test.
WHISPER = {"max_source_positions": 50, "vocab_size": 51}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of each family as transformers saves it, with a CTC head where the family has one."""
    made = {}
    for name, fields in CONFIGS.items():
        torch.manual_seed(0)
        extra = {
            **WHISPER,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 1,
        }
        family = FAMILIES[name]
        own = extra if name == "Whisper" else {"vocab_size": VOCABULARY}
        config = family.config_class(**{**fields, **own})
        model = WhisperModel(config) if name == "Whisper" else AutoModelForCTC.from_config(config)
        spread(model)
        made[name] = tmp_path_factory.mktemp("pretrained") / name
        model.save_pretrained(made[name])
    return made


def build(folder: Path | str, name: str = "Wav2Vec2", size: int = VOCABULARY, **fields: Any) -> EncoderCTC:
    network = build_network(
        network_name=name,
        pretrained_name=str(folder),
        network_config=fields,
        vocabulary_size=size,
        blank_id=0,
        sampling_rate=SECOND,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    )
    assert isinstance(network, EncoderCTC)
    return network


def reference_logits(name: str, folder: Path, network: EncoderCTC, waveform: Tensor) -> Tensor:
    """What transformers makes of one waveform, with its own feature extractor and no padding."""
    if name == "Whisper":
        extractor = WhisperFeatureExtractor(chunk_length=1)
        features = extractor(waveform.numpy(), sampling_rate=SECOND, return_tensors="pt").input_features
        hidden: Tensor = WhisperModel.from_pretrained(folder).encoder.eval()(features).last_hidden_state
        return torch.nn.functional.linear(hidden, network.head.weight, network.head.bias)
    model = AutoModelForCTC.from_pretrained(folder).eval()
    if name == "Wav2Vec2-BERT":
        inputs = SeamlessM4TFeatureExtractor()(waveform.numpy(), sampling_rate=SECOND, return_tensors="pt")
        logits: Tensor = model(**inputs).logits
    else:
        logits = model(waveform[None]).logits
    return logits


@pytest.mark.parametrize("name", CONFIGS)
@torch.no_grad()
def test_one_waveform_gives_what_transformers_gives(name: str, folders: dict[str, Path]) -> None:
    torch.manual_seed(0)
    waveform = torch.randn(SECOND)
    network = build(folders[name], name).eval()
    output = network(waveform[None], torch.tensor([SECOND]))
    reference = reference_logits(name, folders[name], network, waveform)[:, : output.logits.shape[1]]
    # transformers fills SEW's odd last frame with zeros, here it is cut off.
    assert output.logits.shape[1] == reference.shape[1] == int(output.lengths)
    torch.testing.assert_close(
        output.logits, reference, atol=2e-3 if name == "Wav2Vec2-BERT" else 1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("name", CONFIGS)
def test_half_precision_weights_become_float32(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    model: Any = WhisperModel if name == "Whisper" else AutoModelForCTC
    model.from_pretrained(folders[name], dtype=torch.float16).save_pretrained(tmp_path)
    network = build(tmp_path, name)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    again = rebuild_network(json.loads(json.dumps(network_block(network))))
    assert {parameter.dtype for parameter in again.parameters()} == {torch.float32}
    again.load_state_dict(network.state_dict())


def test_a_fitting_head_is_kept(folders: dict[str, Path]) -> None:
    reference = AutoModelForCTC.from_pretrained(folders["HuBERT"])
    assert torch.equal(build(folders["HuBERT"], "HuBERT").head.weight, reference.lm_head.weight)


def test_a_head_of_another_size_is_replaced_and_this_is_said(
    folders: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        network = build(folders["HuBERT"], "HuBERT", size=VOCABULARY + 3)
    assert network.head.out_features == VOCABULARY + 3
    assert f"its CTC head has {VOCABULARY} outputs, the vocabulary {VOCABULARY + 3}" in caplog.text


def test_an_encoder_without_head_gets_a_fresh_one(
    folders: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    AutoModelForCTC.from_pretrained(folders["Wav2Vec2-BERT"]).base_model.save_pretrained(tmp_path)
    with caplog.at_level(logging.WARNING):
        network = build(tmp_path, "Wav2Vec2-BERT", size=9)
    assert network.head.out_features == 9
    assert not caplog.text
    weights = AutoModelForCTC.from_pretrained(folders["Wav2Vec2-BERT"]).base_model.state_dict()
    for key, value in network.encoder.model.state_dict().items():
        assert torch.equal(value, weights[key])


def test_fields_of_the_pretrained_config_can_be_overridden(folders: dict[str, Path]) -> None:
    network = build(folders["WavLM"], "WavLM", hidden_dropout=0.25, mask_time_prob=0.3, layerdrop=0.0)
    config = network.encoder.config
    assert (config.hidden_dropout, config.mask_time_prob, config.layerdrop) == (0.25, 0.3, 0.0)
    assert config.hidden_size == CONFIGS["WavLM"]["hidden_size"]
    assert build(folders["WavLM"], "WavLM", use_weighted_layer_sum=True).layer_weights is not None


def test_the_block_names_no_place(folders: dict[str, Path]) -> None:
    assert str(folders["SEW"].parent) not in json.dumps(network_block(build(folders["SEW"], "SEW")))


def test_another_family_is_named(folders: dict[str, Path]) -> None:
    with pytest.raises(
        NetworkError, match=r"family Wav2Vec2 .*got whisper. Set model.network_name to Whisper"
    ):
        build(folders["Whisper"])


def test_sizes_cannot_be_overridden(folders: dict[str, Path]) -> None:
    with pytest.raises(NetworkError, match="weights of another shape"):
        build(folders["Wav2Vec2"], intermediate_size=50)


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _truncated(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])


def _no_tensors(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def _broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def _no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _unknown_type(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert"}')


def _other_weights(folder: Path) -> None:
    from safetensors.torch import save_file

    save_file({"something.else": torch.zeros(3)}, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_no_weights, "cannot be loaded"),
        (_truncated, "cannot be loaded"),
        (_no_tensors, "cannot be loaded"),
        (_broken_config, "cannot be loaded"),
        (_no_config, "no config.json"),
        (_unknown_type, "got bert. This family is not supported"),
        (_other_weights, "holds no weights of its encoder"),
    ],
)
def test_damage_is_told_in_plain_words(
    damage: Any, message: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(folders["Wav2Vec2"], folder)
    damage(folder)
    with pytest.raises(NetworkError, match=message):
        build(folder)


@pytest.mark.parametrize("name", ["/no/such/folder", "./models/none", "~/none/at/all", "one/two/three"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(NetworkError, match=r"there is no such folder.*Set model.pretrained_name"):
        build(name)


def test_a_model_that_the_hub_cannot_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(NetworkError, match=r"nobody/nothing cannot be loaded.*Set model.pretrained_name"):
        build("nobody/nothing")
