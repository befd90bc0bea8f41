"""The benchmark measures what it says: on the sample archive, with every engine that is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the benchmark is no part of the installed product

from benchmark import generated, measuring, report, rounds  # noqa: E402
from benchmark.articles import read_batches, section_of, write_articles  # noqa: E402
from benchmark.engines.base import ENGINES, OUTPUTS, engine_named, is_installed  # noqa: E402
from benchmark.figures import ALL_KINDS, Figures, load  # noqa: E402
from benchmark.options import SAMPLE, parsed  # noqa: E402
from benchmark.queries import Question, questions  # noqa: E402
from benchmark.real import real_articles, shuffled  # noqa: E402
from benchmark.saved_searches import saved_searches  # noqa: E402
from index.alerts.matching import Phase  # noqa: E402
from search.alerts.saved import canonical, read_canonical  # noqa: E402
from search.document import Document  # noqa: E402

ARTICLES = 300
PEERS = [name for name in ENGINES if name != "backfile"]


@pytest.fixture(scope="module")
def real() -> list[Document]:
    return shuffled(real_articles(SAMPLE)[0], seed=1)


@pytest.fixture(scope="module")
def articles(real: list[Document]) -> list[Document]:
    return list(generated.generate(generated.pool_of(real), ARTICLES, seed=1))


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figures, str, Path]:
    """The figures of a smoke run by the one command, what it printed, and the documentation it drew into."""
    folder = tmp_path_factory.mktemp("benchmark")
    docs = folder / "docs"
    (docs / "explanation").mkdir(parents=True)
    (docs / "explanation" / "benchmark.md").write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    drawing = ["--docs", str(docs)] if _has_matplotlib() else []
    command = [sys.executable, "-m", "benchmark", "--quick", "--work", str(folder), "--json", str(folder / "f.json")]
    done = subprocess.run([*command, *drawing], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert not list(folder.glob("benchmark-*")), "indexes are left behind"
    return load(folder / "f.json"), done.stdout, docs


def _has_matplotlib() -> bool:
    try:
        import matplotlib as mpl
    except ImportError:
        return False
    return bool(mpl.__version__)


def _installed(name: str) -> None:
    if not is_installed(name):
        pytest.skip(f"{name} is not installed")


def test_prepared_articles_come_back_as_they_were(real: list[Document], tmp_path: Path) -> None:
    prepared = write_articles(real, tmp_path / "articles.jsonl")
    read = [document for batch in read_batches(prepared.path, len(real), size=7) for document in batch]
    assert prepared.articles == len(real) == len(read)
    assert [document.content_hash() for document in read] == [document.content_hash() for document in real]


def test_generated_articles_depend_on_the_seed_only(real: list[Document], articles: list[Document]) -> None:
    pool = generated.pool_of(list(reversed(real)))
    assert list(generated.generate(pool, 20, seed=1)) == articles[:20]
    assert list(generated.generate(pool, 20, seed=2)) != articles[:20]
    assert len({article.id for article in articles}) == ARTICLES


def test_generated_articles_are_like_real_ones(real: list[Document], articles: list[Document]) -> None:
    def words(found: list[Document]) -> float:
        return sum(len(article.body.split()) for article in found) / len(found)

    def share(found: list[Document], phrase: str) -> float:
        return sum(phrase in article.body for article in found) / len(found)

    assert words(articles) == pytest.approx(words(real), rel=0.3)
    assert share(articles, "of the") == pytest.approx(share(real, "of the"), abs=0.25)
    assert {section_of(article) for article in articles} <= {section_of(article) for article in real}
    headed = [(article, heading) for article in articles for heading in article.headings]
    assert headed
    assert all(article.body.startswith(heading.text, heading.offset) for article, heading in headed)
    known = {word for article in real for word in article.body.split()}
    assert sum(not known.issuperset(article.body.split()) for article in articles) > ARTICLES / 3, "no new words"


def test_questions_depend_on_the_seed_only_and_are_of_every_kind(real: list[Document]) -> None:
    drawn = questions(real, seed=1)
    assert drawn == questions(real, seed=1)
    assert drawn != questions(real, seed=2)
    assert len(set(drawn)) == len(drawn)
    assert {question.shape for question in drawn} == {"all", "any", "phrase", "prefix", "fuzzy", "everything"}
    assert any(question.section for question in drawn)
    assert any(question.start for question in drawn)


ASKED_APART = """
import hashlib, sys
from pathlib import Path
from benchmark import generated, queries, real
found = real.shuffled(real.real_articles(Path(sys.argv[1]))[0], seed=1)
made = list(generated.generate(generated.pool_of(found), 20, seed=1))
print(hashlib.sha256(repr((queries.questions(found, seed=1), made)).encode()).hexdigest())
"""


def test_questions_and_articles_are_the_same_in_every_process() -> None:
    """Figures of one run are added to those of another: sets of texts must not leave their order in them."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", ASKED_APART, SAMPLE],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_finds_the_articles_a_question_means(name: str, tmp_path: Path) -> None:
    _installed(name)
    engine = engine_named(name)
    section, other = "Harbour", "Town"
    made = [
        Document("a", "The old bridge", "A flood closed the bridge of the harbour.", sections=(section,),
                 published=date(2024, 3, 1), language="en"),
        Document("b", "A market", "The bridges are older than the market.", sections=(other,),
                 published=date(2024, 4, 2), language="en"),
        Document("c", "A quiet day", "Nothing of note.", sections=(other,), published=date(2023, 1, 5), language="en"),
    ]  # fmt: skip
    indexing = engine.index(tmp_path / "index", 1)
    indexing.add(made)
    indexing.commit()
    indexing.settle()
    searching = engine.search(tmp_path / "index")
    meant = {
        Question("", "all", ("bridge",)): {"a", "b"},
        Question("", "all", ("bridge", "flood")): {"a"},
        Question("", "any", ("flood", "market")): {"a", "b"},
        Question("", "phrase", ("of", "the")): {"a"},
        Question("", "prefix", ("har",)): {"a"},
        Question("", "fuzzy", ("harbor",)): {"a"},
        Question("", "all", ("bridge",), section=other): {"b"},
        Question("", "all", ("bridge",), start=date(2024, 3, 1), end=date(2024, 3, 31)): {"a"},
        Question("", "everything"): {"a", "b", "c"},
    }
    asked = 0
    for question, ids in meant.items():
        for output in OUTPUTS:
            if engine.lacks(question, output) is None:
                answer = searching.answer(question, output)
                assert (set(answer.ids), answer.total) == (ids, len(ids)), (question, output)
                asked += 1
                if output != "top" and not question.section:
                    counted = {section_of(document) for document in made if document.id in ids}
                    assert answer.sections == len(counted), question
                    assert answer.buckets >= len(counted), question
                if output == "page" and question.shape in {"all", "any", "phrase"}:
                    assert answer.snippets == len(ids), question
    assert asked >= 2


def test_a_run_measures_every_engine_and_they_find_the_same(quick: tuple[Figures, str, Path]) -> None:
    found, printed, _ = quick
    assert [size.real for size in found.sizes.values()] == [True, False]
    installed = {name for name in ENGINES if is_installed(name)}
    for size in found.sizes.values():
        assert size.engines.keys() == installed, size.absent
        assert size.absent.keys() == ENGINES.keys() - installed
        for engine in size.engines.values():
            assert engine.latency["top"][ALL_KINDS].measurements >= engine.latency["top"][ALL_KINDS].questions > 2
            assert engine.indexing[0].articles_per_second > 0
            assert engine.indexing[-1].size_bytes > 1_000
            assert engine.label in printed
        agreed = [size.engines[name].agreement[ALL_KINDS] for name in installed - {"backfile"}]
        assert all(agreement.median < 0.02 and agreement.far < 0.2 for agreement in agreed), agreed


@pytest.mark.parametrize("part", ["command", "http.command", "clustered.command"])
def test_a_smoke_run_leaves_the_figures_of_the_repository_alone(part: str, tmp_path: Path) -> None:
    command = import_module(f"benchmark.{part}")

    def file_of(*arguments: str) -> Path:
        return Path(parsed(command._parser(), arguments).json)

    assert file_of() == command.FIGURES
    assert ROOT not in file_of("--quick").parents
    assert file_of("--quick", "--json", str(tmp_path / "f.json")) == tmp_path / "f.json"


def test_a_run_draws_its_figures_between_the_markers(quick: tuple[Figures, str, Path]) -> None:
    if not _has_matplotlib():
        pytest.skip("matplotlib is not installed")
    found, _, docs = quick
    page = (docs / "explanation" / "benchmark.md").read_text("utf-8")
    assert re.fullmatch(rf"before\n{report.BEGIN}\n.*\n{report.END}\nafter\n", page, re.DOTALL)
    assert "old" not in page.split()
    assert all(f"### {size:,} " in page for size in found.sizes)
    assert "<svg" in (docs / "pictures" / "benchmark.svg").read_text("utf-8")


def test_a_large_archive_is_indexed_and_searched_in_three_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmark.large", "--corpora", str(SAMPLE), "--articles", "60"]
    done = subprocess.run([*command, "--work", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"indexing: [\d,]+ articles/s, [\d.]+ CPU s per 1,000, index \d+ MB, peak \d+ MB", lines[0])
    for run in (1, 2, 3):
        own = [line for line in lines if line.startswith(f"run {run}")]
        assert sum("95th percentile" in line for line in own) == len(OUTPUTS)
        assert sum("resident" in line for line in own) == 1
        assert [int(line.split()[-2]) > 0 for line in own if '"~' in line].count(True) >= 2
    assert not list(tmp_path.iterdir()), "the index is left behind"


def test_the_time_of_related_articles_is_measured_in_an_archive_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmark.related", "--corpora", str(SAMPLE), "--subjects", "15"]
    printed = (
        r"60 articles, 15 of them asked for related ones: median [\d.]+ ms, 95th percentile [\d.]+ ms, most [\d.]+ ms\n"
    )
    work = tmp_path / "work"
    work.mkdir()
    built = [*command, "--articles", "60", "--work", str(work)]
    done = subprocess.run(built, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert re.fullmatch(printed, done.stdout), done.stderr
    assert not list(work.iterdir()), "the index is left behind"
    few = [sys.executable, "-m", "benchmark.related", "--corpora", str(SAMPLE), "--articles", "10"]
    done = subprocess.run(few, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "holds too few articles to measure" in done.stderr


def test_a_run_of_alerts_is_measured_and_tells_of_what_the_searches_find(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    small = ["--archive", "60", "--alerts", "80", "--new", "30", "--sample", "80", "--work", str(work)]
    command = [sys.executable, "-m", "benchmark.alerts", "--corpora", str(SAMPLE), *small]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("80 of the alerts told of what their searches find\n")
    made, sent = re.search(r"30 new articles, ([\d,]+) messages made, ([\d,]+) sent", done.stdout).groups()  # type: ignore[union-attr]
    assert made == sent != "0"
    phases = re.findall(r"^([a-z ]+?) +[\d.]+ s of the processor", done.stdout, re.MULTILINE)
    assert phases == list(get_args(Phase))
    assert not list(work.iterdir()), "the index is left behind"


def test_what_replicas_are_sent_and_what_their_searches_take_is_measured(tmp_path: Path) -> None:
    small = [
        "--articles",
        "60",
        "--commits",
        "1",
        "5",
        "--readers",
        "1",
        "2",
        "--searches",
        "5",
        "--work",
        str(tmp_path),
    ]
    command = [sys.executable, "-m", "benchmark.replicas", "--corpora", str(SAMPLE), *small]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^\| (the first, of all|\d articles?) \|", done.stdout, re.MULTILINE) == [
        "the first, of all",
        "1 article",
        "5 articles",
    ]
    assert re.findall(r"^\| (\d) \| [\d.]+ \| \d+ \|$", done.stdout, re.MULTILINE) == ["1", "2"]
    assert not list(tmp_path.iterdir()), "the indexes are left behind"


def test_what_it_takes_to_notice_changes_is_measured(tmp_path: Path) -> None:
    small = ["--archive", "60", "--some", "5", "--work", str(tmp_path)]
    command = [sys.executable, "-m", "benchmark.changes", "--corpora", str(SAMPLE), *small]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^(.*?) +[\d.]+ s of the processor", done.stdout, re.MULTILINE) == [
        "the first time", "nothing was committed", "5 were changed", "5 were added", "5 were deleted",
    ]  # fmt: skip


def test_saved_searches_depend_on_the_seed_only_and_are_of_every_kind(real: list[Document]) -> None:
    made = list(saved_searches(real, 600, seed=1))
    assert list(saved_searches(real, 600, seed=1)) == made
    assert list(saved_searches(real, 600, seed=2)) != made
    assert len(set(made)) < len(made), "some are saved twice"
    for request in made:
        assert read_canonical(canonical(request)) == request
    queries = [request.q for request in made]
    for part in ('"', "~", "OR", " -", "author:", "title:", "*", "date:", "NOT"):
        assert any(part in query for query in queries), part
    assert {name for request in made for name, _ in request.keywords} == {"section", "tag"}
    with pytest.raises(ValueError, match="no articles"):
        next(saved_searches([], 1, seed=1))


def test_ratios_are_over_the_questions_that_both_answered() -> None:
    ours, theirs = rounds.Times(), rounds.Times()
    for place, milliseconds in enumerate((1.0, 2.0, 100.0)):
        ours.add((place, "page"), milliseconds, 10)
    for place, milliseconds in enumerate((3.0, 6.0)):
        theirs.add((place, "page"), milliseconds, 5 if place else 10)
    compared = rounds.compared(theirs, ours)["page"]
    assert (compared.median, compared.mean, compared.questions) == (3.0, 3.0, 2)
    asked = [Question("kind", "everything")] * 3
    agreed = rounds.agreement(theirs, ours, asked)["kind"]
    assert (agreed.median, agreed.far) == (0.25, 0.5)


def test_the_page_of_the_documentation_has_room_for_figures() -> None:
    page = (ROOT / "docs" / "explanation" / "benchmark.md").read_text("utf-8")
    assert page.index(report.BEGIN) < page.index(report.END)


def test_kept_figures_are_what_the_page_shows() -> None:
    kept = ROOT / "benchmark" / "figures.json"
    if not kept.exists():
        pytest.skip("no run has been kept")
    page = (ROOT / "docs" / "explanation" / "benchmark.md").read_text("utf-8")
    assert json.loads(kept.read_text("utf-8"))["sizes"]
    assert report.as_markdown(load(kept)).strip() in page


def test_pages_are_read_in_turns_by_both_programs_and_scored(tmp_path: Path) -> None:
    body = "The ferry between the islands will run all winter, the county said on Monday. " * 12
    for folder, name, known in (
        ("html", "ground-truth.json", {"articleBody": body.strip()}),
        ("html-snippets", "truth.json", {"with": ["run all winter"], "without": ["Menu"]}),
    ):
        (tmp_path / folder / "pages").mkdir(parents=True)
        page = f"<html><head><title>T</title></head><body><nav>Menu</nav><article><p>{body}</p></article></body></html>"
        (tmp_path / folder / "pages" / "one.html").write_text(page, "utf-8")
        (tmp_path / folder / name).write_text(json.dumps({"one": known}), "utf-8")
    command = [sys.executable, "-m", "benchmark.pages", "--rounds", "1", "--corpora"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert re.findall(r"(\w+): 1 pages, [\d.]+ times", done.stdout) == ["bodies", "passages"], done.stderr
    assert len(re.findall(r"backfile +[\d.]+ pages a second", done.stdout)) == 2
    assert len(re.findall(r"(?:backfile|trafilatura) +F1 1.0000", done.stdout)) == 4
    done = subprocess.run([*command, str(tmp_path / "none")], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_the_cost_of_measuring_can_be_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # so that it is as before afterwards
    measuring.main(["--requests", "2"])
    assert re.search(r"^made .*\nkept ", capsys.readouterr().out, re.MULTILINE)
