"""``CompactCTC``: a small network of our own, trained from scratch on a CPU in minutes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from phoneme_recognition.models.networks import CTCOutput

HOP = 160


class CompactCTC(nn.Module):
    """Temporary: dense convolutions over log-mel, 25 frames/s."""

    def __init__(self, vocabulary_size: int, sampling_rate: int, *, channels: int = 224, layers: int = 7) -> None:
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.sampling_rate = sampling_rate
        m = lambda f: 2595 * math.log10(1 + f / 700)
        hz = 700 * (10 ** (torch.linspace(m(20.0), m(8000.0), 82, dtype=torch.float64) / 2595) - 1)
        fr = torch.linspace(0, 8000, 257, dtype=torch.float64)
        up = (fr[:, None] - hz[None, :-2]) / (hz[1:-1] - hz[:-2])
        dn = (hz[None, 2:] - fr[:, None]) / (hz[2:] - hz[1:-1])
        self.register_buffer("mel", torch.minimum(up, dn).clamp_min(0).float(), persistent=False)
        self.stem = nn.ModuleList([nn.Conv1d(80, channels, 5, 2, 2), nn.Conv1d(channels, channels, 5, 2, 2)])
        self.convs = nn.ModuleList([nn.Conv1d(channels, channels, 5, 1, 2) for _ in range(layers)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(channels) for _ in range(layers + 2)])
        self.head = nn.Linear(channels, vocabulary_size)
        self.arguments = {"channels": channels, "layers": layers}

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        frames = lengths // HOP + 1
        for _ in range(2):
            frames = (frames + 1) // 2
        return frames

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        n = lengths // HOP + 1
        s = torch.stft(waveforms, 512, HOP, 400, torch.hann_window(400), pad_mode="constant", return_complex=True)
        x = torch.log((s.real**2 + s.imag**2).transpose(1, 2) @ self.mel + 1e-6).transpose(1, 2)
        def mask(n, T):
            return (torch.arange(T)[None] < n[:, None])[:, None].float()
        k = mask(n, x.shape[2])
        mu = (x * k).sum(2, keepdim=True) / n[:, None, None]
        sd = (((x - mu) * k) ** 2).sum(2, keepdim=True).div(n[:, None, None]).sqrt()
        x = (x - mu) / (sd + 1e-3) * k
        for conv, norm in zip(self.stem, self.norms):
            x = nn.functional.silu(norm(conv(x)))
            n = (n + 1) // 2
            k = mask(n, x.shape[2])
            x = x * k
        for conv, norm in zip(self.convs, self.norms[2:]):
            x = (x + nn.functional.silu(norm(conv(x)))) * k
        return CTCOutput(self.head(x.transpose(1, 2)), n)
