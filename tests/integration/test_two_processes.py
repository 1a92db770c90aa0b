"""Two processes on the CPU do what one does: the same weights, the same figures, one of everything."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from small_checkpoint import save_small
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from phoneme_recognition import Recognizer
from phoneme_recognition.cli import main
from phoneme_recognition.data.states import StateStore
from phoneme_recognition.models.checkpoint import read_checkpoint

ROOT = Path(__file__).parents[2]
TWO = ("trainer.devices=2", "trainer.strategy=ddp")
# No dropout and no batch statistics: then the mean of two halves' gradients is that of the whole.
SIZES = (
    "{hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16, "
    "conv_dim: [8, 8], conv_kernel: [10, 8], conv_stride: [10, 16], num_conv_pos_embeddings: 8, "
    "num_conv_pos_embedding_groups: 2, hidden_dropout: 0.0, attention_dropout: 0.0, "
    "activation_dropout: 0.0, feat_proj_dropout: 0.0, final_dropout: 0.0, layerdrop: 0.0, "
    "mask_time_prob: 0.0}"
)
NETWORK = (
    "model.network_name=Wav2Vec2",
    f"model.network_config={SIZES}",
    "model.optimizer=SGD",
    "model.lr=0.001",
)

BEAM = ("decoding.method=beam", "decoding.lm_order=0")


@pytest.fixture(autouse=True)
def probes_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{Path(__file__).parent}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def config(make_quick_config: Any, tmp_path: Path) -> Path:
    path: Path = make_quick_config(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("dataset_modules.festvox_ru.FestvoxRuDataset", "probes.EveryClip"))
    return path


def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code, and every line of standard output."""
    results = io.StringIO()
    code = main(arguments, results)
    return code, [json.loads(line) for line in results.getvalue().splitlines()]


def weights(run_dir: Path | str) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = read_checkpoint(Path(run_dir) / "last.ckpt")["state_dict"]
    return found


def history(run_dir: Path | str) -> list[dict[str, str]]:
    with (Path(run_dir) / "history.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def assert_same(one: Path | str, other: Path | str) -> None:
    """The same run but for the order of additions."""
    left, right = weights(one), weights(other)
    for name, value in left.items():
        torch.testing.assert_close(right[name], value, rtol=1e-3, atol=1e-5, msg=name)
    for a, b in zip(history(one), history(other), strict=True):
        assert a.keys() == b.keys()
        for name in a:
            assert float(a[name]) == pytest.approx(float(b[name]), rel=1e-4), name


def test_training(config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], clips: Path) -> None:
    whole, half = ("data.batch_size=10",), ("data.batch_size=5",)
    code, (two,) = run("train", str(config), *NETWORK, *TWO, *half, "experiment.custom_folder_name=two")
    said = capfd.readouterr().err
    assert code == 0
    # One process decodes, speaks and writes.
    for line in ("decoding 10 recordings", "training in", "best checkpoint", "validation "):
        assert said.count(line) == 1, line
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["two"]
    folder = Path(two["run_dir"])
    assert folder == tmp_path / "runs" / "two"
    assert len(list(folder.glob("*.ckpt"))) == 2
    assert [row["epoch"] for row in history(folder)] == ["0", "1"]
    assert (two["utterances"], two["test_phonemes"]) == (11, two["phonemes"])
    best = next(row for row in history(folder) if f"epoch={int(row['epoch']):02d}-" in two["checkpoint"])
    assert two["val_per"] == float(best["val_per"])
    assert two["val_loss"] == pytest.approx(float(best["val_loss"]), rel=1e-6)
    assert Recognizer(two["checkpoint"]).transcribe(next(clips.glob("*.flac"))).problem is None
    # The same again in one process, from scratch and from what the two left.
    _, (one,) = run("train", str(config), *NETWORK, *whole, "experiment.custom_folder_name=one")
    assert_same(folder, one["run_dir"])
    elsewhere = {"run_dir", "checkpoint", "val_loss", "test_loss", "warnings"}
    figures = [{key: value for key, value in row.items() if key not in elsewhere} for row in (one, two)]
    assert figures[0] == figures[1]
    resumed = ("trainer.max_epochs=3", f"ckpt_path={folder / 'last.ckpt'}")
    _, (again,) = run("train", str(config), *NETWORK, *TWO, *half, *resumed)
    assert "process(es)" not in capfd.readouterr().err
    _, (alone,) = run("train", str(config), *NETWORK, *whole, *resumed)
    assert len(history(again["run_dir"])) == 3
    assert_same(again["run_dir"], alone["run_dir"])


def test_the_frozen_part_is_shared_out(config: Path, tmp_path: Path) -> None:
    sizes = yaml.safe_load(SIZES) | {"num_feat_extract_layers": 2, "vocab_size": 52}
    Wav2Vec2ForCTC(Wav2Vec2Config(**sizes)).save_pretrained(tmp_path / "pretrained")
    frozen = (
        *("model.network_name=Wav2Vec2", f"model.pretrained_name={tmp_path / 'pretrained'}"),
        *("model.freeze_feature_extractor=true", "model.freeze_transformer=true"),
        *("model.network_config={}", "model.optimizer=SGD", "model.lr=0.01"),
    )
    code, (two,) = run("train", str(config), *frozen, *TWO, "data.batch_size=5")
    assert code == 0
    stores = [StateStore(path) for path in (tmp_path / "cache").glob("*/states-*")]
    assert sorted(map(len, stores)) == [1, 10, 11]
    # Each process writes what it has heard.
    (training,) = (tmp_path / "cache").glob("EveryClip-train-*/states-*")
    assert len(list(training.glob("*.states"))) == 2
    for path in (tmp_path / "cache").glob("*/states-*"):
        shutil.rmtree(path)
    _, (one,) = run("train", str(config), *frozen, "data.batch_size=10")
    assert_same(two["run_dir"], one["run_dir"])


def test_measuring_under_torchrun(config: Path, tmp_path: Path) -> None:
    measured = []
    for start in (
        [sys.executable],
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"],
    ):
        folder = tmp_path / str(len(start))
        folder.mkdir()
        checkpoint = save_small(folder / "small.ckpt")
        command = [
            *start,
            "-m",
            "phoneme_recognition",
            "test",
            str(config),
            f"ckpt_path={checkpoint}",
            *BEAM,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (line,) = done.stdout.splitlines()
        assert done.stderr.count("utterances.tsv") == 1
        table = (folder / "test_small" / "utterances.tsv").read_text(encoding="utf-8")
        assert len(table.splitlines()) == 12
        measured.append((json.loads(line) | {"run_dir": "", "checkpoint": ""}, table))
    (one, table), (two, same_table) = measured
    assert same_table == table
    assert two.pop("test_loss") == pytest.approx(one.pop("test_loss"), rel=1e-6)
    assert two == one
    assert one["utterances"] == 11


def test_a_users_mistake_is_told_once(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("test", str(config), *TWO, f"ckpt_path={tmp_path / 'none.ckpt'}") == (2, [])
    said = capfd.readouterr().err
    assert said.count("none.ckpt does not exist") == 1
    assert "Traceback" not in said


def test_a_process_that_dies_takes_the_run_with_it(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("train", str(config), *TWO, "trainer.callbacks=[{class_path: probes.KilledProcess}]") == (
        1,
        [],
    )
    said = capfd.readouterr().err
    assert said.count("error:") == 1
    assert "process 1 of the run was ended by SIGKILL" in said
    assert "Traceback" not in said
