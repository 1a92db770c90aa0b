"""Stress of whole sentences, from every source."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from phoneme_recognition.errors import DataError, MissingExtraError, UserError
from phoneme_recognition.phonemes.g2p.russian.stress import StressPlacer, place
from phoneme_recognition.phonemes.g2p.russian.stress.silero import installed_version
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import (
    Marked,
    parse_marked,
    write_marked,
)
from phoneme_recognition.phonemes.g2p.russian.token import Stressed, Token

_needs_silero = pytest.mark.skipif(installed_version() is None, reason="silero-stress is not installed")

_PAIRS = """
    з+амок зам+ок  м+ука мук+а  +атлас атл+ас  б+елки белк+и  +орган орг+ан  кр+ужки кружк+и
    стр+елки стрелк+и
    хл+опок хлоп+ок  п+исать пис+ать  п+арить пар+ить  ж+аркое жарк+ое  дор+ога дорог+а  п+ора пор+а
    ст+оит сто+ит  п+отом пот+ом  д+уша душ+а  +ирис ир+ис  гв+оздики гвозд+ики  к+озлы козл+ы  п+олки полк+и
    в+ести вест+и  ц+елую цел+ую  пл+ачу плач+у  д+ухи дух+и  +уха ух+а  гл+азки глазк+и  в+иски виск+и
    в+орон вор+он  б+ерега берег+а  пр+опасть проп+асть  в+ина вин+а  б+ока бок+а  сл+ова слов+а
"""


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    for joint, word in re.findall(r"([ ,.-]*)([\w+]+)", text.lower()):
        letters = parse_marked(word)
        marks = letters.stresses if "+" in word else ()
        tokens.append(
            Token(letters.word, marks, pause=not tokens or bool({",", "."} & set(joint)), hyphen=joint == "-")
        )
    return tokens


def _show(stressed: Stressed) -> str:
    word = write_marked(Marked(stressed.word, stressed.stresses))
    return {0: word, 1: f"{word}_", -1: f"_{word}"}[stressed.clitic]


def _say(placer: StressPlacer, text: str) -> str:
    return " ".join(_show(stressed) for stressed in placer.place([_tokens(text)])[0])


@pytest.fixture(scope="module")
def without() -> StressPlacer:
    return StressPlacer(model="none")


@pytest.fixture(scope="module")
def with_model() -> StressPlacer:
    return StressPlacer(model="silero")


def _pairs() -> list[tuple[str, str]]:
    words = _PAIRS.split()
    return list(zip(words[::2], words[1::2], strict=True))


def test_there_are_thirty_pairs() -> None:
    assert len(_pairs()) >= 30
    assert all(one != two and one.replace("+", "") == two.replace("+", "") for one, two in _pairs())


@pytest.mark.parametrize("model", ["none", pytest.param("silero", marks=_needs_silero)])
def test_a_mark_of_the_user_decides(model: Literal["none", "silero"]) -> None:
    placer = StressPlacer(model=model)
    for pair in _pairs():
        for word in pair:
            (stressed,) = placer.place([_tokens(word)])[0]
            assert (_show(stressed), stressed.source) == (word, "user mark")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("я в доме, а он под столом", "+я в_ д+оме а_ +он под_ стол+ом"),
        ("он же не пришел бы", "+он _же не_ приш+ёл _бы"),
        ("кто-то всё-таки пришел из-за леса", "кт+о _то вс+ё _таки приш+ёл из_ за_ л+еса"),
        ("н+а пол упал", "н+а _пол уп+ал"),
        ("н+а п+ол упал", "н+а п+ол уп+ал"),
        ("пропал без вести", "проп+ал б+ез _вести"),
        ("без вест+и", "без_ вест+и"),
        ("не было", "н+е _было"),
        ("не была", "не_ был+а"),
        ("с глазу на глаз", "с_ гл+азу н+а _глаз"),
        ("зел+еный", "зел+ёный"),
        ("з+еленый", "з+еленый"),
        ("ос+ел", "ос+ел"),
        ("трехэтажный", "тр+ёхэт+ажный"),
        ("трёхсот", "тр+ёхс+от"),
        ("четырехсотый", "четыр+ёхс+отый"),
        ("северо-западный", "с+еверо з+ападный"),
        ("в", "в"),
        ("гм", "гм"),
        ("на", "н+а"),
        ("", ""),
    ],
)
def test_without_a_model(without: StressPlacer, text: str, expected: str) -> None:
    assert _say(without, text) == expected


@_needs_silero
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("на двери висел большой замок", "зам+ок"),
        ("на горе стоял старинный замок", "з+амок"),
        ("он рассказал мне все", "вс+ё"),
        ("все люди смертны", "вс+е"),
        ("трехэтажный дом", "тр+ёхэт+ажный"),
        ("четырехэтажный дом", "четыр+ёхэт+ажный"),
        ("дирижерам аплодировали", "дириж+ёрам"),
        ("под столом", "под_"),
    ],
)
def test_with_the_model(with_model: StressPlacer, text: str, expected: str) -> None:
    assert expected in _say(with_model, text).split()


@_needs_silero
def test_every_source_is_reached_and_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("тв+орог\n", encoding="utf-8")
    placer = StressPlacer(model="silero", exceptions=path)
    text = "я в+ижу творог, еще молоко без вести, бородкам гм"
    sources = {token.word: token.source for token in placer.place([_tokens(text)])[0]}
    assert sources == {
        "я": "one vowel",
        "вижу": "user mark",
        "творог": "exceptions",
        "ещё": "ё",
        "молоко": "silero",
        "без": "dictionary",
        "вести": "dictionary",
        "бородкам": sources["бородкам"],
        "гм": "no vowel",
    }
    (clitic, _), (guess,) = StressPlacer(model="none").place([_tokens("в доме"), _tokens("абракадабристый")])
    assert (clitic.source, guess.source) == ("clitic", "guess")


def test_exceptions_change_the_result(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("твор+ог\nч+ерез\nгренад+ер\nвсе\tвсё\nн+а реку\n", encoding="utf-8")
    placer = StressPlacer(model="none", exceptions=path)
    assert _say(placer, "через творог гренадер все на реку") == "ч+ерез твор+ог гренад+ер вс+ё н+а _реку"
    assert _say(placer, "тв+орог") == "тв+орог"
    assert _say(StressPlacer(model="none"), "творог") == "тв+орог"


def test_the_fingerprint_follows_what_decides(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("тв+орог\n", encoding="utf-8")
    one = StressPlacer(model="none", exceptions=path).fingerprint()
    assert StressPlacer(model="none", exceptions=path).fingerprint() == one
    path.write_text("твор+ог\n", encoding="utf-8")
    assert StressPlacer(model="none", exceptions=path).fingerprint() != one
    assert StressPlacer(model="none").fingerprint() != one


def test_without_the_library_all_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "silero_stress", None)
    assert _say(StressPlacer(), "зеленый замок") == "зел+ёный зам+ок"
    assert StressPlacer().fingerprint() == StressPlacer(model="none").fingerprint()
    with pytest.raises(MissingExtraError, match=r"\[russian\]"):
        StressPlacer(model="silero")


def test_mistakes_of_the_user_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="auto, silero or none"):
        StressPlacer(model="best")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"missing\.txt"):
        StressPlacer(exceptions=tmp_path / "missing.txt")


@_needs_silero
def test_a_batch_gives_the_same_as_one_by_one(with_model: StressPlacer) -> None:
    folder = Path(__file__).parents[4] / "data" / "festvox_ru"
    texts = re.findall(r'"(.*)"', (folder / "txt.done.data").read_text(encoding="utf-8"))
    sentences = [_tokens(text.replace("+", "")) for text in texts] + [
        _tokens(" ".join(texts).replace("+", ""))
    ]
    together = with_model.place(sentences)
    assert [with_model.place([sentence])[0] for sentence in reversed(sentences)] == together[::-1]
    for sentence, stressed in zip(sentences, together, strict=True):
        assert [token.word.replace("ё", "е") for token in sentence] == [
            s.word.replace("ё", "е") for s in stressed
        ]


def test_memory_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_REMEMBERED", 3)
    placer = StressPlacer(model="none")
    for text in ("вода огонь", "земля воздух", "вода земля дом корова сосна"):
        assert len(placer.place([_tokens(text)])[0]) == len(text.split())
    assert len(placer._known) <= 5
    assert _say(placer, "вода огонь") == "вод+а ог+онь"


def test_nothing_heavy_is_loaded_without_the_model() -> None:
    code = (
        "import sys; from phoneme_recognition.phonemes.g2p.russian.stress import StressPlacer;"
        "from phoneme_recognition.phonemes.g2p.russian.token import Token;"
        "StressPlacer(model='none').place([[Token('вода')]]); StressPlacer().fingerprint();"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
