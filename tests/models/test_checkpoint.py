"""Checkpoints: whole or not there, read without running what is in them, and enough to rebuild from."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch import nn

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.data.collate import pad_waveforms
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.decoding.language_model import PhonemeLanguageModel
from phoneme_recognition.errors import CheckpointError
from phoneme_recognition.models.checkpoint import (
    BLOCK,
    FORMAT,
    AtomicCheckpointIO,
    describe,
    load_matching_weights,
    network_weights,
    read_checkpoint,
    rebuild,
    rebuild_decoder,
    stored_inventory,
)
from phoneme_recognition.models.networks import build_network
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.version import __version__

VOCABULARY = Vocabulary.from_phonemes(["ˈa", "t͡ɕ", "rʲ"])
AUDIO = {"sampling_rate": 16000, "padding_value": 0.0, "do_normalize": True}
MODEL = PhonemeLanguageModel.count([[2, 3, 4], [4, 2]], order=2, size=len(VOCABULARY), start=0)
DECODER = Decoder(Decoding(method="beam", lm_order=2, lm_weight=0.5), blank_id=0, language_model=MODEL)


def compact(size: int = len(VOCABULARY), **changes: Any) -> nn.Module:
    torch.manual_seed(3)
    return build_network(
        network_name="CompactCTC",
        pretrained_name=None,
        network_config={"channels": 8, "layers": 1, "stem_channels": 8, **changes},
        vocabulary_size=size,
        blank_id=0,
        sampling_rate=16000,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    ).eval()


def content(network: nn.Module) -> dict[str, Any]:
    """What a Lightning checkpoint of this network holds."""
    weights = {f"network.{name}": value for name, value in network.state_dict().items()}
    block = describe(network, VOCABULARY, AUDIO, DECODER, Inventory(keep_stress=False))
    return {"state_dict": weights | {"rates.val_per.totals": torch.zeros(4)}, "epoch": 3, BLOCK: block}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint(content(compact()), path)
    return path


def test_rebuilding_gives_the_same_logits_for_real_speech(saved: Path, clips: Path) -> None:
    network, vocabulary, audio_params = rebuild(read_checkpoint(saved))
    waveforms, lengths = pad_waveforms([read_audio(clip, 16000) for clip in sorted(clips.glob("*.flac"))[:2]])
    with torch.no_grad():
        expected, found = compact()(waveforms, lengths), network.eval()(waveforms, lengths)
    assert torch.equal(found.logits, expected.logits)
    assert torch.equal(found.lengths, expected.lengths)
    assert vocabulary == VOCABULARY
    assert audio_params == AUDIO


def test_the_inventory_comes_back_and_older_checkpoints_have_the_default(saved: Path) -> None:
    checkpoint = read_checkpoint(saved)
    assert stored_inventory(checkpoint) == Inventory(keep_stress=False)
    del checkpoint[BLOCK]["inventory"]
    assert stored_inventory(checkpoint) == Inventory()


def test_the_decoder_comes_back_with_its_language_model(saved: Path) -> None:
    checkpoint = read_checkpoint(saved)
    decoder = rebuild_decoder(checkpoint)
    assert decoder.plan == DECODER.plan
    assert decoder.language_model is not None
    assert decoder.language_model.log_prob([2, 3]) == MODEL.log_prob([2, 3])
    assert rebuild_decoder(checkpoint, Decoding()).plan.method == "greedy"
    checkpoint[BLOCK]["decoder"]["language_model"] = None
    with pytest.raises(CheckpointError, match=r"no language model.*lm_order=0"):
        rebuild_decoder(checkpoint)
    assert rebuild_decoder(checkpoint, Decoding(method="beam", lm_order=0)).language_model is None
    # As an older version saved it.
    del checkpoint[BLOCK]["decoder"]
    assert rebuild_decoder(checkpoint).plan.method == "greedy"


def test_weights_of_another_network_are_explained() -> None:
    checkpoint = content(compact())
    checkpoint["state_dict"] = {f"network.{name}": value for name, value in compact(9).state_dict().items()}
    with pytest.raises(CheckpointError, match=rf"do not fit its network; got .*head.* version {__version__}"):
        rebuild(checkpoint)


def test_the_block_names_format_and_version(saved: Path) -> None:
    block = read_checkpoint(saved)[BLOCK]
    assert (block["format"], block["version"]) == (FORMAT, __version__)


def test_only_the_networks_weights_are_its_weights(saved: Path) -> None:
    assert network_weights(read_checkpoint(saved)).keys() == compact().state_dict().keys()


def test_a_save_that_fails_leaves_the_old_checkpoint(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(self: Any, checkpoint: Any, path: Any, storage_options: Any = None) -> None:
        Path(path).write_bytes(b"half a checkpoint")
        raise OSError(28, "No space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(TorchCheckpointIO, "save_checkpoint", fill_the_disk)
    with pytest.raises(OSError, match="No space"):
        AtomicCheckpointIO().save_checkpoint({"newer": 1}, saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_while_it_is_written_it_does_not_pass_for_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a kill at that moment would leave.
    def look(self: Any, checkpoint: Any, path: Any, storage_options: Any = None) -> None:
        Path(path).write_bytes(b"half a checkpoint")
        found.extend(path.name for path in tmp_path.iterdir())

    found: list[str] = []
    monkeypatch.setattr(TorchCheckpointIO, "save_checkpoint", look)
    AtomicCheckpointIO().save_checkpoint({}, tmp_path / "last.ckpt")
    assert found == ["last.ckpt.partial"]


def test_a_save_replaces_the_old_checkpoint_and_leaves_nothing_else(saved: Path) -> None:
    AtomicCheckpointIO().save_checkpoint(content(compact()) | {"epoch": 4}, saved)
    assert read_checkpoint(saved)["epoch"] == 4
    assert list(saved.parent.iterdir()) == [saved]


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.ckpt does not exist\. Give ckpt_path="):
        read_checkpoint(tmp_path / "none.ckpt")
    with pytest.raises(CheckpointError, match="does not exist"):
        read_checkpoint(tmp_path)  # a folder


def test_any_truncation_is_found(saved: Path) -> None:
    whole = saved.read_bytes()
    for share in (0.0, 0.01, 0.3, 0.9, 0.999):
        saved.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(CheckpointError, match="damaged or no checkpoint"):
            read_checkpoint(saved)


@pytest.mark.parametrize("data", [b"not a checkpoint", b"\x80\x04.", b"PK\x03\x04" + bytes(200), bytes(4096)])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "some.ckpt"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged or no checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "foreign",
    [{"state_dict": {}, "pytorch-lightning_version": "2.6.6"}, [1, 2], {BLOCK: 1}, {BLOCK: {}}],
)
def test_a_checkpoint_of_another_program_is_refused(tmp_path: Path, foreign: Any) -> None:
    path = tmp_path / "foreign.ckpt"
    torch.save(foreign, path)
    with pytest.raises(CheckpointError, match="was not made by this program"):
        read_checkpoint(path)


def test_a_newer_format_names_the_version_to_use(saved: Path) -> None:
    checkpoint = content(compact())
    checkpoint[BLOCK] |= {"format": FORMAT + 1, "version": "9.8.7"}
    torch.save(checkpoint, saved)
    with pytest.raises(CheckpointError, match=rf"got format {FORMAT + 1}\. It was made by version 9\.8\.7"):
        read_checkpoint(saved)


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("plain", [False, True])
def test_code_in_a_checkpoint_is_refused_and_not_run(saved: Path, tmp_path: Path, plain: bool) -> None:
    sprung = tmp_path / "sprung"
    checkpoint = content(compact()) | {"hyper_parameters": Trap(sprung)}
    if plain:
        saved.write_bytes(pickle.dumps(checkpoint))
    else:
        torch.save(checkpoint, saved)
    with pytest.raises(CheckpointError):
        read_checkpoint(saved)
    assert not sprung.exists()
    # The trap is a real one.
    pickle.loads(pickle.dumps(Trap(sprung)))
    assert sprung.exists()


def test_all_matching_weights_are_taken_without_a_word() -> None:
    source, target = compact(), compact()
    with torch.no_grad():
        for value in source.parameters():
            value.add_(1)
    assert load_matching_weights(target, source.state_dict()) == []
    assert all(torch.equal(value, target.state_dict()[name]) for name, value in source.state_dict().items())


def test_what_does_not_fit_is_named_and_left_as_it_was() -> None:
    def network(size: int) -> nn.Module:
        return nn.ModuleDict({"norm": nn.LayerNorm(8), "head": nn.Linear(8, size)})

    target = network(5)
    before = {name: value.clone() for name, value in target.state_dict().items()}
    weights = {name: value + 1 for name, value in network(9).state_dict().items()}
    del weights["norm.bias"]
    weights["old.weight"] = torch.zeros(2)
    lines = load_matching_weights(target, weights)
    assert lines == [
        "norm.bias: not in the checkpoint",
        "head.weight: (9, 8) in the checkpoint, (5, 8) in the network",
        "head.bias: (9,) in the checkpoint, (5,) in the network",
        "old.weight: not in the network",
    ]
    after = target.state_dict()
    for name in ("norm.bias", "head.weight", "head.bias"):
        assert torch.equal(after[name], before[name])
    assert torch.equal(after["norm.weight"], weights["norm.weight"])
