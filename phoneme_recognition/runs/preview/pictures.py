"""Pictures of sound: waveform and spectrogram before and after an augmentation, with the phones."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from phoneme_recognition.audio.spectrogram import Spectrogram, spectrogram
from phoneme_recognition.runs.preview.sounds import Example, Sound

_RANGE = 70  # dB from black to white
_STEP = 25  # dB of change that is drawn in full colour
_WIDTH = 14.0  # inches
# matplotlib brings DejaVu Sans along, which has all of the IPA.
_FONT = {"family": "DejaVu Sans"}


def draw_change(example: Example, sound: Sound, path: Path) -> None:
    """Draw a recording before and after: two waveforms, two spectrograms, their difference, the phones.

    Both waveforms share their scale, both spectrograms theirs.

    Args:
        example: the recording before.
        sound: the recording after.
        path: the PNG file to write.
    """
    same = len(sound.samples) == len(example.samples)
    rows = [1.0, 1.0, 2.0, 2.0] + [2.0] * same + [0.45] * bool(example.segments)
    figure = Figure(figsize=(_WIDTH, 1.6 + 1.1 * sum(rows)), layout="constrained")
    axes = figure.subplots(len(rows), 1, sharex=True, height_ratios=rows)
    figure.suptitle(_caption(sound), fontsize=12, **_FONT)
    duration = max(len(example.samples), len(sound.samples)) / example.sampling_rate
    _draw_waveforms(axes[:2], example, sound)
    before, after = (spectrogram(one, example.sampling_rate) for one in (example.samples, sound.samples))
    loudest = max(before.levels.max(), after.levels.max())
    for axis, levels, title in zip(axes[2:4], (before, after), ("before", "after"), strict=True):
        image = _draw_levels(axis, levels, (loudest - _RANGE, loudest), "Greys")
        axis.set_ylabel(f"{title}\nkHz")
    figure.colorbar(image, ax=list(axes[2:4]), label="dB (0: a sine of full scale)", pad=0.01, aspect=40)
    if same:
        change = _difference(before, after, loudest - _RANGE)
        image = _draw_levels(axes[4], change, (-_STEP, _STEP), "RdBu_r")
        axes[4].set_ylabel("after − before\nkHz")
        figure.colorbar(image, ax=axes[4], label="change, dB", pad=0.01, aspect=20)
    if example.segments:
        _draw_phones(axes, example, same)
    axes[0].set_xlim(0, duration)
    axes[-1].set_xlabel("s")
    _save(figure, path)


def draw_overview(example: Example, sounds: Sequence[Sound], path: Path) -> None:
    """Draw all spectrograms below each other, on one scale.

    Args:
        example: the recording before, in the first row.
        sounds: one row each.
        path: the PNG file to write.
    """
    titles = ["before", *(_wrap(f"{sound.title}: {sound.drawn}".removesuffix(": "), 170) for sound in sounds)]
    everything = [example.samples, *(sound.samples for sound in sounds)]
    figure = Figure(figsize=(_WIDTH, 0.5 + 1.25 * len(everything)), layout="constrained")
    axes = figure.subplots(len(everything), 1, sharex=True)
    levels = [spectrogram(samples, example.sampling_rate) for samples in everything]
    loudest = max(one.levels.max() for one in levels)
    for axis, title, one in zip(axes, titles, levels, strict=True):
        image = _draw_levels(axis, one, (loudest - _RANGE, loudest), "Greys")
        axis.set_ylabel("kHz")
        axis.set_title(title, loc="left", fontsize=8, **_FONT)
    figure.colorbar(image, ax=list(axes), label="dB (0: a sine of full scale)", pad=0.01, aspect=80)
    axes[-1].set_xlim(0, max(map(len, everything)) / example.sampling_rate)
    axes[-1].set_xlabel("s")
    _save(figure, path)


def _draw_waveforms(axes: Sequence[Axes], example: Example, sound: Sound) -> None:
    peak = 1.05 * max(float(np.abs(samples).max()) for samples in (example.samples, sound.samples))
    pairs = ((example.samples, "before", "0.35"), (sound.samples, "after", "tab:blue"))
    for axis, (samples, title, colour) in zip(axes, pairs, strict=True):
        axis.plot(np.arange(len(samples)) / example.sampling_rate, samples, color=colour, linewidth=0.5)
        axis.set(ylabel=title, ylim=(-peak, peak))
        axis.grid(alpha=0.3)


def _draw_levels(axis: Axes, found: Spectrogram, limits: tuple[float, float], colours: str) -> Any:
    edges = (found.times[0], found.times[-1], 0.0, found.frequencies[-1] / 1000)
    return axis.imshow(
        found.levels,
        origin="lower",
        aspect="auto",
        extent=edges,
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        interpolation="bilinear",
    )


def _difference(before: Spectrogram, after: Spectrogram, quietest: float) -> Spectrogram:
    """What changed, of what can be seen: below the quietest level that is drawn there is no change."""
    change = np.maximum(after.levels, quietest) - np.maximum(before.levels, quietest)
    return Spectrogram(before.times, before.frequencies, change)


def _draw_phones(axes: NDArray[Any], example: Example, same: bool) -> None:
    """The phones in a tier at the bottom, and their limits through the spectrograms of that timing."""
    tier = axes[-1]
    tier.set(yticks=[], ylim=(0, 1), ylabel="phones")
    shown = [segment for segment in example.segments if segment.start < example.duration]
    edges = [segment.end for segment in shown]
    tier.vlines(edges, 0, 1, color="0.5", linewidth=0.6)
    for axis in axes[2:-1] if same else axes[2:3]:
        axis.vlines(edges, *axis.get_ylim(), color="tab:orange", linewidth=0.5, alpha=0.6)
    for number, segment in enumerate(shown):
        middle = (segment.start + min(segment.end, example.duration)) / 2
        # Neighbours stand at different heights, so that short ones can be read.
        text = tier.text(
            middle, 0.72 - 0.44 * (number % 2), segment.phoneme, ha="center", va="center", **_FONT
        )
        text.set_in_layout(False)


def _caption(sound: Sound) -> str:
    lines = [sound.title]
    lines += [_wrap(f"configured: {sound.settings}", 150)] if sound.settings else []
    lines += [_wrap(f"drawn: {sound.drawn}", 150)] if sound.drawn else []
    return "\n".join(lines)


def _wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width))


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_png(path)
