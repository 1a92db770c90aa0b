"""The command line of ``phonemize``: short options, a config, and what is said about a slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.errors import UserError, VocabularyError
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.runs.phonemize.options import read_request

CONFIG = """\
data:
  language: {language}
  dataset_classes: [{{class_path: dataset_modules.custom_audio.CustomAudioDataset,
                     init_args: {{train_val_dir: data, language: {language}}}}}]
model: {{vocab_file: {vocab_file}}}
phonemes: {phonemes}
"""


def write_config(folder: Path, phonemes: str, language: str = "ru", vocab_file: str = "missing.json") -> str:
    path = folder / "config.yaml"
    text = CONFIG.format(language=language, phonemes=phonemes, vocab_file=vocab_file)
    path.write_text(text, encoding="utf-8")
    return f"config={path}"


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    path = tmp_path / "lexicon.tsv"
    path.write_text("word\tw ɜ d\n", encoding="utf-8")
    return path


def test_russian_is_the_default() -> None:
    request = read_request(["Мама", "мыла"])
    assert (request.language, request.backend, request.arguments) == ("ru", "russian", {})
    assert request.inputs == ("Мама", "мыла")
    assert request.inventory == Inventory()
    assert request.is_for_people and not request.prints_lines


def test_arguments_of_the_backend_by_short_and_long_names(lexicon: Path) -> None:
    for given in (
        [f"file={lexicon}"],
        [f"g2p_args.file={lexicon}"],
        [f"phonemes.g2p_args.file={lexicon}"],
        [f"g2p_args={{file: {lexicon}}}"],
    ):
        request = read_request(["x", "g2p=lexicon", "language=en", *given])
        assert (request.backend, request.arguments) == ("lexicon", {"file": str(lexicon)})
    # auto has chosen Russian, so its arguments are Russian's.
    assert read_request(["x", "stress_model=none"]).arguments == {"stress_model": "none"}


def test_values_are_read_as_in_a_config() -> None:
    request = read_request(
        ["x", "keep_stress=False", "phonemes.keep_reduction=false", "assimilative_softness=true"]
    )
    assert request.inventory == Inventory(keep_stress=False, keep_reduction=False)
    assert request.arguments == {"assimilative_softness": True}


def test_plain_and_output(tmp_path: Path) -> None:
    for given in ("--plain", "plain=true"):
        request = read_request(["x", given])
        assert request.plain and request.prints_lines
    request = read_request(["--plain", "x", f"output={tmp_path / 'new.txt'}"])
    assert request.output == tmp_path / "new.txt"
    assert not request.prints_lines and not request.is_for_people
    assert read_request(["x", "plain=false"]).is_for_people


def test_a_config_gives_its_section_and_its_language(tmp_path: Path, lexicon: Path) -> None:
    section = f"{{g2p: lexicon, g2p_args: {{file: {lexicon}}}, keep_stress: false}}"
    config = write_config(tmp_path, section, language="en")
    request = read_request(["x", config])
    assert (request.language, request.backend) == ("en", "lexicon")
    assert request.arguments == {"file": str(lexicon)}
    assert not request.inventory.keep_stress
    assert request.vocabulary is None  # is not there yet, and not needed
    # The command line goes before it; another backend does not get the arguments of that one.
    changed = read_request(["x", config, "g2p=espeak", "language=cs", "keep_stress=true"])
    assert (changed.backend, changed.language, changed.arguments) == ("espeak", "cs", {})
    assert changed.inventory.keep_stress


def test_a_config_with_auto_takes_arguments_of_what_that_chooses(tmp_path: Path) -> None:
    shipped = "dataset_modules/tokens/russian_phones.json"
    config = write_config(tmp_path, "{}", vocab_file=shipped)
    request = read_request(["x", config, "stress_model=none"])
    assert (request.backend, request.arguments) == ("russian", {"stress_model": "none"})
    assert request.vocabulary is not None and "ˈa" in request.vocabulary


def test_the_vocabulary_decides_with_auto(tmp_path: Path) -> None:
    letters = tmp_path / "letters.json"
    letters.write_text('{"[PAD]": 0, "[UNK]": 1, "а": 2, "м": 3}', encoding="utf-8")
    assert read_request(["мама", f"vocab_file={letters}"]).backend == "phonemes"
    assert read_request(["mama", "language=cs", f"vocab_file={letters}"]).backend == "phonemes"
    assert read_request(["мама", "g2p=phonemes"]).vocabulary is not None  # the one of the default config
    with pytest.raises(UserError, match="language 'cs' is spoken; expected g2p=espeak"):
        read_request(["mama", "language=cs"])
    with pytest.raises(VocabularyError, match=r"nowhere\.json does not exist"):
        read_request(["mama", "vocab_file=nowhere.json"])


def test_a_file_is_an_input_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.txt").touch()
    assert read_request(["a=b.txt"]).inputs == ("a=b.txt",)
    assert read_request(["-"]).inputs == ("-",)
    assert read_request(["-5 градусов", "— да"]).inputs == ("-5 градусов", "— да")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs a text or a file"),
        (["--plain"], "needs a text or a file"),
        (["x", "--plian"], "no option --plian"),
        (["x", "langage=en"], "Did you mean 'language'?"),
        (["x", "exeptions=my.txt"], "Did you mean 'exceptions'?"),
        (["x", "plain=perhaps"], "plain=true or plain=false"),
        (["x", "keep_stress=maybe"], "expected true or false"),
        (["x", "g2p=russan"], "did you mean 'russian'"),
        (["x", "g2p=lexicon"], "missing"),
        (["x", "g2p=nowhere.Backend"], "nowhere"),
        (["x", "stress_model=some"], "stress_model"),
        (["x", "g2p_args=[1"], "YAML"),
        (["x", "config=nowhere.yaml"], "nowhere.yaml"),
        (["x", "output=/dev/null"], "--plain writes to standard output"),
        (["x", "output="], "expected a file"),
    ],
)
def test_a_slip_is_explained(words: list[str], said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_request(words)
    assert said in str(caught.value)


def test_the_input_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("мама", encoding="utf-8")
    with pytest.raises(UserError, match="is the input itself"):
        read_request([str(path), f"output={tmp_path}/../{tmp_path.name}/text.txt"])
