"""Train the small Wav2Vec2 of the training benchmarks, so that there is something worth freezing.

    python -m benchmarks.training.pretrain OUT [--epochs N] [--share S] [--data-dir DIR]

On festvox-ru, with this project, nothing frozen, each frame taught its phone from the corpus's phone times.
OUT becomes a folder in Hugging Face format: ``training.py --pretrained OUT``. With a share below 1 an epoch
has only so much of the batches.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import save_file

from benchmarks.training.compare import VOCABULARY
from benchmarks.training.model import TRAINED_HEAD, random_weights
from phoneme_recognition.config import load_config
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.train import fit, prepare

SEED = 42


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument(
        "--data-dir", type=Path, help="the unpacked Debian package festvox-ru; else it is fetched"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "pretrain.yaml"
        path.write_text(yaml.safe_dump(_config(options, folder)), encoding="utf-8")
        training = prepare(load_config(path), SEED)
        fit(training)
    encoder: Any = training.module.network.get_submodule("encoder.model")
    encoder.save_pretrained(options.out)
    head = training.module.network.get_submodule("head").state_dict()
    save_file({name: weight.detach() for name, weight in head.items()}, options.out / TRAINED_HEAD)
    per = float(training.engine.callback_metrics["val_per"])
    print(f"validation PER {per:.2%}; saved as {options.out}")


def _config(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    weights = random_weights(folder, len(Vocabulary.from_file(VOCABULARY)), SEED)
    data_dir = options.data_dir and str(options.data_dir)
    return {
        "model": {
            "vocab_file": VOCABULARY,
            "network_name": "Wav2Vec2",
            "pretrained_name": str(weights),
            "freeze_feature_extractor": False,
            "freeze_transformer": False,
            "lr": 1e-3,
            "scheduler": "warmup_cosine",
            "warmup_steps": 100,
            "frame_loss": 1.0,
        },
        "data": {
            "num_workers": 0,
            "batch_size": 4,
            "dataset_classes": [
                {
                    "class_path": "dataset_modules.festvox_ru.FestvoxRuDataset",
                    "init_args": {"data_dir": data_dir, "cache_dir": str(folder / "cache")},
                }
            ],
        },
        "decoding": {"method": "greedy"},
        "trainer": {
            "max_epochs": options.epochs,
            "limit_train_batches": options.share,
            "check_val_every_n_epoch": options.epochs,
            "gradient_clip_val": 1.0,
            "num_sanity_val_steps": 0,
            "enable_checkpointing": False,
            "default_root_dir": str(folder),
        },
    }


if __name__ == "__main__":
    main()
