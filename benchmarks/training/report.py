"""What a training benchmark found: a table, a sentence on the target, a picture."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Report = dict[str, Any]

NAMES = {"A": "transformers.Trainer", "B": "this project"}
# What faster means: a larger speed, a smaller time.
ROWS = (
    ("before: data, s", "data_seconds", "{:.2f}", False),
    ("first epoch with all before it, s", "first_epoch", "{:.2f}", True),
    ("each later epoch, s", "later_epoch", "{:.3f}", True),
    ("all epochs, s", "whole", "{:.2f}", True),
    ("later epochs, audio-s/s", "later_speed", "{:.1f}", False),
    ("peak memory of the process, MB", "peak_mb", "{:.0f}", False),
    ("steps", "steps", "{:.0f}", False),
    ("training loss afterwards", "train_loss", "{:.4f}", False),
    ("held-out loss afterwards", "test_loss", "{:.4f}", False),
    ("held-out PER afterwards, %", "per", "{:.2%}", False),
)


def show(report: Report, target: float | None) -> None:
    """Print the table, the distance from the floor, and how well the two agree."""
    console = Console()
    sides = report["summary"]
    table = Table(
        title=f"{report['case']}, {report['model']}: {report['epochs']} epochs of {report['utterances']} "
        f"utterances, {report['seconds'] / 60:.1f} min, batches of {report['batch_size']}"
    )
    for title in ("", *(NAMES[side] for side in sides), "ratio"):
        table.add_column(title, justify="right" if title else "left")
    for title, name, form, ratio in ROWS:
        values = [form.format(figures[name]) for figures in sides.values()]
        both = ratio and len(sides) == 2
        table.add_row(title, *values, f"{sides['A'][name] / sides['B'][name]:.2f}" if both else "")
    console.print(table)
    _show_floor(console, report)
    for side, run in report["runs"][0].items():
        equal, padded = run["first_losses"]
        console.print(f"first batch, {NAMES[side]}: loss {equal:.5f} at one length, {padded:.5f} padded")
    _show_steps(console, [run["step_losses"] for run in report["runs"][0].values()])
    if target is not None:
        for side, run in report["runs"][0].items():
            reached = time_to(run["curve"], run["epoch_seconds"], target)
            said = "not reached" if reached is None else f"{reached:.1f} s of training"
            console.print(f"PER of {target:.0%}, {NAMES[side]}: {said}")


def _show_steps(console: Console, sides: list[list[float]]) -> None:
    """How far the losses of the single steps are apart, where both sides had the same batches."""
    if len(sides) < 2 or not all(sides):
        return
    apart = [abs(one - other) / one for one, other in zip(*sides, strict=True)]
    for share in (0.001, 0.01):
        steps = next((number for number, one in enumerate(apart) if one > share), len(apart))
        console.print(f"losses of the steps: the first {steps} of {len(apart)} agree within {share:.1%}")


def _show_floor(console: Console, report: Report) -> None:
    machine = report["machine"]
    console.print(
        f"machine: {machine['operations'] / 1e9:.0f} GF/s in a matrix product, "
        f"{machine['bandwidth'] / 1e9:.1f} GB/s"
    )
    for name, floor in report["floors"].items():
        shares = "; ".join(
            f"{NAMES[side]} {figures['later_epoch'] / floor['seconds']:.1f} x" if floor["seconds"] else ""
            for side, figures in report["summary"].items()
        )
        console.print(
            f"floor, {name}: {floor['operations'] / 1e9:.0f} GF, {floor['bytes'] / 1e9:.2f} GB, "
            f"{floor['seconds']:.3f} s an epoch; a later epoch takes {shares}"
        )


def time_to(curve: list[float | None], seconds: list[float], target: float) -> float | None:
    """Seconds of training until the error rate was first at the target or below; None: never."""
    for rate, total in zip(curve, accumulate(seconds), strict=True):
        if rate is not None and rate <= target:
            return total
    return None


def draw(report: Report, path: Path) -> None:
    """Bars: audio-seconds a second, of the first epoch and of the later ones."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    sides = report["summary"]
    titles = {"first_speed": "first epoch, all before it included", "later_speed": "each later epoch"}
    height = 0.38
    for number, (side, figures) in enumerate(sides.items()):
        places = [row + (0.5 - number) * height for row in (1, 0)]
        colour = {"A": "#9aa5b1", "B": "#1f6f8b"}[side]
        bars = axes.barh(places, [figures[name] for name in titles], height, label=NAMES[side], color=colour)
        axes.bar_label(bars, fmt="{:,.0f}", padding=3)
    axes.set_yticks([1, 0], list(titles.values()))
    axes.set_xlabel("seconds of speech a second")
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    axes.set_title(f"{report['case']}, {report['model']}", loc="left", fontsize=11)
    figure.savefig(path, dpi=150)
