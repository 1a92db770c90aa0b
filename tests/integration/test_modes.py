"""The modes on real clips: train, then measure, use and resume what it made."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
import torch

from phoneme_recognition import Recognizer
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.cli import main
from phoneme_recognition.config import load_config
from phoneme_recognition.metrics.error_rates import edit_counts
from phoneme_recognition.models.checkpoint import read_checkpoint


def run(*arguments: str) -> tuple[int, dict[str, Any], list[str]]:
    """Exit code, the figures of the last line, and the lines before it."""
    results = io.StringIO()
    code = main(arguments, results)
    lines = results.getvalue().splitlines()
    return (code, json.loads(lines[-1]), lines[:-1]) if code == 0 else (code, {}, lines)


@pytest.fixture(scope="module")
def trained(make_quick_config: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A config and the figures of training with it, long enough to have left the all-blank phase."""
    config = make_quick_config(tmp_path_factory.mktemp("trained"))
    code, figures, _ = run("train", str(config), "trainer.max_epochs=60", "model.lr=0.01")
    assert code == 0
    return config, figures


def test_training_learns_and_leaves_everything_behind(trained: tuple[Path, dict[str, Any]]) -> None:
    _, figures = trained
    folder = Path(figures["run_dir"])
    with (folder / "history.csv").open(encoding="utf-8") as file:
        history = list(csv.DictReader(file))
    assert len(history) == 60
    assert float(history[-1]["train_loss"]) < 0.5 * float(history[0]["train_loss"])
    assert figures["val_per"] == min(float(row["val_per"]) for row in history)
    assert figures["val_per"] < 0.95
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "config.yaml").is_file()
    assert (folder / "last.ckpt").is_file()
    assert list((folder / "tensorboard").glob("events*"))
    assert Path(figures["checkpoint"]).parent == folder.resolve()


def test_figures_add_up(trained: tuple[Path, dict[str, Any]]) -> None:
    _, figures = trained
    for split in ("val", "test"):
        errors = sum(figures[f"{split}_{kind}"] for kind in ("substitutions", "insertions", "deletions"))
        assert figures[f"{split}_per"] == errors / figures[f"{split}_phonemes"]
    assert figures["phonemes"] == figures["test_phonemes"]


@pytest.mark.parametrize("split", ["val", "test"])
def test_measuring_gives_the_figures_of_training(trained: tuple[Path, dict[str, Any]], split: str) -> None:
    config, figures = trained
    before = Path(figures["checkpoint"]).read_bytes()
    code, measured, _ = run(split, str(config), f"ckpt_path={figures['checkpoint']}")
    assert code == 0
    for name in ("per", "cer", "loss", "phonemes", "substitutions", "insertions", "deletions"):
        assert measured.get(f"{split}_{name}", measured.get(name)) == figures[f"{split}_{name}"]
    assert Path(figures["checkpoint"]).read_bytes() == before
    saved = Path(figures["run_dir"]) / f"{split}_{Path(figures['checkpoint']).stem}"
    assert json.loads((saved / "metrics.json").read_text())[f"{split}_per"] == figures[f"{split}_per"]


def test_a_search_is_measured_beside_what_the_network_hears_alone(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    config, figures = trained
    # Elsewhere, so that what was measured in training stays.
    checkpoint = shutil.copy(figures["checkpoint"], tmp_path)
    arguments = ("test", str(config), f"ckpt_path={checkpoint}", "decoding.method=beam")
    code, measured, _ = run(*arguments)
    assert code == 0
    # The checkpoint has its language model, whatever it was trained to be decoded by.
    assert "with a 6-gram of the training labels" in measured["decoding"]
    assert measured["test_greedy_per"] == figures["test_per"]
    assert measured["test_per"] != figures["test_per"]
    alone = run(*arguments, "decoding.lm_order=0")[1]
    assert alone["decoding"] == "beam search, 16 wide"


def test_the_utterance_table_explains_the_rate(trained: tuple[Path, dict[str, Any]]) -> None:
    _, figures = trained
    saved = Path(figures["run_dir"]) / f"test_{Path(figures['checkpoint']).stem}" / "utterances.tsv"
    with saved.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    errors = sum(edit_counts(row["reference"].split(), row["hypothesis"].split()).errors for row in rows)
    assert errors / sum(len(row["reference"].split()) for row in rows) == figures["test_per"]
    assert len(rows) == figures["utterances"]


def test_measuring_without_a_checkpoint_is_explained(
    trained: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("test", str(trained[0]))[0] == 2
    assert "ckpt_path=" in capsys.readouterr().err


def test_transcribing_gives_what_the_test_saw(
    trained: tuple[Path, dict[str, Any]], clips: Path, tmp_path: Path
) -> None:
    _, figures = trained
    saved = Path(figures["run_dir"]) / f"test_{Path(figures['checkpoint']).stem}" / "utterances.tsv"
    with saved.open(encoding="utf-8") as file:
        expected = {row["utterance"]: row["hypothesis"] for row in csv.DictReader(file, delimiter="\t")}
    files = [clips / f"{name}.flac" for name in expected]
    code, summary, lines = run("transcribe", figures["checkpoint"], *map(str, files))
    assert code == 0
    assert {Path(line.split("\t")[0]).stem: line.split("\t")[1] for line in lines} == expected
    assert summary["recordings"] == len(expected)


@pytest.mark.parametrize(("suffix", "share"), [("wav", 0.03), ("mp3", 0.15)])
def test_a_copy_at_another_rate_gives_nearly_the_same(
    trained: tuple[Path, dict[str, Any]], clips: Path, tmp_path: Path, suffix: str, share: float
) -> None:
    checkpoint = trained[1]["checkpoint"]
    for file in clips.glob("*.flac"):
        samples = soxr.resample(read_audio(file, 16000), 16000, 48000)
        soundfile.write(tmp_path / f"{file.stem}.{suffix}", np.stack([samples, samples], axis=1), 48000)
    found = []
    for folder in (clips, tmp_path):
        _, _, lines = run("transcribe", checkpoint, str(folder), "format=jsonl")
        found.append({Path(row["path"]).stem: row["phonemes"] for row in map(json.loads, lines)})
    original, copy = found
    errors = sum(edit_counts(original[name], copy[name]).errors for name in original)
    assert len(original) == len(copy) == 12
    # A network of this size, trained for seconds, is easily disturbed by what MP3 takes away.
    assert errors <= share * sum(map(len, original.values()))


def test_unusable_recordings_are_named_and_the_others_transcribed(
    trained: tuple[Path, dict[str, Any]], clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, figures = trained
    good = next(clips.glob("*.flac"))
    (tmp_path / "empty.wav").touch()
    (tmp_path / "good.flac").write_bytes(good.read_bytes())
    code, summary, lines = run("transcribe", figures["checkpoint"], str(tmp_path))
    assert code == 0
    assert (summary["recordings"], summary["failed"]) == (1, 1)
    assert len(lines) == 2
    assert run("transcribe", figures["checkpoint"], str(tmp_path / "empty.wav"))[0] == 2
    assert "none of the 1 recordings" in capsys.readouterr().err


def test_the_recogniser_needs_the_checkpoint_alone(
    trained: tuple[Path, dict[str, Any]], clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, figures = trained
    alone = tmp_path / "model.ckpt"
    alone.write_bytes(Path(figures["checkpoint"]).read_bytes())
    monkeypatch.chdir(tmp_path)
    recognizer = Recognizer(alone)
    clip = next(clips.glob("*.flac"))
    one = recognizer.transcribe(clip)
    assert one.problem is None
    assert one.duration == pytest.approx(soundfile.info(clip).duration, abs=1e-3)
    # In whatever batch, and in whatever order.
    many = list(recognizer.transcribe_all([*sorted(clips.glob("*.flac")), clip], batch_seconds=9))
    assert many[-1].phonemes == one.phonemes


def test_a_run_can_start_from_the_weights_alone(
    trained: tuple[Path, dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    config, figures = trained
    code, again, _ = run(
        "train",
        str(config),
        f"ckpt_path={figures['checkpoint']}",
        "experiment.only_weights_load=true",
        "trainer.max_epochs=1",
        "model.lr=1e-9",
    )
    assert code == 0
    before, after = (
        read_checkpoint(one["checkpoint"])["state_dict"]["network.head.weight"] for one in (figures, again)
    )
    assert torch.allclose(before, after, rtol=0, atol=1e-6)
    # What it was trained to is of use from the start: fresh weights know nothing.
    assert again["val_per"] < 0.95
    run(
        *("train", str(config), f"ckpt_path={figures['checkpoint']}", "experiment.only_weights_load=true"),
        *("trainer.max_epochs=1", "model.network_config.layers=1", "model.network_config.channels=16"),
    )
    assert "not in the network" in caplog.text


def test_resuming_with_another_vocabulary_is_explained(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, figures = trained
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"[PAD]": 0, "a": 1}))
    code, _, _ = run("train", str(config), f"ckpt_path={figures['checkpoint']}", f"model.vocab_file={other}")
    assert code == 2
    assert "only_weights_load" in capsys.readouterr().err


def test_a_checkpoint_says_what_it_is(trained: tuple[Path, dict[str, Any]]) -> None:
    block = read_checkpoint(trained[1]["checkpoint"])["phoneme_recognition"]
    assert block["vocabulary"]["[PAD]"] == 0
    assert block["audio_params"]["sampling_rate"] == 16000
    assert block["network"]["network_name"] == "CompactCTC"
    assert block["version"]
    # Plain data: nothing in it needs our classes to be read. The language model, which is large, is tensors.
    json.dumps({name: value for name, value in block.items() if name != "decoder"})


def test_a_vocabulary_from_a_dataset(make_quick_config: Any, tmp_path: Path) -> None:
    config = make_quick_config(tmp_path)
    made = tmp_path / "made.json"
    code, figures, _ = run("vocab", str(config), f"output={made}")
    assert code == 0
    symbols = json.loads(made.read_text(encoding="utf-8"))
    assert symbols["[PAD]"] == 0
    assert {"ˈa", "t͡ɕ", "rʲ"} <= set(symbols)
    assert figures["phonemes"] == len(symbols) - 2
    # A file that is there is checked.
    code, again, _ = run("vocab", str(config), f"output={made}")
    assert (code, again["missing"]) == (0, 0)


@pytest.mark.parametrize(
    "callbacks", ["null", "[{class_path: phoneme_recognition.callbacks.CustomModelCheckpoint}]"]
)
def test_fast_dev_run_leaves_no_checkpoint(make_quick_config: Any, tmp_path: Path, callbacks: str) -> None:
    config = str(make_quick_config(tmp_path))
    code, figures, _ = run("train", config, "trainer.fast_dev_run=true", f"trainer.callbacks={callbacks}")
    assert code == 0
    assert figures["checkpoint"] is None
    assert not list(tmp_path.glob("runs/**/*.ckpt"))


def test_the_weights_of_the_best_epoch_are_measured(trained: tuple[Path, dict[str, Any]]) -> None:
    _, figures = trained
    best = read_checkpoint(figures["checkpoint"])
    last = read_checkpoint(Path(figures["run_dir"]) / "last.ckpt")
    same = all(torch.equal(best["state_dict"][name], last["state_dict"][name]) for name in best["state_dict"])
    assert same == (best["epoch"] == last["epoch"])


def test_every_shipped_config_is_without_mistakes() -> None:
    configs = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))
    assert {"config.yaml", "quickstart.yaml", "whisper.yaml"} <= {config.name for config in configs}
    for config in configs:
        load_config(config)
