"""What the tests of the config share: a corpus class, and a file with given sections."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from phoneme_recognition.config import load_config
from phoneme_recognition.errors import ConfigError, Finding

CORPUS = """
from __future__ import annotations

from typing import Any, Literal

raise RuntimeError("reading a config must not import what it names")


class Corpus:
    def __init__(self, folder: str, limit: float = 1.0, language: str = "xx",
                 audio_params: dict[str, Any] | None = None, mode: Literal["fast", "slow"] = "fast") -> None:
        pass

    def load_data(self, create_dataset: bool = False) -> None:
        pass
"""

# The smallest config without a mistake; its lines are counted by the tests.
DATASET = """\
data:
  dataset_classes:
    - class_path: corpora_for_tests.Corpus
      init_args: {folder: here}
"""


def write_config(folder: Path, text: str, *, dataset: bool = True) -> Path:
    """Write a config file; the smallest ``data`` section is put at its end unless told otherwise."""
    path = folder / "config.yaml"
    path.write_text(dedent(text) + (DATASET if dataset else ""), encoding="utf-8")
    return path


def findings_of(path: Path, *overrides: str) -> list[Finding]:
    """All that is wrong with a config file; an empty list where it is right."""
    try:
        load_config(path, overrides)
    except ConfigError as error:
        return list(error.findings)
    return []


def places(findings: list[Finding]) -> list[tuple[int | None, str]]:
    """Line and path of each finding."""
    return [(finding.line, finding.path) for finding in findings]
