"""Finding a vocabulary, and the mode ``vocab`` that makes one from a dataset of any language."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from phoneme_recognition.config import Config
from phoneme_recognition.data.symbols import count_symbols
from phoneme_recognition.errors import DataError, UserError
from phoneme_recognition.files import write_text
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.build import build_corpora

logger = logging.getLogger(__name__)

# Where the vocabularies that come with the project stand, also when it is run from another folder.
PROJECT_ROOT = Path(__file__).resolve().parents[2]
RARE = 10


def find_vocabulary(vocab_file: str) -> Vocabulary:
    """Read the config's vocabulary: from the working folder, or else one that comes with the project."""
    path = Path(vocab_file)
    shipped = PROJECT_ROOT / path
    return Vocabulary.from_file(shipped if not path.exists() and shipped.exists() else path)


def make_vocabulary(config: Config, output: str | None) -> dict[str, Any]:
    """Write a vocabulary of all the symbols in the config's training and validation labels.

    Labels without phonemes count by the characters of their text.

    Args:
        config: says which datasets.
        output: the file to write; null means ``model.vocab_file``. An existing file is never overwritten.

    Raises:
        UserError: the file is there already, or the datasets hold no label.
    """
    path = Path(output or config.model.vocab_file)
    if path.exists():
        raise UserError(
            f"{path} is there already", remedy="Give another name: ./run.sh vocab CONFIG output=FILE."
        )
    sources = []
    for corpus in build_corpora(config):
        corpus.load_data()
        sources += [*corpus.get_train_data(), *corpus.get_val_data()]
    counts = count_symbols(sources)
    if not counts:
        raise DataError("the datasets hold no label to make a vocabulary from")
    vocabulary = Vocabulary.from_phonemes(counts)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(vocabulary.to_dict(), ensure_ascii=False, indent=2) + "\n")
    for symbol, number in counts.most_common():
        logger.info("%8d  %s%s", number, symbol, "   rare" if number < RARE else "")
    logger.info("%d phonemes in %d utterances: %s", len(vocabulary.phonemes), len(sources), path)
    rare = sum(number < RARE for number in counts.values())
    return {"mode": "vocab", "vocab_file": str(path), "phonemes": len(vocabulary.phonemes), "rare": rare}
