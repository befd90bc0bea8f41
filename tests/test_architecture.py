"""The arrows of docs/explanation/architecture.md, kept by reading every import of the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from search import errors

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("search", "index", "webui")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

FORBIDDEN = {
    "search": {"index", "webui", "flask", "werkzeug", "jinja2", "bleach", "granian"},
    "index": {"webui", "flask", "werkzeug", "jinja2", "bleach", "granian"},
    "webui": {"index"},
}
"""What no module of a package may import."""

ONLY_IN = {"whoosh": "search/engines/disk/whoosh_codec/", "flask": "webui/", "bleach": "webui/"}
"""Libraries and the one folder that may know them."""

DISK_LAYERS: dict[str, set[str]] = {
    "format": set(),
    "reading": {"format"},
    "evaluation": {"format", "reading"},
    "whoosh_codec": {"format", "reading"},
    "writing": {"format", "whoosh_codec"},
}
"""The folders of the disk engine, and which of them each may import."""

BANNED_NAMES = re.compile(r"(?:^|_)(?:utils?|helpers?|managers?|handlers?|common|misc)(?:_|$)")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def _imported(path: Path) -> Iterator[str]:
    """The top-level package of every import in a module, inside functions too, and of every lazily named module."""
    package = path.relative_to(ROOT).parts[0]
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=module, level=0) if module:
                yield module.partition(".")[0]
            case ast.ImportFrom():
                yield package
            case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
                yield from (
                    argument.value.partition(".")[0]
                    for argument in node.args[:1]
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                )


@pytest.mark.parametrize("package", PACKAGES)
def test_arrows_point_at_search_only(package: str) -> None:
    wrong = {
        f"{_name(path)} imports {name}"
        for path in MODULES
        if path.is_relative_to(ROOT / package)
        for name in _imported(path)
        if name in FORBIDDEN[package]
    }
    assert not wrong


@pytest.mark.parametrize(("library", "folder"), ONLY_IN.items())
def test_a_foreign_library_is_known_in_one_place(library: str, folder: str) -> None:
    users = {_name(path) for path in MODULES if library in set(_imported(path))}
    assert {user for user in users if not user.startswith(folder)} == set()
    assert users, f"nothing imports {library}: has the rule outlived the library?"


def test_the_folders_of_the_disk_engine_import_one_way() -> None:
    disk = ROOT / "search/engines/disk"
    assert {path.parent.name for path in disk.rglob("*/*.py")} == set(DISK_LAYERS)
    wrong = [
        f"{_name(path)} imports {folder}"
        for layer, below in DISK_LAYERS.items()
        for path in (disk / layer).glob("*.py")
        for folder in set(re.findall(r"from search\.engines\.disk\.(\w+)\b", path.read_text("utf-8")))
        if folder in DISK_LAYERS.keys() - below - {layer}
    ]
    assert wrong == []


def test_no_module_is_named_for_nothing_in_particular() -> None:
    parts = {(part, _name(path)) for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert [where for part, where in sorted(parts) if BANNED_NAMES.search(part.casefold())] == []


def test_every_module_says_why_it_exists() -> None:
    assert [_name(path) for path in MODULES if (tree := _tree(path)).body and not ast.get_docstring(tree)] == []


def test_every_public_function_and_class_says_what_it_promises() -> None:
    assert [f"{_name(path)}:{line} {name}" for path in MODULES for name, line in _undocumented(_tree(path))] == []


def _undocumented(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Public definitions at the top of a module without a docstring; plain records may go without."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if not name.startswith("_") and not ast.get_docstring(node) and not _is_plain_record(node):
                    yield name, node.lineno


def _is_plain_record(node: ast.stmt) -> bool:
    """A class of annotated names only, whose names say all there is to say."""
    return isinstance(node, ast.ClassDef) and all(isinstance(part, ast.AnnAssign | ast.Pass) for part in node.body)


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    docstring = errors.__doc__ or ""
    drawn = re.findall(r"^ {4}((?:[│ ] {3})*)(?:[├└]── )?(\w+)", docstring, re.MULTILINE)
    lines = [line for line in docstring.splitlines() if line.startswith("    ")]
    assert len(drawn) == len(lines)
    parents: list[str] = []
    shown: dict[str, str] = {}
    for line, (_, name) in zip(lines, drawn, strict=True):
        depth = (line.index(name) - 4) // 4
        parents = [*parents[:depth], name]
        shown[name] = parents[depth - 1] if depth else "Exception"
    classes = {
        name: kind.__bases__[0].__name__
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert shown == classes


def test_every_error_says_how_it_leaves_the_process() -> None:
    ways = {
        (kind.status, kind.exit_code)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BackfileError)
    }
    assert ways <= {(400, 2), (404, 1), (410, 1), (500, 1), (500, 2), (503, 1)}
