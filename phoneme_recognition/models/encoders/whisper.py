"""The encoder of Whisper (Radford et al., 2022), for utterances of any length up to its 30 s.

The original pads every recording to 30 s of silence. Here an utterance has only its own frames: log-mel
frames behind its end are zero before each of the two convolutions, as their own padding would be, positions
begin at 0, and attention does not see them. The output for an utterance does not depend on its batch, and is
that of `transformers` where it fills the 30 s; a shorter one differs in not attending to silence.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import dropout, gelu
from transformers import PreTrainedModel

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.encoders.base import SpeechEncoder, run_layers
from phoneme_recognition.models.encoders.convolutions import convolved
from phoneme_recognition.models.encoders.padding import attention_bias, valid_frames
from phoneme_recognition.models.log_mel import SAMPLING_RATE, WhisperLogMel

_FRAMES_A_SECOND = 50


class WhisperSpeechEncoder(SpeechEncoder):
    """The encoder of Whisper. Its front end is the two convolutions and the (fixed) positions."""

    front_end = frozenset({"conv1", "conv2", "embed_positions"})

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        longest = self.config.max_source_positions * SAMPLING_RATE // _FRAMES_A_SECOND
        self.log_mel = WhisperLogMel(self.config.num_mel_bins, longest)

    @property
    def output_size(self) -> int:
        """Channels of the encoder."""
        return int(self.config.d_model)

    @property
    def state_count(self) -> int:
        """The layers and what goes into the first."""
        return len(self.model.layers) + 1

    @property
    def minimum_samples(self) -> int:
        """A single sample gives a frame."""
        return 1

    @property
    def augments_early(self) -> bool:
        """Whether masks are drawn: they hide parts of the log-mel spectrogram."""
        return self._augment.is_active

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(B,) samples → (B,) frames of 20 ms."""
        return convolved(self.log_mel.frame_lengths(lengths), self.model.conv2)

    def extract(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None) -> tuple[Tensor, Tensor]:
        """Log-mel, SpecAugment on it, two convolutions, positions.

        Raises:
            NetworkError: an utterance is longer than the model has positions for.
        """
        mel, mel_lengths = self.log_mel(waveforms, lengths)
        mel = self._augment(mel, mel_lengths, seeds).to(self.model.conv1.weight.dtype)
        hidden = gelu(self.model.conv1(_silenced(mel, mel_lengths).transpose(1, 2)))
        hidden = gelu(self.model.conv2(_silenced(hidden.transpose(1, 2), mel_lengths).transpose(1, 2)))
        positions = self.model.embed_positions.weight
        if hidden.shape[2] > len(positions):
            seconds = hidden.shape[2] / _FRAMES_A_SECOND
            raise NetworkError(
                "Whisper: an utterance is too long",
                expected=f"at most {len(positions) / _FRAMES_A_SECOND:g} s ({len(positions)} positions)",
                got=f"{seconds:.2f} s",
                remedy="Leave such recordings out, cut them, or use another network_name.",
            )
        frames = convolved(mel_lengths, self.model.conv2)
        return hidden.transpose(1, 2) + positions[: hidden.shape[2]], frames

    def contextualise(
        self, features: Tensor, lengths: Tensor, seeds: Tensor | None, *, every_layer: bool
    ) -> list[Tensor]:
        """Transformer layers and the last normalisation."""
        hidden = dropout(features, p=self.model.dropout, training=self.model.layer_norm.training)
        mask = attention_bias(valid_frames(lengths.clamp(min=1), hidden.shape[1]), hidden.dtype)
        layerdrop = self.config.encoder_layerdrop
        states = run_layers(self.model.layers, hidden, mask, layerdrop=layerdrop, every_layer=every_layer)
        return [*states[:-1], self.model.layer_norm(states[-1])]

    def finish(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Nothing more to do."""
        return hidden, lengths


def _silenced(features: Tensor, lengths: Tensor) -> Tensor:
    return features.masked_fill(~valid_frames(lengths, features.shape[1]).unsqueeze(-1), 0.0)
