"""The mode ``train``: from a config to a checkpoint, its error rates, and the command to use next."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer, seed_everything
from torch import nn

from phoneme_recognition.callbacks import LogMetricsCallback
from phoneme_recognition.callbacks.training_monitor import findings_of
from phoneme_recognition.config import Config, save_config
from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.data.datamodule import SpeechDataModule, Split
from phoneme_recognition.data.table import UtteranceTable
from phoneme_recognition.errors import CheckpointError
from phoneme_recognition.models.checkpoint import (
    load_matching_weights,
    network_weights,
    read_checkpoint,
    rebuild,
    rebuild_decoder,
)
from phoneme_recognition.models.freezing import freeze
from phoneme_recognition.models.module import PhonemeRecogniser
from phoneme_recognition.models.networks import build_network
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.processes import is_first_process, one_a_machine
from phoneme_recognition.runs.auto import Trial, settle_auto
from phoneme_recognition.runs.build import build_datamodule, build_decoder, build_labels, optimization_of
from phoneme_recognition.runs.check import report_before_training
from phoneme_recognition.runs.engine import (
    log_config,
    mistake_in_section,
    suit_limits,
    training_engine,
)
from phoneme_recognition.runs.evaluate import measure, save_measurement
from phoneme_recognition.runs.folder import make_run_folder
from phoneme_recognition.runs.frozen.constant_part import keep_constant_part, use_constant_part
from phoneme_recognition.runs.machine import refuse_what_the_machine_lacks
from phoneme_recognition.runs.measurement import Measurement, Part
from phoneme_recognition.runs.report import CURVES_FILE, draw_curves, show_measurements
from phoneme_recognition.runs.seeding import settle_seed
from phoneme_recognition.runs.vocabulary import find_vocabulary

# Of so many recordings one should have phone times, if any has.
ROWS_LOOKED_AT = 1000

logger = logging.getLogger(__name__)


def train(config: Config) -> dict[str, Any]:
    """Train with the config, then measure the best checkpoint on validation and test.

    Returns:
        The main figures: ``run_dir``, ``checkpoint``, ``val_per``, ``test_per``, the counts behind both, and
        the ``warnings`` that were given before and during the training.

    Raises:
        UserError: the config asks for what cannot be had.
    """
    config, seed = settle_seed(config)
    warnings = report_before_training(config) if is_first_process() else []
    training = prepare(config, seed)
    logger.info("training in %s", training.run_dir)
    fit(training)
    warnings += findings_of(training.engine)
    return _conclude(training) | {"warnings": [finding.to_dict() for finding in warnings]}


@dataclass(frozen=True)
class Training:
    """The objects of one training run.

    Attributes:
        config: what they were made from.
        engine: Lightning's Trainer.
        module: the network in training.
        datamodule: its recordings.
        run_dir: where everything is kept.
    """

    config: Config
    engine: Trainer
    module: PhonemeRecogniser
    datamodule: SpeechDataModule
    run_dir: Path


def prepare(
    config: Config,
    seed: int,
    *,
    splits: Sequence[Split] = ("train", "val", "test"),
    run_dir: Path | None = None,
) -> Training:
    """Build the cache, the network and the engine, and save the config in the run's folder.

    Args:
        config: what to train.
        seed: the settled seed; everything is seeded with it here, whatever was drawn before.
        splits: which splits are made ready.
        run_dir: the run's folder, which is there; a new one is made where none is given.

    Raises:
        UserError: the config asks for what cannot be had.
    """
    seed_everything(seed, workers=False, verbose=False)
    refuse_what_the_machine_lacks(config.trainer)
    vocabulary = find_vocabulary(config.model.vocab_file)
    audio_params = asdict(config.audio_params)
    network = _network(config, vocabulary)
    labels = build_labels(config, vocabulary)
    datamodule = build_datamodule(config, network, labels, audio_params, seed=seed, splits=splits)
    one_a_machine(datamodule.prepare_data)
    keep_constant_part(network, datamodule, config)
    config = settle_auto(Trial(config, network, vocabulary, datamodule, seed))
    if config.model.frame_loss and not _has_times(datamodule.table("train")):
        logger.warning("model.frame_loss has no effect: the training recordings have no phone times")
    run_dir = run_dir or make_run_folder(config)
    if is_first_process():
        save_config(config, run_dir / "config.yaml")
    module = PhonemeRecogniser(
        network,
        vocabulary,
        audio_params=audio_params,
        optimization=optimization_of(config),
        frame_weight=config.model.frame_loss,
        decoder=build_decoder(config, datamodule, vocabulary),
        inventory=labels.inventory,
        seed=seed,
    )
    engine = training_engine(config.trainer, run_dir)
    suit_limits(engine, datamodule)
    log_config(engine, config.resolved())
    return Training(config, engine, module, datamodule, run_dir)


def fit(training: Training) -> None:
    """Train; Ctrl-C leaves what was reached in ``last.ckpt`` and is passed on.

    Raises:
        KeyboardInterrupt: the training was interrupted.
    """
    config = training.config
    resumed = None if config.experiment.only_weights_load else config.ckpt_path
    try:
        training.engine.fit(
            training.module, datamodule=training.datamodule, ckpt_path=resumed, weights_only=True
        )
    except MisconfigurationException as error:
        raise mistake_in_section(error) from None
    except SystemExit:
        # So Lightning ends after Ctrl-C, when all is put away; what is kept is for the user to know.
        last = training.run_dir / "last.ckpt"
        if last.is_file():
            logger.info("go on with: ./run.sh train CONFIG ckpt_path=%s", last)
        raise KeyboardInterrupt from None


def _has_times(table: UtteranceTable) -> bool:
    return any(table[row].segments for row in range(min(len(table), ROWS_LOOKED_AT)))


def _network(config: Config, vocabulary: Vocabulary) -> nn.Module:
    """The network to train: rebuilt from the checkpoint to resume, or made as the config says."""
    model = config.model
    if config.ckpt_path is None or config.experiment.only_weights_load:
        network = build_network(
            network_name=model.network_name,
            pretrained_name=model.pretrained_name,
            network_config=model.network_config,
            vocabulary_size=len(vocabulary),
            blank_id=vocabulary.blank_id,
            sampling_rate=config.audio_params.sampling_rate,
            freeze_feature_extractor=model.freeze_feature_extractor,
            freeze_transformer=model.freeze_transformer,
        )
        if config.ckpt_path is not None:
            _take_weights(network, config.ckpt_path)
        return network
    network, known, _ = rebuild(read_checkpoint(config.ckpt_path))
    if known != vocabulary:
        raise CheckpointError(
            f"checkpoint {config.ckpt_path} was trained with another vocabulary than {model.vocab_file}",
            remedy="Resume with its own, or set experiment.only_weights_load=true to take only its weights.",
        )
    _freeze(network, model)
    return network


def _freeze(network: nn.Module, model: ModelSection) -> None:
    freeze(network, feature_extractor=model.freeze_feature_extractor, transformer=model.freeze_transformer)


def _take_weights(network: nn.Module, checkpoint: str) -> None:
    left = load_matching_weights(network, network_weights(read_checkpoint(checkpoint)))
    for line in left:
        logger.warning("weights not taken from %s: %s", checkpoint, line)


def _conclude(training: Training) -> dict[str, Any]:
    """Measure the best weights on both splits, draw the curves, say where everything is."""
    config, run_dir, datamodule = training.config, training.run_dir, training.datamodule
    engine, module = training.engine, training.module
    kept = engine.checkpoint_callback
    # A run that ended before its first validation (max_steps, max_time) has a last checkpoint alone.
    best = getattr(kept, "best_model_path", "") or getattr(kept, "last_model_path", "")
    checkpoint = Path(best) if best else None
    if checkpoint is not None:
        loaded = read_checkpoint(checkpoint)
        network, vocabulary, audio_params = rebuild(loaded)
        _freeze(network, config.model)
        use_constant_part(network, datamodule, config)
        decoder = rebuild_decoder(loaded)
        module = PhonemeRecogniser(network, vocabulary, audio_params=audio_params, decoder=decoder)
    splits: list[Part] = ["val", "test"] if len(datamodule.table("test")) else ["val"]
    if "test" not in splits:
        logger.info("the datasets have no test recordings: only the validation split is measured")
    measured = [measure(module, datamodule, split, config.trainer, run_dir) for split in splits]
    figures: dict[str, Any] = {"mode": "train", "run_dir": str(run_dir), "checkpoint": best or None}
    for measurement in measured:
        figures |= measurement.figures()
        figures |= _counts_of(measurement)
    if is_first_process():
        if checkpoint is not None:
            for measurement in measured:
                save_measurement(measurement, checkpoint)
        _draw(engine, run_dir)
        show_measurements(measured)
        _say_what_next(run_dir, checkpoint)
    return figures


def _counts_of(measurement: Measurement) -> dict[str, int]:
    """The counts under the split's name: ``val_substitutions`` beside the test split's ``substitutions``."""
    counts = measurement.counts
    return {
        f"{measurement.split}_phonemes": counts.reference_length,
        f"{measurement.split}_substitutions": counts.substitutions,
        f"{measurement.split}_insertions": counts.insertions,
        f"{measurement.split}_deletions": counts.deletions,
    }


def _draw(engine: Trainer, run_dir: Path) -> None:
    callbacks = engine.callbacks  # type: ignore[attr-defined]
    history = next(
        (callback.history for callback in callbacks if isinstance(callback, LogMetricsCallback)), []
    )
    if history:
        draw_curves(history, run_dir / CURVES_FILE)


def _say_what_next(run_dir: Path, checkpoint: Path | None) -> None:
    if checkpoint is None:
        logger.info("no checkpoint was kept (fast_dev_run, or checkpoints are switched off)")
        return
    logger.info("best checkpoint: %s", checkpoint)
    logger.info("loss and PER by epoch: %s", run_dir / CURVES_FILE)
    logger.info("use it: ./run.sh transcribe %s RECORDING.wav", checkpoint)
