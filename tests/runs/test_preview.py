"""The mode preview: which recording, which sounds and pictures, and the page that shows them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent
from typing import Any

import matplotlib.image
import numpy as np
import pytest
import soundfile
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from dataset_modules.festvox_ru import PHONES
from phoneme_recognition.config import ClassEntry, Config, load_config
from phoneme_recognition.errors import DataError, UserError
from phoneme_recognition.runs.preview.mode import CHAIN_DRAWS, find_example, make_sounds, preview
from phoneme_recognition.runs.preview.sounds import drawn_values, settings_of

NOISE = "audiomentations.AddGaussianNoise, init_args: {min_amplitude: 0.05, max_amplitude: 0.06, p: 0.001}"
FASTER = (
    "audiomentations.TimeStretch, "
    "init_args: {min_rate: 2, max_rate: 2, leave_length_unchanged: false, p: 0.0}"
)


@pytest.fixture(scope="module")
def load(make_quick_config: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("preview")
    path = make_quick_config(root)

    def loaded(*augmentations: str, changes: tuple[str, ...] = ()) -> Config:
        entries = ", ".join(f"{{class_path: {one}}}" for one in augmentations)
        return load_config(path, [f"data.augmentations=[{entries}]", *changes])

    return loaded


@pytest.fixture(scope="module")
def shown(load: Any) -> dict[str, Any]:
    """One preview that several tests look at."""
    return preview(load(NOISE, FASTER), None)


def test_it_writes_a_picture_and_a_sound_for_each_and_for_all_together(shown: dict[str, Any]) -> None:
    folder = Path(shown["folder"])
    assert folder.parts[-2:] == ("runs", "preview")
    names = ["01_AddGaussianNoise", "02_TimeStretch", *(f"all_{number + 1}" for number in range(CHAIN_DRAWS))]
    expected = {f"{name}.{kind}" for name in names for kind in ("png", "wav")}
    expected |= {"original.wav", "overview.png", "index.html"}
    assert {Path(file).name for file in shown["files"]} == expected
    assert {path.name for path in folder.iterdir()} == expected | {"preview.json"}
    assert shown["page"] == str(folder / "index.html")
    assert json.dumps(shown)


def test_every_augmentation_applies_by_itself_and_as_configured_together(shown: dict[str, Any]) -> None:
    folder = Path(shown["folder"])
    sounds = {path.stem: soundfile.read(path)[0] for path in folder.glob("*.wav")}
    original = sounds["original"]
    assert not np.array_equal(sounds["01_AddGaussianNoise"], original)
    assert len(sounds["02_TimeStretch"]) == pytest.approx(len(original) / 2, rel=0.02)
    for number in range(CHAIN_DRAWS):  # with p of one in a thousand and of none
        assert np.allclose(sounds[f"all_{number + 1}"], original, atol=1e-4)


def test_sounds_are_as_loud_as_the_recording_and_never_clipped(shown: dict[str, Any]) -> None:
    sounds = [soundfile.read(path)[0] for path in Path(shown["folder"]).glob("*.wav")]
    levels = [np.sqrt(np.mean(sound**2)) for sound in sounds]
    assert levels == pytest.approx([levels[0]] * len(levels), rel=1e-3)
    assert max(np.abs(sound).max() for sound in sounds) <= 0.99


def test_without_normalisation_levels_stay(load: Any) -> None:
    config = load("audiomentations.Gain, init_args: {min_gain_db: -20, max_gain_db: -20}")
    example = find_example(config)
    (quiet, *_) = make_sounds(config.data.augmentations, example, seed=1, levelled=False)
    assert np.allclose(quiet.samples, 0.1 * example.samples, atol=1e-6)
    (loud, *_) = make_sounds(config.data.augmentations, example, seed=1, levelled=True)
    assert np.allclose(loud.samples, example.samples, atol=1e-5)


def test_pictures_show_the_change(shown: dict[str, Any]) -> None:
    folder = Path(shown["folder"])
    noisy, chain = (
        matplotlib.image.imread(folder / f"{name}.png") for name in ("01_AddGaussianNoise", "all_1")
    )
    assert noisy.shape[1] == chain.shape[1] == 1400

    def red(picture: np.ndarray[Any, Any]) -> float:
        lower = picture[len(picture) // 2 :, :1200]
        return float(np.mean((lower[..., 0] > 0.4) & (lower[..., 2] < 0.3) & (lower[..., 1] < 0.3)))

    assert red(noisy) > 0.1  # louder in most places
    assert red(chain) < 0.01


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for name, value in attrs if name in ("src", "href")]
        assert tag != "img" or dict(attrs).get("alt")
        self.open += [] if tag in ("img", "meta") else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_by_itself(shown: dict[str, Any]) -> None:
    page = Path(shown["page"]).read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    files = {Path(file).name for file in shown["files"]}
    assert set(links.found) == files - {"index.html"}
    assert "http" not in page
    assert "min_amplitude 0.05, max_amplitude 0.06, p 0.001" in page
    assert re.search(r"drawn: amplitude 0\.05\d+", page)
    assert "none applied" in page
    assert "t͡s" in page  # the phones
    assert "Он целует" in page


def test_the_font_has_every_sign_of_the_phones() -> None:
    font = FT2Font(findfont(FontProperties(family="DejaVu Sans"), fallback_to_default=False))
    for phone in PHONES.values():
        assert all(font.get_char_index(ord(sign)) for sign in phone), phone


def test_an_earlier_preview_is_replaced_and_nothing_else_ever(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("draw_change", "draw_overview"):
        monkeypatch.setattr(f"phoneme_recognition.runs.preview.mode.{name}", lambda *given: given[-1].touch())
    folder = tmp_path / "mine"
    first = preview(load(NOISE, FASTER), str(folder))
    second = preview(load(NOISE), str(folder))
    assert len(second["files"]) == len(first["files"]) - 2
    assert not (folder / "02_TimeStretch.png").exists()
    (folder / "preview.json").unlink()
    with pytest.raises(UserError, match=r"mine is there already and is no preview.*output=FOLDER"):
        preview(load(NOISE), str(folder))
    with pytest.raises(UserError, match="is no preview"):
        preview(load(NOISE), str(folder / "index.html"))
    assert {path.name for path in tmp_path.iterdir()} <= {"mine", ".mine.lock"}


def test_a_short_recording_is_chosen_and_a_damaged_one_passed_over(
    load: Any, tmp_path: Path, clips: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "sounds" / "ru"
    folder.mkdir(parents=True)
    samples, rate = soundfile.read(clips / "ru_0054.flac")
    (folder / "a.wav").write_bytes(b"damaged")
    for name, copies in (("b", 4), ("c", 3), ("d", 1), ("e", 1)):
        soundfile.write(folder / f"{name}.wav", np.tile(samples, copies), rate)
    for name in "abcde":
        (folder / f"{name}.txt").write_text("а")
    dataset = "dataset_modules.custom_audio.CustomAudioDataset"
    arguments = f"{{train_val_dir: {folder.parent}, validation_split: 0.0, cache_dir: {tmp_path}}}"
    changes = (f"data.dataset_classes=[{{class_path: {dataset}, init_args: {arguments}}}]",)
    config = load(NOISE, changes=changes)
    assert Path(find_example(config).path).name == "d.wav"
    assert "a.wav" in caplog.text
    for name in "de":
        (folder / f"{name}.wav").unlink()
        (folder / f"{name}.txt").unlink()
    example = find_example(config)
    assert Path(example.path).name == "c.wav"
    assert (example.duration, example.segments, example.text) == (12.0, (), "а")
    for name in "bc":
        (folder / f"{name}.wav").write_bytes(b"damaged")
    with pytest.raises(DataError, match="no training recording can be used"):
        find_example(config)


def test_nothing_to_show_is_said(load: Any) -> None:
    with pytest.raises(UserError, match=r"data\.augmentations is empty"):
        preview(load(), None)


def test_a_transform_of_ones_own_that_fails_is_explained(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
        from audiomentations.core.transforms_interface import BaseWaveformTransform

        class Half(BaseWaveformTransform):
            def apply(self, samples, sample_rate):
                return samples[: len(samples) / 2]
    """
    (tmp_path / "own_half.py").write_text(dedent(code))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"own_half\.Half failed .*TypeError.*\(own_half\.py, line 6: return"):
        preview(load("own_half.Half, init_args: {p: 0.5}"), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_compositions_are_told_by_their_parts() -> None:
    class Part:
        parameters = {"should_apply": True, "depth": 3, "ratio": 0.123456, "file": "/a/b.wav"}  # noqa: RUF012

    class Unused:
        parameters = {"should_apply": False, "depth": 4}  # noqa: RUF012

    class Whole:
        transforms = [Part(), Unused()]  # noqa: RUF012

    assert drawn_values([Whole()], names=True) == "Part (depth 3, ratio 0.1235, file b.wav)"
    assert drawn_values([Unused(), object()], names=True) == "none applied"
    assert drawn_values([Unused()]) == ""
    inner = ClassEntry("a.B", {})
    entry = ClassEntry("x.Y", {"p": None, "on": True, "list": [1, inner], "audio_params": {}})
    assert settings_of(entry) == "p null, on true, list [1, a.B]"


def test_neither_torch_nor_a_cache_is_needed(load: Any, tmp_path: Path, make_quick_config: Any) -> None:
    path = make_quick_config(tmp_path)
    code = f"""
        import sys
        from phoneme_recognition.cli import main
        given = "data.augmentations=[{{class_path: {NOISE}}}]"
        assert main(["preview", {str(path)!r}, given, "output={tmp_path}/shown"]) == 0
        assert not {{"torch", "lightning", "transformers"}} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["folder"] == f"{tmp_path}/shown"
    assert not (tmp_path / "cache").exists()
