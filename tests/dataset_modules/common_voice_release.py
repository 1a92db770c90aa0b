"""Small releases of Common Voice, made of real sentences: the tables and MP3 files as Mozilla packs them."""

from __future__ import annotations

import functools
import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import soundfile

CLIPS = Path(__file__).parents[1] / "data" / "festvox_ru"
RELEASE_13 = [
    "client_id",
    "path",
    "sentence",
    "up_votes",
    "down_votes",
    "age",
    "gender",
    "accents",
    "variant",
    "locale",
    "segment",
]
RELEASE_17 = [*RELEASE_13]
RELEASE_17[2:2] = ["sentence_id"]
RELEASE_17[4:4] = ["sentence_domain"]
NAMES = tuple(sorted(path.stem for path in CLIPS.glob("*.flac")))
Row = tuple[str, str, str]  # speaker, clip, sentence


@functools.cache
def mp3(name: str) -> bytes:
    """One of the twelve sentences as an MP3."""
    samples, rate = soundfile.read(CLIPS / f"{name}.flac")
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="MP3")
    return buffer.getvalue()


def clip_name(number: int, language: str = "ru") -> str:
    return f"common_voice_{language}_{number}.mp3"


def rows(numbers: Iterable[int], speakers: int = 4) -> list[Row]:
    """Rows of the clips of these numbers, spread over so many speakers."""
    return [(f"speaker{number % speakers}", clip_name(number), f"Да, {number}.") for number in numbers]


def official() -> dict[str, list[Row]]:
    """Twelve clips in an official split; each split has its own speakers."""
    numbers = {"train": range(8), "dev": range(8, 10), "test": range(10, 12)}
    return {
        f"{split}.tsv": [(f"{split}-{speaker}", clip, text) for speaker, clip, text in rows(some)]
        for split, some in numbers.items()
    }


def table_text(table: Sequence[Row], header: Sequence[str], language: str = "ru") -> str:
    lines = ["\t".join(header)]
    for speaker, clip, sentence in table:
        cells = {
            "client_id": speaker,
            "path": clip,
            "sentence": sentence,
            "locale": language,
            "up_votes": "2",
        }
        lines.append("\t".join(cells.get(column, "") for column in header))
    return "\n".join(lines) + "\n"


def make_release(
    folder: Path,
    tables: Mapping[str, Sequence[Row]],
    header: Sequence[str] = RELEASE_17,
    language: str = "ru",
    extra: Iterable[int] = (),
) -> Path:
    """Fill the folder of a language; ``extra`` clips stand in no table.

    Each clip is the sound of one of the twelve sentences.
    """
    (folder / "clips").mkdir(parents=True)
    named = {clip for table in tables.values() for _, clip, _ in table}
    for clip in named | {clip_name(number) for number in extra}:
        file = clip if clip.endswith(".mp3") else f"{clip}.mp3"
        number = int(file.removesuffix(".mp3").rpartition("_")[2])
        (folder / "clips" / file).write_bytes(mp3(NAMES[number % len(NAMES)]))
    for name, table in tables.items():
        (folder / name).write_text(table_text(table, header, language), encoding="utf-8")
    return folder


def pack(folder: Path, archive: Path, inside: str, order: Sequence[str] = ()) -> Path:
    """Pack a folder as ``.tar.gz`` under the path ``inside``; what ``order`` names goes first."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for file in [*order, *(file for file in files if file not in order)]:
            tar.add(folder / file, f"{inside}/{file}" if inside else file)
    return archive
