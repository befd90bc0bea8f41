"""Backups are whole, incremental and verified; what is restored is what was backed up, but for what was taken down."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archives import fill, problems, whole
from click.testing import CliRunner
from corruption import CORRUPTIONS, flip
from leftovers import files_with
from program import environment
from steady import comes_true

from search.backup.contents import read_contents
from search.backup.folder import backups_in, numbers_in, path_of
from search.backup.restoring import Restored, restore_backup
from search.backup.taking import Taken, take_backup
from search.backup.verifying import backup_problems
from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.disk.engine import DiskEngine
from search.errors import ConfigError, EngineError, IndexDamaged, IndexLocked, IndexMissing, LedgerError
from search.ledger import open_ledger
from search.ledger.inbox import Sending
from search.ledger.judgements import Judgement
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.takedown import take_down

NOW = datetime(2024, 7, 1, 12, 0, tzinfo=UTC)


def article(name: str, text: str = "a body of text") -> Document:
    return Document(name, f"title of {name}", text, url=f"https://news.example/{name}")


@dataclass(frozen=True)
class Place:
    """An archive in a folder of the test, and what may be done to it."""

    path: Path

    @property
    def engine(self) -> DiskEngine:
        engine = open_engine(str(self.path))
        assert isinstance(engine, DiskEngine)
        return engine

    @property
    def ledger(self) -> Ledger:
        return open_ledger(f"{self.path}.ledger")

    @property
    def state(self) -> Path:
        return Path(f"{self.path}.state")

    def back_up(self, target: Path, **options: Any) -> Taken:
        databases = {"state": self.state, "ledger": Path(self.ledger.place)}
        return take_backup(self.engine, self.ledger, target, databases, **options)

    def restore(self, target: Path, number: int | None = None, **options: Any) -> Restored:
        return restore_backup(target, number, self.engine, self.engine, self.ledger, self.state, **options)

    def articles(self) -> dict[str, Document]:
        return {document.id: document for document in whole(self.engine)}


@pytest.fixture
def archive(tmp_path: Path) -> Place:
    """An archive of two segments, with a ledger."""
    place = Place(tmp_path / "archive")
    fill(place.engine, *(article(str(number)) for number in range(20)))
    fill(place.engine, *(article(str(number), "another body") for number in range(15, 25)))
    place.ledger.remember([("key", "1")])
    return place


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def sound(target: Path) -> bool:
    return not [
        problem for each in backups_in(target) for problem in backup_problems(path_of(target, each.number), each)
    ]


def test_a_backup_after_each_of_fifty_commits_restores_what_the_archive_held(tmp_path: Path, target: Path) -> None:
    choice = random.Random(50)
    place, held = Place(tmp_path / "archive"), dict[str, Document]()
    states: dict[int, dict[str, Document]] = {}
    for step in range(50):
        with place.engine.writer() as writer:
            for _ in range(choice.randrange(1, 6)):
                document = article(str(choice.randrange(60)), " ".join(choice.choices("abcdefgh", k=20)))
                writer.add(document)
                held[document.id] = document
            for name in choice.sample(sorted(held), min(2, len(held))) if step % 3 == 0 else ():
                writer.delete(name)
                del held[name]
        if step % 11 == 10:
            place.engine.optimize()
        number = place.back_up(target).backup.number
        states[number] = dict(held)
        copy = Place(tmp_path / "restored" / str(step))
        copy.restore(target)
        assert copy.articles() == held
        assert problems(copy.engine) == []
    earlier = choice.sample(sorted(states), 5)
    for number in earlier:
        copy.restore(target, number, replace=True)
        assert copy.articles() == states[number]
    assert sound(target)


def test_a_backup_shares_what_the_one_before_has_and_stays_whole_without_it(archive: Place, target: Path) -> None:
    first = archive.back_up(target)
    fill(archive.engine, article("new"))
    second = archive.back_up(target, keep=1)
    assert second.removed == (1,)
    assert numbers_in(target) == [2]
    assert second.copied < second.backup.size_bytes()
    assert {file.path for file in first.backup.files} - {file.path for file in second.backup.files} == set()
    assert sound(target)


@pytest.mark.parametrize("links", [True, False])
def test_unchanged_files_are_one_file_with_several_names(archive: Place, target: Path, links: bool) -> None:
    archive.back_up(target, links=links)
    archive.back_up(target, links=links)
    for path in (path_of(target, 2) / "index").glob("*.segment"):
        assert path.samefile(path_of(target, 1) / "index" / path.name)
        assert path.samefile(archive.path / path.name) == links


def test_a_backup_can_be_searched_as_it_is(archive: Place, target: Path) -> None:
    archive.back_up(target)
    assert {each.id: each for each in whole(open_engine(str(path_of(target, 1) / "index")))} == archive.articles()


def test_a_backup_is_of_one_commit_while_others_are_made(archive: Place, target: Path, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom search.document import Document\nfrom search.engines import open_engine\nnumber = 0\n"
        "while True:\n    number += 1\n    with open_engine(sys.argv[1]).writer() as writer:\n"
        "        for n in range(40): writer.add(Document(f'x{n}', str(number), 'body'))\n"
        "    print(number, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(archive.path)], stdout=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            for _ in range(8):
                archive.back_up(target)
        finally:
            process.kill()
    for number in numbers_in(target):
        copy = Place(tmp_path / f"copy{number}")
        copy.restore(target, number)
        titles = {document.title for name, document in copy.articles().items() if name.startswith("x")}
        assert len(titles) == 1
        assert len(copy.articles()) == 25 + 40


# --- damage --------------------------------------------------------------------------------------------------------


def test_a_damaged_index_is_not_backed_up_and_the_file_is_named(archive: Place, target: Path) -> None:
    segment = max(archive.path.glob("*.segment"), key=lambda path: path.stat().st_size)
    flip(segment, segment.stat().st_size // 2)
    with pytest.raises(IndexDamaged, match=segment.name):
        archive.back_up(target)
    assert [path.name for path in target.iterdir()] == ["backfile.backups"]


def every_file(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_whatever_is_damaged_in_a_backup_is_named_and_nothing_of_it_is_restored(
    archive: Place, target: Path, tmp_path: Path, corruption: Any
) -> None:
    archive.back_up(target, links=False)
    before = archive.articles()
    for number, _ in enumerate(every_file(path_of(target, 1))):
        other = tmp_path / f"target{number}"
        archive.back_up(other, links=False)
        victim = list(every_file(path_of(other, 1)))[number]
        corruption(victim)
        result = CliRunner().invoke(main, ["backup", str(other), "--verify"])
        assert result.exit_code == 1
        assert victim.name in result.output
        new = Place(tmp_path / f"new{number}")
        if victim.name != "state":
            with pytest.raises(EngineError):
                new.restore(other)
            assert not new.path.exists()
            with pytest.raises(EngineError):
                archive.restore(other, replace=True)
        assert archive.articles() == before


def test_a_backup_that_names_files_elsewhere_is_refused(archive: Place, target: Path) -> None:
    archive.back_up(target)
    place = path_of(target, 1) / "backup.json"
    content = json.loads(place.read_text())
    for path in ("../../x", "index/../x", "index/", "/etc/passwd", "index/a/b"):
        content["files"][0]["path"] = path
        place.write_text(json.dumps(content))
        with pytest.raises(EngineError, match=r"backup\.json"):
            read_contents(path_of(target, 1))


def test_a_folder_with_other_things_is_left_alone(archive: Place, target: Path) -> None:
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        archive.back_up(target)
    with pytest.raises(ConfigError, match="holds no backups"):
        archive.restore(target)
    assert [path.name for path in target.iterdir()] == ["thesis.txt"]


# --- restoring -----------------------------------------------------------------------------------------------------


def test_an_index_that_is_there_is_replaced_only_if_that_is_asked_for(archive: Place, target: Path) -> None:
    archive.back_up(target)
    fill(archive.engine, article("newer"))
    with pytest.raises(EngineError, match="--replace"):
        archive.restore(target)
    assert "newer" in archive.articles()
    archive.restore(target, replace=True)
    assert "newer" not in archive.articles()


def test_searches_that_are_running_go_on_and_new_ones_see_what_was_restored(archive: Place, target: Path) -> None:
    archive.back_up(target)
    fill(archive.engine, article("newer"))
    with archive.engine.searcher() as before:
        generation = archive.engine.generation()
        archive.restore(target, replace=True)
        assert before.document("newer") is not None
        assert archive.engine.generation() != generation
        with archive.engine.searcher() as after:
            assert after.document("newer") is None


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_damaged_index_is_restored_although_its_files_have_the_same_names(
    archive: Place, target: Path, corruption: Any
) -> None:
    before = archive.articles()
    archive.back_up(target, links=False)
    for path in archive.path.iterdir():
        corruption(path)
    archive.restore(target, replace=True)
    assert archive.articles() == before
    assert problems(archive.engine) == []


def test_no_writer_is_let_in_while_a_backup_is_restored(archive: Place) -> None:
    with archive.engine.replacement(replace=True), pytest.raises(IndexLocked, match="restoring"):
        archive.engine.writer()
    with archive.engine.writer():
        pass


# --- what was taken down -------------------------------------------------------------------------------------------


def secret(place: Place) -> None:
    fill(place.engine, article("secret", "the zyzzyva story"))


def remove(place: Place, name: str = "secret") -> None:
    stone = Tombstone(name, f"https://news.example/{name}")
    take_down(place.engine, place.ledger, [stone], "court order", NOW)


def is_down(place: Place) -> bool:
    held = {*place.articles()}
    return "secret" not in held and place.ledger.removed.of("secret") is not None


def test_what_was_taken_down_after_the_backup_stays_down_and_leaves_no_word(archive: Place, target: Path) -> None:
    secret(archive)
    archive.back_up(target)
    remove(archive)
    restored = archive.restore(target, replace=True)
    assert restored.left_out == 1
    assert is_down(archive)
    assert files_with("zyzzyva", archive.path) == []


def test_what_the_ledger_of_the_backup_says_was_taken_down_stays_down(
    archive: Place, target: Path, tmp_path: Path
) -> None:
    secret(archive)
    remove(archive)
    archive.back_up(target)
    other = Place(tmp_path / "other")
    secret(other)
    other.restore(target, replace=True)
    assert is_down(other)
    new = Place(tmp_path / "new")
    new.restore(target)
    assert is_down(new)
    assert new.ledger.known(["key"]) == {"key": "1"}


def test_an_older_name_or_another_id_at_the_address_of_what_was_taken_down_stays_out_too(
    archive: Place, target: Path
) -> None:
    secret(archive)
    fill(archive.engine, article("former", "the zyzzyva story"))
    archive.back_up(target)
    archive.ledger.move("former", "latter", NOW)
    remove(archive, "latter")
    take_down(archive.engine, archive.ledger, [Tombstone("other", "https://news.example/secret")], "order", NOW)
    assert archive.restore(target, replace=True).left_out == 2
    assert not {"former", "secret"} & {*archive.articles()}
    assert files_with("zyzzyva", archive.path) == []


def test_what_is_taken_down_while_a_backup_is_made_is_in_its_ledger(
    archive: Place, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(archive)
    hold = DiskEngine.held_commit

    def late(engine: DiskEngine) -> Any:
        remove(archive)
        return hold(engine)

    monkeypatch.setattr(DiskEngine, "held_commit", late)
    archive.back_up(target)
    new = Place(tmp_path / "new")
    new.restore(target)
    assert is_down(new)
    assert sound(target)


def test_what_waits_and_is_taken_down_while_a_backup_is_made_waits_in_no_copy_of_the_ledger(
    archive: Place, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.ledger.waiting.put([(article("secret", "the zyzzyva story"), datetime.now(UTC) + timedelta(days=1))])
    hold = DiskEngine.held_commit

    def late(engine: DiskEngine) -> Any:
        remove(archive)
        return hold(engine)

    monkeypatch.setattr(DiskEngine, "held_commit", late)
    archive.back_up(target)
    assert files_with("zyzzyva", target) == []
    new = Place(tmp_path / "new")
    new.restore(target)
    assert is_down(new)
    assert new.ledger.waiting.counts() == (0, 0)


def test_what_was_sent_and_is_taken_down_while_a_backup_is_made_is_in_no_copy_of_the_ledger(
    archive: Place, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = '{"title": "the zyzzyva story"}'
    archive.ledger.inbox.take([Sending("secret", body, "", "")], datetime.now(UTC), 10)
    hold = DiskEngine.held_commit

    def late(engine: DiskEngine) -> Any:
        remove(archive)
        return hold(engine)

    monkeypatch.setattr(DiskEngine, "held_commit", late)
    archive.back_up(target)
    assert files_with("zyzzyva", target) == []


def test_a_ledger_that_is_there_forgets_what_was_sent_of_what_the_backup_knows_is_taken_down(
    archive: Place, target: Path, tmp_path: Path
) -> None:
    remove(archive)
    archive.back_up(target)
    new = Place(tmp_path / "new")
    new.ledger.inbox.take([Sending("secret", '{"title": "the zyzzyva story"}', "", "")], datetime.now(UTC), 10)
    new.restore(target)
    assert (new.ledger.inbox.count("queued"), new.ledger.inbox.next()) == (0, [])


def test_a_memory_of_runs_that_is_damaged_is_left_out_of_a_backup_and_a_damaged_ledger_is_reported(
    archive: Place, target: Path
) -> None:
    archive.state.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    found = archive.back_up(target).backup
    assert found.file("state") is None
    assert found.file("ledger") is not None
    Path(archive.ledger.place).write_bytes(b"no database at all" * 400)
    with pytest.raises(LedgerError):
        archive.back_up(target)
    assert numbers_in(target) == [1]


def test_what_waits_for_its_moment_is_not_shown_by_a_backup_from_before(archive: Place, target: Path) -> None:
    secret(archive)
    archive.back_up(target)
    archive.ledger.waiting.put([(article("secret"), datetime.now(UTC) + timedelta(days=1))])
    archive.restore(target, replace=True)
    assert "secret" not in archive.articles()


def test_what_runs_have_learned_is_that_of_the_backup_so_the_next_run_brings_all_that_is_newer(
    tmp_path: Path, target: Path
) -> None:
    source, index = tmp_path / "source", str(tmp_path / "archive")
    source.mkdir()
    run = CliRunner().invoke
    (source / "first.md").write_text("---\ntitle: First\n---\nText of the first.\n")
    assert run(main, ["index", str(source), "--index", index]).exit_code == 0
    assert run(main, ["backup", str(target), "--index", index]).exit_code == 0
    (source / "second.md").write_text("---\ntitle: Second\n---\nText of the second.\n")
    assert "added 1" in run(main, ["index", str(source), "--index", index]).output
    restored = run(main, ["restore", str(target), "--index", index, "--replace", "--json"])
    assert json.loads(restored.output)["articles"] == 1
    assert "added 1, changed 0, unchanged 1" in run(main, ["index", str(source), "--index", index]).output
    assert "added 0, changed 0, unchanged 2" in run(main, ["index", str(source), "--index", index]).output


def test_a_ledger_that_is_there_learns_of_articles_and_not_what_was_forgotten_in_it(
    archive: Place, target: Path
) -> None:
    archive.ledger.judgements.add([Judgement("coffee", "1", "good", NOW)])
    archive.back_up(target)
    archive.ledger.judgements.remove("coffee")
    archive.restore(target, replace=True)
    assert archive.ledger.judgements.listed() == []


def test_what_readers_asked_on_a_day_that_is_not_over_is_in_no_backup(
    archive: Place, target: Path, tmp_path: Path
) -> None:
    archive.ledger.asked.add([(NOW.date(), "zyzzyva", 1, 0)], NOW.date() - timedelta(days=1))
    assert files_with("zyzzyva", archive.path.parent)
    archive.back_up(target)
    assert files_with("zyzzyva", target) == []
    new = Place(tmp_path / "new")
    new.restore(target)
    assert new.ledger.known(["key"]) == {"key": "1"}


# --- being cut off -------------------------------------------------------------------------------------------------

SLOW = """
import sys, time
from search.backup import taking, restoring
from search.engines.disk import commit_files
modules = [module for module in (taking, restoring, commit_files) if hasattr(module, {name!r})]
real = modules[0].{name}
def slow(*arguments, **options):
    found = real(*arguments, **options) if {name!r} != "write_manifest" else None
    print("at it", flush=True)
    time.sleep({seconds})
    return found
for module in modules:
    module.{name} = slow
from search.commands import main
main(sys.argv[1:])
"""


def killed(step: str, *arguments: str) -> None:
    """Runs a command and kills it when it has done a step for the first time."""
    script = SLOW.format(name=step, seconds=600)
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at it\n"
        os.kill(process.pid, signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_backup_that_is_killed_leaves_the_others_whole_and_is_not_taken_for_one(archive: Place, target: Path) -> None:
    archive.back_up(target)
    fill(archive.engine, article("new"))
    for step in ("copy_database", "is_linked", "sync_directory"):
        killed(step, "backup", str(target), "--index", str(archive.path))
        assert numbers_in(target) == [1]
        assert sound(target)
    assert list(target.glob("*.new"))
    assert archive.back_up(target).backup.number == 2
    assert not list(target.glob("*.new"))
    assert sound(target)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_restore_that_is_killed_leaves_the_archive_as_it_was(archive: Place, target: Path) -> None:
    archive.back_up(target)
    fill(archive.engine, article("newer"))
    before = archive.articles()
    for step in ("is_linked", "sync_directory", "write_manifest"):
        killed(step, "restore", str(target), "--index", str(archive.path), "--replace")
        assert archive.articles() == before
    fill(archive.engine, article("newest"))
    assert not [path for path in archive.path.iterdir() if path.is_dir()]
    assert problems(archive.engine) == []
    assert archive.restore(target, replace=True).articles == 25


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no other file system")  # noqa: S108
def test_backups_on_another_disk_are_copies_that_share_their_files_with_each_other(
    archive: Place, tmp_path: Path
) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        target = Path(folder) / "backups"
        if target.parent.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("there is no other file system")
        archive.back_up(target)
        fill(archive.engine, article("new"))
        second = archive.back_up(target, keep=1)
        assert 0 < second.copied < second.backup.size_bytes()
        assert sound(target)
        new = Place(tmp_path / "new")
        new.restore(target)
        assert new.articles() == archive.articles()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_disk_that_is_full_is_said_and_the_half_backup_is_removed(archive: Place, target: Path) -> None:
    archive.back_up(target)
    script = (
        "import resource, signal, sys\nfrom search.commands import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))\n"
        "main(sys.argv[1:])\n"
    )
    fill(archive.engine, article("new"))
    arguments = ["backup", str(target), "--copy", "--index", str(archive.path)]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 1
    assert re.match(r"error: .*(File too large|disk is full|disk I/O|cannot be copied)", done.stderr)
    assert sorted(path.name for path in target.iterdir()) == ["000001", "backfile.backups"]


def test_one_process_at_a_time_works_on_backups(archive: Place, target: Path) -> None:
    from search.backup.folder import working_in

    archive.back_up(target)
    with working_in(target), pytest.raises(IndexLocked, match="another process"):
        archive.back_up(target)


# --- the commands --------------------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did_and_to_whom_they_are_of_no_use(
    archive: Place, target: Path, tmp_path: Path
) -> None:
    run = CliRunner().invoke
    index = ["--index", str(archive.path)]
    assert run(main, ["backup", str(target), *index]).output.startswith("backup 1: 25 articles")
    facts = json.loads(run(main, ["backup", str(target), "--json", "--keep", "1", *index]).output)
    assert (facts["number"], facts["articles"], facts["removed"]) == (2, 25, [1])
    assert [row["number"] for row in json.loads(run(main, ["backup", str(target), "--list", "--json"]).output)] == [2]
    assert run(main, ["backup", str(target), "--verify"]).output == "1 backups read to their end: no problems found\n"
    assert run(main, ["backup", str(target), "--verify", "--keep", "3"]).exit_code == 2
    assert run(main, ["backup", str(tmp_path / "no"), "--list"]).exit_code == 2
    assert run(main, ["backup", str(target), "--index", "memory:"]).exit_code == 2
    assert "cluster snapshot" in run(main, ["backup", str(target), "--index", "opensearch://h.example:9200/a"]).output
    assert run(main, ["restore", str(target), "--as-of", "7", *index, "--replace"]).exit_code == 2
    with pytest.raises(IndexMissing):
        Place(tmp_path / "nowhere").back_up(target)
    assert comes_true(lambda: numbers_in(target) == [2], 1)
