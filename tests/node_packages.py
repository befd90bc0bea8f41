"""Packages for Node.js that a test runs: pinned, installed once into the user's cache, never into the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "backfile" / "node"


def node_packages(*pinned: str) -> Path:
    """A folder whose `node_modules` has these packages, each written as `name@1.2.3`.

    The test is skipped where there is no Node.js, or where the packages cannot be fetched.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("there is no Node.js here; install node and npm")
    folder = CACHE / hashlib.sha256(" ".join(sorted(pinned)).encode()).hexdigest()[:16]
    if not (folder / "complete").exists():
        _install(npm, pinned, folder)
    return folder


def _install(npm: str, pinned: tuple[str, ...], folder: Path) -> None:
    """Installs beside, and moves into place what is complete, since several processes of tests may do so at once."""
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    beside.mkdir(parents=True)
    (beside / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *pinned]
    try:
        done = subprocess.run(command, cwd=beside, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"the packages {', '.join(pinned)} cannot be fetched: {done.stderr[-300:]}")
        (beside / "complete").touch()
        if not folder.exists():
            beside.rename(folder)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the packages {', '.join(pinned)} could not be fetched within five minutes")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def run_node(folder: Path, program: str, *arguments: str) -> str:
    """What a program prints, an ES module that may import the packages of that folder."""
    script = folder / f"program-{os.getpid()}.mjs"
    script.write_text(program, encoding="utf-8")
    try:
        done = subprocess.run(
            ["node", script.name, *arguments], cwd=folder, capture_output=True, text=True, timeout=300
        )
    finally:
        script.unlink()
    assert done.returncode == 0, done.stderr
    return done.stdout
