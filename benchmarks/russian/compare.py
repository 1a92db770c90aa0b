"""Russian text to phonemes against the labels of festvox-ru: our backend, beside espeak-ng.

usage: python -m benchmarks.russian.compare [DATA_DIR] [--model silero|none|both] [--json FILE]

DATA_DIR is the unpacked Debian package festvox-ru; without it the package is fetched into data/cache. All
620 texts are said, and compared with the labels phone by phone. An error rate is the least number of
substitutions, insertions and deletions, added up over the corpus, divided by the phones of the labels.

full
    all fifty symbols as they are.
stress mark ignored
    without ``ˈ``: a stressed vowel and an unstressed one of the same quality are one.
degree ignored
    stressed vowels as they are; of unstressed ones {a o ɐ ə}, {e i ɪ ɨ} and {u ʊ} are one each. What is left
    of the vowels is the place of the stress.
stress ignored
    vowels count by class, {a o ɐ ə} {e i ɪ ɨ} {u ʊ}, stressed or not: a stress elsewhere turns о into ɐ or ə
    and е into ɪ, so that finer classes would count it again.
stress ignored, ɨ apart
    the same with {ɨ} as a class of its own.
consonants
    vowels left out on both sides; errors for each consonant of the labels.

The author of the corpus put 161 ``+`` into the texts where his lexicon was wrong. Our backend takes them as
the user's stress marks; the row "without marks" shows what happens when they are taken out. espeak knows no
such mark, and is given the texts without.

After the table every difference of ours (of the first model) is put into a class by its place in the text;
see `classes`. The JSON has all of them, and the words that are stressed otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from benchmarks.russian.classes import CLASSES, Found, classify
from benchmarks.russian.differences import Utterance, is_vowel, stress_differences
from benchmarks.russian.espeak import in_our_symbols
from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.errors import UserError
from phoneme_recognition.metrics.error_rates import NOTHING, EditCounts, edit_counts
from phoneme_recognition.phonemes.g2p.backend import G2P, Pronunciation
from phoneme_recognition.phonemes.g2p.espeak import EspeakG2P
from phoneme_recognition.phonemes.g2p.russian.g2p import RussianG2P

Level = Callable[[str], str]
_OPEN, _FRONT, _BACK = dict.fromkeys("aoɐə", "a"), dict.fromkeys("eiɪɨ", "i"), dict.fromkeys("uʊ", "u")
_CLASS_OF = _OPEN | _FRONT | _BACK
_EXAMPLES = 2


def _without_mark(phone: str) -> str:
    return phone.removeprefix("ˈ")


def _degree_ignored(phone: str) -> str:
    return _CLASS_OF.get(phone, phone)


def _stress_ignored(phone: str) -> str:
    return _CLASS_OF.get(_without_mark(phone), phone)


def _yery_apart(phone: str) -> str:
    return "ɨ" if _without_mark(phone) == "ɨ" else _stress_ignored(phone)


LEVELS: dict[str, Level] = {
    "full": str,
    "stress mark ignored": _without_mark,
    "degree ignored": _degree_ignored,
    "stress ignored": _stress_ignored,
    "stress ignored, ɨ apart": _yery_apart,
}


def main() -> None:
    """Print the tables."""
    options = _options()
    corpus = _read(options.data_dir)
    models: list[Literal["silero", "none"]] = ["silero", "none"]
    if options.model != "both":
        models = [options.model]
    systems: dict[str, dict[str, float]] = {}
    said: list[list[Utterance]] = []
    for model in models:
        backend = RussianG2P(stress_model=model)
        for name, marks in ((f"ours, {model}", True), (f"ours, {model}, without marks", False)):
            systems[name], utterances = _measure(backend, corpus, marks=marks)
            said += [utterances] if marks else []
    try:
        systems["espeak-ng"], _ = _measure(EspeakG2P("ru"), corpus, marks=False, symbols=in_our_symbols)
    except UserError as error:
        print(f"{error}\n", file=sys.stderr)
    _print_table(systems)
    found = {name: classify(said[0], LEVELS[name]) for name in ("stress ignored", "full")}
    _print_classes(found)
    if options.json:
        report = {
            "systems": systems,
            "classes": {level: _counted(rows) for level, rows in found.items()},
            "stress": [difference._asdict() for row in said[0] for difference in stress_differences(row)],
        }
        options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data_dir", nargs="?", type=Path)
    parser.add_argument("--model", choices=("silero", "none", "both"), default="both")
    parser.add_argument("--json", type=Path, help="write figures, classes and stress differences there")
    return parser.parse_args()


def _read(data_dir: Path | None) -> list[tuple[str, str, tuple[str, ...]]]:
    """Name, text and phones of each utterance."""
    data = FestvoxRuDataset(data_dir=data_dir)
    sources = [*data.get_train_data(), *data.get_val_data(), *data.get_test_data()]
    return [(source.utterance_id, source.text or "", tuple(source.phonemes or ())) for source in sources]


def _measure(
    backend: G2P,
    corpus: Sequence[tuple[str, str, tuple[str, ...]]],
    *,
    marks: bool,
    symbols: Callable[[Sequence[Sequence[str]]], list[list[str]]] | None = None,
) -> tuple[dict[str, float], list[Utterance]]:
    """Rates and speed of one system, and what it said."""
    texts = [text if marks else text.replace("+", "") for _, text, _ in corpus]
    backend.pronounce(["Раз, два, три."])  # the model is loaded by the first text
    start = time.perf_counter()
    spoken = backend.pronounce(texts)
    seconds = time.perf_counter() - start
    words = [[word.phonemes for word in one.words] for one in spoken]
    sounds = [symbols(one) if symbols else one for one in words]
    flat = [[phone for word in one for phone in word] for one in sounds]
    references = [phones for _, _, phones in corpus]
    rates = {name: _rate(references, flat, level) for name, level in LEVELS.items()}
    rates["consonants"] = _rate(_consonants(references), _consonants(flat), str)
    rates["words/s"] = sum(len(text.split()) for text in texts) / seconds
    utterances = [] if symbols else [_utterance(*pair) for pair in zip(corpus, spoken, strict=True)]
    return rates, utterances


def _utterance(row: tuple[str, str, tuple[str, ...]], said: Pronunciation) -> Utterance:
    name, text, phones = row
    return Utterance.of(name, text, phones, said.words)


def _rate(references: Sequence[Sequence[str]], said: Sequence[Sequence[str]], level: Level) -> float:
    counts: EditCounts = NOTHING
    for reference, hypothesis in zip(references, said, strict=True):
        counts = counts.plus(edit_counts([*map(level, reference)], [*map(level, hypothesis)]))
    return counts.rate


def _consonants(utterances: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[phone for phone in phones if not is_vowel(phone)] for phones in utterances]


def _print_table(systems: dict[str, dict[str, float]]) -> None:
    names = [*LEVELS, "consonants"]
    print("| system | " + " | ".join(f"{name} %" for name in names) + " | words/s |")
    print("|---" * (len(names) + 2) + "|")
    for system, rates in systems.items():
        figures = " | ".join(f"{100 * rates[name]:.2f}" for name in names)
        print(f"| {system} | {figures} | {rates['words/s']:,.0f} |")


def _print_classes(found: dict[str, list[Found]]) -> None:
    """One row a class; its examples are of the first level that has any."""
    counts = {level: Counter(row.name for row in rows) for level, rows in found.items()}
    totals = {level: len(rows) for level, rows in found.items()}
    print("\n| class | " + " | ".join(f"{level}: {total}" for level, total in totals.items()), end="")
    print(" | verdict | examples (ours / labels) |\n" + "|---" * (len(totals) + 3) + "|")
    order = sorted({name for counter in counts.values() for name in counter}, key=_by_size(counts))
    for name in order:
        shares = [f"{counts[level][name]} ({counts[level][name] / totals[level]:.1%})" for level in totals]
        rows = next(rows for level, rows in found.items() if counts[level][name])
        examples = [row.shown() for row in rows if row.name == name]
        step = max(1, len(examples) // _EXAMPLES)
        chosen = "; ".join(examples[::step][:_EXAMPLES])
        print(f"| {name} | {' | '.join(shares)} | {CLASSES[name]} | {chosen} |")
    for level, total in totals.items():
        sides = Counter(CLASSES[row.name].split()[0].rstrip(":,") for row in found[level])
        print(f"\n{level}: " + ", ".join(f"{side} {n} ({n / total:.1%})" for side, n in sides.most_common()))


def _by_size(counts: dict[str, Counter[str]]) -> Callable[[str], tuple[int, ...]]:
    return lambda name: tuple(-counter[name] for counter in counts.values())


def _counted(rows: Sequence[Found]) -> dict[str, dict[str, object]]:
    counts = Counter(row.name for row in rows)
    return {
        name: {
            "count": count,
            "share": count / len(rows),
            "verdict": CLASSES[name],
            "all": [row.shown() for row in rows if row.name == name],
        }
        for name, count in counts.most_common()
    }


if __name__ == "__main__":
    main()
