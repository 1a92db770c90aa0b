"""The Russian quickstart corpus: its split, its symbols, its folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile

from dataset_modules import festvox_ru
from dataset_modules.festvox_ru import PHONES, FestvoxRuDataset
from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.vocabulary import Vocabulary

# The table of the corpus's documentation, written out by hand.
TABLE = """
aa ˈa   oo ˈo   ee ˈe   ii ˈi   yy ˈɨ   uu ˈu
a ɐ   ay ə   ae ɪ   e e   i i   y ɨ   u u   ur ʊ
p p   b b   t t   d d   k k   g ɡ   f f   v v   s s   z z   m m   n n   l l   r r   h x
pp pʲ   bb bʲ   tt tʲ   dd dʲ   kk kʲ   gg ɡʲ   ff fʲ   vv vʲ   ss sʲ   zz zʲ   mm mʲ
nn nʲ   ll lʲ   rr rʲ   hh xʲ
c t͡s   ch t͡ɕ   sh ʂ   zh ʐ   sch ɕː   j j
"""
TOKENS = Path(festvox_ru.__file__).parent / "tokens" / "russian_phones.json"


def make_package(folder: Path, count: int) -> Path:
    """An unpacked package in the shape of the real one, with empty recordings."""
    voice = folder / "usr/share/festival/voices/russian/msu_ru_nsh_clunits"
    for name in ("wav", "lab", "etc"):
        (voice / name).mkdir(parents=True)
    names = [f"ru_{number:04}" for number in range(1, count + 1)]
    for name in names:
        (voice / "wav" / f"{name}.wav").touch()
        (voice / "lab" / f"{name}.lab").write_text("#\n0.1 125 pau\n0.2 125 d\n0.35 125 aa\n")
    texts = "".join(f'( {name} "Да, {name}." )\n' for name in names)
    (voice / "etc" / "txt.done.data").write_text(texts, encoding="utf-8")
    return voice


def ids(dataset: FestvoxRuDataset) -> list[list[str]]:
    splits = dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data()
    return [[source.utterance_id for source in split] for split in splits]


def test_the_symbols_are_those_of_the_table() -> None:
    words = TABLE.split()
    assert dict(zip(words[::2], words[1::2], strict=True)) == PHONES
    assert len(set(PHONES.values())) == len(PHONES) == 50
    assert "pau" not in PHONES


def test_the_vocabulary_holds_just_these() -> None:
    entries = json.loads(TOKENS.read_text(encoding="utf-8"))
    assert list(entries.values()) == list(range(52))
    assert list(entries)[:2] == ["[PAD]", "[UNK]"]
    assert set(entries) - {"[PAD]", "[UNK]"} == set(PHONES.values())
    assert len(Vocabulary.from_file(TOKENS)) == 52


def test_real_sentences(clips: Path) -> None:
    dataset = FestvoxRuDataset(data_dir=clips)
    sources = {
        source.utterance_id: source
        for split in (dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data())
        for source in split
    }
    assert len(sources) == 12
    source = sources["ru_0054"]
    assert source.text == "Он целует её в щёки, в лоб, в закрытые веки."
    assert " ".join(source.phonemes or ()) == (
        "ˈo n t͡s ɨ l ˈu j e t j e j ˈo f ɕː ˈo kʲ i v l ˈo p v z ɐ k r ˈɨ t ə j e vʲ ˈe kʲ i"
    )
    assert tuple(segment.phoneme for segment in source.segments) == source.phonemes
    assert source.segments[0] == ("ˈo", 0.392, 0.502)
    assert source.speaker == "nsh"
    assert sum(len(source.phonemes or ()) for source in sources.values()) == 416
    for source in sources.values():
        assert source.problem is None
        assert source.segments[0].start > 0
        assert source.segments[-1].end < soundfile.info(source.audio.path).duration
        assert all(segment.end > segment.start for segment in source.segments)


def test_the_split_of_the_whole_corpus_is_fixed(tmp_path: Path) -> None:
    make_package(tmp_path, 620)
    train, val, test = ids(FestvoxRuDataset(data_dir=tmp_path))
    names = [f"ru_{number:04}" for number in range(1, 621)]
    assert (train, val, test) == (names[:496], names[496:558], names[558:])


def test_the_split_of_a_part(clips: Path) -> None:
    train, val, test = ids(FestvoxRuDataset(data_dir=clips))
    assert (len(train), val, test) == (10, ["ru_0683"], ["ru_0695"])


def test_any_level_of_the_package_will_do(tmp_path: Path) -> None:
    voice = make_package(tmp_path, 10)
    levels: list[str | Path] = [
        tmp_path,
        tmp_path / "usr" / "share",
        voice,
        voice / "wav",
        voice / "lab",
        str(voice / "etc"),
    ]
    splits = [ids(FestvoxRuDataset(data_dir=level)) for level in levels]
    assert all(split == splits[0] for split in splits)
    assert [len(split) for split in splits[0]] == [8, 1, 1]
    source = FestvoxRuDataset(data_dir=tmp_path).get_train_data()[0]
    assert source.text == "Да, ru_0001."
    assert source.phonemes == ("d", "ˈa")
    assert source.segments == (("d", 0.1, 0.2), ("ˈa", 0.2, 0.35))


def test_labels_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    voice = make_package(tmp_path, 10)
    (voice / "lab" / "ru_0001.lab").write_text("#\n0.1 125 d\n0.2 125 qq\n0.3 125 ww\n")
    (voice / "lab" / "ru_0002.lab").write_text("#\n0.1 125\n")
    (voice / "lab" / "ru_0003.lab").write_text("#\n0.2 125 d\n0.1 125 aa\n")
    (voice / "lab" / "ru_0004.lab").write_bytes(b"#\n0.2 125 \xff\n")
    (voice / "lab" / "ru_0005.lab").unlink()
    (voice / "wav" / "ru_0006.wav").unlink()
    problems = [source.problem for source in FestvoxRuDataset(data_dir=tmp_path).get_train_data()]
    assert problems[0] == "unknown phone in ru_0001.lab: qq ww"
    assert (problems[1] or "").startswith("unreadable label: expected END COLOUR PHONE, got '0.1 125'")
    assert (problems[2] or "").startswith("label times: 'aa' from 0.2 s to 0.1 s")
    assert (problems[3] or "").startswith("label encoding: ru_0004.lab")
    assert problems[4] == "no label"
    assert problems[5:] == [None, None, None]


def test_a_folder_without_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no festvox-ru corpus in .*Set data_dir"):
        FestvoxRuDataset(data_dir=tmp_path).get_train_data()
    with pytest.raises(DataError, match="no festvox-ru corpus"):
        FestvoxRuDataset(data_dir=tmp_path / "nothing").get_test_data()
    with pytest.raises(DataError, match="language ru"):
        FestvoxRuDataset(data_dir=tmp_path, language="cs")


def test_it_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[tuple[str, Path]] = []

    def fetch(package: str, target: Path) -> None:
        fetched.append((package, target))
        make_package(target, 10)

    monkeypatch.setattr(festvox_ru, "fetch_package", fetch)
    for _ in range(2):
        dataset = FestvoxRuDataset(tmp_path)
        dataset.load_data()
        dataset.load_data()
        assert len(dataset.get_train_data()) == 8
    assert fetched == [("festvox-ru", tmp_path / "festvox-ru")]
    shutil.rmtree(tmp_path / "festvox-ru")
    FestvoxRuDataset(tmp_path).load_data()
    assert len(fetched) == 2
