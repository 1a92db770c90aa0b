"""The game's dialogue: whose line is where, what is no line, and what each choice of the test holds out.

The corpus is under the GPL, so the lines here are made up; only names of levels and roles are the game's.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from dataset_modules import fillets
from dataset_modules.fillets import FilletsDataset
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError

Line = tuple[str, str, str]  # name, font, text
GAME = "usr/share/games/fillets-ng"
# The hash of these names puts them where they are, for good: figures of today stay comparable.
TRAINING, VALIDATION, TEST = "wreck", "city", "reef"


def add_level(
    root: Path, level: str, lines: list[Line], *, language: str = "cs", group: str = "", script: str = ""
) -> None:
    """A level in the shape of the real packages, with recordings that hold nothing but their own text."""
    scripts = root / GAME / "script" / level
    scripts.mkdir(parents=True, exist_ok=True)
    blocks = [
        f'\ndialogId("{name}", "font_{font}", "Say \\"{name}\\"!")\ndialogStr("{text}")\n'
        for name, font, text in lines
    ]
    (scripts / f"{script}dialogs_{language}.lua").write_text("-- random texts\n" + "\n".join(blocks), "utf-8")
    sounds = root / GAME / "sound" / level / group / language
    sounds.mkdir(parents=True, exist_ok=True)
    for name, _, text in lines:
        (sounds / f"{name}.ogg").write_text(text, "utf-8")


def make_game(root: Path) -> None:
    for level in (TRAINING, VALIDATION, TEST):
        add_level(root, level, [(f"{level}-m", "small", "Řeka."), (f"{level}-v", "big", "Kůň!")])
    add_level(root, "gods", [("b1-x", "yellow", "Voda."), ("b2-x", "cyan", "Hora.")])
    add_level(root, "keys", [("k-m", "small", "Klíč?"), ("k-v", "big", "Zámek.")])


def splits(dataset: FilletsDataset) -> list[list[str]]:
    rows = dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data()
    return [[row.utterance_id for row in side] for side in rows]


def by_name(dataset: FilletsDataset) -> dict[str, UtteranceSource]:
    sides = dataset.get_train_data(), dataset.get_val_data(), dataset.get_test_data()
    return {row.utterance_id: row for side in sides for row in side}


def test_a_line(tmp_path: Path) -> None:
    make_game(tmp_path)
    row = by_name(FilletsDataset(data_dir=tmp_path))["wreck/wreck-m"]
    assert (row.text, row.speaker, row.phonemes, row.problem) == ("Řeka.", "small", None, None)
    assert Path(row.audio.path) == tmp_path / GAME / "sound/wreck/cs/wreck-m.ogg"


def test_held_out_levels(tmp_path: Path) -> None:
    make_game(tmp_path)
    train, val, test = splits(FilletsDataset(data_dir=tmp_path, hold_out="levels"))
    assert train == ["gods/b1-x", "gods/b2-x", "keys/k-m", "keys/k-v", "wreck/wreck-m", "wreck/wreck-v"]
    assert val == ["city/city-m", "city/city-v"]
    assert test == ["reef/reef-m", "reef/reef-v"]


def test_held_out_speakers(tmp_path: Path) -> None:
    make_game(tmp_path)
    train, val, test = splits(FilletsDataset(data_dir=tmp_path, hold_out="speakers"))
    assert train == ["gods/b1-x", "gods/b2-x", "wreck/wreck-m", "wreck/wreck-v"]  # and nothing of reef
    assert val == ["city/city-m", "city/city-v"]
    assert test == ["keys/k-m", "keys/k-v"]


def test_a_speaker_is_a_fish_with_its_usual_voice_or_a_role_in_a_level(tmp_path: Path) -> None:
    make_game(tmp_path)
    rows = by_name(FilletsDataset(data_dir=tmp_path))
    speakers = {row.speaker for row in rows.values()}
    assert speakers == {"small", "big", "gods/yellow", "gods/cyan", "keys/small", "keys/big"}


def test_whom_the_fish_meet_in_a_level_that_is_held_out_is_trained_on(tmp_path: Path) -> None:
    make_game(tmp_path)
    add_level(tmp_path, TEST, [("r-m", "small", "Korál."), ("r-x", "crab", "Klepeta.")])
    assert "reef/r-x" in splits(FilletsDataset(data_dir=tmp_path))[0]
    assert "reef/r-x" in splits(FilletsDataset(data_dir=tmp_path, hold_out="speakers"))[0]


def test_names_count_within_their_level(tmp_path: Path) -> None:
    make_game(tmp_path)
    add_level(tmp_path, "wreck", [("rand-0", "small", "Jedna.")])
    add_level(tmp_path, "tetris", [("rand-0", "big", "Dvě stě.")])
    rows = by_name(FilletsDataset(data_dir=tmp_path))
    assert rows["wreck/rand-0"].text == "Jedna."
    assert (rows["tetris/rand-0"].text, rows["tetris/rand-0"].speaker) == ("Dvě stě.", "big")
    assert rows["tetris/rand-0"].problem is None


def test_shared_lines_are_split_by_group(tmp_path: Path) -> None:
    make_game(tmp_path)
    for group, name in ((VALIDATION, "smrt-m"), (TEST, "smrt-v")):
        add_level(tmp_path, "share", [(name, "small", "Au.")], group=group, script=f"{group}_")
    dataset = FilletsDataset(data_dir=tmp_path)
    row = by_name(dataset)[f"{VALIDATION}/smrt-m"]
    assert (row.text, row.speaker) == ("Au.", "small")
    assert row in dataset.get_val_data()
    assert f"{TEST}/smrt-v" in splits(dataset)[2]


def test_the_hash_decides_for_good(tmp_path: Path) -> None:
    for level in ("airplane", "stairs", "cancan", "windoze", "snowman", "borejokes", "wreck"):
        add_level(tmp_path, level, [(f"{level}-v", "big", "Ano.")])
    train, val, test = splits(FilletsDataset(data_dir=tmp_path))
    assert [name.split("/")[0] for name in train] == ["borejokes", "snowman", "wreck"]
    assert [name.split("/")[0] for name in val] == ["airplane", "stairs"]
    assert [name.split("/")[0] for name in test] == ["cancan", "windoze"]


def test_one_recording_in_two_levels_is_used_once(tmp_path: Path) -> None:
    make_game(tmp_path)
    for level in ("cabin2", "cabin1"):
        add_level(tmp_path, level, [("pap", "parrot", "Krrrutý!"), (f"{level}-m", "small", "Krrrutý!")])
    names = by_name(FilletsDataset(data_dir=tmp_path)).keys()
    assert {name for name in names if "cabin" in name} == {"cabin1/pap", "cabin1/cabin1-m", "cabin2/cabin2-m"}


def test_what_is_no_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_game(tmp_path)
    lines = [
        ("b1-a", "yellow", "A%1."),
        ("b1-1", "", ""),
        ("sign", "poster", "Čtěte!"),
        ("x", "yellow", "Ano."),
    ]
    add_level(tmp_path, "map", lines)
    sounds = tmp_path / GAME / "sound/map/cs"
    (sounds / "sign.ogg").unlink()
    (sounds / "unknown.ogg").touch()
    with caplog.at_level(logging.INFO, "dataset_modules.fillets"):
        rows = by_name(FilletsDataset(data_dir=tmp_path))
    assert {name for name in rows if name.startswith("map/")} == {"map/x", "map/unknown"}
    assert (rows["map/unknown"].problem, rows["map/unknown"].speaker) == ("no text", None)
    assert "2 pieces of sentences, 0 copies of recordings, 1 lines that nobody speaks" in caplog.text


def test_escapes_and_foreign_files(tmp_path: Path) -> None:
    make_game(tmp_path)
    add_level(tmp_path, TRAINING, [("t-m", "small", r"Řekl \"C:\\DOS\".")])
    add_level(tmp_path, TRAINING, [("t-m", "small", "Vis.")], language="nl")
    music = tmp_path / GAME / "music"
    music.mkdir()
    (music / "rybky01.ogg").touch()
    dataset = FilletsDataset(data_dir=tmp_path)
    rows = by_name(dataset)
    assert rows["wreck/t-m"].text == r'Řekl "C:\DOS".'
    assert not [name for name in rows if "rybky" in name]
    assert len(rows) == sum(map(len, splits(dataset)))


def test_any_folder_above_the_game_will_do(tmp_path: Path) -> None:
    make_game(tmp_path)
    found = [splits(FilletsDataset(data_dir=folder)) for folder in (tmp_path, tmp_path / GAME, str(tmp_path))]
    assert found[0] == found[1] == found[2]


def test_dutch_has_two_voices_only(tmp_path: Path) -> None:
    for level in (TRAINING, "keys", TEST):
        add_level(tmp_path, level, [(f"{level}-m", "small", "Vis.")], language="nl")
    rows = by_name(FilletsDataset(data_dir=tmp_path, language="nl-NL"))
    assert {row.speaker for row in rows.values()} == {"small"}
    with pytest.raises(DataError, match=r"in Dutch only the two fish speak.*hold_out to levels"):
        FilletsDataset(data_dir=tmp_path, language="nl", hold_out="speakers")


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cs .* or nl .*got ru"):
        FilletsDataset(data_dir=tmp_path, language="ru")
    with pytest.raises(DataError, match="expected levels or speakers; got texts"):
        FilletsDataset(data_dir=tmp_path, hold_out="texts")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"no Czech dialogue in .*got 0 recordings.*Set data_dir"):
        FilletsDataset(data_dir=tmp_path / "nothing").get_train_data()
    make_game(tmp_path)
    script = tmp_path / GAME / "script/reef/dialogs_cs.lua"
    script.write_bytes(b'dialogId("a", "font_big", "b")\ndialogStr("K\xf9\xf2")')
    with pytest.raises(DataError, match=r"dialogs_cs\.lua cannot be used"):
        FilletsDataset(data_dir=tmp_path).get_train_data()


def test_both_packages_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[tuple[str, Path]] = []

    def fetch(package: str, target: Path) -> None:
        fetched.append((package, target))
        make_game(target)

    monkeypatch.setattr(fillets, "fetch_package", fetch)
    assert not FilletsDataset(tmp_path).is_here()
    for _ in range(2):
        dataset = FilletsDataset(tmp_path)
        dataset.load_data()
    assert dataset.is_here()
    packages = "fillets-ng-data", "fillets-ng-data-cs"
    assert fetched == [(package, tmp_path / package) for package in packages]
    shutil.rmtree(tmp_path / "fillets-ng-data-cs")
    assert not FilletsDataset(tmp_path).is_here()


def test_texts_and_sounds_come_from_different_packages(tmp_path: Path) -> None:
    make_game(tmp_path)
    whole = splits(FilletsDataset(data_dir=tmp_path))
    texts, sounds = (tmp_path / "cache" / name / GAME for name in ("fillets-ng-data", "fillets-ng-data-cs"))
    for folder in (texts, sounds):
        folder.mkdir(parents=True)
    (tmp_path / GAME / "script").rename(texts / "script")
    (tmp_path / GAME / "sound").rename(sounds / "sound")
    assert splits(FilletsDataset(tmp_path / "cache")) == whole
