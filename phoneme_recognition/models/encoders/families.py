"""The encoder families: ``network_name`` → what `transformers` calls it, and how it is run here."""

from __future__ import annotations

from typing import Any, NamedTuple

from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_MAPPING
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from phoneme_recognition.models.encoders.base import SpeechEncoder
from phoneme_recognition.models.encoders.sew import SEWEncoder
from phoneme_recognition.models.encoders.wav2vec2_bert import Wav2Vec2BertEncoder
from phoneme_recognition.models.encoders.waveform import WaveformEncoder
from phoneme_recognition.models.encoders.whisper import WhisperSpeechEncoder


class Family(NamedTuple):
    """One family of encoders.

    Attributes:
        model_type: its name in `transformers`.
        encoder: runs a model of this family.
        sampling_rate: the only rate its front end works at, or None where that is learned.
    """

    model_type: str
    encoder: type[SpeechEncoder]
    sampling_rate: int | None = None

    @property
    def config_class(self) -> type[PreTrainedConfig]:
        """The family's config in `transformers`."""
        config_class: type[PreTrainedConfig] = CONFIG_MAPPING[self.model_type]
        return config_class

    def random_model(self, config: PreTrainedConfig) -> PreTrainedModel:
        """The encoder of this config with random weights."""
        model_class: Any = (
            WhisperEncoder if self.model_type == "whisper" else MODEL_MAPPING[self.config_class]
        )
        model: PreTrainedModel = model_class(config)
        return model


FAMILIES = {
    "Wav2Vec2": Family("wav2vec2", WaveformEncoder),
    "HuBERT": Family("hubert", WaveformEncoder),
    "WavLM": Family("wavlm", WaveformEncoder),
    "Wav2Vec2-Conformer": Family("wav2vec2-conformer", WaveformEncoder),
    "Wav2Vec2-BERT": Family("wav2vec2-bert", Wav2Vec2BertEncoder, sampling_rate=16_000),
    "Data2VecAudio": Family("data2vec-audio", WaveformEncoder),
    "UniSpeechSat": Family("unispeech-sat", WaveformEncoder),
    "SEW": Family("sew", SEWEncoder),
    "Whisper": Family("whisper", WhisperSpeechEncoder, sampling_rate=16_000),
}


def network_name_of(model_type: str) -> str | None:
    """The ``network_name`` of what `transformers` calls so, or None."""
    return next((name for name, family in FAMILIES.items() if family.model_type == model_type), None)
