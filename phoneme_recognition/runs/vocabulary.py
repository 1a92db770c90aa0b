"""Finding a vocabulary, and the mode ``vocab``: makes one from datasets of any language, or checks one."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from phoneme_recognition.config import Config
from phoneme_recognition.data.census import Census, Read, batches_of
from phoneme_recognition.data.symbols import read_letters
from phoneme_recognition.diagnosis import Diagnosis, shorten
from phoneme_recognition.errors import DataError, UserError, VocabularyError
from phoneme_recognition.files import write_text
from phoneme_recognition.phonemes.g2p.phonemes import PhonemesG2P
from phoneme_recognition.phonemes.notations.confusable import confusable
from phoneme_recognition.phonemes.vocabulary import BLANK_NAMES, Vocabulary
from phoneme_recognition.preflight.symbols import MISSING, NEVER, Line, Pair, is_writable, lines_of
from phoneme_recognition.preflight.vocabulary import judge
from phoneme_recognition.runs.build import build_corpora, build_labels
from phoneme_recognition.runs.speaking import place_of_vocabulary
from phoneme_recognition.runs.vocabulary_report import show_findings, show_symbols

logger = logging.getLogger(__name__)


def find_vocabulary(vocab_file: str) -> Vocabulary:
    """Read the config's vocabulary: from the working folder, or else one that comes with the project."""
    return Vocabulary.from_file(place_of_vocabulary(vocab_file))


def make_vocabulary(config: Config, output: str | None) -> dict[str, Any]:
    """Write a vocabulary of all the symbols in the config's labels, or check the one that is there.

    Symbols that only the test has belong to it: without them their utterances would be left out, and the
    error rate would look better than it is.

    Args:
        config: says which datasets, and how their labels become symbols.
        output: the file that is made or checked; null means ``model.vocab_file``. It is never overwritten.

    Returns:
        The counts; ``errors`` is above 0 where the vocabulary does not cover the labels.

    Raises:
        UserError: the file is no vocabulary or cannot be written, or the datasets hold no label.
    """
    path = Path(output) if output else place_of_vocabulary(config.model.vocab_file)
    vocabulary = _read_or_make_room(path)
    census = _take_census(config, vocabulary)
    if vocabulary is None:
        vocabulary = Vocabulary.from_phonemes(filter(is_writable, census.tallies))
        _write(path, vocabulary)
        done = f"{path} was made"
    else:
        done = f"{path} is there already: it was checked, and stays as it is"
    pairs = confusable(sorted({*census.tallies, *vocabulary.phonemes}))
    lines = lines_of(census, vocabulary, pairs)
    findings = judge(census, vocabulary, lines, pairs, vocab_file=str(path))
    show_symbols(lines)
    show_findings(findings)
    logger.info("\n%d phonemes, %d utterances: %s", len(vocabulary.phonemes), census.utterances, done)
    return _figures(path, vocabulary, census, lines, pairs, findings)


def _read_or_make_room(path: Path) -> Vocabulary | None:
    """The vocabulary that is there, or else a folder for the one to come: before the labels are read."""
    if path.exists():
        try:
            return Vocabulary.from_file(path)
        except VocabularyError as error:
            raise VocabularyError(
                f"{path} cannot be checked: {error.thing}",
                expected=error.expected,
                got=error.got,
                remedy="Mend it, or make another: ./run.sh vocab CONFIG output=FILE",
            ) from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None
    return None


def _take_census(config: Config, vocabulary: Vocabulary | None) -> Census:
    labels = build_labels(config, vocabulary or Vocabulary.from_phonemes([]))
    read: Read = labels.read
    if isinstance(labels.g2p, PhonemesG2P):
        blanks = str(config.phonemes.g2p_args.get("blanks", "auto"))
        read = partial(read_letters, labels, blanks=None if vocabulary else blanks)
    known = None if vocabulary is None else vocabulary.to_dict().keys() - set(BLANK_NAMES)
    census = Census(known)
    with tqdm(desc="reading labels", unit=" utterances", disable=None) as bar:
        for split, sources in batches_of(build_corpora(config)):
            census.add(split, sources, read)
            bar.update(len(sources))
    if not any(map(is_writable, census.tallies)):
        raise _no_label(census)
    return census


def _no_label(census: Census) -> DataError:
    thing = "the datasets hold no label to make a vocabulary from"
    reasons = [f"{number} {kind}" for kind, number in census.left_out.most_common()]
    if census.unsaid_utterances:
        parts = shorten([f"{part} ({number}×)" for part, number in census.unsaid.most_common(8)])
        reasons.append(f"{census.unsaid_utterances} texts with parts that have no pronunciation: {parts}")
        remedy = "Where the texts already are phonemes, set phonemes.g2p=phonemes; else see data.language."
        return DataError(thing, got=", ".join(reasons), remedy=remedy)
    return DataError(thing, got=shorten(reasons), remedy="Check the folders in data.dataset_classes.")


def _write(path: Path, vocabulary: Vocabulary) -> None:
    try:
        write_text(path, json.dumps(vocabulary.to_dict(), ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UserError:
    return UserError(
        f"{path} cannot be written",
        got=error.strerror or str(error),
        remedy="Name a place that can: ./run.sh vocab CONFIG output=FILE",
    )


def _figures(
    path: Path,
    vocabulary: Vocabulary,
    census: Census,
    lines: Sequence[Line],
    pairs: Sequence[Pair],
    findings: Sequence[Diagnosis],
) -> dict[str, Any]:
    return {
        "mode": "vocab",
        "vocab_file": str(path),
        "phonemes": len(vocabulary.phonemes),
        "rare": sum(line.is_rare for line in lines),
        "not_in_training": sum(line.is_held_out for line in lines),
        "missing": sum(MISSING in line.marks for line in lines),
        "unused": sum(NEVER in line.marks for line in lines),
        "confusable": len(pairs),
        "unsaid_utterances": census.unsaid_utterances,
        "utterances": census.utterances,
        "errors": sum(finding.level == "error" for finding in findings),
    }
