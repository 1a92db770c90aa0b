"""Make the stress dictionary of the Russian backend from the lexicon of the Debian package festvox-ru.

usage: python -m benchmarks.russian.make_dictionary PATH/TO/msu_ru_nsh_dict.scm

The lexicon says for each word form which syllable is stressed. Three things are done to it: of the readings
of a form that of a name comes last; silero-stress (which has to be installed) says where a stressed е is ё,
and where it is sure of another stress of a word that is no name it is believed, for a reading of such
differences by eye found it right nine times of ten; the endings that help to guess unknown words are learnt
from the result.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from zlib import crc32

from phoneme_recognition.phonemes.g2p.russian.stress.compounds import split_compound
from phoneme_recognition.phonemes.g2p.russian.stress.dictionary import DATA, write_numbered
from phoneme_recognition.phonemes.g2p.russian.stress.guess import guess_stress, learn_endings
from phoneme_recognition.phonemes.g2p.russian.stress.silero import Prediction, SileroStress
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, vowels_of, without_yo

_ENTRY = re.compile(r'\("([а-яё]+)" (\S+) \((\d+)\)( fix_yo)?\)')
_NAMES = {"name", "surname", "sname"}
_SURE = 0.99
_FAMILY = 5  # letters that forms of one word are taken to share, so that no form of a held-out word is learnt


def main() -> None:
    """Read the lexicon, write the two files, and say how good the guess is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lexicon", type=Path)
    entries = _read(parser.parse_args().lexicon)
    model = SileroStress()
    predictions = model.predict(entries)
    words = [_decide(form, readings, predictions.get(form), model) for form, readings in entries.items()]
    words = [word for word in words if len(vowels_of(word.word)) > 1 or "ё" in word.word]
    write_numbered(DATA / "words.txt.xz", {word: _number(word, stresses[-1]) for word, stresses in words})
    learnt = [word for word in words if "ё" not in word.word]
    endings = learn_endings(learnt)
    write_numbered(DATA / "endings.txt.xz", endings)
    restored = sum("ё" in word.word for word in words)
    print(f"{len(words)} words, {restored} of them with ё; {len(endings)} endings")
    print(f"guess: {_held_out(learnt):.1%} of the words right whose relatives were held out")


def _read(path: Path) -> dict[str, list[tuple[Marked, bool]]]:
    """The readings of each form (written with е), with whether it is one of a name; those of names last."""
    entries: dict[str, list[tuple[Marked, bool]]] = defaultdict(list)
    for word, kind, syllable, fix in _ENTRY.findall(path.read_text(encoding="utf-8")):
        vowels = vowels_of(word)
        if 0 < int(syllable) <= len(vowels) and not split_compound(word)[0]:
            stress = vowels[int(syllable) - 1]
            spelling = word[:stress] + "ё" + word[stress + 1 :] if fix and word[stress] == "е" else word
            entries[without_yo(word)].append((Marked(spelling, (stress,)), kind in _NAMES))
    return {form: sorted(readings, key=lambda reading: reading[1]) for form, readings in entries.items()}


def _decide(
    form: str, readings: list[tuple[Marked, bool]], said: Prediction | None, model: SileroStress
) -> Marked:
    chosen = readings[0][0]
    is_name = all(name for _, name in readings)
    if said is not None:
        same = any(said.stress == reading.stresses[0] for reading, _ in readings)
        if same or (said.sure >= _SURE and not is_name):
            chosen = Marked(said.word, (said.stress,))
    with_yo = [
        reading for reading, _ in readings if "ё" in reading.word and reading.stresses == chosen.stresses
    ]
    if with_yo and not model.keeps_e(form):
        return with_yo[0]
    return Marked(form, chosen.stresses) if model.keeps_e(form) else chosen


def _number(word: str, stress: int) -> int:
    return vowels_of(word).index(stress)


def _held_out(words: Iterable[Marked]) -> float:
    """How many of a tenth of the word families are guessed right from the other nine."""
    parts: Mapping[bool, list[Marked]] = defaultdict(list)
    for word in words:
        parts[crc32(word.word[:_FAMILY].encode()) % 10 == 0].append(word)
    endings = learn_endings(parts[False])
    right = list(_right(parts[True], endings))
    return sum(right) / len(right)


def _right(words: Iterable[Marked], endings: Mapping[str, int]) -> Iterator[bool]:
    return (guess_stress(word, endings) == stresses[-1] for word, stresses in words)


if __name__ == "__main__":
    main()
