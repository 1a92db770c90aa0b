"""What a user of transformers would write: its recognition pipeline, with the weights of our checkpoint."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutomaticSpeechRecognitionPipeline,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.models.checkpoint import read_checkpoint, rebuild
from phoneme_recognition.models.networks import EncoderCTC

RATE = 16000
# Its tokenizer cuts symbols into characters, so that each phoneme is one character of the private use area.
_PRIVATE = 0xE000
_CHUNK, _STRIDE = 30.0, 5.0  # seconds, as its documentation has them for long recordings


class Pipeline:
    """The pipeline around a Wav2Vec2 checkpoint of ours.

    Args:
        checkpoint: of ``train``, network_name Wav2Vec2.

    Raises:
        SystemExit: it holds another network.
    """

    def __init__(self, checkpoint: str) -> None:
        network, self._vocabulary, _ = rebuild(read_checkpoint(checkpoint))
        if not isinstance(network, EncoderCTC) or network.encoder.config.model_type != "wav2vec2":
            raise SystemExit("the comparison needs a checkpoint whose network_name is Wav2Vec2")
        config = network.encoder.config
        config.vocab_size, config.pad_token_id = network.vocabulary_size, self._vocabulary.blank_id
        model = Wav2Vec2ForCTC(config).eval()
        model.wav2vec2.load_state_dict(network.encoder.model.state_dict())
        model.lm_head.load_state_dict(network.head.state_dict())
        extractor = Wav2Vec2FeatureExtractor(
            feature_size=1,
            sampling_rate=RATE,
            padding_value=0.0,
            do_normalize=True,
            # As its documentation advises for either kind of model.
            return_attention_mask=config.feat_extract_norm == "layer",
        )
        self._pipeline: Any = AutomaticSpeechRecognitionPipeline(
            model=model,
            feature_extractor=extractor,
            tokenizer=self._tokenizer(),
            device=torch.device("cpu"),
        )

    def short(self, files: Sequence[Path], batch_size: int) -> list[list[str]]:
        """Phonemes of recordings that are heard whole, in batches as they come."""
        return self._whole(_waveforms(files), batch_size)

    def files(self, files: Sequence[Path], batch_size: int) -> list[list[str]]:
        """The same as in the examples of its documentation: it reads them itself, which takes FFmpeg."""
        return self._whole((str(file) for file in files), batch_size)

    def long(self, file: Path, batch_size: int) -> list[str]:
        """Phonemes of a recording that is heard in chunks."""
        (found,) = self._pipeline(
            _waveforms([file]), batch_size=batch_size, chunk_length_s=_CHUNK, stride_length_s=_STRIDE
        )
        return self._phonemes(found["text"])

    def _whole(self, given: Iterator[Any], batch_size: int) -> list[list[str]]:
        return [self._phonemes(one["text"]) for one in self._pipeline(given, batch_size=batch_size)]

    def _tokenizer(self) -> Wav2Vec2CTCTokenizer:
        tokens = {chr(_PRIVATE + number): number for number in range(len(self._vocabulary))}
        pad = chr(_PRIVATE + self._vocabulary.blank_id)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "vocab.json")
            file.write_text(json.dumps(tokens), encoding="utf-8")
            return Wav2Vec2CTCTokenizer(str(file), pad_token=pad, bos_token=None, eos_token=None)

    def _phonemes(self, text: str) -> list[str]:
        return self._vocabulary.decode(ord(character) - _PRIVATE for character in text if character != " ")


def _waveforms(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Read in passing, as our side does."""
    for file in files:
        yield {"raw": read_audio(file, RATE), "sampling_rate": RATE}
