"""Finding a vocabulary file, making one from datasets, and checking one that is there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataset_modules.festvox_ru import PHONES
from phoneme_recognition.config import Config, load_config
from phoneme_recognition.config.entries import ClassEntry
from phoneme_recognition.errors import DataError, UserError, VocabularyError
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.vocabulary import find_vocabulary, make_vocabulary

SHIPPED = "dataset_modules/tokens/russian_phones.json"


@pytest.fixture
def config(make_quick_config: Any, tmp_path: Path) -> Config:
    return load_config(make_quick_config(tmp_path))


def test_a_file_of_the_working_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = find_vocabulary(SHIPPED)
    monkeypatch.chdir(tmp_path)
    assert find_vocabulary(SHIPPED) == shipped  # found from any folder
    own = tmp_path / SHIPPED
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"[PAD]": 0, "o": 1}), encoding="utf-8")
    assert find_vocabulary(SHIPPED).phonemes == ["o"]


def test_a_file_that_is_nowhere_is_named_as_it_was_given() -> None:
    with pytest.raises(VocabularyError, match=r"vocabulary file my/own\.json does not exist"):
        find_vocabulary("my/own.json")


def labels(clips: Path) -> Counter[str]:
    """The phones of all the sentences, read from the files by themselves."""
    counts: Counter[str] = Counter()
    for path in clips.glob("*.lab"):
        phones = [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines() if line != "#"]
        counts.update(PHONES[phone] for phone in phones if phone != "pau")
    return counts


def corpus(folder: Path, config: Config, **splits: list[str]) -> Config:
    """The config with a corpus of these labels: phonemes with blanks between them, by split."""
    folder.mkdir(exist_ok=True)
    for split in ("train", "val", "test"):
        rows = [f"{split}{number}.wav\t{label}\n" for number, label in enumerate(splits.get(split, []))]
        (folder / f"{split}.tsv").write_text("".join(rows), encoding="utf-8")
    entry = ClassEntry("dataset_modules.custom.CustomDataset", {"data_dir": str(folder)})
    return replace(config, data=replace(config.data, dataset_classes=[entry]))


def test_it_holds_the_symbols_of_all_splits(
    config: Config, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "vocab.json"
    figures = make_vocabulary(config, str(path))
    counts = labels(clips)
    made = Vocabulary.from_file(path)
    assert set(made.phonemes) == set(Vocabulary.from_phonemes(counts).phonemes)
    assert json.loads(path.read_text(encoding="utf-8")) == made.to_dict()
    assert 0 < figures["rare"] < figures["phonemes"]
    assert figures == {
        "mode": "vocab",
        "vocab_file": str(path),
        "phonemes": len(counts),
        "rare": figures["rare"],
        "not_in_training": 0,
        "missing": 0,
        "unused": 0,
        "confusable": 0,
        "unsaid_utterances": 0,
        "utterances": 12,
        "errors": 0,
    }
    rows = [line.split() for line in capsys.readouterr().err.splitlines()]
    totals = {row[0]: sum(map(int, row[1:4])) for row in rows if "".join(row[1:4]).isdigit()}
    assert totals == counts


def test_a_file_that_covers_the_labels_is_checked_and_stays(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "vocab.json"
    made = make_vocabulary(config, str(path))
    # Another order and a symbol more: it is the user's own.
    own = {symbol: number for number, symbol in enumerate([*json.loads(path.read_text()), "ŋ"])}
    path.write_text(json.dumps(own), encoding="utf-8")
    with caplog.at_level("INFO"):
        checked = make_vocabulary(replace(config, model=replace(config.model, vocab_file=str(path))), None)
    assert checked == made | {"phonemes": made["phonemes"] + 1, "unused": 1}
    assert json.loads(path.read_text(encoding="utf-8")) == own
    assert "is there already: it was checked, and stays as it is" in caplog.text
    assert "that no label has: ŋ." in " ".join(capsys.readouterr().err.split())


def test_a_file_that_lacks_symbols_is_an_error(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vocab.json"
    make_vocabulary(config, str(path))
    left = [symbol for symbol in json.loads(path.read_text()) if symbol not in ("ˈa", "rʲ")]
    path.write_text(json.dumps({symbol: number for number, symbol in enumerate(left)}), encoding="utf-8")
    written = path.read_bytes()
    figures = make_vocabulary(config, str(path))
    assert (figures["missing"], figures["errors"]) == (2, 1)
    assert path.read_bytes() == written
    assert "lacks: ˈa (24×, ru_0063), rʲ (8×, ru_0063)" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("mine", "cannot be checked: .* cannot be read; got Expecting value"),
        ('{"[PAD]": 0, "a": 2}', "cannot be checked: vocabulary: the ids; expected 0 to 1, each once"),
        ('{"a": 0, "[UNK]": 1}', "cannot be checked: vocabulary: the blank; expected exactly one of"),
    ],
)
def test_a_file_that_is_no_vocabulary(config: Config, tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(VocabularyError, match=said) as caught:
        make_vocabulary(config, str(path))
    assert str(path) in str(caught.value) and "output=FILE" in caught.value.remedy
    assert path.read_text(encoding="utf-8") == content


def test_without_output_it_goes_where_the_config_looks_for_it(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "wanted.json"
    config = replace(config, model=replace(config.model, vocab_file=str(path)))
    make_vocabulary(config, None)
    assert len(find_vocabulary(config.model.vocab_file)) > 30


def test_a_vocabulary_that_comes_with_the_project_is_checked_from_any_folder(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    figures = make_vocabulary(replace(config, model=replace(config.model, vocab_file=SHIPPED)), None)
    assert (figures["phonemes"], figures["errors"]) == (50, 0)
    assert not (tmp_path / "dataset_modules").exists()


def test_several_datasets_are_counted_together(config: Config, tmp_path: Path) -> None:
    (entry,) = config.data.dataset_classes
    twice = replace(config, data=replace(config.data, dataset_classes=[entry, entry]))
    once = make_vocabulary(config, str(tmp_path / "once.json"))
    both = make_vocabulary(twice, str(tmp_path / "twice.json"))
    assert both["phonemes"] == once["phonemes"]
    assert both["utterances"] == 2 * once["utterances"]
    assert both["rare"] < once["rare"]


def test_planted_faults_are_counted(config: Config, tmp_path: Path) -> None:
    planted = corpus(
        tmp_path / "corpus",
        config,
        train=["a t | o"] * 20 + ["a x", "a [PAD]", ""],
        val=["a t"],
        test=["q"],
    )
    path = tmp_path / "vocab.json"
    figures = make_vocabulary(planted, str(path))
    assert Vocabulary.from_file(path).phonemes == ["a", "o", "q", "t", "x"]
    assert figures["utterances"] == 25
    assert figures["rare"] == 1  # x
    assert figures["not_in_training"] == 1  # q
    assert figures["missing"] == figures["errors"] == 1  # [PAD] cannot be a sound


def test_a_dataset_without_labels_makes_no_file(config: Config, tmp_path: Path) -> None:
    for empty in (
        replace(config, data=replace(config.data, dataset_classes=[])),
        corpus(tmp_path / "corpus", config, train=["", "|"]),
    ):
        with pytest.raises(DataError, match="no label to make a vocabulary from"):
            make_vocabulary(empty, str(tmp_path / "vocab.json"))
    assert not (tmp_path / "vocab.json").exists()


def test_a_kill_leaves_no_half_file(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_half(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text.encode(encoding)[: len(text) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", write_half)
    with pytest.raises(KeyboardInterrupt):
        make_vocabulary(config, str(tmp_path / "made" / "vocab.json"))
    assert not list((tmp_path / "made").iterdir())


def test_a_place_that_cannot_be_written_is_said_before_labels_are_read(
    config: Config, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    unread = replace(config, data=replace(config.data, dataset_classes=[]))
    with pytest.raises(UserError, match=r"vocab\.json cannot be written; got .*output=FILE"):
        make_vocabulary(unread, str(tmp_path / "file" / "vocab.json"))


TEXTS = '''
from dataset_modules.base_dataset import BaseDataset
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word


class Texts(BaseDataset):
    def __init__(self, texts):
        super().__init__()
        names = [f"t{at}" for at in range(len(texts))]
        self.rows = [UtteranceSource(name, AudioFile(name), text=text) for name, text in zip(names, texts)]

    def get_train_data(self):
        return self.rows

    def get_val_data(self):
        return []

    get_test_data = get_val_data


class Shouting:
    """Says each letter long, and no digit."""

    def __init__(self, mark):
        self.mark = mark

    def fingerprint(self):
        return "shouting"

    def pronounce(self, texts):
        return [self._pronounce(text) for text in texts]

    def _pronounce(self, text):
        said, unsaid = [], []
        for word in text.split():
            (said if word.isalpha() else unsaid).append(word)
        words = tuple(Word(word, tuple(letter + self.mark for letter in word), "shouting") for word in said)
        return Pronunciation(words, tuple(unsaid))
'''


@pytest.fixture
def texts(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Gives the config a corpus of these texts and a backend that says them."""
    (tmp_path / "corpus_of_texts.py").write_text(TEXTS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def make(*rows: str, g2p: str, **g2p_args: object) -> Config:
        entry = ClassEntry("corpus_of_texts.Texts", {"texts": list(rows)})
        return replace(
            config,
            data=replace(config.data, dataset_classes=[entry]),
            phonemes=replace(config.phonemes, g2p=g2p, g2p_args=g2p_args),
        )

    return make


def test_texts_are_counted_as_they_are_said(
    texts: Callable[..., Config], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vocab.json"
    rows = ["oto ta"] * 9 + ["to 5", "5 @ 7", "ta @@ 5"]
    said = texts(*rows, g2p="corpus_of_texts.Shouting", mark=":")
    figures = make_vocabulary(said, str(path))
    assert Vocabulary.from_file(path).phonemes == ["aː", "oː", "tː"]  # in the config's notation, IPA
    assert (figures["utterances"], figures["unsaid_utterances"]) == (12, 3)
    assert figures["rare"] == 1  # aː: 9 times, where the left out row is not counted
    printed = " ".join(capsys.readouterr().err.split())
    assert "3 of 12 utterances will be left out, as parts of their texts have no pronunciation: " in printed
    assert "5 (3×), @ (1×), 7 (1×), @@ (1×)" in printed
    assert make_vocabulary(said, str(path)) == figures


def test_texts_that_are_phonemes_are_counted_by_letters_as_long_as_no_vocabulary_says_more(
    texts: Callable[..., Config], tmp_path: Path
) -> None:
    path = tmp_path / "vocab.json"
    written = texts("Oto, ta!", "tʲo", g2p="phonemes")
    make_vocabulary(written, str(path))
    assert Vocabulary.from_file(path).phonemes == ["a", "o", "t", "ʲ"]
    joined = tmp_path / "joined.json"
    joined.write_text(json.dumps({"[PAD]": 0, "o": 1, "t": 2, "tʲ": 3}), encoding="utf-8")
    figures = make_vocabulary(written, str(joined))
    assert (figures["missing"], figures["unused"], figures["errors"]) == (1, 0, 1)  # a


def test_texts_that_are_phonemes_with_blanks_between_them(
    texts: Callable[..., Config], tmp_path: Path
) -> None:
    for name, rows, args in (
        ("seen", ["tʲ ˈoː t a", "ts a | t"], {}),
        ("said", ["ts tʲ", "ˈoː ta"], {"blanks": "phonemes"}),
    ):
        path = tmp_path / f"{name}.json"
        written = texts(*rows, g2p="phonemes", **args)
        figures = make_vocabulary(written, str(path))
        symbols = {symbol for row in rows for symbol in row.split() if symbol != "|"}
        assert set(Vocabulary.from_file(path).phonemes) == symbols
        assert make_vocabulary(written, str(path)) == figures


def test_where_nothing_can_be_said_the_texts_may_be_phonemes(
    texts: Callable[..., Config], tmp_path: Path
) -> None:
    said = texts("5 @", "5", g2p="corpus_of_texts.Shouting", mark=":")
    with pytest.raises(DataError, match=r"no pronunciation: 5 \(2×\), @ \(1×\)\. .*phonemes\.g2p=phonemes"):
        make_vocabulary(said, str(tmp_path / "vocab.json"))
