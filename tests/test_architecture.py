"""The arrows of docs/explanation/architecture.md, kept by reading every import of the source."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
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

ONLY_IN: dict[str, str | tuple[str, ...]] = {
    "whoosh": ("search/engines/disk/whoosh_codec/", "search/evaluation/"),
    "flask": "webui/",
    "bleach": "webui/",
    "bm25s": "search/evaluation/",
    "sklearn": "search/evaluation/",
    "tantivy": "search/evaluation/",
    "opensearchpy": ("search/engines/opensearch/", "search/engines/__init__.py"),
    "urllib3": "search/engines/opensearch/",
    "h11": "index/fetching/",
    "protego": "index/fetching/",
    "warcio": "index/sources/",
    "opentelemetry": "webui/telemetry.py",
    "prometheus_client": ("webui/metrics/", "webui/server.py"),
    "brotli": "index/sources/",
    "mcp": "search/agents/",
    "mcp_types": "search/agents/",
    "starlette": "search/agents/",
    "uvicorn": "search/agents/",
    "anyio": "search/agents/",
}
"""Libraries and the folders that may know them: one, and what compares with it or sees whether it is installed."""

NAMES_OTHERS = {"search/commands/__init__.py", "search/commands/doctor.py", "search/commands/evaluate.py"}
"""Tables of commands and checks: they name those of other packages, which are imported when they are called."""

A_MODULE = re.compile(rf"((?:{'|'.join(PACKAGES)})(?:\.\w+)+)(?::\w+)?")
"""A module in a string, with what is taken from it behind a colon."""
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
def test_a_foreign_library_is_known_in_one_place(library: str, folder: str | tuple[str, ...]) -> None:
    users = {_name(path) for path in MODULES if library in set(_imported(path))}
    assert {user for user in users if not user.startswith(folder)} == set()
    assert users, f"nothing imports {library}: has the rule outlived the library?"


# --- folders -------------------------------------------------------------------------------------------------------


def _modules(root: Path) -> dict[str, Path]:
    """Every module of the project by its name."""
    paths = (path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def _dependencies(path: Path) -> Iterator[str]:
    """What a module imports when it runs, inside functions too: by name or by a string that is a module's name.

    The names imported from a module are given too, since they may be modules. What only a type checker reads is not.
    """
    tree = _tree(path)
    unread = {id(child) for node in ast.walk(tree) if _is_for_type_checkers(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                yield from (module, *(f"{module}.{alias.name}" for alias in names))
            case ast.ImportFrom():
                raise AssertionError(f"{path}:{node.lineno}: a relative import hides where it leads")
            case ast.Constant(value=str() as text) if named := A_MODULE.fullmatch(text):
                yield named[1]


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _folder(module: str, modules: dict[str, Path]) -> str:
    return module if modules[module].name == "__init__.py" else module.rpartition(".")[0]


def _edges(root: Path) -> dict[tuple[str, str], str]:
    """From folder to folder, neither within the other: the first import that leads there, in words."""
    modules = _modules(root)
    edges: dict[tuple[str, str], str] = {}
    for module, path in sorted(modules.items()):
        shown = path.relative_to(root).as_posix()
        for name in sorted(set(_dependencies(path)) & modules.keys()):
            here, there = _folder(module, modules), _folder(name, modules)
            apart = here.partition(".")[0] != there.partition(".")[0]
            if f"{here}.".startswith(f"{there}.") or f"{there}.".startswith(f"{here}."):
                continue
            if not (apart and shown in NAMES_OTHERS):
                edges.setdefault((here, there), f"{shown} imports {name}")
    return edges


def _cycles(edges: dict[tuple[str, str], str]) -> list[str]:
    """The shortest cycle through each edge that lies on one, each once, with the imports that make it."""
    following: dict[str, list[str]] = {}
    for here, there in sorted(edges):
        following.setdefault(here, []).append(there)
    found: dict[frozenset[str], str] = {}
    for here, there in sorted(edges):
        way = _shortest(there, here, following)
        if way:
            steps = pairwise((here, *way))
            found.setdefault(frozenset(way), f"{' -> '.join((here, *way))}: {'; '.join(edges[step] for step in steps)}")
    return list(found.values())


def _shortest(start: str, end: str, following: dict[str, list[str]]) -> list[str]:
    """The folders on the shortest way, both ends with them; none if there is no way."""
    ways, seen = deque([[start]]), {start}
    while ways:
        way = ways.popleft()
        if way[-1] == end:
            return way
        for folder in following.get(way[-1], []):
            if folder not in seen:
                seen.add(folder)
                ways.append([*way, folder])
    return []


def test_folders_depend_on_each_other_in_one_direction_only() -> None:
    cycles = _cycles(_edges(ROOT))
    assert not cycles, "\n".join(cycles)


def test_what_a_string_names_for_an_import_is_there() -> None:
    modules = _modules(ROOT)
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" in node.value:
                named = A_MODULE.fullmatch(node.value)
                assert not named or named[1] in modules, f"{_name(path)}:{node.lineno}: there is no {named[1]}"


def test_only_tables_of_commands_and_checks_name_modules_of_other_packages() -> None:
    modules = _modules(ROOT)
    named = {
        (_name(path), module)
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (found := A_MODULE.fullmatch(node.value))
        for module in [found[1]]
        if "." in module and module in modules and not _name(path).startswith(module.partition(".")[0] + "/")
    }
    assert {module for _, module in named} == {
        "index.alerts.command",
        "index.backup.command",
        "index.backup.restore_command",
        "index.commands",
        "index.copy_command",
        "index.doctor",
        "index.evaluate_duplicates",
        "index.evaluate_extraction",
        "index.evaluate_language",
        "index.evaluate_related",
        "index.inbox.command",
        "index.inbox.serving",
        "index.replica.command",
        "index.sync.command",
        "index.takedown",
        "index.webhooks.command",
        "webui.commands",
    }
    assert {where for where, _ in named} <= NAMES_OTHERS


@pytest.mark.parametrize(
    ("one", "other", "cycle"),
    [
        ("from search.b.y import Y", "from search.a import x", True),
        ("from search.b import y", "def late():\n    import search.a.x", True),
        ("import search.b.y", "TABLE = {'x': 'search.a.x:main'}", True),
        ("import search.b.y", "def late():\n    return import_module('search.a.x')", True),
        ("import search.b.y", "if TYPE_CHECKING:\n    from search.a.x import X", False),
        ("import search.b.y", '"""Unlike search.a.x it imports nothing."""', False),
        ("import search.b.y", "import search.top", False),
    ],
    ids=["plain", "in a function", "in a table", "by name", "for types", "in prose", "the folder above"],
)
def test_a_cycle_between_folders_would_be_seen(tmp_path: Path, one: str, other: str, cycle: bool) -> None:
    files = {"a/x": one, "b/y": other, "top": "import search.a.x", "__init__": "", "a/__init__": "", "b/__init__": ""}
    for name, text in files.items():
        path = tmp_path / "search" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found = _cycles(_edges(tmp_path))
    assert len(found) == cycle
    if cycle:
        assert found[0].startswith("search.a -> search.b -> search.a: search/a/x.py imports search.b")
        assert "search/b/y.py imports search.a" in found[0]


def test_a_cycle_over_three_folders_would_be_seen(tmp_path: Path) -> None:
    for name, text in {"a/x": "import search.b.x", "b/x": "import search.c.x", "c/x": "import search.a.x"}.items():
        path = tmp_path / "search" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        (path.parent / "__init__.py").touch()
    (found,) = _cycles(_edges(tmp_path))
    assert found.startswith("search.a -> search.b -> search.c -> search.a: ")


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
    assert ways <= {(400, 2), (404, 1), (410, 1), (429, 1), (500, 1), (500, 2), (503, 1)}
