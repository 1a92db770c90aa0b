"""From-scratch runs with deliberately wrong settings are diagnosed; right ones are left alone.

The command line on real sentences, as a user meets it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phoneme_recognition.cli import main

MakeConfig = Callable[[Path], Path]

SIZES = "hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 48"
FAST = "conv_dim: [16, 16, 16], conv_kernel: [10, 8, 8], conv_stride: [5, 8, 8]"
SLOW = "conv_dim: [16, 16, 16], conv_kernel: [10, 16, 32], conv_stride: [5, 16, 32]"


def wav2vec2(convolutions: str) -> tuple[str, str]:
    """A tiny network from scratch."""
    return "model.network_name=Wav2Vec2", f"model.network_config={{{SIZES}, {convolutions}}}"


QUIET = ("trainer.logger=false", "trainer.limit_val_batches=1", "trainer.check_val_every_n_epoch=100")


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    results = io.StringIO()
    code = main(arguments, results)
    lines = results.getvalue().splitlines()
    return code, json.loads(lines[-1]) if lines else {}


def told(figures: dict[str, Any], key: str) -> list[tuple[str, str]]:
    return [(one["level"], one["path"]) for one in figures[key]]


def test_right_settings_bring_no_word(make_quick_config: MakeConfig, tmp_path: Path) -> None:
    config = str(make_quick_config(tmp_path))
    assert run("check", config) == (
        0,
        {"mode": "check", "errors": 0, "warnings": 0, "advice": 0, "findings": []},
    )
    code, figures = run("train", config)
    assert (code, figures["warnings"]) == (0, [])
    assert not (Path(figures["run_dir"]) / "monitor.jsonl").exists()


def test_a_rate_that_is_far_too_high_is_diagnosed_before_and_during_the_run(
    make_quick_config: MakeConfig, tmp_path: Path
) -> None:
    config = str(make_quick_config(tmp_path))
    code, figures = run("check", config, "model.lr=2")
    assert (code, told(figures, "findings")) == (0, [("warning", "model.lr")])
    length = ("trainer.max_epochs=30", "trainer.check_val_every_n_epoch=30")
    code, figures = run("train", config, "model.lr=2", *QUIET[:2], *length)
    assert (code, told(figures, "warnings")) == (0, [("warning", "model.lr"), ("error", "model.lr")])
    before, during = (one["reason"] for one in figures["warnings"])
    assert "2 is far too high" in before
    assert "the loss has run away" in during
    record = json.loads((Path(figures["run_dir"]) / "monitor.jsonl").read_text(encoding="utf-8"))
    assert record["finding"]["reason"] == during


def test_a_frozen_random_encoder_is_diagnosed_before_the_run(
    make_quick_config: MakeConfig, tmp_path: Path
) -> None:
    config = str(make_quick_config(tmp_path))
    frozen = ("model.freeze_feature_extractor=true", "model.freeze_transformer=true")
    wrong = (*wav2vec2(FAST), *frozen, "model.lr=0.01")
    code, figures = run("check", config, *wrong)
    assert (code, told(figures, "findings")) == (0, [("warning", "model.freeze_feature_extractor")])
    assert "it stays random for ever" in figures["findings"][0]["reason"]
    code, trained = run("train", config, *wrong, "trainer.max_epochs=1")
    assert (code, trained["warnings"]) == (0, figures["findings"])


@pytest.mark.parametrize("mode", ["check", "train"])
def test_labels_longer_than_the_frames_stop_the_run(
    make_quick_config: MakeConfig, tmp_path: Path, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run(mode, str(make_quick_config(tmp_path)), *wav2vec2(SLOW), "model.lr=0.001")
    shown = " ".join(capsys.readouterr().err.split())
    assert code == 2
    assert "10 of 10 labels need more frames than CTC has" in shown
    assert "smaller strides in model.network_config" in shown


@pytest.mark.parametrize("mode", ["check", "train"])
def test_a_vocabulary_that_lacks_two_phonemes_stops_the_run(
    make_quick_config: MakeConfig, tmp_path: Path, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    symbols = json.loads(Path("dataset_modules/tokens/russian_phones.json").read_text(encoding="utf-8"))
    kept = [symbol for symbol in symbols if symbol not in ("t", "ˈa")]
    path = tmp_path / "phones.json"
    path.write_text(json.dumps({symbol: number for number, symbol in enumerate(kept)}), encoding="utf-8")
    code, _ = run(mode, str(make_quick_config(tmp_path)), f"model.vocab_file={path}")
    shown = " ".join(capsys.readouterr().err.split())
    assert code == 2
    assert "the vocabulary lacks" in shown
    assert "t (" in shown
    assert "ˈa (" in shown
    assert "./run.sh vocab CONFIG output=FILE" in shown
