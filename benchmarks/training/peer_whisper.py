"""Whisper's encoder with a CTC head, as a user would write it for ``transformers.Trainer``.

``WhisperEncoder.forward`` takes 30 s and nothing else. Here its layers are called one after the other on the
frames that there are, which is several times faster, and a mask keeps attention from padding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss, gelu, log_softmax
from transformers import WhisperModel


class WhisperCTC(nn.Module):
    """The encoder of a Whisper model under a linear head.

    Args:
        folder: the model in Hugging Face format.
        fields: of its config, overridden.
        symbols: logits a frame.
        blank_id: id of the blank.
    """

    def __init__(self, folder: str, fields: dict[str, Any], symbols: int, blank_id: int) -> None:
        super().__init__()
        model: Any = WhisperModel.from_pretrained(
            folder, attn_implementation="sdpa", dtype=torch.float32, **fields
        )
        self.encoder = model.encoder
        self.head = nn.Linear(model.config.d_model, symbols)
        self.blank_id = blank_id

    def freeze(self, case: str) -> None:
        """Only the head learns (``frozen``), or all but the convolutions (``front_end``); never positions."""
        parts = {"frozen": [self.encoder], "front_end": [self.encoder.conv1, self.encoder.conv2]}
        for part in parts.get(case, []):
            part.requires_grad_(False)

    def forward(
        self, input_values: Tensor, labels: Tensor | None = None, lengths: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Logits, and the loss where labels are given.

        Args:
            input_values: (batch, frames, mels), silent behind each end.
            labels: (batch, phonemes), -100 behind each end.
            lengths: (batch,) frames.
        """
        encoder = self.encoder
        hidden = gelu(encoder.conv2(gelu(encoder.conv1(input_values.transpose(1, 2))))).transpose(1, 2)
        frames = hidden.shape[1]
        valid = torch.full((len(hidden),), frames) if lengths is None else (lengths + 1) // 2
        mask = None
        if lengths is not None and int(valid.min()) < frames:
            behind = torch.arange(frames) >= valid[:, None]
            mask = torch.zeros(behind.shape).masked_fill(behind, torch.finfo(hidden.dtype).min)[:, None, None]
        hidden = hidden + encoder.embed_positions.weight[:frames]
        for layer in encoder.layers:
            output = layer(hidden, mask)
            hidden = output[0] if isinstance(output, tuple) else output
        logits = self.head(encoder.layer_norm(hidden))
        if labels is None:
            return {"logits": logits}
        wanted = labels >= 0
        loss = ctc_loss(
            log_softmax(logits, dim=-1).transpose(0, 1),
            labels.masked_select(wanted),
            valid,
            wanted.sum(-1),
            blank=self.blank_id,
            reduction="mean",
            zero_infinity=True,
        )
        return {"loss": loss, "logits": logits}
