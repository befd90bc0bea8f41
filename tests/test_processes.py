"""Processes of our own: tasks in order, errors brought home, and nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from search.copies import can_copy
from search.errors import ParameterError, ProcessLost
from search.processes import Pool, Worker, core_count, ctrl_c_held_back

DEADLINE_SECONDS = 30


def slow_for_even(number: int) -> int:
    time.sleep(0.05 * (number % 2 == 0))
    return number * number


def echo(data: bytes) -> bytes:
    return data


def fail(what: str) -> None:
    if what == "ours":
        raise ParameterError("q", "is not valid")
    if what == "unsendable":
        raise type("Local", (Exception,), {})("made here")
    raise ValueError(what)


def process_id(_: object) -> int:
    return os.getpid()


def wait_for_file(name: str) -> str:
    end = time.monotonic() + DEADLINE_SECONDS
    while not Path(name).exists() and time.monotonic() < end:
        time.sleep(0.01)
    return name


def first_ready(pool: Pool[str, str]) -> str:
    while not (answers := list(pool.ready(1.0))):
        pass
    (answer,) = answers
    return answer


class Counting:
    """Work with a state."""

    def __init__(self, start: int) -> None:
        self._sum = start

    def __call__(self, number: int) -> int:
        self._sum += number
        return self._sum


def give_and_take(pool: Pool[object, int], times: int, taking: bool) -> None:
    for _ in range(times):
        pool.give(None)
        if taking:
            pool.take()
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def ends_soon(pid: int) -> bool:
    end = time.monotonic() + DEADLINE_SECONDS
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_running(pid)


def test_answers_come_in_the_order_of_the_tasks_whoever_is_done_first() -> None:
    with Pool(slow_for_even, 3, "squaring") as pool:
        for number in range(12):
            pool.give(number)
        assert pool.waiting == 12
        assert [pool.take() for _ in range(12)] == [number * number for number in range(12)]


def test_a_pool_starts_no_more_processes_than_it_needs_or_may() -> None:
    with Pool(process_id, 2, "asking") as pool:
        one_by_one = set()
        for _ in range(3):
            pool.give(None)
            one_by_one.add(pool.take())
        for _ in range(6):
            pool.give(None)
        together = {pool.take() for _ in range(6)}
    assert len(one_by_one) == 1
    assert len(together) == 2
    assert os.getpid() not in together
    assert all(map(ends_soon, together))


def test_a_worker_keeps_its_state() -> None:
    worker = Worker(Counting(100), "counting")
    try:
        for number in (1, 2, 3):
            worker.give(number)
        assert [worker.take() for _ in range(3)] == [101, 103, 106]
    finally:
        worker.close()


def test_answers_are_taken_from_whoever_is_ready_first() -> None:
    with Pool(wait_for_file, 2, "waiting") as pool:
        pool.start()
        with tempfile.TemporaryDirectory() as folder:
            slow, quick = Path(folder, "slow"), Path(folder, "quick")
            pool.give(str(slow))
            pool.give(str(quick))
            assert list(pool.ready(0.0)) == []
            quick.touch()
            assert first_ready(pool) == str(quick)
            assert pool.waiting == 1
            slow.touch()
            assert first_ready(pool) == str(slow)
        assert list(pool.ready(1.0)) == []


def test_a_task_for_each_reaches_every_worker_once() -> None:
    with Pool(process_id, 3, "asking") as pool:
        pool.start()
        assert len(pool) == 3
        pool.give_each(None)
        assert len({pool.take() for _ in range(3)}) == 3
        assert pool.waiting == 0


def test_closing_ends_workers_in_the_middle_of_a_task() -> None:
    pool = Pool(process_id, 1, "asking")
    pool.give(None)
    pid = pool.take()
    pool.close()
    assert ends_soon(pid)
    busy = Pool(wait_for_file, 1, "waiting")
    busy.give("/nowhere/to/be/found")
    busy.close()
    assert busy.waiting == 0


def test_large_tasks_may_wait_on_both_sides() -> None:
    data = os.urandom(3_000_000)
    with Pool(echo, 1, "echo") as pool:
        for _ in range(6):
            pool.give(data)
        assert all(pool.take() == data for _ in range(6))


@pytest.mark.parametrize(
    ("what", "kind", "text"),
    [
        ("ours", RuntimeError, "q: is not valid"),  # its arguments are not those it was made with
        ("plain", ValueError, "plain"),
        ("unsendable", RuntimeError, "made here"),
    ],
)
def test_an_error_is_raised_here_with_its_trace_from_there(what: str, kind: type[Exception], text: str) -> None:
    with Pool(fail, 1, "failing") as pool:
        pool.give(what)
        with pytest.raises(kind, match=text) as raised:
            pool.take()
        assert "in fail" in "\n".join((str(raised.value), *getattr(raised.value, "__notes__", ())))
        pool.give("again")
        with pytest.raises(ValueError, match="again"):
            pool.take()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals here")
@pytest.mark.parametrize("taking", [False, True])
def test_a_killed_process_is_named(taking: bool) -> None:
    with Pool(process_id, 1, "indexing") as pool:
        pool.give(None)
        os.kill(pool.take(), signal.SIGKILL)
        with pytest.raises(ProcessLost, match=r"'indexing 1' was ended by signal 9; what was committed before is kept"):
            give_and_take(pool, times=1_000, taking=taking)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals here")
def test_ctrl_c_does_not_reach_it_and_the_end_of_the_parent_does(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from search.processes import Pool\n"
        "from test_processes import echo, process_id\n"
        "pool = Pool(process_id, 1, 'asking')\n"
        "pool.give(None)\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "os.killpg(0, signal.SIGINT)\n"
        "print(pool.take(), flush=True)\n"
        "os.killpg(0, signal.SIGINT)\n"
        "pool.give(None)\n"
        "print(pool.take(), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdout is not None
    first, second = int(parent.stdout.readline()), int(parent.stdout.readline())
    assert first == second
    assert is_running(first)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert ends_soon(first)


COPIES = """
import fcntl, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from search.copies import can_copy
from search.processes import Pool
from test_processes import process_id

if __name__ == "__main__":
    assert can_copy()
    lock = open(sys.argv[2], "w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    pool = Pool(process_id, 2, "asking")
    pool.start()
    pool.give_each(None)
    workers = {pool.take(), pool.take()}
    assert os.getpid() not in workers
    assert all("copies.py" in Path(f"/proc/{pid}/cmdline").read_text() for pid in workers)
    lock.close()
    with open(sys.argv[2], "w") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("free")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are not copied here")
@pytest.mark.parametrize("warnings", ["error", "default"])
def test_a_copy_starts_without_a_new_interpreter_and_holds_no_lock_of_its_parent(tmp_path: Path, warnings: str) -> None:
    (tmp_path / "copies.py").write_text(COPIES)
    done = subprocess.run(
        [sys.executable, "-W", warnings, tmp_path / "copies.py", Path(__file__).parent, tmp_path / "lock"],
        capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("free\n", 0), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="processes are not copied here")
def test_a_process_with_another_thread_is_not_copied_and_has_workers_all_the_same() -> None:
    done = Event()
    other = Thread(target=done.wait)
    other.start()
    try:
        assert not can_copy()
        with Pool(slow_for_even, 2, "squaring") as pool:
            for number in range(4):
                pool.give(number)
            assert [pool.take() for _ in range(4)] == [0, 1, 4, 9]
    finally:
        done.set()
        other.join()


def test_there_is_at_least_one_core() -> None:
    assert core_count() >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal masks")
def test_ctrl_c_that_reaches_another_thread_waits_until_the_process_has_started() -> None:
    done, steps = Event(), []
    other = Thread(target=done.wait)
    other.start()  # it lets the signal through, so the mask of this thread does not hold it back

    def start_and_be_interrupted() -> None:
        with ctrl_c_held_back():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
            steps.append("started")

    try:
        with pytest.raises(KeyboardInterrupt):
            start_and_be_interrupted()
    finally:
        done.set()
        other.join()
    assert steps == ["started"]
