"""The documentation becomes a site without a dead link, a lost page or a stale table."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from docs_blocks import ROOT

from phoneme_recognition.config.classes import class_facts
from phoneme_recognition.config.sections import (
    AudioParams,
    DataSection,
    DecodingSection,
    ModelSection,
    PhonemesSection,
)

SECTIONS = {
    "audio_params": AudioParams,
    "data": DataSection,
    "decoding": DecodingSection,
    "model": ModelSection,
    "phonemes": PhonemesSection,
}
# A word of the machinery by which pages are made has no place in what readers see.
LEFT_OVER = re.compile(r"<!-- (keys|arguments|not run):")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_site_and_no_other_file_is(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site) for path in site.rglob("*.html")}
    assert built - pages == {Path("404.html")}
    assert pages <= built
    assert not list(site.rglob("*.py"))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_a_row_for_each_key(site: Path, section: str) -> None:
    html = (site / "config" / f"{section}.html").read_text(encoding="utf-8")
    for entry in fields(SECTIONS[section]):
        assert f"<td><code>{entry.name}</code></td>" in html


def test_arguments_stand_with_their_meaning(site: Path) -> None:
    html = (site / "datasets" / "custom_audio.html").read_text(encoding="utf-8")
    for name in class_facts("dataset_modules.custom_audio.CustomAudioDataset").arguments:
        assert f"<td><code>{name}</code></td>" in html


def test_no_marker_is_left_over(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = LEFT_OVER.search(page.read_text(encoding="utf-8"))
        assert found is None or found[1] == "not run", f"{page.name}: {found and found[0]}"


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    """It can be read on a machine without a network."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(
            r'<(?:script|img)[^>]* src="([^"]+)"|<link[^>]*stylesheet[^>]* href="([^"]+)"', text
        )
        assert not [one for pair in loaded for one in pair if one.startswith(("http", "//"))], page.name
