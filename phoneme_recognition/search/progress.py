"""What a person sees while a search runs: a line for each trial, and one that lives while a trial does."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial
from rich.console import Console
from rich.live import Live
from rich.text import Text

from phoneme_recognition.search.spaces import short_names
from phoneme_recognition.search.study import REASON, count_trials, finished, kind_of

logger = logging.getLogger(__name__)

# What a training run tells of itself is of no interest twenty times over.
_TALKATIVE = (
    "phoneme_recognition.runs.train",
    "phoneme_recognition.runs.build",
    "phoneme_recognition.runs.engine",
    "phoneme_recognition.callbacks",
    "phoneme_recognition.models",
)
_WIDEST_REASON = 160

_ROW = "%5s  %11s %10s %7s %7s  %s"
_BEFORE_PARAMETERS = 47


class SearchProgress:
    """Tells how a search comes along.

    Args:
        study: the study.
        n_trials: how many trials it shall have.
        metric: what is compared.
        paths: the searched paths.
    """

    def __init__(self, study: Study, n_trials: int, metric: str, paths: Sequence[str]) -> None:
        self._study, self._n_trials, self._metric = study, n_trials, metric
        self._names = short_names(paths)
        self._live: Live | None = None
        self._running = 0
        self._began = time.monotonic()
        self._last = ""

    def head(self) -> None:
        """Write the head of the table."""
        logger.info(_ROW, "trial", f"{self._metric[:10]} ", "best", "time", "to go", "parameters")

    def begin(self, number: int) -> None:
        """A trial begins."""
        self._running, self._began, self._last = number, time.monotonic(), ""

    def validated(self, number: int, value: float) -> None:
        """A validation of the running trial came out."""
        self._last = f", {self._metric} {value:.4g} at validation {number}"

    def end(self, trial: FrozenTrial) -> None:
        """Write the line of a finished trial."""
        kind, best = kind_of(trial), best_of(self._study)
        value = f"{trial.value:.4f}" if kind == "complete" else kind
        star = "*" if best and best.number == trial.number else " "
        seconds = trial.duration.total_seconds() if trial.duration else 0.0
        best_value = f"{best.value:.4f}" if best else ""
        logger.info(
            _ROW,
            trial.number,
            f"{value}{star}",
            best_value,
            clock(seconds),
            self._to_go(),
            _wrapped(shown(trial.params, self._names)),
        )
        if trial.user_attrs.get(REASON):
            logger.info("%7s%s", "", _shortened(str(trial.user_attrs[REASON])))

    def _to_go(self) -> str:
        """The time until the search is through, from the mean duration so far."""
        trials = self._study.get_trials(deepcopy=False)
        took = [
            trial.duration.total_seconds() for trial in trials if trial.state.is_finished() and trial.duration
        ]
        counts = count_trials(self._study)
        left = max(0, self._n_trials - finished(counts))
        return clock(left * sum(took) / len(took) / (1 + counts["running"])) if took else ""

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the running trial in a line that changes, where someone is looking; hold back its chatter."""
        with _quiet():
            console = Console(stderr=True)
            if not console.is_terminal:
                yield
                return
            live = Live(console=console, get_renderable=self._line, transient=True, refresh_per_second=2)
            with live, _logs_above():
                yield

    def _line(self) -> Text:
        passed = clock(time.monotonic() - self._began)
        return Text(f"trial {self._running} (of {self._n_trials}): {passed}{self._last}", style="dim")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep libraries and the engine to warnings, and each warning to its first time."""
    levels = {name: logging.getLogger(name).level for name in _TALKATIVE}
    filters = [(handler, _Once()) for handler in logging.getLogger().handlers]
    for name in levels:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler, once in filters:
        handler.addFilter(once)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for handler, once in filters:
            handler.removeFilter(once)


class _Once(logging.Filter):
    """Lets a warning through the first time."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.levelno < logging.WARNING or text not in self._seen:
            self._seen.add(text)
            return True
        return False


@contextmanager
def _logs_above() -> Iterator[None]:
    """Let log lines go through what rich put in place of standard error, above its live line."""
    moved = [
        (handler, handler.setStream(sys.stderr))
        for handler in logging.getLogger().handlers
        if type(handler) is logging.StreamHandler
    ]
    try:
        yield
    finally:
        for handler, stream in moved:
            if stream is not None:
                handler.setStream(stream)


def best_of(study: Study) -> FrozenTrial | None:
    """The best complete trial; None where there is none."""
    return study.best_trial if count_trials(study)["complete"] else None


def shown(parameters: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Parameters in one line, by their short names."""
    return "  ".join(f"{names.get(path, path)}={_number(value)}" for path, value in parameters.items())


def _wrapped(text: str) -> str:
    """The last column on several lines where someone is looking and the terminal is narrow."""
    width = shutil.get_terminal_size().columns - _BEFORE_PARAMETERS
    if not sys.stderr.isatty() or width < len(max(text.split("  "), key=len, default="")):
        return text
    lines = [""]
    for word in text.split("  "):
        joined = f"{lines[-1]}  {word}" if lines[-1] else word
        lines = [*lines[:-1], joined] if len(joined) <= width else [*lines, word]
    return f"\n{'':{_BEFORE_PARAMETERS}}".join(lines)


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST_REASON else f"{line[: _WIDEST_REASON - 3]}..."


def clock(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
