"""Training, beside ``transformers.Trainer``: the same weights, the same recordings, the same work, in turns.

    pip install accelerate datasets    # what transformers.Trainer and its users want
    python -m benchmarks.training.compare --case frozen|front_end|unfrozen [--model wav2vec2|whisper]
        [--pretrained FOLDER] [--minutes M] [--epochs N] [--repeats R] [--json FILE] [--plot FILE]

A is ``transformers.Trainer`` (`peer`), B this project (`ours`). Each runs in a process of
its own, and they take turns epoch by epoch, so that whatever else the machine does hits both. Both begin with
the same weights and see the same sentences as often, in batches of as many utterances of like length, with
AdamW at the same constant rate, gradients clipped at 1, float32, and nothing random in the network (masks,
dropout, LayerDrop; ``--defaults`` leaves them as the model has them). Neither measures nor saves during an
epoch. Afterwards both are measured by the same scorer on the same held-out sentences.

In the case "unfrozen" the recordings are pieces of 3 to 18 s, evenly spread; else whole sentences.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import soundfile

from benchmarks.training.corpus import write_corpus
from benchmarks.training.floor import floors, measure_machine
from benchmarks.training.model import FREEZES, TRAINED_HEAD, fresh_head, random_weights
from benchmarks.training.report import draw, show
from benchmarks.training.turns import Job, Player
from phoneme_recognition.phonemes.vocabulary import Vocabulary

SIDES = {"A": "benchmarks.training.peer", "B": "benchmarks.training.ours"}
VOCABULARY = "dataset_modules/tokens/russian_phones.json"
RATES = {"frozen": 0.01, "front_end": 3e-4, "unfrozen": 3e-4}

Figures = dict[str, Any]


def main() -> None:
    """Run both, print the table, write what was asked for."""
    options = _options()
    work: Path = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    mixed = options.case == "unfrozen"
    data = write_corpus(work, options.data_dir, minutes=options.minutes, mixed=mixed, seed=options.seed)
    job = _job(options, data, work)
    report = describe(job, options, data)
    sides = ("B",) if options.only_ours else ("A", "B")
    runs = [play(replace(job, seed=options.seed + number), work, sides) for number in range(options.repeats)]
    report["runs"] = runs
    report["summary"] = {side: summary([run[side] for run in runs], report["seconds"]) for side in sides}
    show(report, options.target_per)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        draw(report, options.plot)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", choices=tuple(FREEZES), required=True)
    parser.add_argument("--model", choices=("wav2vec2", "whisper"), default="wav2vec2")
    parser.add_argument("--pretrained", type=Path, help="folder of both sides' weights; else random ones")
    parser.add_argument(
        "--trained-head", action="store_true", help="go on with the head that `pretrain` trained beside it"
    )
    parser.add_argument(
        "--data-dir", type=Path, help="the unpacked Debian package festvox-ru; else it is fetched"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("data/benchmarks"), help="recordings and weights stay there"
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of training speech")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=1, help="whole runs, each with another seed")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--lr", type=float, help="else one that suits the case")
    parser.add_argument("--workers", type=int, default=0, help="loader processes of both")
    parser.add_argument(
        "--peer-optimizer", choices=("adamw_torch", "adamw_torch_fused"), default="adamw_torch_fused"
    )
    parser.add_argument("--peer-mask", action="store_true", help="tell the peer's Wav2Vec2 what is padding")
    parser.add_argument(
        "--same-batches",
        action="store_true",
        help="give the peer the batches that we draw, so that whatever differs afterwards is no accident",
    )
    parser.add_argument("--defaults", action="store_true", help="keep masks, dropout and LayerDrop")
    parser.add_argument(
        "--target-per", type=float, help="measure every epoch: when is this rate (0 … 1) reached?"
    )
    parser.add_argument("--only-ours", action="store_true", help="leave out the peer")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    return parser.parse_args()


def _job(options: argparse.Namespace, data: Path, work: Path) -> Job:
    symbols = len(Vocabulary.from_file(VOCABULARY))
    pretrained = options.pretrained or random_weights(work, symbols, options.seed)
    head = fresh_head(work, pretrained, symbols, options.seed)
    return Job(
        case=options.case,
        model=options.model,
        pretrained=str(pretrained),
        head=str(pretrained / TRAINED_HEAD if options.trained_head else head),
        data=str(data),
        work=str(work),
        vocab_file=VOCABULARY,
        epochs=options.epochs,
        batch_size=options.batch_size,
        lr=options.lr or RATES[options.case],
        workers=options.workers,
        seed=options.seed,
        defaults=options.defaults,
        score_epochs=options.target_per is not None,
        optimizer=options.peer_optimizer,
        mask=options.peer_mask,
        same_batches=options.same_batches,
    )


def describe(job: Job, options: argparse.Namespace, data: Path) -> Figures:
    """What is compared, and what the machine could do at best."""
    symbols = len(Vocabulary.from_file(job.vocab_file))
    lengths = [soundfile.info(path).frames for path in sorted((data / "train").rglob("*.wav"))]
    machine = measure_machine()
    return {
        "case": job.case,
        "model": job.model,
        "pretrained": options.pretrained is not None,
        "epochs": job.epochs,
        "batch_size": job.batch_size,
        "lr": job.lr,
        "workers": job.workers,
        "same_batches": job.same_batches,
        "trained_head": options.trained_head,
        "defaults": job.defaults,
        "utterances": len(lengths),
        "seconds": sum(lengths) / 16_000,
        "machine": {"operations": machine.operations, "bandwidth": machine.bandwidth},
        "floors": floors(
            machine, job.pretrained, job.case, lengths, batch_size=job.batch_size, symbols=symbols
        ),
    }


def play(job: Job, work: Path, sides: tuple[str, ...]) -> dict[str, Figures]:
    """One run of each side, in turns; who begins changes from turn to turn.

    A turn's figures are those that the process gave with its end: the first turn is the preparation of the
    data, each other an epoch.
    """
    with tempfile.TemporaryDirectory(dir=work) as folder:
        players = {}
        for side in sides:
            own = Path(folder) / side
            own.mkdir()
            log = work / f"{side}.log"
            players[side] = Player(SIDES[side], replace(job, work=str(own)), log)
        turns: dict[str, list[Figures]] = {side: [] for side in sides}
        for number in range(job.epochs + 1):
            for side in sides if number % 2 else sides[::-1]:
                turns[side].append(players[side].turn())
        for player in players.values():
            player.end()
    return {side: _figures(answers) for side, answers in turns.items()}


def _figures(answers: list[Figures]) -> Figures:
    epochs, last = [answer["seconds"] for answer in answers[1:]], answers[-1]
    return {
        "data_seconds": answers[0]["seconds"],
        "first_losses": answers[0]["first_losses"],
        "epoch_seconds": epochs,
        "curve": [answer.get("per") for answer in answers[1:]],
        "peak_mb": last["peak_mb"],
    } | {name: last[name] for name in ("steps", "per", "test_loss", "train_loss", "step_losses")}


def summary(runs: list[Figures], seconds: float) -> Figures:
    """Medians over the runs: audio-seconds a second, and the accuracy afterwards.

    Args:
        runs: of one side.
        seconds: of audio in an epoch.
    """

    def median(name: str) -> float:
        return statistics.median(float(run[name]) for run in runs)

    later = [statistics.median(run["epoch_seconds"][1:] or run["epoch_seconds"]) for run in runs]
    whole = [sum(run["epoch_seconds"]) for run in runs]
    return {
        "data_seconds": median("data_seconds"),
        "first_epoch": statistics.median(run["epoch_seconds"][0] for run in runs),
        "later_epoch": statistics.median(later),
        "whole": statistics.median(whole),
        "first_speed": seconds / statistics.median(run["epoch_seconds"][0] for run in runs),
        "later_speed": seconds / statistics.median(later),
        "peak_mb": median("peak_mb"),
    } | {name: median(name) for name in ("steps", "per", "test_loss", "train_loss")}


if __name__ == "__main__":
    # Both sides get the cores that this command has.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
