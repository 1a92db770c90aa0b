"""The sections of a config with every key of ours: type, default, meaning and bounds.

The parser, ``config/schema.json`` and the docs read them here. The keys of ``trainer`` are Lightning's own
(``trainer_keys``), those of a dataset, an augmentation or a callback stand in its class.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from phoneme_recognition.config.entries import ClassEntry, to_plain
from phoneme_recognition.config.rules import about, key
from phoneme_recognition.models import NETWORK_NAMES
from phoneme_recognition.phonemes.notations import NOTATIONS

# AdamW and SGD are those of torch.optim, Muon is our own.
OPTIMIZERS = {
    "AdamW": "torch.optim.AdamW",
    "SGD": "torch.optim.SGD",
    "Muon": "phoneme_recognition.models.muon.Muon",
}
SCHEDULERS = ("StepLR", "MultiStepLR", "ReduceLROnPlateau", "warmup_cosine", "warmup_linear")
DECODERS = ("greedy", "beam")
DISTRIBUTIONS = ("uniform", "loguniform", "int", "categorical", "discrete")
SAMPLERS = ("tpe", "random")
PRUNERS = ("median", "hyperband", "none")


@dataclass(frozen=True)
class AudioParams:
    """What sound looks like to the network; the meaning is that of Hugging Face's feature extractors."""

    sampling_rate: int = key(16000, "samples a second that the network hears", at_least=1)
    padding_value: float = key(0.0, "what fills short utterances up in a batch")
    feature_size: int = key(1, "channels of the input; recordings are mixed down to 1", at_least=1, at_most=1)
    return_attention_mask: bool = key(False, "tell the network which samples are padding")
    do_normalize: bool = key(True, "zero mean, unit variance for each utterance, over real samples only")


@dataclass(frozen=True)
class ExperimentSection:
    """The folder of a run, and what it takes over from an earlier one."""

    custom_folder_name: str | None = key(None, "name of the run's folder; null gives the dynamic name")
    only_weights_load: bool = key(
        False, "take only the weights from ckpt_path: fresh optimizer and loops, other shapes are skipped"
    )


@dataclass(frozen=True)
class ModelSection:
    """The network and how it learns."""

    vocab_file: str = key("dataset_modules/tokens/russian_phones.json", "JSON file phoneme → id")
    network_name: str = key("Wav2Vec2", "architecture family", choices=NETWORK_NAMES)
    pretrained_name: str | None = key(
        "jonatasgrosman/wav2vec2-large-xlsr-53-russian",
        "hub id or local folder in Hugging Face format; null with network_config trains from scratch",
    )
    network_config: dict[str, Any] = field(
        default_factory=dict, metadata=about("sizes of a network from scratch, changes to a pretrained one")
    )
    freeze_feature_extractor: bool = key(True, "the convolutional front end gets no updates")
    freeze_transformer: bool = key(True, "the transformer gets no updates")
    optimizer: str = key("AdamW", "AdamW or SGD of torch.optim, or Muon", choices=tuple(OPTIMIZERS))
    optimizer_args: dict[str, Any] = field(
        default_factory=dict, metadata=about("the optimizer's own arguments: weight_decay, betas, momentum")
    )
    lr: float | Literal["auto"] = key(0.0005, "learning rate; auto looks for one", above=0)
    head_lr: float | None = key(None, "learning rate of the head on a pretrained network; null: lr", above=0)
    scheduler: str | None = key(None, "how the learning rate changes; null keeps it", choices=SCHEDULERS)
    step_size: int = key(2, "StepLR: every so many epochs the rate is multiplied by gamma", at_least=1)
    gamma: float = key(0.1, "StepLR, MultiStepLR, ReduceLROnPlateau: factor of the rate", above=0, at_most=1)
    milestones: list[int] = field(
        default_factory=list, metadata=about("MultiStepLR: at these epochs", at_least=1)
    )
    metric_scheduler: str = key("val_loss", "ReduceLROnPlateau: the metric that should improve")
    metric_patience: int = key(10, "ReduceLROnPlateau: epochs without improvement", at_least=0)
    min_lr: float = key(1e-6, "ReduceLROnPlateau: the rate never falls below", at_least=0)
    frame_loss: float = key(
        0.0, "weight of a second loss: each frame's phone, where the corpus has phone times", at_least=0
    )
    warmup_steps: int = key(0, "warmup_cosine, warmup_linear: steps in which the rate rises", at_least=0)


@dataclass(frozen=True)
class DataSection:
    """Corpora, batches and augmentations. The keys of ``audio_params`` may stand here too (merged in)."""

    language: str = key("ru", "passed to the datasets and to the grapheme-to-phoneme step")
    num_workers: int | Literal["auto"] = key(8, "loader processes; auto fits the machine", at_least=0)
    batch_size: int | Literal["auto"] = key(
        4, "utterances a batch; auto takes what fits into the memory of a GPU", at_least=1
    )
    batch_seconds: float | None = key(None, "seconds of audio a batch; replaces batch_size", above=0)
    num_proc: int = key(2, "processes for preprocessing", at_least=1)
    create_dataset: bool = key(False, "true rebuilds the cache, false builds it only where none fits")
    frozen_cache: bool = key(
        True, "run what stays the same in every epoch (frozen parts) once, and keep its output on the disk"
    )
    frozen_cache_gb: float | None = key(
        None, "room for that output; null: half of the free disk; what is beyond is computed anew", above=0
    )
    frozen_views: int | None = key(
        None,
        "augmented variants of each recording that are kept so; null: a new one in every epoch",
        at_least=1,
    )
    max_skipped: float = key(0.1, "share of unusable recordings that stops the run", at_least=0, at_most=1)
    dataset_classes: list[ClassEntry] = field(
        default_factory=list, metadata=about("the corpora; all are concatenated per split")
    )
    augmentations: list[ClassEntry] = field(
        default_factory=list, metadata=about("applied to training audio only, in this order")
    )


@dataclass(frozen=True)
class PhonemesSection:
    """How labels become phonemes: text through a backend, phones from their notation."""

    g2p: str = key(
        "auto",
        "what turns text into phonemes: russian, lexicon, phonemes (the text already is), espeak, epitran, "
        "or the class path of your own; auto: russian where data.language is, else phonemes",
    )
    g2p_args: dict[str, Any] = field(
        default_factory=dict, metadata=about("arguments of that backend, e.g. file of a lexicon")
    )
    notation: str = key(
        "ipa", "how the corpora's own phones are written; they become IPA", choices=tuple(NOTATIONS)
    )
    keep_stress: bool = key(True, "ˈa and a are two phonemes; false makes them one")
    keep_reduction: bool = key(
        True, "Russian ə, ɐ, ɪ and ʊ are phonemes; false counts them as the full a, i and u"
    )


@dataclass(frozen=True)
class DecodingSection:
    """How the network's output becomes phonemes when it is measured and used."""

    method: str = key(
        "greedy",
        "greedy: the likeliest symbol of every frame; beam: the likeliest phonemes",
        choices=DECODERS,
    )
    beam_width: int = key(16, "beam: prefixes that are kept", at_least=1)
    lm_order: int = key(
        6, "phonemes in an n-gram of the language model that is counted on the labels; 0: none", at_least=0
    )
    lm_weight: float = key(0.5, "beam: how much the language model counts", at_least=0)
    lm_bonus: float = key(1.2, "beam with a language model: added for each phoneme")


@dataclass(frozen=True)
class SearchSpace:
    """What the search may try for one config path."""

    distribution: str = key("uniform", "how values are drawn", choices=DISTRIBUTIONS)
    low: float | int | None = key(None, "smallest value")
    high: float | int | None = key(None, "largest value")
    step: float | int | None = key(None, "distance between values (discrete, int)", above=0)
    log: bool = key(False, "int: small values are tried as often as large ones")
    choices: tuple[Any, ...] | None = key(None, "the values of a categorical distribution")


@dataclass(frozen=True)
class OptunaSection:
    """The search for better parameters."""

    tune: bool = key(False, "true runs the search from train, too")
    n_trials: int = key(20, "finished trials of the whole study, of all calls together", at_least=1)
    timeout: float | None = key(None, "seconds of one call after which no further trial begins", above=0)
    direction: str = key("minimize", "what is better", choices=("minimize", "maximize"))
    metric: str = key("val_loss", "the metric that is compared, e.g. val_cer")
    storage: str | None = key(
        None,
        "where the study is kept: a database URL (sqlite:///, mysql://, postgresql://) or a journal file; "
        "null: study.db in the study's folder",
    )
    study_name: str | None = key(
        None, "name of the study and of its folder; null makes one from custom_folder_name or the config"
    )
    sampler: str = key("tpe", "how values are proposed", choices=SAMPLERS)
    pruner: str = key("median", "how bad trials are found and stopped", choices=PRUNERS)
    prune_after_trials: int = key(5, "median: no trial is stopped before so many are complete", at_least=0)
    prune_after_validations: int = key(
        3, "no trial is stopped before so many of its own validations", at_least=0
    )
    search_spaces: dict[str, SearchSpace] = field(
        default_factory=dict, metadata=about("config path → distribution with low, high, step, choices")
    )


@dataclass(frozen=True)
class Config:
    """A whole config, checked; equal configs give equal runs."""

    seed_everything: int | None = key(
        42, "seed of every random draw; null draws one, prints and saves it", at_least=0, at_most=2**32 - 1
    )
    ckpt_path: str | None = key(
        None, "checkpoint to resume from: weights, optimizer, scheduler, loops and random state"
    )
    audio_params: AudioParams = field(default_factory=AudioParams)
    experiment: ExperimentSection = field(default_factory=ExperimentSection)
    model: ModelSection = field(default_factory=ModelSection)
    data: DataSection = field(default_factory=DataSection)
    phonemes: PhonemesSection = field(default_factory=PhonemesSection)
    decoding: DecodingSection = field(default_factory=DecodingSection)
    trainer: dict[str, Any] = field(
        default_factory=dict, metadata=about("arguments of lightning.pytorch.Trainer, passed through")
    )
    optuna: OptunaSection | None = field(
        default=None, metadata=about("the search for better parameters; null where there is none")
    )

    def resolved(self) -> dict[str, Any]:
        """The whole config as plain data, every default written out."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, ClassEntry) or not hasattr(value, "__dataclass_fields__"):
        if isinstance(value, dict):
            return {name: _plain(item) for name, item in value.items()}
        return to_plain(value)
    return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
