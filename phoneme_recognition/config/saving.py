"""Writing a config so that it reads back as the same config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from phoneme_recognition.config.loader import StrictLoader
from phoneme_recognition.config.sections import Config
from phoneme_recognition.files import write_text


class _Dumper(yaml.SafeDumper):
    """Quotes every text that our reader, or one of YAML 1.1, would take for something else."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own declaration)
        **yaml.SafeDumper.yaml_implicit_resolvers,
        None: StrictLoader.yaml_implicit_resolvers[None],
    }

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out: a resolved config is read by people, one key at a time."""
        return True


def save_config(config: Config, path: str | Path) -> None:
    """Write a config as YAML with every default written out; whole or not at all.

    Args:
        config: the config; ``load_config`` of the file gives an equal one.
        path: the file, whose folder is made where it is missing.
    """
    text = yaml.dump(config.resolved(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
