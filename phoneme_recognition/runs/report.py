"""What a person sees at the end of a run: a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from phoneme_recognition.files import written_whole
from phoneme_recognition.runs.measurement import Measurement

SPLIT_NAMES = {"val": "validation", "test": "test"}
# Rates beside the PER, by their names in a measurement.
_HEADS = {"greedy_per": "greedy PER %", "cer": "CER %", "wer": "WER %"}
CURVES_FILE = "curves.png"


def show_measurements(measurements: Sequence[Measurement]) -> None:
    """Print the error rates, in per cent, with the counts behind the PER, to standard error."""
    units = [unit for unit in _HEADS if all(unit in measured.rates for measured in measurements)]
    # As narrow as can be: a number that is cut off at the edge of a terminal is worse than none.
    table = Table(
        box=SIMPLE_HEAD,
        padding=0,
        show_edge=False,
        caption=f"S substituted, I inserted, D deleted phonemes\ndecoded: {measurements[0].decoding}",
        caption_justify="left",
    )
    table.add_column("split")
    rates = [_HEADS[unit] for unit in units]
    for name in ("PER %", "S", "I", "D", "phonemes", *rates, "loss", "utterances"):
        table.add_column(name, justify="right")
    for measured in measurements:
        counts = measured.counts
        table.add_row(
            SPLIT_NAMES[measured.split],
            f"[bold]{100 * counts.rate:.2f}[/bold]",
            *(str(number) for number in counts),
            *(f"{100 * measured.rates[unit]:.2f}" for unit in units),
            f"{measured.loss:.3f}",
            str(measured.utterances),
        )
    Console(stderr=True).print(table)


def draw_curves(history: Sequence[dict[str, float]], path: Path, *, best_epoch: int | None = None) -> None:
    """Draw loss and PER of every epoch as a PNG.

    Args:
        history: rows with ``epoch`` and any of ``train_loss``, ``val_loss``, ``train_per``, ``val_per``.
        path: where the picture goes.
        best_epoch: is marked, where given.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, (unit, title, factor) in zip(
        axes, [("loss", "CTC loss a phoneme", 1), ("per", "PER, %", 100)], strict=True
    ):
        for stage, label in (("train", "training"), ("val", "validation")):
            points = [
                (row["epoch"] + 1, factor * row[f"{stage}_{unit}"])
                for row in history
                if f"{stage}_{unit}" in row
            ]
            if points:
                axis.plot(*zip(*points, strict=True), marker=".", label=label)
        if best_epoch is not None:
            axis.axvline(best_epoch + 1, color="grey", linestyle=":", label="best checkpoint")
        axis.set(title=title, xlabel="epoch", ylim=(0, None))
        axis.grid(alpha=0.3)
        if axis.get_legend_handles_labels()[0]:
            axis.legend()
    with written_whole(path) as partial:
        FigureCanvasAgg(figure).print_png(partial)
