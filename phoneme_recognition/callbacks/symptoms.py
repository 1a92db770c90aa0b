"""The known ways in which a training run goes wrong, recognised from figures alone.

Each class watches one of them and keeps its state as plain data. ``update`` takes what was measured and
returns what is to be told, or None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Broken(NamedTuple):
    """A loss that is no number: since which step, and for how many."""

    since: int
    steps: int


@dataclass
class NonFiniteLoss:
    """NaN or infinite loss.

    Attributes:
        since: the first step of the present run of such losses, or None.
        steps: how many there are.
    """

    since: int | None = None
    steps: int = 0

    def update(self, step: int, loss: float) -> Broken | None:
        """Take the loss of a step."""
        if math.isfinite(loss):
            self.since, self.steps = None, 0
            return None
        self.since = step if self.since is None else self.since
        self.steps += 1
        return Broken(self.since, self.steps)


class Runaway(NamedTuple):
    """A loss that has grown: the best mean over a window, and the present one."""

    best: float
    now: float


@dataclass
class Divergence:
    """The loss of a whole window is far above the best before it.

    The loss of the untrained network is the first best: to be far worse than that is divergence too.

    Attributes:
        window: steps that are averaged.
        best: the lowest mean so far.
        recent: the last losses.
    """

    window: int = 20
    best: float = math.inf
    recent: list[float] = field(default_factory=list)

    # So many times the best, and so much more a phoneme: what is learnt by heart has losses near 0.
    FACTOR, MARGIN = 2.0, 0.5

    def update(self, loss: float) -> Runaway | None:
        """Take the loss of a step; it must be finite."""
        if not self.recent:
            self.best = min(self.best, loss)
        self.recent = [*self.recent[1 - self.window :], loss]
        if len(self.recent) < self.window:
            return None
        mean = sum(self.recent) / self.window
        self.best = min(self.best, mean)
        grown = mean > self.FACTOR * self.best + self.MARGIN and _median(self.recent) > 1.5 * self.best
        return Runaway(self.best, mean) if grown else None


@dataclass
class Silence:
    """The network says one and the same symbol everywhere, as a rule the blank.

    Every CTC network begins so; that is normal as long as the loss falls.

    Attributes:
        since: the step at which it began, or None where the network says something.
        losses: mean losses at the looks since then.
    """

    since: int | None = 0
    losses: list[float] = field(default_factory=list)

    # From this share of the frames on, one symbol is all; and less than this is no progress.
    ALL, PROGRESS = 0.98, 0.02

    def update(self, step: int, share: float, loss: float) -> int:
        """Take a look; returns for how many steps the network has been silent.

        Args:
            step: of the look.
            share: of the frames whose likeliest symbol is the most frequent one.
            loss: mean since the last look.
        """
        if share < self.ALL:
            self.since, self.losses = None, []
            return 0
        self.since = step if self.since is None else self.since
        self.losses.append(loss)
        return step - self.since

    @property
    def standing(self) -> bool:
        """Whether the loss has stood still over the second half of the silence."""
        # The last quarter against the third one: a blip at one look decides nothing.
        quarter = len(self.losses) // 4
        if not quarter:
            return False
        before, now = self.losses[-2 * quarter : -quarter], self.losses[-quarter:]
        return _mean(now) > (1 - self.PROGRESS) * _mean(before)


@dataclass
class DeadHead:
    """The CTC head gets no gradient, or zeros, again and again.

    Attributes:
        looks: how often in a row.
    """

    looks: int = 0

    ENOUGH = 3

    def update(self, norm: float | None) -> bool:
        """Take the norm of the head's gradient, None where there is none."""
        self.looks = self.looks + 1 if not norm else 0
        return self.looks >= self.ENOUGH


class Waiting(NamedTuple):
    """Time that training waited for batches: its share, and the seconds behind it."""

    share: float
    seconds: float


@dataclass
class Starvation:
    """The device waits for batches.

    Attributes:
        waited: seconds between the end of a step and the next batch.
        worked: seconds in steps.
        batches: how many were timed.
    """

    waited: float = 0.0
    worked: float = 0.0
    batches: int = 0

    # Short runs and the start of the workers prove nothing.
    SHARE, SECONDS, BATCHES, WARM_UP = 0.3, 10.0, 30, 5

    def update(self, waited: float, worked: float) -> Waiting | None:
        """Take the seconds before and in a step."""
        self.batches += 1
        if self.batches <= self.WARM_UP:
            return None
        self.waited, self.worked = self.waited + waited, self.worked + worked
        share = self.waited / max(1e-9, self.waited + self.worked)
        enough = self.waited >= self.SECONDS and self.batches >= self.BATCHES
        return Waiting(share, self.waited) if enough and share > self.SHARE else None


@dataclass
class TooLong:
    """Labels that are longer than the frames that are left of their recordings in training.

    Attributes:
        seen: utterances that were looked at.
        long: those whose label does not fit.
    """

    seen: int = 0
    long: int = 0

    SHARE, ENOUGH = 0.02, 20

    def update(self, seen: int, long: int) -> float | None:
        """Take the counts of a batch; returns the share so far where it is too large."""
        self.seen, self.long = self.seen + seen, self.long + long
        share = self.long / max(1, self.seen)
        return share if self.seen >= self.ENOUGH and share > self.SHARE else None


@dataclass
class Overfitting:
    """Validation gets worse while the training loss falls.

    Attributes:
        rows: (training loss, validation loss, validation PER) of each validation.
    """

    rows: list[list[float]] = field(default_factory=list)

    AFTER, RISE, FALL = 4, 1.1, 0.95

    def update(self, row: Sequence[float]) -> int | None:
        """Take a validation; returns how many ago the best one was where all since are worse."""
        self.rows.append(list(row))
        best = min(range(len(self.rows)), key=lambda at: self.rows[at][1])
        later = self.rows[best + 1 :]
        if len(later) < self.AFTER:
            return None
        train, validation, rate = self.rows[best]
        worse = all(one[1] > self.RISE * validation and one[2] >= rate for one in later[-self.AFTER :])
        return len(later) if worse and later[-1][0] < self.FALL * train else None


@dataclass
class Symptoms:
    """All that is watched."""

    broken: NonFiniteLoss = field(default_factory=NonFiniteLoss)
    divergence: Divergence = field(default_factory=Divergence)
    silence: Silence = field(default_factory=Silence)
    dead_head: DeadHead = field(default_factory=DeadHead)
    starvation: Starvation = field(default_factory=Starvation)
    too_long: TooLong = field(default_factory=TooLong)
    overfitting: Overfitting = field(default_factory=Overfitting)

    def load(self, state: Mapping[str, Mapping[str, object]]) -> None:
        """Put back what ``dataclasses.asdict`` gave."""
        for name, values in state.items():
            for key, value in values.items():
                setattr(getattr(self, name), key, value)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
