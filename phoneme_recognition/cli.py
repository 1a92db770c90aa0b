"""The command line: which mode with what, what is printed where, and the exit code.

Standard output carries results for programs (the last line is one JSON object); everything for people goes
to standard error. Exit codes: 0 well, 1 our fault, 2 the user's mistake, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from phoneme_recognition import processes
from phoneme_recognition.errors import UserError
from phoneme_recognition.runs.launcher import ProcessError, launch, processes_to_start
from phoneme_recognition.version import __version__

if TYPE_CHECKING:
    from phoneme_recognition.config import Config

HELP = """\
usage: phoneme-recognition MODE CONFIG [KEY=VALUE ...]

  train CONFIG         train a recogniser; ends with its phoneme error rate on validation and test
  val CONFIG           measure ckpt_path on the validation split
  test CONFIG          measure ckpt_path on the test split
  tune CONFIG          search for better parameters (section optuna); call again to go on
  check CONFIG         what a run with the config would stumble over, without running it
  preview CONFIG       picture and sound of each augmentation         [output=FOLDER]
  vocab CONFIG         make or check a vocabulary of the datasets     [output=FILE]
  transcribe CHECKPOINT FILE|FOLDER ...
                       phonemes of any recordings                     [format=text|jsonl]
  phonemize TEXT|FILE|-
                       phonemes of any text        [--plain] [g2p=NAME] [language=CODE] [output=FILE]

KEY=VALUE changes any value of the config by its dotted path, list indices included:
  trainer.max_epochs=3   data.augmentations[0].init_args.p=0.3   ckpt_path=runs/mine/last.ckpt

The last line on standard output is one JSON object with the main figures; all else goes to standard error.
Exit codes: 0 well, 2 a mistake in the config or the input (it is explained), 1 a fault of the program.
"""

_BROKEN_PIPE = 128 + 13  # as a shell says it of a program that the signal PIPE has ended

# The modes that take a config, and the module of ``runs`` that does the work.
CONFIGURED = {
    "train": "train",
    "val": "evaluate",
    "test": "evaluate",
    "tune": "tune",
    "check": "check",
    "preview": "preview.mode",
    "vocab": "vocabulary",
}
MODES = (*CONFIGURED, "transcribe", "phonemize")


def main(arguments: Sequence[str], results: TextIO | None = None) -> int:
    """Run one mode and give the exit code.

    Args:
        arguments: mode, config and overrides.
        results: where the lines for programs go; standard output by default.
    """
    results = results or sys.stdout
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="", file=results if arguments else sys.stderr)
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(__version__, file=results)
        return 0
    _set_up_process()
    try:
        # Libraries print to standard output; that is for the results alone.
        with contextlib.redirect_stdout(sys.stderr):
            figures = _run(arguments[0], arguments[1:], results)
    except (Exception, KeyboardInterrupt) as error:
        return _tell(error)
    if figures and processes.is_first_process():
        _writer(results)(json.dumps(figures, ensure_ascii=False))
    # A check that found errors has done its work, and the config is the user's to mend.
    return 2 if figures.get("errors") else 0


def _set_up_process() -> None:
    """Logging for people; of the processes of a run the first one alone speaks."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.captureWarnings(True)
    logging.getLogger("pymorphy3").setLevel(logging.WARNING)  # tells where its dictionaries lie
    if not processes.is_first_process():
        logging.disable(logging.CRITICAL)
    processes.end_with_parent()


def _tell(error: BaseException) -> int:
    """Say what ended the mode, once for all the processes of a run, and give the exit code."""
    if isinstance(error, ProcessError):
        if error.reason:
            print(f"error: {error.reason}", file=sys.stderr)
        return error.code
    code = 2 if isinstance(error, UserError) else 130 if isinstance(error, KeyboardInterrupt) else 1
    if not processes.speaks_of_failure(error):
        return code
    if isinstance(error, UserError):
        print(f"error: {error}", file=sys.stderr)
    elif isinstance(error, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    elif processes.is_consequence(error):
        print("error: another process of this run is gone", file=sys.stderr)
    else:
        traceback.print_exception(error)
        said = "error: this is a fault of the program, not yours; please report it with the lines above"
        print(said, file=sys.stderr)
    return code


def _run(mode: str, rest: Sequence[str], results: TextIO) -> dict[str, Any]:
    if mode == "transcribe":
        return _transcribe(rest, results)
    if mode == "phonemize":
        return _phonemize(rest, results)
    if mode not in CONFIGURED:
        raise UserError(f"there is no mode {mode!r}", expected=f"one of {', '.join(MODES)}")
    if not rest:
        raise UserError(
            f"{mode} needs a config file", remedy=f"For example: ./run.sh {mode} config/quickstart.yaml"
        )
    return _configured(mode, rest[0], rest[1:])


def _configured(mode: str, config_file: str, overrides: Sequence[str]) -> dict[str, Any]:
    """A mode that reads a config; heavy imports only after the config was found right."""
    from phoneme_recognition.config import load_config

    # Class paths in a config are found from the working folder, also when installed as a command.
    sys.path.insert(0, str(Path.cwd()))
    output = None
    if mode in ("vocab", "preview"):
        output, overrides = _option("output", overrides)
    config = load_config(config_file, overrides)
    if mode == "train" and config.optuna and config.optuna.tune:
        mode = "tune"
    if mode in ("train", "val", "test"):
        number, num_nodes = _to_start(config)
        if number * num_nodes > 1:
            return launch([mode, config_file, *overrides], number, num_nodes=num_nodes)
    module = importlib.import_module(f"phoneme_recognition.runs.{CONFIGURED[mode]}")
    if mode in ("val", "test"):
        figures = module.evaluate(config, mode)
    elif mode in ("vocab", "preview"):
        figures = getattr(module, {"vocab": "make_vocabulary"}.get(mode, mode))(config, output)
    else:
        figures = getattr(module, mode)(config)
    return dict(figures)


def _to_start(config: Config) -> tuple[int, int]:
    """How many processes are to be started here for a config, and on how many machines others start them."""
    number = processes_to_start(config.trainer)
    num_nodes = int(config.trainer.get("num_nodes") or 1) if processes.place().world_size == 1 else 1
    if number * num_nodes > 1:
        from phoneme_recognition.runs.machine import refuse_what_the_machine_lacks

        refuse_what_the_machine_lacks(config.trainer)
    return number, num_nodes


def _option(name: str, values: Sequence[str]) -> tuple[str | None, list[str]]:
    """An option NAME=VALUE of the mode itself, taken out of the overrides."""
    given = [value for value in values if value.startswith(f"{name}=")]
    return (given[-1].partition("=")[2] if given else None), [one for one in values if one not in given]


def _transcribe(rest: Sequence[str], results: TextIO) -> dict[str, Any]:
    style, inputs = _option("format", rest)
    if style not in (None, "text", "jsonl"):
        raise UserError(f"format={style}", expected="format=text or format=jsonl")
    if len(inputs) < 2:
        raise UserError(
            "transcribe needs a checkpoint and recordings", expected="transcribe CHECKPOINT FILE|FOLDER ..."
        )
    from phoneme_recognition.runs.transcribe import transcribe

    write = _writer(results)
    return transcribe(inputs[0], inputs[1:], style="jsonl" if style == "jsonl" else "text", write=write)


def _phonemize(rest: Sequence[str], results: TextIO) -> dict[str, Any]:
    """The figures; none where standard output belongs to the lines, and the figures go to standard error."""
    # Class paths of backends are found from the working folder.
    sys.path.insert(0, str(Path.cwd()))
    from phoneme_recognition.runs.phonemize.mode import phonemize
    from phoneme_recognition.runs.phonemize.options import read_request

    request = read_request(rest)
    figures = phonemize(request, _writer(results))
    if not request.prints_lines:
        return figures
    print(json.dumps(figures, ensure_ascii=False), file=sys.stderr)
    return {}


def _writer(results: TextIO) -> Callable[[str], None]:
    """Writes lines for programs; ends without a word where nobody reads them any more (``| head``)."""

    def write(lines: str) -> None:
        try:
            print(lines, file=results, flush=True)
        except BrokenPipeError:
            # Otherwise Python would try again to write the rest when it ends, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), results.fileno())
            raise SystemExit(_BROKEN_PIPE) from None

    return write


def entry_point() -> None:
    """The console script."""
    code = main(sys.argv[1:])
    if not processes.is_first_process():
        # The other processes of a run have nothing left to do, and a thread of a library that is still at
        # work while Python shuts down can abort them after all has gone well.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)
