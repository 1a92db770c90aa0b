"""A checkpoint against the config that goes on from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from small_checkpoint import VOCABULARY, save_small

from phoneme_recognition.config import Config
from phoneme_recognition.config.sections import AudioParams, ExperimentSection, ModelSection
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.checkpoint import check_checkpoint


def judge(vocabulary: Vocabulary = VOCABULARY, **sections: Any) -> list[tuple[str, str]]:
    sections = {"model": ModelSection(network_name="CompactCTC", pretrained_name=None)} | sections
    return [(one.level, one.path) for one in check_checkpoint(Config(**sections), vocabulary)]


def test_a_checkpoint_that_fits(tmp_path: Path) -> None:
    assert judge(ckpt_path=str(save_small(tmp_path / "a.ckpt"))) == []
    assert judge() == []


def test_one_that_is_missing_or_damaged(tmp_path: Path) -> None:
    assert judge(ckpt_path=str(tmp_path / "none.ckpt")) == [("error", "ckpt_path")]
    (tmp_path / "bad.ckpt").write_bytes(b"bad")
    assert judge(ckpt_path=str(tmp_path / "bad.ckpt")) == [("error", "ckpt_path")]


def test_another_vocabulary_is_an_error_unless_only_weights_are_taken(tmp_path: Path) -> None:
    path = str(save_small(tmp_path / "a.ckpt"))
    other = Vocabulary.from_phonemes(VOCABULARY.phonemes[:-2])
    (found,) = check_checkpoint(Config(ckpt_path=path), other)[:1]
    assert (found.level, found.path) == ("error", "ckpt_path")
    assert "they differ in " + ", ".join(sorted(VOCABULARY.phonemes[-2:])) in found.reason
    weights = ExperimentSection(only_weights_load=True)
    assert judge(other, ckpt_path=path, experiment=weights) == []


def test_another_network_and_other_audio(tmp_path: Path) -> None:
    path = str(save_small(tmp_path / "a.ckpt"))
    hubert = ModelSection(network_name="HuBERT")
    assert judge(ckpt_path=path, model=hubert) == [("warning", "model.network_name")]
    weights = ExperimentSection(only_weights_load=True)
    assert judge(ckpt_path=path, model=hubert, experiment=weights) == [("warning", "ckpt_path")]
    raw = AudioParams(do_normalize=False)
    assert judge(ckpt_path=path, audio_params=raw) == [("warning", "audio_params.do_normalize")]


def test_a_run_that_is_over_and_weights_from_nowhere(tmp_path: Path) -> None:
    path = save_small(tmp_path / "a.ckpt")
    checkpoint = torch.load(path, weights_only=True)
    progress = {"fit_loop": {"epoch_loop.batch_progress": {"is_last_batch": True}}}
    torch.save({**checkpoint, "epoch": 4, "loops": progress}, path)
    over, more = {"max_epochs": 5}, {"max_epochs": 6}
    assert judge(ckpt_path=str(path), trainer=over) == [("warning", "trainer.max_epochs")]
    assert judge(ckpt_path=str(path), trainer=more) == []
    weights = ExperimentSection(only_weights_load=True)
    assert judge(experiment=weights) == [("warning", "experiment.only_weights_load")]
