"""Dictionaries in every format are read, and words are found in them however they are spelt."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from phoneme_recognition.errors import DataError, UserError
from phoneme_recognition.phonemes.g2p.backend import Pronunciation
from phoneme_recognition.phonemes.g2p.lexicon import LexiconG2P
from phoneme_recognition.phonemes.g2p.names import NAMES, make_backend
from phoneme_recognition.phonemes.vocabulary import Vocabulary

Write = Callable[[str], Path]

CZECH = """\
pes\tp ˈe s
dům\td ˈuː m
dům\td ˈu m
že\tʒ e
e-mail\tˈiː m ej l
"""
CMU = """\
;;; a comment
TOMATO  T AH0 M EY1 T OW2
TOMATO(2)  T AH0 M AA1 T OW2
DON'T  D OW1 N T
EN  EH1 N # foreign french
"""
MFA = """\
the\t0.1\t0.17\t1.0\t0.87\tð i
the\t0.99\t0.17\t1.0\t0.87\tð ə
cat\t1.0\t0.1\t1.0\t1.0\tk æ t
dog\td ɒ ɡ
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "lexicon"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def say(lexicon: LexiconG2P, text: str) -> Pronunciation:
    return lexicon.pronounce([text])[0]


def test_words_are_found(write: Write) -> None:
    lexicon = LexiconG2P(write(CZECH))
    said = say(lexicon, "Pes, „DŮM“ že?")
    assert " ".join(said.phonemes()) == "p ˈe s | d ˈuː m | ʒ e"
    assert said.words[1].text == "DŮM"
    assert said.words[1].variants == (("d", "ˈu", "m"),)
    assert {word.source for word in said.words} == {"lexicon"}
    assert said.unsaid == ()
    assert " ".join(say(lexicon, unicodedata.normalize("NFD", "dům")).phonemes()) == "d ˈuː m"


def test_what_is_not_in_it_is_unsaid(write: Write) -> None:
    said = say(LexiconG2P(write(CZECH)), "pes a 'kočka' 15% 😀 že")
    assert said.unsaid == ("a", "kočka", "15%", "😀")
    assert " ".join(said.phonemes()) == "p ˈe s | ʒ e"


def test_cmu(write: Write) -> None:
    lexicon = LexiconG2P(write(CMU), notation="arpabet")
    word = say(lexicon, "tomato").words[0]
    assert word.phonemes == ("t", "ə", "m", "ˈeɪ", "t", "ˌoʊ")
    assert word.variants == (("t", "ə", "m", "ˈɑ", "t", "ˌoʊ"),)
    assert say(lexicon, "Don’t").phonemes() == ["d", "ˈoʊ", "n", "t"]
    assert say(lexicon, "en").phonemes() == ["ˈɛ", "n"]
    plain = LexiconG2P(write(CMU), notation=None)
    assert " ".join(say(plain, "'tomato'").phonemes()) == "T AH0 M EY1 T OW2"


def test_mfa_puts_the_likeliest_first(write: Write) -> None:
    lexicon = LexiconG2P(write(MFA))
    said = say(lexicon, "the cat dog")
    assert " ".join(said.phonemes()) == "ð ə | k æ t | d ɒ ɡ"
    assert said.words[0].variants == (("ð", "i"),)
    blanks = LexiconG2P(write("the 0.2 ð i\nthe 0.7 ð ə\nblé b l e\n"))
    assert " ".join(say(blanks, "the blé").phonemes()) == "ð ə | b l e"


def test_bare_digits_are_phonemes_of_xsampa(write: Write) -> None:
    lexicon = LexiconG2P(write("deux d 2\nneuf\tn 9 f\nhuit\tH i t\n"), notation="xsampa")
    assert say(lexicon, "deux neuf").phonemes() == ["d", "ø", "|", "n", "œ", "f"]


def test_ipa_gets_one_spelling_and_stress_on_the_vowel(write: Write) -> None:
    lexicon = LexiconG2P(write("golem\tˈg o l e m\ncena\tts e n a\n"))
    assert " ".join(say(lexicon, "golem cena").phonemes()) == "ɡ ˈo l e m | t͡s e n a"


def test_windows_files(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_bytes("\ufeffpes\tp e s\r\n\r\n# c\r\ndům\td uː m\r\n".encode())
    assert " ".join(say(LexiconG2P(path), "pes dům").phonemes()) == "p e s | d uː m"


def test_words_with_hyphens_are_said_by_their_parts(write: Write) -> None:
    lexicon = LexiconG2P(write(CZECH))
    assert " ".join(say(lexicon, "e-mail").phonemes()) == "ˈiː m ej l"
    word = say(lexicon, "pes-dům").words[0]
    assert (word.text, word.phonemes) == ("pes-dům", ("p", "ˈe", "s", "d", "ˈuː", "m"))
    assert say(lexicon, "pes-kočka").unsaid == ("pes-kočka",)


def test_scripts_without_blanks(write: Write) -> None:
    lexicon = LexiconG2P(write("你好\tn i x a u\n你\tn i\n世界\tʂ ɻ t͡ɕ e\nสวัสดี\ts a w a t d iː\n"))
    said = say(lexicon, "你好世界，你们 สวัสดี")
    assert [word.text for word in said.words] == ["你好", "世界", "你", "สวัสดี"]
    assert said.unsaid == ("们",)


def test_the_fallback_says_the_rest(write: Write) -> None:
    letters = {"vocabulary": Vocabulary.from_phonemes("koča1")}
    lexicon = LexiconG2P(write(CZECH), fallback="phonemes", fallback_args=letters)
    said = say(lexicon, "pes kočka 😀 11")
    assert [word.source for word in said.words] == ["lexicon", "phonemes", "phonemes"]
    assert " ".join(said.phonemes()) == "p ˈe s | k o c\u030c k a | 1 1"
    assert said.unsaid == ("😀",)
    alone = LexiconG2P(write(CZECH))
    assert alone.fingerprint() != lexicon.fingerprint()


def test_a_fallback_remembers_no_more_than_it_should(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phoneme_recognition.phonemes.g2p.lexicon._MOST_REMEMBERED", 1)
    letters = {"vocabulary": Vocabulary.from_phonemes("abcdef")}
    lexicon = LexiconG2P(write(CZECH), fallback="phonemes", fallback_args=letters)
    for _ in range(2):
        for text in ("a b c", "d e", "f a pes"):
            assert say(lexicon, text).unsaid == ()
    assert len(lexicon._remembered) <= 3


def test_a_lexicon_may_fall_back_on_a_lexicon(tmp_path: Path, write: Write) -> None:
    (tmp_path / "names").write_text("Ota\tˈo t a\n", encoding="utf-8")
    lexicon = LexiconG2P(write(CZECH), fallback="lexicon", fallback_args={"file": tmp_path / "names"})
    assert " ".join(say(lexicon, "pes Ota").phonemes()) == "p ˈe s | ˈo t a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has no entries"),
        ("# nothing\n\n", "has no entries"),
        ("pes\tp e s\nkočka\n\tx\n", r"2 lines without a pronunciation; got line 2: 'kočka'; line 3: 'x'"),
        ("\n".join(f"w{n}" for n in range(30)), r"30 lines .*line 10: 'w9' and 20 more.*WORD, a tab"),
        ("pes\tmaybe\tp e s\n", "1 line without a pronunciation; got line 1"),
        ("kočka\tkotʃka\ndomek\tdomek\n", "the phonemes are not separated.*'kotʃka'"),
    ],
)
def test_bad_files(write: Write, text: str, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        LexiconG2P(write(text))


def test_files_that_cannot_be_read(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError, match=r"does not exist.*g2p_args\.file"):
        LexiconG2P(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read"):
        LexiconG2P(tmp_path)
    latin = tmp_path / "latin"
    latin.write_bytes("pes\tp e s\nk\xf8\tk ø\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"line 2 is not UTF-8.*iconv"):
        LexiconG2P(latin)
    with pytest.raises(DataError, match=r"arpabet has no symbol for .*ˈe.*g2p_args\.notation"):
        LexiconG2P(write(CZECH), notation="arpabet")
    with pytest.raises(UserError, match="notation 'klingon'"):
        LexiconG2P(write(CZECH), notation="klingon")


def test_no_text_raises(write: Write) -> None:
    texts = ["", "\ud800", "\x00", "pes " * 1250, "你" * 5000, "'" * 100, "-" * 100]
    said = LexiconG2P(write(CZECH)).pronounce(texts)
    assert len(said) == len(texts)
    assert len(said[3].words) == 1250
    assert said[4].unsaid == ("你" * 5000,)


def test_the_fingerprint_is_that_of_the_content(write: Write) -> None:
    first = LexiconG2P(write(CZECH)).fingerprint()
    assert LexiconG2P(write(CZECH)).fingerprint() == first
    assert LexiconG2P(write(CZECH), notation=None).fingerprint() != first
    assert LexiconG2P(write(CZECH + "x\tk s\n")).fingerprint() != first


def test_backends_are_made_by_name_and_by_path(write: Write) -> None:
    path = write(CZECH)
    for name in ("lexicon", NAMES["lexicon"]):
        made = make_backend(name, {"file": path}, language="cs", vocabulary=Vocabulary.from_phonemes("a"))
        assert " ".join(made.pronounce(["pes"])[0].phonemes()) == "p ˈe s"
    letters = make_backend("phonemes", language="cs", vocabulary=Vocabulary.from_phonemes("ab"))
    assert letters.pronounce(["ab"])[0].phonemes() == ["a", "b"]
    with pytest.raises(UserError, match=r"no g2p backend 'lexikon'.*Did you mean 'lexicon'"):
        make_backend("lexikon")
    with pytest.raises(UserError, match=r"g2p backend lexicon: missing a required argument: 'file'"):
        make_backend("lexicon")
    with pytest.raises(UserError, match=r"'datei'; expected some of: file, language"):
        make_backend("lexicon", {"file": path, "datei": 1})
    with pytest.raises(UserError, match="cannot be imported"):
        make_backend("nowhere.at.All")
