"""Windows of long recordings: their frames are those of the whole, and their borders lie in pauses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_checkpoint import VOCABULARY, small_network
from torch import Tensor, nn

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.inference.hearing import Ear
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.windows import LONGEST, Grid, cut, grid_of
from phoneme_recognition.models.encoders.padding import valid_frames
from phoneme_recognition.models.networks import build_network
from phoneme_recognition.models.output import CTCOutput

RATE = 16000
# Small networks whose frames lie unlike each other: 640, 320, 640 and 320 samples apart; two in 640 for SEW.
SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
FRONT = {"conv_dim": [8] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}
WHISPER = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
}
NETWORKS: dict[str, tuple[dict[str, Any], Grid]] = {
    "CompactCTC": ({"channels": 16, "layers": 2, "stem_channels": 16}, Grid(640, 1, 480000)),
    "Wav2Vec2": ({**SMALL, **FRONT}, Grid(320, 1, 480000)),
    "Wav2Vec2-BERT": (SMALL, Grid(320, 1, 480000)),
    "SEW": ({**SMALL, "conv_dim": [8] * 13, "squeeze_factor": 2}, Grid(640, 2, 480000)),
    "Whisper": ({**WHISPER, "max_source_positions": 1500}, Grid(320, 1, 480000)),
    "Whisper of 10 s": ({**WHISPER, "max_source_positions": 500}, Grid(320, 1, 160000)),
}


@pytest.fixture(scope="module")
def speech(clips: Path) -> NDArray[np.float32]:
    """Seventy seconds: the twelve sentences and some of them again."""
    sentences = [read_audio(path, RATE) for path in sorted(clips.glob("*.flac"))]
    return np.concatenate([*sentences, *sentences[:4]])[: 70 * RATE - 77]


def made(name: str) -> nn.Module:
    torch.manual_seed(3)
    fields, _ = NETWORKS[name]
    return build_network(
        network_name=name.split(" of ")[0],
        pretrained_name=None,
        network_config=fields,
        vocabulary_size=7,
        blank_id=0,
        sampling_rate=RATE,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    ).eval()


def ear_of(network: nn.Module, *, normalise: bool = False) -> Ear:
    return Ear(
        network,
        Decoder(Decoding(), blank_id=0),
        device=torch.device("cpu"),
        sampling_rate=RATE,
        normalise=normalise,
        padding_value=0.0,
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_the_grid_is_the_networks(name: str) -> None:
    assert grid_of(made(name), RATE) == NETWORKS[name][1]


@pytest.mark.parametrize("name", NETWORKS)
def test_windows_keep_every_frame_once_and_the_network_gives_them(
    name: str, speech: NDArray[np.float32]
) -> None:
    network = made(name)
    ear, sound = ear_of(network), Sound(speech)
    windows = ear.windows(sound)
    assert windows[0].start == 0
    assert windows[-1].stop == len(speech)
    assert all(window.stop - window.start <= NETWORKS[name][1].longest for window in windows)
    assert all(window.start % NETWORKS[name][1].samples == 0 for window in windows)
    frames = network.frame_lengths(torch.tensor([len(speech)])).item()  # type: ignore[operator]
    assert sum(window.keep for window in windows) == frames
    for window in windows:
        logits, lengths = ear.logits([ear.excerpt(sound, window)])
        assert logits.shape[1] >= lengths.item() == window.keep


def spliced(ear: Ear, sound: Sound) -> tuple[Tensor, int]:
    """The frames of all windows in a row, heard in one batch, and how many windows there were."""
    windows = ear.windows(sound)
    logits, lengths = ear.logits([ear.excerpt(sound, window) for window in windows])
    return torch.cat([row[:length] for row, length in zip(logits, lengths, strict=True)]), len(windows)


def _without_statistics(mel: Tensor, frames: Tensor) -> Tensor:
    return mel * valid_frames(frames, mel.shape[1])[:, :, None] / 5


def test_frames_of_windows_are_frames_of_the_whole(
    speech: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly, where a network looks no further than the context: CompactCTC, but for its mel statistics."""
    monkeypatch.setattr("phoneme_recognition.models.log_mel._normalise", _without_statistics)
    network = small_network(VOCABULARY)
    with torch.inference_mode():
        whole = network(torch.from_numpy(speech)[None], torch.tensor([len(speech)])).logits[0]
    frames, count = spliced(ear_of(network), Sound(speech))
    assert count == 3
    assert whole.std() > 0.05
    torch.testing.assert_close(frames, whole, atol=1e-4, rtol=1e-4)


class Hears(nn.Module):
    """One frame for every 320 samples: their sum, so that a frame can come from nowhere else."""

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        return lengths // 320

    def forward(self, waveforms: Tensor, lengths: Tensor) -> CTCOutput:
        whole = waveforms.shape[1] // 320
        sums = waveforms[:, : whole * 320].reshape(len(waveforms), whole, 320).sum(dim=2)
        logits = torch.stack([torch.zeros_like(sums), sums], dim=2)
        return CTCOutput(logits, self.frame_lengths(lengths), logits)


@pytest.mark.parametrize("seconds", [30.0, 30.01, 58.3, 300.0])
def test_whatever_the_length_each_frame_comes_once_and_in_order(seconds: float) -> None:
    drawn = np.random.default_rng(1).standard_normal(round(seconds * RATE)).astype(np.float32)
    frames, count = spliced(ear_of(Hears()), Sound(drawn))
    assert (count == 1) == (seconds <= LONGEST)
    expected = drawn[: len(drawn) // 320 * 320].reshape(-1, 320).sum(axis=1)
    np.testing.assert_allclose(frames[:, 1].numpy(), expected, atol=1e-3)


def test_borders_lie_in_the_pauses(speech: NDArray[np.float32]) -> None:
    noise = np.random.default_rng(2).standard_normal(len(speech)).astype(np.float32)
    noisy = np.clip(speech, -0.5, 0.5) + np.float32(0.3) * noise
    pauses = [(24.0, 24.5), (46.0, 46.5)]
    for begin, end in pauses:
        noisy[round(begin * RATE) : round(end * RATE)] = 0.0
    windows = ear_of(Hears()).windows(Sound(noisy))
    borders = np.cumsum([window.keep for window in windows])[:-1] * 320 / RATE
    assert len(borders) == 2
    for border, (begin, end) in zip(borders, pauses, strict=True):
        assert begin + 0.05 < border < end - 0.05


def test_silence_without_end_is_cut_too() -> None:
    windows = cut(Sound(np.zeros(100 * RATE, np.float32)), Grid(320, 1, 30 * RATE), 5000, RATE)
    assert sum(window.keep for window in windows) == 5000
    assert len(windows) <= 5


def test_the_whole_recording_decides_what_is_loud(speech: NDArray[np.float32]) -> None:
    sound = Sound(speech)
    both = np.concatenate([sound.normalised(0, 10 * RATE), sound.normalised(10 * RATE, len(speech))])
    np.testing.assert_allclose(both, (speech - speech.mean()) / speech.std(), atol=1e-4)
    integers = Sound(np.rint(speech * 32768).astype(np.int16))
    np.testing.assert_allclose(integers.normalised(0, 10 * RATE), sound.normalised(0, 10 * RATE), atol=1e-3)
