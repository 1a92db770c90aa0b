"""``phonemize`` as a user calls it: streams, exit codes, signals, and what it does not import."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from phoneme_recognition.cli import main

NEEDS_SILERO = pytest.mark.skipif(
    importlib.util.find_spec("silero_stress") is None, reason="the extra russian is not installed"
)

ROOT = str(Path(__file__).parents[2])
MIXED = [
    "Замок на горе стоит 25 лет.",
    "",
    "В 1812 году, 5 мая, в 15:30 г-н Иванов А. Б. купил 3 кг муки за 99,5 руб. в т. ч. НДС 18%",
    "Файл report_final-v2.docx на C:\\Temp, e-mail: a.b@example.com, https://example.com/путь?x=1",
    "😀 👩‍💻 ❤️ ок",
    "\x00\x07\x1b[31mкрасный\x1b[0m \x7f \x85 \u2028 \u202e конец",
    "слово " * 900,
    "а" * 5000,
    "5" * 5000,
    "!" * 5000,
    "zażółć gęślą jaźń 日本語 العربية हिन्दी",
    "мука\u0301 за\u0301мок з+амок +",
    "\ufeff \u00a0 \u00ad \u200b",
    "1/2 2×2=4 №5 §7 $100 €5 ½ x² H₂O 10⁻³ −5 °C",
    "- — … « » „ “ ( ) [ ] { } | / \\",
]


def run(*arguments: str) -> tuple[int, list[str]]:
    results = io.StringIO()
    return main(["phonemize", *arguments], results), results.getvalue().splitlines()


def start(arguments: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "phoneme_recognition", "phonemize", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        stdout=pipe,
        stderr=pipe,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": ROOT},
        # A shell that puts the tests into the background has Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_text_is_shown_to_people_and_ends_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run("Мама", "мыла", "раму.", "stress_model=none")
    shown = capsys.readouterr().err
    assert code == 0
    assert [json.loads(line)["words"] for line in lines] == [3]
    assert "м+ама" in shown and "m ˈa m ə" in shown


def test_plain_gives_the_lines_alone_and_the_json_ends_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text.txt"
    path.write_text("Мама мыла раму.\r\n\r\nfoo дом", encoding="utf-8-sig")
    code, lines = run(str(path), "--plain", "stress_model=none")
    assert code == 0
    assert lines == ["m ˈa m ə | m ˈɨ l ə | r ˈa m u", "", "d ˈo m"]
    figures = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (figures["lines"], figures["unsaid_lines"]) == (3, 1)


def test_output_takes_the_lines_and_standard_output_the_json(tmp_path: Path) -> None:
    target = tmp_path / "phonemes.txt"
    code, lines = run("Мама\nмыла", "--plain", f"output={target}", "stress_model=none")
    assert code == 0
    assert target.read_text(encoding="utf-8") == "m ˈa m ə\nm ˈɨ l ə\n"
    assert json.loads(lines[-1])["lines"] == 2


def test_user_marks_and_exceptions_decide(tmp_path: Path) -> None:
    exceptions = tmp_path / "my.txt"
    exceptions.write_text("звон+ит\n", encoding="utf-8")
    plain = ("--plain", "stress_model=none")
    assert run("з+амок", *plain)[1] == ["z ˈa m ə k"]
    assert run("зам+ок", *plain)[1] == ["z ɐ m ˈo k"]
    assert run("звонит", *plain, f"exceptions={exceptions}")[1] == ["z v ɐ nʲ ˈi t"]
    assert run("з+амок", *plain, "keep_stress=false", "keep_reduction=false")[1] == ["z a m a k"]


def check_mixed(tmp_path: Path, caplog: pytest.LogCaptureFixture, texts: list[str], *options: str) -> None:
    path = tmp_path / "mixed.txt"
    path.write_bytes("".join(f"{line}\n" for line in texts).encode())
    target = tmp_path / "phonemes.txt"
    code, results = run(str(path), f"output={target}", *options)
    lines = target.read_text(encoding="utf-8").split("\n")
    assert code == 0
    assert len(lines) == len(texts) + 1 and lines.pop() == ""
    assert lines[0].endswith("lʲ ˈe t")
    assert lines[1] == ""
    assert lines[6].count("|") == 899
    for part in ("日本語", "हिन्दी", "report", "😀"):
        assert part in caplog.text
    assert json.loads(results[-1])["unsaid_lines"] >= 5


def test_mixed_lines_without_the_stress_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    check_mixed(tmp_path, caplog, MIXED, "stress_model=none")


@NEEDS_SILERO
def test_mixed_lines_with_the_stress_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    texts = MIXED
    check_mixed(tmp_path, caplog, texts, "stress_model=silero")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "needs a text or a file"),
        (["мама", "langage=ru"], "Did you mean 'language'?"),
        (["мама", "output=/dev/null"], "output=/dev/null"),
        (["мама", "g2p=lexicon", "file=nowhere.tsv"], "nowhere.tsv does not exist"),
        ([".", "--plain", "stress_model=none"], "cannot be read"),
    ],
)
def test_a_mistake_is_explained(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(*arguments)
    told = capsys.readouterr().err
    assert (code, lines) == (2, [])
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "options",
    [["мама", "stress_model=none"], ["word", "g2p=lexicon", "file=lexicon.tsv", "language=en"]],
    ids=["russian", "lexicon"],
)
def test_torch_is_not_imported_where_it_is_not_needed(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "lexicon.tsv").write_text("word\tw ɜ d\n", encoding="utf-8")
    heavy = "{'torch', 'lightning', 'transformers', 'numpy', 'pandas', 'matplotlib'}"
    code = (
        "import sys; from phoneme_recognition.cli import main;"
        f"assert main(['phonemize', '--plain', *{options!r}]) == 0; print(sorted({heavy} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": ROOT}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    assert done.stdout.splitlines()[-1] == "[]"


def write_lines(folder: Path, number: int) -> None:
    (folder / "long.txt").write_text("мама мыла раму\n" * number, encoding="utf-8")
    (folder / "slow.py").write_text(
        "import time\n\n\nclass Slow:\n    def fingerprint(self):\n        return ''\n\n"
        "    def pronounce(self, texts):\n        print('at work', flush=True)\n        time.sleep(60)\n",
        encoding="utf-8",
    )


def test_nobody_listens_any_more(tmp_path: Path) -> None:
    write_lines(tmp_path, 20_000)
    process = start(["long.txt", "--plain", "stress_model=none"], tmp_path)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "m ˈa m ə | m ˈɨ l ə | r ˈa m u\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


@pytest.mark.parametrize("options", [["--plain"], []], ids=["lines", "figures"])
def test_nobody_has_ever_listened(tmp_path: Path, options: list[str]) -> None:
    process = start(["мама", "stress_model=none", *options], tmp_path)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert "rror" not in process.stderr.read()
    assert process.wait() == 141


def test_ctrl_c_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    write_lines(tmp_path, 10)
    process = start(["long.txt", "g2p=slow.Slow", "output=out/new.txt"], tmp_path)
    assert process.stderr is not None
    assert process.stderr.readline() == "at work\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert (process.returncode, told) == (130, "interrupted\n")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream: Any = io.TextIOWrapper(io.BytesIO("мама\n\nмыла\n".encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert run("-", "--plain", "stress_model=none") == (0, ["m ˈa m ə", "", "m ˈɨ l ə"])
