"""The command in a terminal and in a pipe, as processes of their own: Ctrl-C, closed pipes, colours, narrow windows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program import environment, interrupted_environment

from search.commands.terminal import column_count, wrapped

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

SEARCH = [sys.executable, "-m", "search"]
DEADLINE_SECONDS = 60

INTERRUPT_AT = """
import os, signal, sys

class Interrupt:
    "Sends Ctrl-C when a module is imported: the one of that name, or the one of that number."
    def __init__(self, when):
        self.when, self.count = when, 0
    def find_spec(self, name, path=None, target=None):
        self.count += 1
        if self.when in (name, str(self.count)):
            os.kill(os.getpid(), signal.SIGINT)

when = sys.argv[1]
sys.argv = ["backfile", *sys.argv[2:]]
from search.__main__ import run
sys.meta_path.insert(0, Interrupt(when))
run()
print("ran to its end")
"""


def run(folder: Path, *args: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SEARCH, *args], cwd=folder, env=environment(**changes), capture_output=True, text=True,
        timeout=DEADLINE_SECONDS,
    )  # fmt: skip


def on_terminal(folder: Path, *args: str, **changes: str) -> tuple[int, str]:
    """The exit code, and what a terminal shows of standard output and standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*SEARCH, *args], cwd=folder, env=environment(**changes), stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65_536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(DEADLINE_SECONDS), shown.decode().replace("\r\n", "\n")


def columns(line: str) -> int:
    """How many columns of a terminal a line takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


ARTICLES = [
    {
        "id": f"1931/presses-{number}",
        "url": f"https://gazette.example/1931/presses-{number}",
        "title": "The new presses run at night and nobody in the whole of the town can sleep",
        "section": ["News > Economy and the trade of the printers"],
        "author": ["Mélanie Doe", "Johann Gottlieb von Smith"],
        "published": "1931-04-02",
        "body": "## What the printers of the town had to say\n\nThe printers called the noise bearable. " * 3,
        "body_format": "markdown",
        "lang": "en",
    }
    for number in range(100)
]
WIDE = {
    "id": "wide",
    "title": "新聞社の印刷機は夜に動くので町では誰も眠れないという話である",
    "body": "新聞社の印刷機は夜に動くので、町では誰も眠れないという話である。" * 4,
    "section": "日本の新聞と印刷の歴史についての記事",
    "lang": "ja",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of a hundred and one articles."""
    folder = tmp_path_factory.mktemp("terminal")
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*ARTICLES, WIDE]), "utf-8")
    said = run(folder, "index", "a.jsonl")
    assert said.returncode == 0, said.stderr
    return folder


@pytest.fixture(autouse=True)
def _ctrl_c_is_on() -> Iterator[None]:
    """Shells switch Ctrl-C off for what they start in the background, and these tests would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# --- Ctrl-C --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when", ["1", "3", "30", "click", "search.commands", "search.commands.search", "pydantic_core", "numpy", "Stemmer"]
)
def test_ctrl_c_while_modules_are_imported_ends_the_command_without_a_traceback(archive: Path, when: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", INTERRUPT_AT, when, "search", "noise"],
        cwd=archive, env=environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS,
    )  # fmt: skip
    assert (said.returncode, said.stdout, said.stderr) == (130, "", "")


def test_a_command_that_is_interrupted_nowhere_runs_to_its_end(archive: Path) -> None:
    """Otherwise the test above would pass for any command that prints nothing."""
    said = subprocess.run(
        [sys.executable, "-c", INTERRUPT_AT, "no.such.module", "search", "noise"],
        cwd=archive, env=environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS,
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (0, "")
    assert "100 articles for noise" in said.stdout


def test_a_command_started_with_ctrl_c_switched_off_keeps_it_off(archive: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", INTERRUPT_AT, "numpy", "search", "noise"],
        cwd=archive, env=environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    assert said.returncode == 0
    assert "100 articles for noise" in said.stdout


def test_ctrl_c_at_a_question_deletes_nothing(archive: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*SEARCH, "delete", "wide"], cwd=archive, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    end = time.monotonic() + DEADLINE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        process.send_signal(signal.SIGINT)  # one that comes before the reading has begun is seen after it only
        time.sleep(0.1)
    assert process.wait(DEADLINE_SECONDS) == 130
    os.close(ours)
    assert run(archive, "show", "wide").returncode == 0


# --- where the output goes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [("search", "noise", "--per-page", "100"), ("--help",), ("search", "--help")])
def test_a_closed_pipe_ends_the_command_quietly_and_as_shells_expect(archive: Path, args: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [*SEARCH, *args], cwd=archive, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(DEADLINE_SECONDS) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device here that is always full")
@pytest.mark.parametrize(
    "args", [("search", "noise"), ("search", "noise", "--json"), ("--help",), ("show", "wide"), ("config",)]
)
def test_a_full_output_device_is_one_line(archive: Path, args: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run(
            [*SEARCH, *args], cwd=archive, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=DEADLINE_SECONDS,
        )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "error: the output cannot be written (No space left on device)\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device here that is always full")
def test_an_error_that_cannot_be_printed_still_has_its_exit_code(archive: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        for args, code in ((("show", "nothing"), 1), (("serch",), 2)):
            said = subprocess.run(
                [*SEARCH, *args], cwd=archive, env=environment(), stdout=subprocess.DEVNULL, stderr=full,
                timeout=DEADLINE_SECONDS,
            )  # fmt: skip
            assert said.returncode == code


# --- how it is called ----------------------------------------------------------------------------------------------


def test_the_module_and_the_program_are_the_same_command(archive: Path) -> None:
    program = Path(sys.executable).parent / "backfile"
    by_name = subprocess.run(
        [program, "show", "wide"], cwd=archive, env=environment(), capture_output=True, text=True, check=True
    )
    assert run(archive, "show", "wide").stdout == by_name.stdout
    helped = subprocess.run([program, "show", "-h"], env=environment(), capture_output=True, text=True, check=True)
    assert helped.stdout.startswith("Usage: backfile show ")
    assert run(archive, "show", "-h").stdout.startswith("Usage: python -m search show ")


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (("serch", "x"), ["error: no such command 'serch'; did you mean search?", "see `python -m search --help`"]),
        (("--prot", "1"), ["error: no such option", "see `python -m search --help`"]),
        (("show", "--jso"), ["error: no such option", "see `python -m search show --help`"]),
        (("suggest", "x", "--limit", "many"), [
            "error: invalid value for '--limit': 'many' is not a valid integer range",
            "see `python -m search suggest --help`"]),
        (("show",), ["error: missing argument 'ID'", "see `python -m search show --help`"]),
        (("evaluate", "rankin"), ["error: no such command 'rankin'; did you mean ranking?",
                                  "see `python -m search evaluate --help`"]),
    ],
    ids=lambda value: " ".join(value),
)  # fmt: skip
def test_a_mistake_in_the_command_line_is_one_line_and_a_hint(
    tmp_path: Path, args: tuple[str, ...], lines: list[str]
) -> None:
    said = run(tmp_path, *args)
    assert (said.returncode, said.stdout) == (2, "")
    first, second = said.stderr.splitlines()
    assert first.startswith(lines[0])
    assert re.search(r"[^.)]$", first)
    assert ("did you mean" in first) == first.endswith("?")
    assert second == lines[1]


# --- colours -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [("search", "noise"), ("show", "wide"), ("show", "nothing"), ("search", "--bad")])
def test_colours_on_a_terminal_can_be_switched_off_wherever_the_flag_stands(
    archive: Path, args: tuple[str, ...]
) -> None:
    assert "\x1b[" in on_terminal(archive, *args)[1]
    assert "\x1b[" not in on_terminal(archive, *args, "--no-color")[1]
    assert "\x1b[" not in on_terminal(archive, "--no-color", *args)[1]
    assert "\x1b[" not in on_terminal(archive, *args, NO_COLOR="1")[1]


def test_colours_can_be_had_in_a_pipe_and_the_flag_beats_the_environment(archive: Path) -> None:
    assert "\x1b[" not in run(archive, "search", "noise").stdout
    assert "\x1b[" in run(archive, "search", "noise", "--color", NO_COLOR="1").stdout
    asked = run(archive, "search", "--", "--color").stdout  # behind two hyphens it is a word like any
    assert "articles for --color" in asked
    assert "\x1b[" not in asked


@pytest.mark.parametrize("name", ["index", "delete", "search", "show", "suggest", "serve", "demo", "status", "check"])
def test_every_command_takes_the_flag_for_colours(tmp_path: Path, name: str) -> None:
    assert "--color / --no-color" in run(tmp_path, name, "--help").stdout


# --- narrow windows ------------------------------------------------------------------------------------------------


def too_wide(text: str, width: int) -> list[str]:
    """The lines that a terminal would have to break, but for those with an address, which is never broken."""
    return [line for line in text.splitlines() if columns(line) > width and "https://" not in line]


@pytest.mark.parametrize("args", [
    ("search", "noise", "--facets", "section,author", "--explain"),
    ("search", "印刷機", "--facets", "section"),
    ("search", "noize", "--section", "Opinion", "--from", "1990"),
    ("show", "1931/presses-7"),
    ("show", "wide"),
    ("status",),
])  # fmt: skip
def test_a_narrow_terminal_gets_lines_that_fit(archive: Path, args: tuple[str, ...]) -> None:
    code, shown = on_terminal(archive, *args, "--no-color", COLUMNS="40")
    assert code == 0
    assert too_wide(shown, 40) == []


def test_what_is_wrapped_keeps_its_indentation(archive: Path) -> None:
    shown = on_terminal(archive, "search", "noise", "--facets", "section", "--no-color", COLUMNS="40")[1]
    hit = shown.split("\n\n")[1].splitlines()
    assert hit[0] == "  1. The new presses run at night and"
    assert len(hit) > 8
    assert all(re.match(r" {5}\S", line) for line in hit[1:])
    facet = shown[shown.index("Section") :].splitlines()
    assert facet[1:3] == ["      100   News", "      100   News > Economy and the trade"]
    assert facet[3] == "            of the printers"


def test_marks_survive_wrapping(archive: Path) -> None:
    query = ("search", '"printers called the noise bearable"')
    plain, coloured = (on_terminal(archive, *query, *more, COLUMNS="40")[1] for more in (("--no-color",), ("--color",)))
    assert "\x1b[33m\x1b[1mnoise\x1b[0m" in coloured
    assert hits(re.sub(r"\x1b\[[0-9;]*m", "", coloured)) == hits(plain)


def hits(shown: str) -> str:
    """What was printed below the line that says how long it took."""
    return shown.partition("\n\n")[2]


def test_a_pipe_gets_whole_lines(archive: Path) -> None:
    lines = run(archive, "search", "noise").stdout.splitlines()
    assert "  1. The new presses run at night and nobody in the whole of the town can sleep" in lines


@pytest.mark.parametrize("args", [("--help",), ("search", "--help"), ("index", "--help"), ("evaluate", "--help")])
def test_the_help_fits_a_narrow_terminal(tmp_path: Path, args: tuple[str, ...]) -> None:
    examples = re.compile(r"^\s+(?:backfile|BACKFILE_|eval) ?")
    shown = on_terminal(tmp_path, *args, COLUMNS="60")[1]
    assert [line for line in too_wide(shown, 60) if not examples.match(line)] == []


# --- an index that is not there yet --------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process cannot be halted here")
def test_a_search_during_the_first_import_says_that_its_commit_is_pending(tmp_path: Path) -> None:
    row = {"title": "Notice", "body": "The printers said that the night shift was quiet. " * 8}
    with (tmp_path / "a.jsonl").open("w") as stream:
        stream.writelines(json.dumps(row | {"id": str(number)}) + "\n" for number in range(20_000))
    absent = run(tmp_path, "search", "quiet")
    assert absent.stderr == (
        "error: there is no index at archive; make one with `backfile index SOURCE… --index archive`\n"
    )
    importing = subprocess.Popen([*SEARCH, "index", "a.jsonl"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE)
    lock = tmp_path / "archive" / "backfile.lock"
    while not (lock.exists() and lock.stat().st_size):
        assert importing.poll() is None
    importing.send_signal(signal.SIGSTOP)  # it cannot be done before we have looked
    try:
        said = run(tmp_path, "search", "quiet")
        assert (said.returncode, said.stdout) == (1, "")
        assert re.fullmatch(
            rf"error: the index at archive has no commit yet; process {importing.pid} on \S+, since \S+, is making the "
            r"first one: try again shortly, or index again if that process has ended\n",
            said.stderr,
        )
    finally:
        importing.send_signal(signal.SIGCONT)
        importing.kill()
        importing.communicate()


# --- what starting costs -------------------------------------------------------------------------------------------

COUNT_MODULES = """
import atexit, sys
from search.__main__ import run
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
run()
"""
NOT_AT_START = {"babel", "structlog", "flask", "whoosh", "trafilatura", "lxml", "tqdm", "granian", "asyncio"}


@pytest.mark.parametrize(
    ("args", "most", "also_without"),
    [(("--help",), 360, {"numpy", "index", "webui"}), (("search", "noise"), 640, {"index", "webui"})],
    ids=["help", "search"],
)
def test_a_command_loads_only_what_it_needs(
    archive: Path, args: tuple[str, ...], most: int, also_without: set[str]
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", COUNT_MODULES, *args],
        cwd=archive, env=environment(), capture_output=True, text=True, check=True, timeout=DEADLINE_SECONDS,
    )  # fmt: skip
    loaded = set(said.stderr.split())
    assert "search.commands" in loaded
    assert loaded & (NOT_AT_START | also_without) == set()
    assert len(loaded) <= most


# --- parts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("plain", 5), ("新聞", 4), ("Me\u0301lanie", 7), ("\x1b[1mbold\x1b[0m", 4), ("so\u00adft", 4), ("ｶﾅ", 2)],
)
def test_a_terminal_is_measured_in_columns(text: str, expected: int) -> None:
    assert column_count(text) == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("abc 新聞、「」é\u0301 ( ）"), max_size=60), st.integers(20, 40))
def test_wrapping_loses_nothing_and_breaks_words_nowhere(text: str, width: int) -> None:
    words = " ".join(text.split())
    lines = list(wrapped(words, width, first="> ", rest="  "))
    assert all(line.startswith("> " if number == 0 else "  ") for number, line in enumerate(lines))
    assert "".join(line[2:] for line in lines).replace(" ", "") == words.replace(" ", "")
    for line in lines:
        unbroken = max((column_count(word) for word in line[2:].split()), default=0)
        assert column_count(line) <= max(width, 2 + unbroken)
    for word in words.split():
        if word.isascii():
            assert any(word in line.split() for line in lines)


def test_lines_are_not_wrapped_without_a_width() -> None:
    assert list(wrapped("one two three " * 50, None, first="1. ", rest="   ")) == ["1. " + "one two three " * 50]


def test_a_long_address_is_never_broken() -> None:
    address = "https://gazette.example/" + "a" * 60
    assert list(wrapped(f"press-1931  {address}", 30, first="  ", rest="  ")) == ["  press-1931", f"  {address}"]


def test_punctuation_does_not_begin_a_line_of_wide_characters() -> None:
    lines = list(wrapped("新聞社の「印刷機」は、夜に動く。" * 3, 20))
    assert [line for line in lines if line[0] in "」、。"] == []
    assert [line for line in lines if line[-1] == "「"] == []


def test_measuring_the_ranking_leaves_no_files_when_it_is_interrupted(tmp_path: Path) -> None:
    judged, temporary = tmp_path / "judged", tmp_path / "tmp"
    judged.mkdir()
    temporary.mkdir()
    row = {"title": "Notice", "text": "The printers said that the night shift was quiet. " * 8}
    (judged / "docs.jsonl").write_text("".join(json.dumps(row | {"id": str(n)}) + "\n" for n in range(30_000)))
    (judged / "queries.jsonl").write_text('{"id": "a", "text": "quiet"}\n')
    (judged / "qrels.tsv").write_text("a\t0\t1\t1\n")
    process = subprocess.Popen(
        [*SEARCH, "evaluate", "ranking", "judged"], cwd=tmp_path, env=interrupted_environment(TMPDIR=str(temporary)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list(temporary.glob("backfile-*/index/*")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=DEADLINE_SECONDS) == ("", "interrupted\n")
    assert process.returncode == 130
    assert list(temporary.iterdir()) == []
