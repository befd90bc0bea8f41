"""What is promised of the compiled kernel: it is used only by the code that it was made for."""

from __future__ import annotations

import logging
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from search import native

NAMES = """
FragmentNumbers Fragments PassageChooser Postings articles_of count_values foremost highest invert mark_html
marked_piece minhash minhash_folded minhash_of_words read_in_order text_directive version
"""
"""What a kernel of the version below offers."""


def test_a_kernel_of_another_version_is_not_used_and_the_log_says_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    old = ModuleType("search.native._kernel")
    for version in (None, native.VERSION - 1, native.VERSION + 1):
        caplog.clear()
        if version is not None:
            old.version = version  # type: ignore[attr-defined]
        with caplog.at_level(logging.WARNING):
            assert native.usable(old) is None
        (said,) = caplog.messages
        assert f"of version {version or 0}, and this is for {native.VERSION}; install Backfile again" in said


def test_the_kernel_that_was_compiled_is_the_one_of_this_code() -> None:
    try:
        compiled = import_module("search.native._kernel")
    except ImportError:
        pytest.skip("there is no compiled kernel")
    assert native.usable(compiled) is compiled, "compile it again: CONTRIBUTING.md says how"
    offered = sorted(name for name in vars(compiled) if not name.startswith("_"))
    assert offered == NAMES.split(), "raise the version in module.c and in search/native/__init__.py, then these names"


def test_the_source_of_the_kernel_has_the_version_that_this_code_calls() -> None:
    source = (Path(native.__file__).parent / "module.c").read_text("utf-8")
    assert re.findall(r"^#define KERNEL_VERSION (\d+)$", source, re.MULTILINE) == [str(native.VERSION)]
