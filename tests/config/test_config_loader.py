"""The strict YAML reader: what is a number, what is text, which line a value came from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from phoneme_recognition.config.loader import read_file, read_text, read_value


def read(text: str) -> Any:
    document = read_text(text, "f")
    assert not document.findings
    return document.data


def complaints(text: str) -> list[tuple[int | None, str]]:
    return [(finding.line, finding.message) for finding in read_text(text, "f").findings]


@pytest.mark.parametrize("word", ["null", "Null", "NULL", "None", "~", "", "!!null null"])
def test_all_spellings_of_null(word: str) -> None:
    assert read(f"key: {word}") == {"key": None}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("0", 0),
        ("-1", -1),
        ("+7", 7),
        ("16000", 16000),
        ("1e-6", 1e-6),
        ("1E5", 1e5),
        ("5e-4", 5e-4),
        ("1.5e+3", 1500.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("-1.", -1.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("!!float 3", None),
        ("!!str 3", "3"),
        ("!!int 3", 3),
    ],
)
def test_plain_words_that_are_more_than_text(word: str, value: object) -> None:
    if value is None:  # a tag that does not fit the word is a mistake, not a conversion
        assert complaints(f"key: {word}") == [(1, "'3' with the tag !!float")]
        return
    found = read(f"key: {word}")["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "word",
    [
        *("yes", "no", "on", "off", "y", "Yes", "NO", "tRue", "none", "nULL", "nan", "inf", "infinity"),
        *("0x10", "0o17", "010", "0b1", "1_000", "1_0.5", "15:30", "1:30:00", "190:20:30.15"),
        *("2024-10-22", "2024-10-22 15:30:00", "1e", "e5", "1.2.3", "--1", "+", "-", ".", "=", "1,000"),
    ],
)
def test_nothing_else_is_converted_without_a_word(word: str) -> None:
    assert read(f"key: {word}" if word not in "-" else 'key: "-"') == {"key": word}


@pytest.mark.parametrize("word", ["1", "1e-6", "true", "None", "~", ""])
def test_quotes_make_text(word: str) -> None:
    assert read(f"key: '{word}'") == read(f'key: "{word}"') == {"key": word}


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(read("key: .nan")["key"])


def test_the_traps_are_real() -> None:
    """PyYAML's own rules would have changed these; if it learns better, this reader can shrink."""
    assert yaml.safe_load("[1e-6, yes, 0x10, 1_000, 15:30, None]") == ["1e-6", True, 16, 1000, 930, "None"]


def test_alias_gives_the_same_value_and_merge_its_keys() -> None:
    found = read("a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3, r: 4}\n")
    assert found["b"] == {"p": 1, "q": 2}
    assert found["c"] == {"p": 1, "q": 3, "r": 4}


def test_a_key_written_out_wins_wherever_it_stands() -> None:
    assert read("a: &x {p: 1}\nb: {p: 2, <<: *x}\nc: {<<: *x, p: 2}") == {
        "a": {"p": 1},
        "b": {"p": 2},
        "c": {"p": 2},
    }


def test_of_several_merges_the_first_wins_and_chains_work() -> None:
    text = "a: &a {p: 1, q: 1}\nb: &b {p: 2, r: 2}\nc: &c {<<: [*a, *b], s: 3}\nd: {<<: *c, q: 4}\n"
    found = read(text)
    assert found["c"] == {"p": 1, "q": 1, "r": 2, "s": 3}
    assert found["d"] == {"p": 1, "q": 4, "r": 2, "s": 3}
    assert found == yaml.safe_load(text)


def test_quoted_merge_sign_is_a_plain_key() -> None:
    assert read('a: {"<<": 1}') == {"a": {"<<": 1}}


def test_an_alias_is_a_copy() -> None:
    found = read("a: &x {p: [1]}\nb: *x\n")
    found["b"]["p"].append(2)
    assert found["a"] == {"p": [1]}


def test_values_keep_their_lines_through_merge_and_alias() -> None:
    document = read_text("a: &x\n  p: 1\n  q: 2\nb:\n  <<: *x\n  q: 3\n  r:\n    - 5\n    - 6\nc: *x\n", "f")
    lines = {steps: origin.line for steps, origin in document.origins.items()}
    assert lines["a", "p"] == lines["b", "p"] == lines["c", "p"] == 2
    assert lines["b", "q"] == 6
    assert lines["b", "r"] == 7
    assert lines["b", "r", 1] == 9
    assert lines["c",] == 10
    assert document.origin(("b", "r", 7, "deep")).line == 7  # the nearest that is known


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\n\na: 3", 4, "written twice, first in line 1"),
        ("x:\n  - {p: 1, q: 2, p: 3}", 2, "written twice, first in line 2"),
        ("a: &x {p: 1}\nb:\n  <<: *x\n  <<: *x", 4, "written twice, first in line 3"),
        ("a: &x [*x]", 1, "an alias to the value that it stands in"),
        ("a: &x\n  <<: *x", 2, "what is merged is no mapping"),
        ("a:\n  <<: 3", 2, "what is merged is no mapping"),
        ("a: &x [1]\nb:\n  <<: *x", 3, "what is merged is no mapping"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']", 2, "the tag !!python/object/apply:os.system"),
        ("a: !mine {p: 1}", 1, "the tag !mine"),
        ("a: !!set {p}", 1, "the tag !!set"),
        ("a: !!int seven", 1, "'seven' with the tag !!int"),
        ("a: !!timestamp 2024-10-22", 1, "'2024-10-22' with the tag !!timestamp"),
        ("a: 1\n? [p, q]\n: 2", 2, "a list or mapping as a key"),
        (f"a: {'9' * 5000}", 1, "an integer of more than 4000 digits"),
    ],
)
def test_mistakes_of_form(text: str, line: int, message: str) -> None:
    assert [(at, said[: len(message)]) for at, said in complaints(text)][-1] == (line, message)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\n", 3),
        ("a: 1\n  b: 2\n", 2),
        ("a: 1\n\tb: 2\n", 2),
        ("a: *nothing", 1),
        ("a: @home", 1),
        ('a: 1\nb: "open', 2),
        ("a: 1\n---\na: 2\n", 2),
    ],
)
def test_broken_syntax_is_one_finding_with_its_line(text: str, line: int) -> None:
    ((found, message),) = complaints(text)
    assert found == line
    assert message.startswith("not valid YAML: ")


def test_several_mistakes_are_all_found_and_each_once() -> None:
    text = "a: &x {p: 1, p: 2}\nb: *x\nc: *x\nd: !no 1\n"
    assert [line for line, _ in complaints(text)] == [1, 4]


def test_whole_numbers_stay_numbers_as_keys() -> None:
    assert read("a: {0: x, 1: y, on: z, null: n, 1.5: f}") == {
        "a": {0: "x", 1: "y", "on": "z", "null": "n", "1.5": "f"}
    }


def test_helper_keys_hold_anchors_and_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("x-rates: &r {lr: 1e-3}\nmodel: {<<: *r}\n")
    assert read_file(path).data == {"model": {"lr": 1e-3}}


def test_too_deep_a_nesting_is_a_finding() -> None:
    assert read_text("[" * 5000 + "]" * 5000, "f").findings


@pytest.mark.parametrize("content", [b"", b"\n\n# only a comment\n", b"---\n", b"null"])
def test_an_empty_file_is_an_empty_mapping(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    assert read_file(path).data == {}
    assert not read_file(path).findings


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes("lr: 1\n".encode("utf-8-sig"))
    assert read_file(path).data == {"lr": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"a: \xff\xfe", "cannot be read: not UTF-8 text"),
        (b"- 1\n- 2\n", "not a mapping"),
        (b"just text", "not a mapping"),
        (b"a: \x00", "not valid YAML: special characters are not allowed"),
    ],
)
def test_files_that_are_no_config(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "c.yaml"
    if content is not None:
        path.write_bytes(content)
    (finding,) = read_file(path).findings
    assert finding.message == message
    assert finding.source == str(path)


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    assert read_file(tmp_path).findings[0].message == "cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-4", 1e-4),
        ("None", None),
        ("", None),
        ("[1, 2]", [1, 2]),
        ("{a: b}", {"a": "b"}),
        ("x", "x"),
    ],
)
def test_values_of_overrides(text: str, value: object) -> None:
    assert read_value(text) == (value, "")


@pytest.mark.parametrize("text", ["[1", "*x", "@x", "{a: 1, a: 2}", "!!int x"])
def test_bad_values_of_overrides(text: str) -> None:
    assert read_value(text)[1]
