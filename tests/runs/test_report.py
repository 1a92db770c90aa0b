"""The table and the picture at the end of a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from phoneme_recognition.metrics.error_rates import EditCounts
from phoneme_recognition.runs.measurement import Measurement
from phoneme_recognition.runs.report import draw_curves, show_measurements

HISTORY = [
    {"epoch": 0, "train_loss": 3.0, "val_loss": 3.5, "train_per": 1.0, "val_per": 0.99},
    {"epoch": 1, "train_loss": 2.0, "val_loss": 2.9, "train_per": 0.7, "val_per": 0.8},
    {"epoch": 2, "train_loss": 1.0, "val_loss": 3.1, "train_per": 0.4, "val_per": 0.9},
]


def measured(split: Literal["val", "test"], counts: EditCounts, **rates: float) -> Measurement:
    return Measurement(split, 62, 0.12345, {"per": counts.rate, **rates}, counts, "greedily", [])


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of the customary width, without colours."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def lines(text: str) -> list[str]:
    """Head and body, one blank between the cells, without the two lines of explanation."""
    return [" ".join(line.split()) for line in text.splitlines() if re.search("[a-z]", line)][:-2]


def test_the_table_has_the_rates_and_the_counts_behind_them(capsys: pytest.CaptureFixture[str]) -> None:
    show_measurements(
        [
            measured("val", EditCounts(20, 3, 7, 1000), cer=0.0234, wer=0.5),
            measured("test", EditCounts(400, 50, 61, 3000), cer=0.12, wer=1.25),
        ]
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert err.rstrip().endswith("decoded: greedily")
    assert lines(err) == [
        "split PER % S I D phonemes CER % WER % loss utterances",
        "validation 3.00 20 3 7 1000 2.34 50.00 0.123 62",
        "test 17.03 400 50 61 3000 12.00 125.00 0.123 62",
    ]


def test_the_greedy_rate_stands_beside_the_one_that_was_helped(capsys: pytest.CaptureFixture[str]) -> None:
    show_measurements([measured("test", EditCounts(12, 0, 0, 100), greedy_per=0.145, cer=0.2)])
    assert lines(capsys.readouterr().err) == [
        "split PER % S I D phonemes greedy PER % CER % loss utterances",
        "test 12.00 12 0 0 100 14.50 20.00 0.123 62",
    ]


def test_a_rate_that_not_all_have_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    counts = EditCounts(1, 0, 0, 10)
    show_measurements([measured("val", counts, cer=0.1), measured("test", counts, cer=0.2, wer=0.3)])
    assert lines(capsys.readouterr().err) == [
        "split PER % S I D phonemes CER % loss utterances",
        "validation 10.00 1 0 0 10 10.00 0.123 62",
        "test 10.00 1 0 0 10 20.00 0.123 62",
    ]


def test_the_table_of_a_large_corpus_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_measurements([measured("val", EditCounts(23456, 12345, 9876, 123456), cer=0.3, wer=1.0)])
    text = capsys.readouterr().err
    assert max(map(len, text.splitlines())) <= 80
    # Nothing is cut short to make it fit.
    assert "…" not in text
    for number in ("23456", "12345", "9876", "123456", "37.00"):
        assert number in text


def picture(path: Path) -> NDArray[np.float32]:
    pixels = np.asarray(imread(path), dtype=np.float32)
    assert pixels.ndim == 3
    return pixels


def has_colour(pixels: NDArray[np.float32], name: tuple[float, float, float]) -> bool:
    return bool((np.abs(pixels[:, :, :3] - np.array(name)).max(axis=2) < 0.02).any())


BLUE, ORANGE = (0.122, 0.467, 0.706), (1.0, 0.498, 0.055)


def test_the_picture_has_a_sensible_size_and_both_curves(tmp_path: Path) -> None:
    draw_curves(HISTORY, tmp_path / "curves.png")
    pixels = picture(tmp_path / "curves.png")
    height, width = pixels.shape[:2]
    assert 800 <= width <= 2000
    assert 300 <= height <= 1000
    for half in (pixels[:, : width // 2], pixels[:, width // 2 :]):
        assert has_colour(half, BLUE)
        assert has_colour(half, ORANGE)


def test_the_best_epoch_is_marked(tmp_path: Path) -> None:
    draw_curves(HISTORY, tmp_path / "without.png")
    draw_curves(HISTORY, tmp_path / "with.png", best_epoch=1)
    assert not np.array_equal(picture(tmp_path / "without.png"), picture(tmp_path / "with.png"))


def test_missing_columns_leave_a_curve_out(tmp_path: Path) -> None:
    draw_curves([{"epoch": 0, "train_loss": 2.0}, {"epoch": 1, "train_loss": 1.0}], tmp_path / "curves.png")
    pixels = picture(tmp_path / "curves.png")
    assert has_colour(pixels, BLUE)
    assert not has_colour(pixels, ORANGE)


def test_a_value_that_only_some_epochs_have_is_drawn(tmp_path: Path) -> None:
    draw_curves([{"epoch": 0, "train_loss": 2.0}, *HISTORY[1:]], tmp_path / "curves.png")
    assert has_colour(picture(tmp_path / "curves.png"), ORANGE)


@pytest.mark.parametrize("value", [1.0, 0.0, float("nan"), float("inf")])
def test_one_epoch_is_enough(tmp_path: Path, value: float) -> None:
    draw_curves([{"epoch": 0, "train_loss": value, "val_loss": 2.0}], tmp_path / "curves.png", best_epoch=0)
    assert has_colour(picture(tmp_path / "curves.png"), ORANGE)
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_nothing_to_draw_is_no_mistake(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    draw_curves([], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").is_file()
    assert not [warning for warning in recwarn if "legend" in str(warning.message)]
