"""A vocabulary against the symbols of labels: marks for each symbol, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from surveys import said

from phoneme_recognition.data.census import Census
from phoneme_recognition.data.labels import Reading
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.phonemes.vocabulary import BLANK_NAMES, Vocabulary
from phoneme_recognition.preflight.symbols import Line, Pair, code_points, is_writable, lines_of, visible
from phoneme_recognition.preflight.vocabulary import judge

VOCABULARY = Vocabulary.from_phonemes(["a", "t", "ʒ", "|"])


def read(sources: Sequence[UtteranceSource]) -> list[Reading]:
    return [Reading(source.phonemes or ()) for source in sources]


def census_of(train: Sequence[str | UtteranceSource], val: Sequence[str] = ()) -> Census:
    """Counted labels: phonemes with blanks between them."""
    census = Census(VOCABULARY.to_dict().keys() - set(BLANK_NAMES))
    rows = [said(f"t{number}", one) if isinstance(one, str) else one for number, one in enumerate(train)]
    census.add("train", rows, read)
    census.add("val", [said(f"v{number}", one) for number, one in enumerate(val)], read)
    return census


def marks(census: Census, pairs: Sequence[Pair] = ()) -> dict[str, tuple[str, ...]]:
    return {line.symbol: line.marks for line in lines_of(census, VOCABULARY, pairs)}


def judged(census: Census, pairs: Sequence[Pair] = ()) -> list[Diagnosis]:
    return judge(census, VOCABULARY, lines_of(census, VOCABULARY, pairs), pairs, vocab_file="my.json")


def test_a_vocabulary_that_covers_the_labels_needs_no_word() -> None:
    census = census_of(["a t ʒ | " * 5] * 2)
    assert marks(census) == {"a": (), "t": (), "ʒ": ()}
    assert judged(census) == []


def test_the_commonest_symbol_comes_first() -> None:
    lines = lines_of(census_of(["a t t"], ["t a x"]), VOCABULARY, [])
    assert lines == [
        Line("t", (2, 1, 0), "t0", ("rare", "1 recording")),
        Line("a", (1, 1, 0), "t0", ("rare",)),
        Line("x", (0, 1, 0), "v0", ("missing", "not in training")),
        Line("ʒ", (0, 0, 0), "", ("never",)),
    ]
    assert [line.is_rare for line in lines] == [True, True, False, False]


def test_missing_symbols_are_an_error_with_counts_and_an_example() -> None:
    (missing, *_) = judged(census_of(["a t", "a q q", "q a x"]))
    assert missing.level == "error"
    assert missing.path == "model.vocab_file"
    assert "symbols of the labels that my.json lacks: q (3×, t1), x (1×, t2)" in missing.reason
    assert "With them 2 of 3 utterances would be left out" in missing.reason
    assert "output=FILE" in missing.remedy


@pytest.mark.parametrize("symbol", ["[PAD]", "<blk>", "a\u00a0b", ""])
def test_what_no_vocabulary_can_hold(symbol: str) -> None:
    row = UtteranceSource("t0", said("t0").audio, phonemes=(symbol, "a"))
    census = census_of([row])
    assert not is_writable(symbol)
    found = [finding for finding in judged(census) if finding.level == "error"]
    assert [finding.path for finding in found] == ["data.dataset_classes"]
    assert "(1×, t0)" in found[0].reason


def test_ten_examples_are_enough_unless_they_come_from_one_place() -> None:
    one = said("t0", "a " * 10, speaker="Ann")
    other = said("t1", "a " * 9 + "t " * 9, speaker="Bob")
    third = said("t2", "t", speaker="Bob")
    fourth = said("t3", "ʒ " * 12, speaker="Bob")
    assert marks(census_of([one, other, third, fourth])) == {
        "a": (),
        "t": ("1 speaker",),
        "ʒ": ("1 recording",),
    }
    assert marks(census_of([other, third]))["t"] == ()  # nobody else speaks


def test_a_symbol_of_the_validation_alone_cannot_be_learnt() -> None:
    (warning,) = judged(census_of(["a t"] * 10, ["a ʒ"] * 20))
    assert warning.level == "warning"
    assert "in none to learn from: ʒ (20×, v0)" in warning.reason


def test_unused_symbols_are_advice() -> None:
    (advice,) = judged(census_of(["a " * 10] * 2))
    assert advice.level == "advice"
    assert "symbols of my.json that no label has: t, ʒ" in advice.reason


def test_of_two_spellings_that_of_the_vocabulary_is_kept() -> None:
    pairs = [("t", "\u0442", "Cyrillic and Latin")]
    census = census_of(["a \u0442 ʒ"] * 20 + ["a t"] * 10)
    assert marks(census, pairs)["\u0442"] == ("missing", "confusable: U+0442")
    assert marks(census, pairs)["t"] == ("confusable: U+0074",)
    warning = judged(census, pairs)[1]
    assert warning.level == "warning"
    assert warning.path == "phonemes.notation"
    assert "\n  t (U+0074, 10×) and \u0442 (U+0442, 20×): Cyrillic and Latin" in warning.reason
    assert "Keep the first" in warning.remedy


def test_the_spelling_of_the_chart_is_kept_even_where_the_vocabulary_has_the_other() -> None:
    vocabulary, census = Vocabulary.from_phonemes(["g", "a"]), census_of(["a ɡ"] * 20)
    pairs = [("g", "ɡ", "ASCII and IPA")]
    found = judge(census, vocabulary, lines_of(census, vocabulary, pairs), pairs, vocab_file="my.json")
    assert "\n  ɡ (U+0261, 20×) and g (U+0067, 0×): ASCII and IPA" in found[1].reason


def test_of_two_spellings_in_the_vocabulary_the_commoner_is_kept() -> None:
    (warning, *_) = judged(census_of(["a a ʒ"] * 20), [("ʒ", "a", "for the test")])
    assert "\n  a (U+0061, 40×) and ʒ (U+0292, 20×)" in warning.reason


def test_many_pairs_are_cut_off() -> None:
    (warning, *_) = judged(census_of(["a t ʒ"] * 20), [("a", "t", "for the test")] * 20)
    assert len(warning.reason.splitlines()) == 1 + 12 + 1
    assert warning.reason.endswith("and 8 more")


def test_unsaid_words_and_what_else_is_left_out() -> None:
    census = census_of(["a t ʒ"] * 10)
    texts = ["5 | @", "5", "nothing"]
    readings = [Reading((), "cannot be said", tuple(text.split(" | "))) for text in texts[:2]]
    readings.append(Reading((), "no label"))
    census.add("train", [said(text) for text in texts], lambda sources: readings)
    unsaid, left_out = judged(census)
    assert unsaid.level == left_out.level == "warning"
    assert unsaid.reason.startswith("2 of 13 utterances will be left out")
    assert unsaid.reason.endswith("5 (2×), @ (1×)")
    assert left_out.reason == "1 of 13 utterances will be left out: 1 no label"


def test_the_unknown_symbol_in_labels_is_named() -> None:
    found = judged(census_of(["a t ʒ [UNK]"] * 10))
    assert [finding.level for finding in found] == ["warning"]
    assert "which would be learnt like a sound: [UNK] (10×, t0)" in found[0].reason


def test_symbols_as_a_terminal_can_show_them() -> None:
    assert visible("t͡s") == "t͡s"
    assert visible("\u0301") == "◌\u0301"
    assert visible("a\u200d") == "U+0061 U+200D"
    assert code_points("\u0261\u02b2") == "U+0261 U+02B2"
