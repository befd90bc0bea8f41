"""The command as a process of its own: Ctrl-C, pipes, terminals and the completion of a shell."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from program import environment, interrupted_environment

fcntl = pytest.importorskip("fcntl", reason="this is Windows")
pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

BACKFILE = [sys.executable, "-m", "search"]
DEADLINE_SECONDS = 60

wide = partial(environment, COLUMNS="120")


def run(folder: Path, *args: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BACKFILE, *args],
        cwd=folder,
        env=wide(**changes),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )


def write_articles(path: Path, count: int, first: int = 0) -> Path:
    body = "The printers said that the night shift was quiet and the paper good. " * 8
    with path.open("w") as stream:
        for number in range(first, first + count):
            row = {"id": f"n{number}", "title": f"Notice {number}", "body": f"{body}{number}", "lang": "en"}
            stream.write(json.dumps(row) + "\n")
    return path


class Terminal:
    """A process whose standard error is a terminal, and what it has printed there so far."""

    def __init__(self, folder: Path, *args: str) -> None:
        self._master, worker = pty.openpty()
        self.process = subprocess.Popen(
            [*BACKFILE, *args],
            cwd=folder,
            env=interrupted_environment(COLUMNS="120"),
            stdout=subprocess.PIPE,
            stderr=worker,
            text=True,
            start_new_session=True,
        )
        os.close(worker)
        self.text = ""

    def read_until(self, fits: Callable[[str], bool]) -> None:
        end = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < end and not fits(self.text):
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self._master, 65_536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    return

    def finish(self) -> tuple[int, str]:
        self.read_until(lambda _: False)
        out, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        os.close(self._master)
        return self.process.returncode, out


def articles_shown(text: str) -> int:
    """The last number of articles the progress bar has shown."""
    shown = re.findall(r"([\d,]+) articles,", text)
    return int(shown[-1].replace(",", "")) if shown else 0


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder with a small index and an input that takes long to read."""
    write_articles(tmp_path / "few.jsonl", 20)
    assert run(tmp_path, "index", "few.jsonl").returncode == 0
    write_articles(tmp_path / "many.jsonl", 20_000, first=100)
    return tmp_path


@pytest.mark.parametrize("rebuild", [False, True], ids=["adding", "rebuilding"])
def test_ctrl_c_leaves_the_last_commit_intact(many: Path, rebuild: bool) -> None:
    before = json.loads(run(many, "status", "--json").stdout)
    terminal = Terminal(many, "index", "many.jsonl", *(["--rebuild"] if rebuild else []))
    terminal.read_until(lambda text: articles_shown(text) > 2_500)
    os.kill(terminal.process.pid, signal.SIGINT)
    code, out = terminal.finish()
    assert code == 130
    assert out.startswith("interrupted; what was committed before is kept: added 0, changed 0, unchanged 0,")
    assert "Traceback" not in terminal.text
    assert json.loads(run(many, "status", "--json").stdout) == before
    assert run(many, "check").returncode == 0
    again = run(many, "index", "few.jsonl")
    assert again.stdout.startswith("added 0, changed 0, unchanged 20,")


def test_a_process_that_is_killed_leaves_the_last_commit_and_no_lock(many: Path) -> None:
    before = json.loads(run(many, "status", "--json").stdout)
    terminal = Terminal(many, "index", "many.jsonl")
    terminal.read_until(lambda text: articles_shown(text) > 1_500)
    terminal.process.kill()
    terminal.finish()
    assert json.loads(run(many, "status", "--json").stdout)["generation"] == before["generation"]
    assert run(many, "check").returncode == 0
    assert run(many, "delete", "n1", "--yes").returncode == 0


@pytest.fixture
def costly(tmp_path: Path) -> Path:
    """A folder with an input that is worth several processes."""
    body = "".join(f"## Part {n}\n\nThe *printers* said [so](https://a.example/{n}) of `it`.\n\n" for n in range(150))
    with (tmp_path / "costly.jsonl").open("w") as stream:
        for number in range(3_000):
            row = {"id": f"c{number}", "title": f"Notice {number}", "body": body, "body_format": "markdown"}
            stream.write(json.dumps(row) + "\n")
    return tmp_path


def helpers_of(pid: int) -> list[int]:
    """The processes that prepare articles for another, as /proc shows them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            is_tracker = b"resource_tracker" in (folder / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == pid and not is_tracker:
            found.append(int(folder.name))
    return found


def wait_for(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + DEADLINE_SECONDS
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("ended", ["by Ctrl-C", "by a kill", "by the loss of a helper"])
def test_helping_processes_end_with_the_run_however_it_ends(costly: Path, ended: str) -> None:
    terminal = Terminal(costly, "index", "costly.jsonl", "--workers", "2")
    parent = terminal.process.pid
    assert wait_for(lambda: len(helpers_of(parent)) == 2)
    before = sorted(helpers_of(parent))
    if ended == "by Ctrl-C":
        os.killpg(parent, signal.SIGINT)  # a terminal sends it to all
    else:
        os.kill(parent if ended == "by a kill" else before[0], signal.SIGKILL)
    code, out = terminal.finish()
    assert not [pid for pid in before if not wait_for(lambda pid=pid: not is_running(pid))]  # type: ignore[misc]
    assert "Traceback" not in terminal.text
    if ended == "by Ctrl-C":
        assert code == 130
        assert out.startswith("interrupted; what was committed before is kept: added ")
    elif ended == "by a kill":
        assert (code, out) == (-signal.SIGKILL, "")
    else:
        assert (code, out) == (1, "")
        assert "the process 'indexing 1' was ended by signal 9; what was committed before is kept" in terminal.text


def test_a_terminal_sees_rate_and_time_left_and_a_pipe_sees_nothing(tmp_path: Path) -> None:
    write_articles(tmp_path / "a.jsonl", 3_000)
    terminal = Terminal(tmp_path, "index", "a.jsonl", "--index", "one")
    code, out = terminal.finish()
    assert code == 0
    assert out.startswith("added 3,000,")
    assert re.search(r"\d+ %\|.*/1\.\d+M \[\d\d:\d\d, [\d:?]+ left, [\d,]+ articles, [\d,]+/s\]", terminal.text)
    piped = run(tmp_path, "index", "a.jsonl", "--index", "two")
    assert piped.stderr == ""
    quiet = Terminal(tmp_path, "index", "a.jsonl", "--index", "one", "--quiet")
    quiet.finish()
    assert quiet.text == ""


def test_a_pipe_that_closes_early_ends_the_command_quietly(tmp_path: Path) -> None:
    write_articles(tmp_path / "a.jsonl", 200)
    assert run(tmp_path, "index", "a.jsonl").returncode == 0
    reading, writing = os.pipe()
    if sys.platform == "linux":  # a full pipe, so that the command is still writing when it closes
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    command = subprocess.Popen(
        [*BACKFILE, "search", "printers", "--per-page", "100"],
        cwd=tmp_path,
        env=wide(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert os.read(reading, 100).startswith(b"200 articles for printers")
    os.close(reading)
    assert command.stderr is not None
    assert command.stderr.read() == ""
    command.stderr.close()
    assert command.wait(DEADLINE_SECONDS) == 141  # as shells count it: 128 + SIGPIPE


def test_any_character_set_of_a_terminal_gets_an_answer(tmp_path: Path) -> None:
    row = {"id": "1", "title": "Mélanie in Şuşa 你好", "body": "Şuşa."}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    assert run(tmp_path, "index", "a.jsonl").returncode == 0
    said = subprocess.run(
        [*BACKFILE, "search", "susa"],
        cwd=tmp_path,
        env=environment(PYTHONIOENCODING="latin-1"),
        capture_output=True,
        timeout=DEADLINE_SECONDS,
    )
    assert said.returncode == 0
    assert "Mélanie in ?u?a".encode("latin-1") in said.stdout


def test_an_argument_that_is_no_text_is_a_word_like_any(tmp_path: Path) -> None:
    write_articles(tmp_path / "a.jsonl", 1)
    run(tmp_path, "index", "a.jsonl")
    said = subprocess.run(
        [*(part.encode() for part in BACKFILE), b"search", b"\xff\xfe"],
        cwd=tmp_path,
        env=wide(),
        capture_output=True,
        timeout=DEADLINE_SECONDS,
    )
    assert said.returncode == 0
    assert said.stdout.startswith(b"0 articles")
    assert run(tmp_path, "show", "\udcff").returncode == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    (tmp_path / "backfile").symlink_to(Path(sys.executable).parent / "backfile")
    script = (
        'eval "$(backfile completion bash)"\n'
        "complete -p backfile\n"
        'ask() { COMPREPLY=(); _backfile_completion backfile; echo "${COMPREPLY[@]}"; }\n'
        "COMP_WORDS=(backfile se); COMP_CWORD=1; ask\n"
        "COMP_WORDS=(backfile search --fa); COMP_CWORD=2; ask\n"
    )
    said = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    lines = said.stdout.splitlines()
    assert "_backfile_completion" in lines[0], said
    assert set(lines[1].split()) == {"search", "sections", "serve"}
    assert lines[2].split() == ["--facets"]


def test_the_demo_prints_one_address_that_answers_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    command = subprocess.Popen(
        [*BACKFILE, "demo", "--port", "0", "--folder", "sample"],
        cwd=tmp_path,
        env=wide(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert command.stdout is not None
    try:
        assert command.stdout.readline().startswith("added ")
        address = command.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        with urllib.request.urlopen(f"{address}search?q=printing", timeout=DEADLINE_SECONDS) as page:
            assert page.status == 200
            assert "<mark>" in page.read().decode()
    finally:
        command.send_signal(signal.SIGINT)
        code = command.wait(DEADLINE_SECONDS)
        command.stdout.close()
    assert code in (0, 130)
