"""Side-cars and metadata tables in all the forms in which people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset_modules.labels.label import LabelError, read_text
from dataset_modules.labels.metadata import find_metadata, read_metadata
from dataset_modules.labels.phones import parse_festival, parse_lab, parse_phn, phone_label, without_pauses
from dataset_modules.labels.sidecars import find_sidecars, read_sidecar
from dataset_modules.labels.textgrid import parse_textgrid
from phoneme_recognition.data.utterance import PhoneSegment
from phoneme_recognition.errors import DataError

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 0.9
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 0.9
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 0.9
            text = "да ""да"" [3] = 5"
    item [2]:
        class = "TextTier"
        name = "phones"
        xmin = 0
        xmax = 0.9
        points: size = 1
        points [1]:
            number = 0.5
            mark = "click"
    item [3]:
        class = "IntervalTier"
        name = "anna - phones"
        xmin = 0
        xmax = 0.9
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.125
            text = ""
        intervals [2]:
            xmin = 0.125
            xmax = 0.25
            text = "d"
        intervals [3]:
            xmin = 0.25
            xmax = 0.75
            text = "ˈa"
        intervals [4]:
            xmin = 0.75
            xmax = 0.9
            text = "sp"
"""
SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
0.9
<exists>
1
"IntervalTier"
"phones"
0
0.9
3
0
0.125
"sil"
0.125
2.5e-1
"d"
0.25
0.9
"ˈa"
"""
DA = [PhoneSegment("d", 0.125, 0.25), PhoneSegment("ˈa", 0.25, 0.75)]


def test_textgrid_in_both_formats() -> None:
    assert list(without_pauses(parse_textgrid(LONG))) == DA  # its tier of points is no tier of phones
    assert parse_textgrid(SHORT) == [
        PhoneSegment("sil", 0, 0.125),
        PhoneSegment("d", 0.125, 0.25),
        PhoneSegment("ˈa", 0.25, 0.9),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_textgrid_in_every_encoding(tmp_path: Path, encoding: str, line_end: str) -> None:
    text = SHORT.replace("\n", line_end)
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (tmp_path / "a.TextGrid").write_bytes((mark + text).encode(encoding))
    label = read_sidecar({".textgrid": tmp_path / "a.TextGrid"})
    assert label.problem is None
    assert label.phonemes == ("d", "ˈa")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "broken TextGrid"),
        ("nothing of the kind", "broken TextGrid"),
        (SHORT[:130], "broken TextGrid"),
        (SHORT.replace('"d"', "d"), "broken TextGrid"),
        (SHORT.replace('"phones"', '"words"'), r"0 tiers of phones .*'words'"),
        (LONG.replace('"words"', '"Phones"'), r"2 tiers of phones .*'Phones', 'anna - phones'"),
        (SHORT.replace("0.125", "7"), "label times: 'd' from 7.0 s to 0.25 s"),
    ],
)
def test_textgrids_that_cannot_be_read(text: str, expected: str) -> None:
    with pytest.raises(LabelError, match=expected):
        parse_textgrid(text)


def test_phn_counts_samples_at_16_khz() -> None:
    segments = parse_phn("0 2000 h#\n2000 4000 d\n4000 12000 ˈa\n\n12000 16000 pau\n")
    assert list(phone_label(segments).segments) == DA
    with pytest.raises(LabelError, match="got '12 d'"):
        parse_phn("12 d\n")
    with pytest.raises(LabelError, match="label times"):
        parse_phn("12 5 d\n")


def test_lab_is_phones_of_two_kinds_or_text() -> None:
    festival = "header\n#\n0.125 125 pau\n0.25 125 d\n0.75 125 ˈa\n"
    assert phone_label(parse_festival(festival)).segments == tuple(DA)
    assert parse_lab(festival) == parse_festival(festival)
    htk = "0 1250000 sil\n1250000 2500000 d\n2500000 7500000 ˈa -3.5\n"
    assert phone_label(parse_lab(htk) or []).segments == tuple(DA)
    assert parse_lab("просто текст\n") is None
    assert parse_lab("") is None
    with pytest.raises(LabelError, match="END COLOUR PHONE"):
        parse_lab("#\n0.2 d\n")
    with pytest.raises(LabelError, match="label times"):
        parse_lab("#\nnan 125 d\n")


def test_phones_go_before_text_and_the_text_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.PHN").write_text("0 2000 d\n")
    (tmp_path / "a.txt").write_bytes("\ufeffда\r\nда\r\n".encode())
    (tmp_path / "b.lab").write_text("только текст")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("другой")
    found = find_sidecars(tmp_path)
    label = read_sidecar(found[tmp_path / "a"])
    assert (label.phonemes, label.text, label.problem) == (("d",), "да да", None)
    assert read_sidecar(found[tmp_path / "b"]).text == "только текст"
    assert read_sidecar(found[tmp_path / "sub" / "a"]).text == "другой"
    assert read_sidecar({}).problem == "no label"


def test_side_cars_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("да".encode("cp1251"))
    (tmp_path / "b.phn").write_text("d\n")
    (tmp_path / "c.txt").symlink_to("nowhere")
    assert read_sidecar({".txt": tmp_path / "a.txt"}).problem == (
        "label encoding: a.txt is neither UTF-8 nor UTF-16"
    )
    assert (read_sidecar({".phn": tmp_path / "b.phn"}).problem or "").startswith("unreadable label")
    problem = read_sidecar({".txt": tmp_path / "c.txt"}).problem
    assert problem == "unreadable label: c.txt: No such file or directory"
    with pytest.raises(LabelError):
        read_text(tmp_path)


TABLES = {
    "metadata.csv": 'file_name,text,speaker,phonemes\na.wav,"да, нет",s1,d ˈa | nʲ ˈe t\nsub/b,он,,\n',
    "metadata.tsv": "phonemes\tfile_name\ttext\tspeaker\nd ˈa | nʲ ˈe t\ta.wav\tда, нет\ts1\n\tsub/b\tон\t\n",
    "metadata.jsonl": '{"file_name": "a.wav", "text": "да, нет", "speaker": "s1", '
    '"phonemes": ["d", "ˈa", "|", "nʲ", "ˈe", "t"]}\n'
    '\n{"file_name": "sub/b", "text": "он"}\n',
}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", TABLES)
def test_metadata_in_all_forms(tmp_path: Path, name: str, line_end: str, mark: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(mark + TABLES[name].replace("\n", line_end).encode())
    assert find_metadata(tmp_path) == path
    first, second = read_metadata(path)
    assert first.file_name == "a.wav"
    assert first.label.phonemes == ("d", "ˈa", "|", "nʲ", "ˈe", "t")
    assert (first.label.text, first.label.speaker, first.label.problem) == ("да, нет", "s1", None)
    assert second.file_name == "sub/b"
    assert (second.label.text, second.label.phonemes, second.label.speaker) == ("он", None, None)


def test_csv_from_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "metadata.csv"
    path.write_text('file_name;text\na.wav;"да; ""нет"""\nb.wav;"две\nстроки"\n')
    assert [row.label.text for row in read_metadata(path)] == ['да; "нет"', "две\nстроки"]


def test_quotation_marks_in_a_tsv_are_text(tmp_path: Path) -> None:
    path = tmp_path / "metadata.tsv"
    path.write_text('file_name\ttext\na.wav\t"да\nb.wav\tнет"\n')
    assert [row.label.text for row in read_metadata(path)] == ['"да', 'нет"']


def test_broken_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "metadata.csv"
    path.write_text("file_name,text,phonemes\n,да,\na.wav,,\nb.wav,да,d a,x,y\nc.wav\nd.wav,да,\n")
    assert [row.label.problem for row in read_metadata(path)] == [
        "unreadable metadata: line 2 names no file",
        "empty label",
        "unreadable metadata: line 4 has the wrong number or kind of cells",
        "empty label",
        None,
    ]
    path = tmp_path / "metadata.jsonl"
    path.write_text(
        '{"file_name": "a"\n[1]\n{"file_name": 3}\n{"file_name": "a", "text": 3}\n{"text": "a"}\n'
    )
    assert [row.label.problem for row in read_metadata(path)] == [
        "unreadable metadata: line 1 is no JSON object",
        "unreadable metadata: line 2 is no JSON object",
        "unreadable metadata: line 3 names no file",
        "unreadable metadata: line 4 has the wrong number or kind of cells",
        "unreadable metadata: line 5 names no file",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the first line; expected columns file_name"),
        (b"path,text\na.wav,b\n", "got path, text"),
        (b"file_name,speaker\na.wav,b\n", "got file_name, speaker"),
        ("file_name,text\na.wav,да\n".encode("cp1251"), "neither UTF-8 nor UTF-16"),
        (b'file_name,text\na.wav,"b" c\n', "Mend the quotation marks"),
        (b'file_name,text\na.wav,"b\n', "Mend the quotation marks"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "metadata.csv").write_bytes(data)
    with pytest.raises(DataError, match=expected):
        read_metadata(tmp_path / "metadata.csv")


def test_two_tables_are_one_too_many(tmp_path: Path) -> None:
    assert find_metadata(tmp_path) is None
    for name in ("metadata.csv", "metadata.jsonl"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"metadata\.csv, metadata\.jsonl"):
        find_metadata(tmp_path)
