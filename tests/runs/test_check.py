"""``check``: right configs come out clean, wrong ones are diagnosed, and nothing is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phoneme_recognition.config import Config, load_config
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.errors import UserError
from phoneme_recognition.runs.check import check, examine, report_before_training

MakeConfig = Callable[[Path], Path]
SHIPPED = Path("config")


@pytest.fixture
def quick(make_quick_config: MakeConfig, tmp_path: Path) -> Callable[..., Config]:
    """The quick config with overrides."""
    path = make_quick_config(tmp_path)
    return lambda *overrides: load_config(path, overrides)


def told(found: list[Diagnosis]) -> list[tuple[str, str]]:
    return [(one.level, one.path) for one in found]


def here(clips: Path, folder: Path) -> list[str]:
    """Overrides that put the twelve sentences in the place of the fetched corpus."""
    place = "data.dataset_classes[0].init_args"
    # The warm-up is made for the whole corpus.
    return [
        f"{place}.data_dir={clips}",
        f"{place}.cache_dir={folder}",
        f"trainer.default_root_dir={folder}",
        "model.warmup_steps=3",
    ]


def test_the_quick_config_is_clean_and_leaves_nothing(quick: Callable[..., Config], tmp_path: Path) -> None:
    assert examine(quick()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["quick.yaml"]


def test_the_quickstart_is_clean(clips: Path, tmp_path: Path) -> None:
    assert examine(load_config(SHIPPED / "quickstart.yaml", here(clips, tmp_path))) == []


def test_the_whisper_config_is_clean_but_for_what_has_to_be_fetched(clips: Path, tmp_path: Path) -> None:
    overrides = [*here(clips, tmp_path), "model.pretrained_name=nobody/whisper-not-here"]
    assert told(examine(load_config(SHIPPED / "whisper.yaml", overrides))) == [
        ("advice", "model.pretrained_name")
    ]


def test_the_shipped_config_has_no_error() -> None:
    found = examine(load_config(SHIPPED / "config.yaml"))
    assert "error" not in {one.level for one in found}
    assert ("advice", "trainer.limit_train_batches") in told(found)


WAV2VEC2 = (
    "model.network_name=Wav2Vec2",
    "model.network_config={hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2}",
    "model.lr=0.0005",
    "model.scheduler=warmup_linear",
    "model.warmup_steps=2",
)


FROZEN = ("model.freeze_feature_extractor=true", "model.freeze_transformer=true")


@pytest.mark.parametrize(
    ("overrides", "expected", "words"),
    [
        (["model.lr=0.5"], ("warning", "model.lr"), "0.5 is far too high"),
        (
            [*WAV2VEC2, "model.lr=0.002", *FROZEN],
            ("warning", "model.freeze_feature_extractor"),
            "stays random",
        ),
        (["model.warmup_steps=9"], ("warning", "model.warmup_steps"), "no scheduler is chosen"),
        (
            ["trainer.callbacks=[{class_path: lightning.pytorch.callbacks.EarlyStopping, "
             "init_args: {monitor: val_acc, patience: 1}}]"],
            ("error", "trainer.callbacks[0].init_args.monitor"),
            "nothing logs 'val_acc'",
        ),
        (["trainer.precision=16-mixed"], ("error", "trainer"), "16-bit floats need a GPU"),
        (["ckpt_path=nowhere.ckpt"], ("error", "ckpt_path"), "does not exist"),
        (["data.num_workers=4096"], ("warning", "data.num_workers"), "4096 loader processes"),
        (["model.network_config={chanels: 3}"], ("error", "model"), "chanels"),
    ],
)  # fmt: skip
def test_wrong_settings_are_diagnosed(
    quick: Callable[..., Config], overrides: list[str], expected: tuple[str, str], words: str
) -> None:
    found = examine(quick(*overrides))
    assert told(found) == [expected]
    assert words in found[0].reason
    assert found[0].remedy


def test_labels_longer_than_the_frames_of_a_slow_network(quick: Callable[..., Config]) -> None:
    assert examine(quick(*WAV2VEC2)) == []
    # 16,000 samples a second over strides of 5 x 16 x 32 make six frames a second; Russian has nine phones.
    slow = (
        "model.network_config={hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, "
        "conv_dim: [16, 16, 16], conv_kernel: [10, 16, 32], conv_stride: [5, 16, 32]}"
    )
    found = examine(quick(WAV2VEC2[0], slow, *WAV2VEC2[2:]))
    assert told(found) == [("error", "data.dataset_classes")] * 3
    assert "FestvoxRuDataset-train: 10 of 10 labels need more frames" in found[0].reason
    assert "(6.24 a second)" in found[0].reason


def test_a_vocabulary_that_lacks_two_phonemes(quick: Callable[..., Config], tmp_path: Path) -> None:
    vocabulary = json.loads(Path("dataset_modules/tokens/russian_phones.json").read_text(encoding="utf-8"))
    kept = [symbol for symbol in vocabulary if symbol not in ("t", "ˈa")]
    path = tmp_path / "phones.json"
    path.write_text(json.dumps({symbol: number for number, symbol in enumerate(kept)}), encoding="utf-8")
    found = examine(quick(f"model.vocab_file={path}"))
    assert {one.path for one in found} == {"model.vocab_file"}
    assert found[0].level == "error"
    assert "the vocabulary lacks " in found[0].reason
    assert "t (" in found[0].reason
    assert "ˈa (" in found[0].reason


def test_the_figures_count_the_findings(
    quick: Callable[..., Config], capsys: pytest.CaptureFixture[str]
) -> None:
    figures: dict[str, Any] = check(quick("model.lr=0.5", "trainer.limit_train_batches=0.5", "ckpt_path=no"))
    assert (figures["errors"], figures["warnings"], figures["advice"]) == (1, 0, 1)
    assert [one["level"] for one in figures["findings"]] == ["error", "advice"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "trainer.limit_train_batches" in shown.err
    assert "→ Give ckpt_path=..." in shown.err


def test_training_says_warnings_and_refuses_errors(
    quick: Callable[..., Config], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        warnings = report_before_training(quick("model.lr=0.5", "trainer.limit_train_batches=0.5"))
    assert told(warnings) == [("warning", "model.lr")]
    assert "warning: model.lr: 0.5 is far too high" in caplog.text
    assert "1 piece of advice: ./run.sh check CONFIG" in caplog.text
    with pytest.raises(UserError, match=r"ckpt_path: checkpoint no does not exist"):
        report_before_training(quick("ckpt_path=no"))
    with pytest.raises(UserError, match="2 mistakes"):
        report_before_training(quick("ckpt_path=no", "trainer.precision=16"))
