"""The packages: what is in them, and that an empty environment can use them without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")


@dataclass(frozen=True, slots=True)
class Built:
    """The two packages that a release has."""

    source: Path
    wheel: Path


def run(*words: object, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """A command in that folder, in an environment that leads neither to the checkout nor to its libraries."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "BACKFILE_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(left_out)} | changes
    return subprocess.run(
        [str(word) for word in words], cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both packages, built from a copy of what is committed or about to be; skipped without a network."""
    source = tmp_path_factory.mktemp("source")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=ROOT)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith(("docs/", "benchmark/", "tests/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    target = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", target, source, folder=source)
    if done.returncode and ("fetch" in done.stderr + done.stdout or "connect" in done.stderr + done.stdout):
        pytest.skip("what builds packages cannot be fetched")
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return Built(next(target.glob("*.tar.gz")), next(target.glob("*.whl")))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel, and what the wheel asks for."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    done = run(UV, "pip", "install", "--python", place, f"{built.wheel}", folder=place)
    if done.returncode and ("fetch" in done.stderr or "connect" in done.stderr):
        pytest.skip("the libraries cannot be fetched")
    assert done.returncode == 0, done.stderr[-2_000:]
    return programs


def test_the_index_of_packages_would_take_them(built: Built) -> None:
    done = run(sys.executable, "-m", "twine", "check", "--strict", built.source, built.wheel, folder=built.wheel.parent)
    assert done.returncode == 0, done.stdout


def test_the_source_archive_has_what_builds_it_and_nothing_else(built: Built) -> None:
    with tarfile.open(built.source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kernel = {path.relative_to(ROOT).as_posix() for path in (ROOT / "search" / "native").rglob("*.[ch]")}
    assert kernel | {"pyproject.toml", "setup.py", "LICENSE", "README.md"} <= names
    tops = {name.partition("/")[0] for name in names if name}
    assert tops == {
        "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "backfile.egg-info", "index", "pyproject.toml", "search",
        "setup.cfg", "setup.py", "webui",
    }  # fmt: skip


def test_the_wheel_has_what_is_used_and_no_source_of_the_kernel(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    assert not [name for name in names if name.endswith((".c", ".h")) or "__pycache__" in name]
    for pattern in ("search/**/*.py", "index/**/*.py", "webui/**/*.py", "webui/templates/*.html", "webui/static/*"):
        wanted = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern) if path.is_file()}
        assert wanted <= names, pattern
    catalogues = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("search/translation/locale/*/*/*.po")}
    assert catalogues <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"search", "index", "webui", "backfile"}


def test_an_empty_environment_indexes_searches_and_serves_the_sample(installed: Path, tmp_path: Path) -> None:
    place = run(installed / "python", "-c", "import index, search; print(index.__file__)", folder=tmp_path)
    assert place.stdout.startswith(str(installed.parent)), place.stderr
    sample = Path(place.stdout.strip()).with_name("sample")
    indexed = run(installed / "backfile", "index", sample / "articles.jsonl", folder=tmp_path)
    assert indexed.returncode == 0, indexed.stderr
    found = run(installed / "backfile", "search", "press", "--json", folder=tmp_path)
    assert json.loads(found.stdout)["total"] > 5
    app = "from webui import create_app; from search.settings import Settings; s = Settings.model_validate({}); "
    page = run(
        installed / "python", "-c", f"{app}print(create_app(s).test_client().get('/?').status_code)", folder=tmp_path
    )
    assert page.stdout == "200\n", page.stderr


def test_the_doctor_finds_a_new_installation_sound(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "backfile", "doctor", "--json", folder=tmp_path)
    found = {row["what"]: row for row in json.loads(said.stdout)}
    assert found["packages"]["health"] == "ok"
    assert found["kernel"]["health"] == "ok" or shutil.which("cc") is None
    assert found["extra mcp"]["found"].startswith("not installed: it lacks mcp")


def test_without_its_extra_a_command_says_what_to_install(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "backfile", "mcp", folder=tmp_path)
    assert (said.returncode, "pip install 'backfile[mcp]'" in said.stderr) == (2, True)
