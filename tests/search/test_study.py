"""Where a study is kept, to which config it belongs, and which of its trials count."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from phoneme_recognition.config import Config
from phoneme_recognition.config.sections import (
    DataSection,
    ExperimentSection,
    ModelSection,
    OptunaSection,
    SearchSpace,
)
from phoneme_recognition.errors import UserError
from phoneme_recognition.search.folder import TRIAL_LOCK, FileLock, this_machine, trial_folder
from phoneme_recognition.search.study import (
    MACHINE,
    MOST_RETRIES,
    REASON,
    bury_the_dead,
    count_trials,
    finished,
    open_study,
    sampler,
    settle_study,
    shown_storage,
    study_folder,
    study_name,
    try_again,
)

SECTION = OptunaSection(search_spaces={"model.lr": SearchSpace("loguniform", 1e-5, 1e-2)})
CONFIG = Config(optuna=SECTION)
ROOT = Path(__file__).parents[2]

# Trials are begun here without Study.optimize, which would beat their hearts.
pytestmark = pytest.mark.filterwarnings("ignore:Heartbeat of storage")


def test_the_name_is_the_same_for_the_same_search() -> None:
    name = study_name(CONFIG, SECTION)
    assert name.startswith("search_")
    free = replace(
        CONFIG,
        optuna=replace(SECTION, n_trials=99, tune=True, storage="sqlite:///x.db", timeout=5.0),
        data=DataSection(num_workers=1, num_proc=7, create_dataset=True),
        trainer={"default_root_dir": "elsewhere"},
    )
    assert study_name(free, SECTION) == name
    for other in (
        replace(CONFIG, model=ModelSection(lr=0.1)),
        replace(CONFIG, seed_everything=1),
        replace(CONFIG, optuna=replace(SECTION, metric="val_per")),
        replace(
            CONFIG, optuna=replace(SECTION, search_spaces={"model.lr": SearchSpace("uniform", 0.1, 1.0)})
        ),
    ):
        assert study_name(other, SECTION) != name


def test_names_that_people_give() -> None:
    named = replace(CONFIG, experiment=ExperimentSection(custom_folder_name="mine"))
    assert study_name(named, SECTION) == "mine_search"
    assert study_name(named, replace(SECTION, study_name="lr")) == "lr"
    assert study_folder(replace(CONFIG, trainer={"default_root_dir": "there"}), "lr") == Path("there/runs/lr")
    assert study_folder(CONFIG, "lr") == Path("runs/lr")


@pytest.mark.parametrize("storage", [None, "journal.log", "other.db", "sqlite:///{folder}/url.db"])
def test_a_study_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str | None) -> None:
    monkeypatch.chdir(tmp_path)
    section = replace(SECTION, storage=storage and storage.format(folder=tmp_path))
    open_study(section, "one", tmp_path).enqueue_trial({"model.lr": 0.001})
    trial = open_study(section, "one", tmp_path).ask()
    assert trial.suggest_float("model.lr", 1e-5, 1e-2, log=True) == 0.001
    open_study(section, "one", tmp_path).tell(trial.number, 0.5)
    assert open_study(section, "one", tmp_path).best_value == 0.5
    assert not open_study(section, "two", tmp_path).trials
    files = {None: "study.db", "journal.log": "journal.log", "other.db": "other.db"}
    assert (tmp_path / files.get(storage, "url.db")).is_file()


KILLED = """
import os, sys
from phoneme_recognition.search.study import _storage
_storage(sys.argv[1])._backend._lock.acquire()
os.kill(os.getpid(), 9)
"""


def test_a_journal_survives_a_process_killed_while_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Optuna takes the lock of the dead away in the end, but only where the journal's path is absolute."""
    monkeypatch.chdir(tmp_path)
    section = replace(SECTION, storage="inside/journal.log")
    open_study(section, "one", tmp_path)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", KILLED, "inside/journal.log"], check=False, env=environment)
    lock = tmp_path / "inside" / "journal.log.lock"
    assert lock.is_symlink()
    assert lock.exists()  # what it points to can be found, so that its age can be judged


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("nonsense://here/x", "nonsense"),
        ("mysql+nodriver://ann:secret@host/x", r"ann:\*\*\*@host"),
        ("sqlite:////proc/nowhere/study.db", "study.db"),
    ],
)
def test_a_storage_that_cannot_be_used_is_explained(tmp_path: Path, storage: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        open_study(replace(SECTION, storage=storage), "one", tmp_path)
    assert "optuna.storage" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_passwords_are_not_shown() -> None:
    assert shown_storage("mysql://ann:p@ss@host/db") == "mysql://ann:***@host/db"
    for plain in ("sqlite:///study.db", "journal.log", "postgresql://ann@host/db"):
        assert shown_storage(plain) == plain


def test_another_direction_is_another_study(tmp_path: Path) -> None:
    open_study(SECTION, "one", tmp_path)
    with pytest.raises(UserError, match="is to minimize"):
        open_study(replace(SECTION, direction="maximize"), "one", tmp_path)


def test_pruners(tmp_path: Path) -> None:
    made = {
        name: open_study(replace(SECTION, pruner=name), name, tmp_path).pruner
        for name in ("median", "hyperband", "none")
    }
    kinds = [optuna.pruners.MedianPruner, optuna.pruners.HyperbandPruner, optuna.pruners.NopPruner]
    assert [type(pruner) for pruner in made.values()] == kinds


def test_results_of_another_config_are_not_mixed_in(tmp_path: Path) -> None:
    study = open_study(SECTION, "one", tmp_path)
    assert settle_study(study, CONFIG) == 42
    other = replace(CONFIG, model=ModelSection(lr=0.1, optimizer="SGD"))
    # Nothing to mix yet: what failed is no result.
    study.tell(study.ask(), state=TrialState.FAIL)
    settle_study(study, other)
    settle_study(study, CONFIG)
    study.tell(study.ask(), 0.5)
    settle_study(study, replace(CONFIG, data=DataSection(num_workers=3)))
    with pytest.raises(UserError, match=r"another config: model\.lr, model\.optimizer changed"):
        settle_study(study, other)


def test_a_drawn_seed_is_shared(tmp_path: Path) -> None:
    unseeded = replace(CONFIG, seed_everything=None)
    seeds = {settle_study(open_study(SECTION, "one", tmp_path), unseeded) for _ in range(3)}
    assert len(seeds) == 1
    assert settle_study(open_study(SECTION, "two", tmp_path), replace(CONFIG, seed_everything=0)) == 0


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_what_is_proposed_follows_from_the_seed_and_the_number_of_trials(tmp_path: Path, kind: str) -> None:
    section = replace(SECTION, sampler=kind)

    def propose(name: str, seed: int, calls: list[int]) -> list[float]:
        drawn = []
        for number in calls:
            study = open_study(section, name, tmp_path)  # a new process, as far as the sampler knows
            for _ in range(number):
                study.sampler = sampler(section, study, seed)
                trial = study.ask()
                drawn.append(trial.suggest_float("model.lr", 1e-5, 1e-2, log=True))
                study.tell(trial, drawn[-1])
        return drawn

    whole = propose("whole", 42, [14])
    assert len(set(whole)) == 14
    assert propose("parts", 42, [5, 1, 8]) == whole
    assert propose("other", 43, [14]) != whole


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return open_study(SECTION, "one", tmp_path)


def begin(study: optuna.Study, folder: Path, machine: str | None = None, **attributes: Any) -> optuna.Trial:
    """A trial that runs, with its lock file, which nobody holds."""
    trial = study.ask()
    trial.suggest_float("model.lr", 1e-5, 1e-2, log=True)
    if machine:
        trial.set_user_attr(MACHINE, machine)
    for name, value in attributes.items():
        trial.set_user_attr(name, value)
    where = trial_folder(folder, trial.number)
    where.mkdir()
    (where / TRIAL_LOCK).touch()
    return trial


def test_a_trial_whose_process_is_gone_is_tried_again(study: optuna.Study, tmp_path: Path) -> None:
    trial = begin(study, tmp_path, this_machine())
    assert bury_the_dead(study, tmp_path) == 1
    assert count_trials(study) == Counter(interrupted=1, waiting=1)
    assert finished(count_trials(study)) == 0
    assert not trial_folder(tmp_path, trial.number).exists()
    again = study.ask()
    assert again.suggest_float("model.lr", 1e-5, 1e-2, log=True) == trial.params["model.lr"]
    assert bury_the_dead(study, tmp_path) == 0


def test_trials_of_the_living_are_left_alone(study: optuna.Study, tmp_path: Path) -> None:
    elsewhere = begin(study, tmp_path, "another machine")
    unknown = begin(study, tmp_path)  # another machine may be about to say whose it is
    folderless = begin(study, tmp_path, this_machine())
    (trial_folder(tmp_path, folderless.number) / TRIAL_LOCK).unlink()
    own = begin(study, tmp_path, this_machine())
    lock = FileLock(trial_folder(tmp_path, own.number) / TRIAL_LOCK)
    # A child holds it: a process cannot see its own lock.
    child = os.fork()
    if not child:
        lock.acquire()
        (tmp_path / "held").touch()
        signal.pause()
    try:
        while not (tmp_path / "held").exists():
            time.sleep(0.01)
        assert bury_the_dead(study, tmp_path) == 0
        assert count_trials(study)["running"] == 4
        assert {trial.number for trial in study.trials} == {
            elsewhere.number,
            unknown.number,
            folderless.number,
            own.number,
        }
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert bury_the_dead(study, tmp_path) == 1


def test_parameters_that_always_kill_are_given_up(study: optuna.Study) -> None:
    study.enqueue_trial({"model.lr": 0.001})
    for _ in range(MOST_RETRIES + 1):
        trial = study.ask()
        assert trial.suggest_float("model.lr", 1e-5, 1e-2, log=True) == 0.001
        study.tell(trial, state=TrialState.FAIL)
        try_again(study, study.trials[trial.number])
    assert count_trials(study)["waiting"] == 0


def test_what_counts(study: optuna.Study) -> None:
    study.tell(study.ask(), 0.5)
    pruned, failed, cut_off = study.ask(), study.ask(), study.ask()
    pruned.report(1.0, 1)
    study.tell(pruned, state=TrialState.PRUNED)
    failed.set_user_attr(REASON, "NaN")
    study.tell(failed, state=TrialState.FAIL)
    study.tell(cut_off, state=TrialState.FAIL)
    study.ask()
    counts = count_trials(study)
    assert counts == Counter(complete=1, pruned=1, failed=1, interrupted=1, running=1)
    assert finished(counts) == 3


def test_a_trial_of_another_machine_is_given_up_when_its_heart_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phoneme_recognition.search.study.HEARTBEAT", 1)
    monkeypatch.setattr("phoneme_recognition.search.study.GRACE", 1)
    study = open_study(SECTION, "one", tmp_path)
    trial = begin(study, tmp_path, "another machine")
    storage: Any = study._storage
    storage.record_heartbeat(trial._trial_id)
    bury_the_dead(study, tmp_path)
    assert count_trials(study) == Counter(running=1)
    time.sleep(2.5)  # the clock of the database counts whole seconds
    bury_the_dead(study, tmp_path)
    assert count_trials(study) == Counter(interrupted=1, waiting=1)
