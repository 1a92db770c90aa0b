"""Log-mel features of a padded batch against the feature extractors of transformers, on real speech."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch
from torch import Tensor
from transformers.models.seamless_m4t import feature_extraction_seamless_m4t
from transformers.models.whisper import feature_extraction_whisper

from phoneme_recognition.models.log_mel import KaldiLogMel, WhisperLogMel

# Any: transformers leaves their constructors without types.
WhisperFeatureExtractor: Any = feature_extraction_whisper.WhisperFeatureExtractor
SeamlessM4TFeatureExtractor: Any = feature_extraction_seamless_m4t.SeamlessM4TFeatureExtractor
SPEECH = Path(__file__).parents[1] / "data" / "festvox_ru"
LENGTHS = (50_000, 41_337, 16_159, 20_000)


@pytest.fixture(scope="module")
def clips() -> list[Tensor]:
    files = sorted(SPEECH.glob("*.flac"))[: len(LENGTHS)]
    read = (torch.from_numpy(soundfile.read(file, dtype="float32")[0]) for file in files)
    return [clip[:length] for clip, length in zip(read, LENGTHS, strict=True)]


def padded(clips: list[Tensor]) -> tuple[Tensor, Tensor]:
    """A batch with noise where silence should be."""
    lengths = torch.tensor([len(clip) for clip in clips])
    waveforms = torch.randn(len(clips), int(lengths.max()) + 333)
    for row, clip in zip(waveforms, clips, strict=True):
        row[: len(clip)] = clip
    return waveforms, lengths


@pytest.mark.parametrize("channels", [80, 128])
def test_whisper_log_mel_is_that_of_transformers(clips: list[Tensor], channels: int) -> None:
    extractor = WhisperFeatureExtractor(feature_size=channels)
    features, lengths = WhisperLogMel(channels)(*padded(clips))
    for row, length, clip in zip(features, lengths.tolist(), clips, strict=True):
        reference = extractor(clip.numpy(), sampling_rate=16_000, return_tensors="pt").input_features[0].T
        assert length == -(-len(clip) // 160)
        torch.testing.assert_close(row[:length], reference[:length], atol=1e-5, rtol=0)
        assert not row[length:].any()


def test_whisper_log_mel_at_the_longest_length(clips: list[Tensor]) -> None:
    second = clips[0][:16_000]
    extractor = WhisperFeatureExtractor(chunk_length=1)
    reference = extractor(second.numpy(), sampling_rate=16_000, return_tensors="pt").input_features[0].T
    features, _ = WhisperLogMel(80, longest=16_000)(second[None], torch.tensor([16_000]))
    torch.testing.assert_close(features[0], reference, atol=1e-5, rtol=0)


def test_kaldi_log_mel_is_that_of_transformers(clips: list[Tensor]) -> None:
    extractor = SeamlessM4TFeatureExtractor()
    features, lengths = KaldiLogMel()(*padded(clips))
    for row, length, clip in zip(features, lengths.tolist(), clips, strict=True):
        reference = extractor(clip.numpy(), sampling_rate=16_000, return_tensors="pt")
        assert length == int(reference.attention_mask.sum())
        difference = (row[:length] - reference.input_features[0, :length]).abs()
        assert difference.max() < 5e-3  # single bins near silence, where float32 and float64 part
        assert difference.mean() < 1e-5


@pytest.mark.parametrize("front_end", [WhisperLogMel(80), KaldiLogMel()])
def test_frame_lengths_are_those_of_the_features(front_end: WhisperLogMel | KaldiLogMel) -> None:
    for length in (*range(560, 1300, 37), 720, 721, 1600):
        features, frames = front_end(torch.randn(1, length), torch.tensor([length]))
        assert features.shape[1] == int(frames) == int(front_end.frame_lengths(torch.tensor([length])))


def test_silence_and_short_clips_give_numbers() -> None:
    waveforms, lengths = torch.zeros(3, 3200), torch.tensor([3200, 1, 400])
    for front_end in (WhisperLogMel(80), KaldiLogMel()):
        features, frames = front_end(waveforms, lengths)
        assert features.isfinite().all()
        assert frames.min() >= 0


def test_nothing_of_it_is_saved_with_the_weights() -> None:
    assert not WhisperLogMel(80).state_dict()
    assert not KaldiLogMel().state_dict()
