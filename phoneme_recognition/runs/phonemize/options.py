"""What is asked of ``phonemize``: the words of the command line, read and checked before any text is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from phoneme_recognition.config import load_config
from phoneme_recognition.config.checker import Checker
from phoneme_recognition.config.checks import AUTO, check_backend
from phoneme_recognition.config.classes import ClassLookupError, class_facts
from phoneme_recognition.config.loader import COMMAND_LINE, Document, Origin, read_value
from phoneme_recognition.config.paths import PathError, parse_path, set_path
from phoneme_recognition.config.sections import DataSection, ModelSection, PhonemesSection
from phoneme_recognition.errors import ConfigError, Finding, UserError
from phoneme_recognition.phonemes.g2p.names import NAMES
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.runs.phonemize.input import is_there
from phoneme_recognition.runs.speaking import choose_backend, place_of_vocabulary

# What is written short here, and its place in a config.
_CONFIGURED = {
    "language": "data.language",
    "vocab_file": "model.vocab_file",
    "g2p": "phonemes.g2p",
    "keep_stress": "phonemes.keep_stress",
    "keep_reduction": "phonemes.keep_reduction",
}
_OWN = ("plain", "output", "config")
_ARGUMENTS = "phonemes.g2p_args"
_PLAIN = "--plain"
_OPTION = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)=(.*)", re.DOTALL)


class Request(NamedTuple):
    """What is asked for.

    Attributes:
        inputs: files, or the words of one text; ``-`` is standard input.
        plain: one line for each input line, for programs.
        output: the file that takes these lines; None: standard output.
        language: of the text.
        backend: short name or class path.
        arguments: of the backend.
        inventory: whether stress and reduction are kept.
        vocabulary: given to a backend that takes one, and keeps its spelling of phonemes.
    """

    inputs: tuple[str, ...]
    plain: bool
    output: Path | None
    language: str
    backend: str
    arguments: dict[str, Any]
    inventory: Inventory
    vocabulary: Vocabulary | None

    @property
    def prints_lines(self) -> bool:
        """Whether standard output takes the lines and nothing else."""
        return self.plain and self.output is None

    @property
    def is_for_people(self) -> bool:
        """Whether what is said is shown as tables."""
        return not self.plain and self.output is None


class _Settings(NamedTuple):
    language: str
    vocab_file: str | None
    phonemes: PhonemesSection


def read_request(words: Sequence[str]) -> Request:
    """Read the words that follow ``phonemize``: inputs, ``--plain``, and ``KEY=VALUE``.

    Raises:
        UserError: there is nothing to say, or an option is unknown or wrong.
    """
    inputs, given = _sort_out(words)
    own = {name: given.pop(name) for name in _OWN if name in given}
    settings, vocabulary, backend = _settle(own.get("config"), given)
    section = settings.phonemes
    return Request(
        inputs,
        _is_true(own.get("plain", "false")),
        _writable(own["output"], inputs) if "output" in own else None,
        settings.language,
        backend,
        section.g2p_args,
        Inventory(keep_stress=section.keep_stress, keep_reduction=section.keep_reduction),
        vocabulary,
    )


def _sort_out(words: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Inputs and options; a file is an input whatever its name looks like."""
    inputs: list[str] = []
    given: dict[str, str] = {}
    for word in words:
        option = _OPTION.fullmatch(word)
        if word == _PLAIN:
            given["plain"] = "true"
        elif option and not is_there(word):
            given[option[1]] = option[2]
        elif word.startswith("--") and word[2:3].isalpha():
            raise UserError(f"phonemize has no option {word}", expected=f"{_PLAIN} or KEY=VALUE")
        else:
            inputs.append(word)
    if not inputs:
        raise UserError(
            "phonemize needs a text or a file",
            expected="phonemize TEXT|FILE|- [--plain] [KEY=VALUE ...]",
            remedy="For example: ./run.sh phonemize 'Мама мыла раму.'",
        )
    return tuple(inputs), given


def _settle(config: str | None, given: dict[str, str]) -> tuple[_Settings, Vocabulary | None, str]:
    """The settings with the backend's arguments, which are judged once it is known whose they are."""
    short = {_CONFIGURED[name]: text for name, text in given.items() if name in _CONFIGURED}
    long = {name: text for name, text in given.items() if name in _CONFIGURED.values()}
    names = [name for name in given if name not in _CONFIGURED and name not in long]
    arguments = {_argument_path(name): given[name] for name in names}
    overrides = short | long
    named = overrides.get("phonemes.g2p", AUTO) != AUTO
    if named and _ARGUMENTS not in arguments:
        arguments = {_ARGUMENTS: "{}"} | arguments  # those of a config belong to the backend that it names
    settings = _read(config, overrides | arguments if named else overrides)
    vocabulary = _vocabulary(settings)
    backend = choose_backend(settings.phonemes.g2p, settings.language, vocabulary)
    _check_arguments(backend, [name for name in names if "." not in name and name != "g2p_args"])
    if arguments and not named:
        settings = _read(config, overrides | {"phonemes.g2p": backend} | arguments)
    if backend == "phonemes" and vocabulary is None:
        raise UserError(
            f"nothing says how the language {settings.language!r} is spoken",
            expected="g2p=espeak, g2p=epitran, g2p=lexicon with file=DICTIONARY, "
            "or vocab_file=FILE where the text already is phonemes",
        )
    return settings, vocabulary, backend


def _argument_path(name: str) -> str:
    if name.startswith("phonemes."):
        return name
    return f"phonemes.{name}" if name.partition(".")[0] == "g2p_args" else f"{_ARGUMENTS}.{name}"


def _read(config: str | None, overrides: dict[str, str]) -> _Settings:
    if config is not None:
        whole = load_config(config, [f"{path}={text}" for path, text in overrides.items()])
        return _Settings(whole.data.language, whole.model.vocab_file, whole.phonemes)
    document = Document({"data": {}, "model": {}, "phonemes": {}}, {(): Origin(COMMAND_LINE, None)})
    for path, text in overrides.items():
        value, problem = read_value(text)
        try:
            if problem:
                raise PathError(f"{text!r} is {problem}", "a YAML value; special characters in quotes")
            set_path(document.data, parse_path(path), value)
        except PathError as error:
            document.findings.append(Finding(path, str(error), error.expected, source=COMMAND_LINE))
    checker = Checker(document)
    data = checker.section(DataSection, document.data["data"], ("data",))
    model = checker.section(ModelSection, document.data["model"], ("model",))
    phonemes = checker.section(PhonemesSection, document.data["phonemes"], ("phonemes",))
    phonemes = check_backend(checker, phonemes)
    if checker.findings:
        raise ConfigError(checker.findings)
    russian = choose_backend(AUTO, data.language, None) == "russian"
    known = "vocab_file" in document.data["model"] or russian
    return _Settings(data.language, model.vocab_file if known else None, phonemes)


def _vocabulary(settings: _Settings) -> Vocabulary | None:
    """The vocabulary, where there is one: a config may name one that is still to be made."""
    if settings.vocab_file is None:
        return None
    path = place_of_vocabulary(settings.vocab_file)
    wanted = settings.phonemes.g2p in (AUTO, "phonemes")
    return Vocabulary.from_file(path) if wanted or path.exists() else None


def _check_arguments(backend: str, names: Sequence[str]) -> None:
    """A key that is neither an option nor an argument of the backend is a slip of the pen."""
    try:
        facts = class_facts(NAMES.get(backend, backend))
    except ClassLookupError:
        return  # said already
    options = [*_OWN, *_CONFIGURED]
    for name in names:
        if name in facts.arguments or facts.open:
            continue
        near = difflib.get_close_matches(name, [*options, *facts.arguments], n=1)
        raise UserError(
            f"phonemize has no option {name!r}",
            expected=f"{', '.join(options)}, or an argument of the backend {backend}: "
            f"{', '.join(facts.arguments)}",
            remedy=f"Did you mean {near[0]!r}?" if near else "",
        )


def _is_true(text: str) -> bool:
    value, problem = read_value(text)
    if problem or not isinstance(value, bool):
        raise UserError(f"plain={text}", expected="plain=true or plain=false")
    return value


def _writable(name: str, inputs: Sequence[str]) -> Path:
    path = Path(name)
    if not name or (path.exists() and not path.is_file()):
        raise UserError(f"output={name}", expected="a file", remedy="--plain writes to standard output.")
    if path.exists() and any(is_there(one) and path.samefile(one) for one in inputs):
        raise UserError(f"output={name} is the input itself", expected="another file")
    return path
