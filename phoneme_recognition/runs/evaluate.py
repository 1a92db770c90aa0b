"""The modes ``val`` and ``test``: a checkpoint, measured on one split."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phoneme_recognition.config import Config
from phoneme_recognition.data.datamodule import SpeechDataModule
from phoneme_recognition.errors import UserError
from phoneme_recognition.files import write_text, written_whole
from phoneme_recognition.metrics.error_rates import edit_counts, phoneme_tokens
from phoneme_recognition.models.checkpoint import (
    read_checkpoint,
    rebuild,
    rebuild_decoder,
    stored_inventory,
)
from phoneme_recognition.models.freezing import freeze
from phoneme_recognition.models.module import PhonemeRecogniser
from phoneme_recognition.models.networks import EncoderCTC
from phoneme_recognition.processes import gathered, is_first_process, one_a_machine
from phoneme_recognition.runs.build import build_datamodule, build_labels, decoding_of
from phoneme_recognition.runs.engine import (
    at_least_one_batch,
    measuring_engine,
)
from phoneme_recognition.runs.frozen.constant_part import use_constant_part
from phoneme_recognition.runs.machine import refuse_what_the_machine_lacks
from phoneme_recognition.runs.measurement import Measurement, Part
from phoneme_recognition.runs.report import show_measurements
from phoneme_recognition.runs.seeding import settle_seed

logger = logging.getLogger(__name__)


def evaluate(config: Config, split: Part) -> dict[str, Any]:
    """Measure ``ckpt_path`` on a split, print the table, save the figures beside the checkpoint.

    Network, vocabulary, audio parameters and language model come from the checkpoint; the config says which
    data, how it is batched, and how it is decoded.

    Raises:
        UserError: there is no ``ckpt_path``, or it or the data cannot be used.
    """
    if config.ckpt_path is None:
        raise UserError(
            f"{split} needs a checkpoint", remedy=f"Add ckpt_path=... to ./run.sh {split} CONFIG."
        )
    refuse_what_the_machine_lacks(config.trainer)
    checkpoint = Path(config.ckpt_path)
    config, seed = settle_seed(config)
    loaded = read_checkpoint(checkpoint)
    network, vocabulary, audio_params = rebuild(loaded)
    decoder = rebuild_decoder(loaded, decoding_of(config))
    # References are made of the same phonemes as the labels that the model learnt from.
    labels = build_labels(config, vocabulary, stored=stored_inventory(loaded))
    datamodule = build_datamodule(config, network, labels, audio_params, seed=seed, splits=(split,))
    one_a_machine(datamodule.prepare_data)
    if isinstance(network, EncoderCTC):
        model = config.model
        freeze(
            network,
            feature_extractor=model.freeze_feature_extractor,
            transformer=model.freeze_transformer,
        )
    use_constant_part(network, datamodule, config)
    module = PhonemeRecogniser(network, vocabulary, audio_params=audio_params, decoder=decoder)
    measured = measure(module, datamodule, split, config.trainer, checkpoint.parent)
    if is_first_process():
        folder = save_measurement(measured, checkpoint)
        show_measurements([measured])
        logger.info("every utterance with its errors: %s", folder / "utterances.tsv")
    return {
        "mode": split,
        "run_dir": str(checkpoint.parent),
        "checkpoint": str(checkpoint),
    } | measured.figures()


def measure(
    module: PhonemeRecogniser,
    datamodule: SpeechDataModule,
    split: Part,
    section: Mapping[str, Any],
    folder: Path,
) -> Measurement:
    """Run the module over one split, as training does, and collect what came out."""
    engine = measuring_engine(section, folder)
    at_least_one_batch(engine, datamodule, [split])
    transcripts: list[tuple[str, list[str], list[str]]] = []
    module.transcripts = transcripts
    run = engine.validate if split == "val" else engine.test
    (logged,) = run(module, datamodule=datamodule, verbose=False)
    module.transcripts = None
    rates = {
        name.partition("_")[2]: counts.rate
        for name, counts in module.counts.items()
        if name.startswith(split)
    }
    counts = module.counts[f"{split}_per"]
    transcripts = sorted(gathered(transcripts))
    return Measurement(
        split, len(transcripts), logged[f"{split}_loss"], rates, counts, str(module.decoder), transcripts
    )


def save_measurement(measured: Measurement, checkpoint: Path) -> Path:
    """Write ``metrics.json`` and ``utterances.tsv`` into a folder beside the checkpoint, named after it."""
    folder = checkpoint.parent / f"{measured.split}_{checkpoint.stem}"
    folder.mkdir(exist_ok=True)
    figures = {"checkpoint": str(checkpoint)} | measured.figures()
    write_text(folder / "metrics.json", json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    with (
        written_whole(folder / "utterances.tsv") as partial,
        partial.open("w", encoding="utf-8", newline="") as file,
    ):
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(
            ["utterance", "per", "substitutions", "insertions", "deletions", "reference", "hypothesis"]
        )
        for name, reference, hypothesis in measured.transcripts:
            counts = edit_counts(phoneme_tokens(reference), phoneme_tokens(hypothesis))
            edits = (counts.substitutions, counts.insertions, counts.deletions)
            table.writerow([name, f"{counts.rate:.4f}", *edits, " ".join(reference), " ".join(hypothesis)])
    return folder
