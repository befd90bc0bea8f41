"""Renders Markdown by cmark-gfm, and frees what that takes: functions of cmarkgfm keep every tree and every text."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

from cmarkgfm import cmark

_EXTENSIONS: Final = ("table", "strikethrough")
_OPTIONS: Final = cmark.Options.CMARK_OPT_UNSAFE

_lib: Final[Any] = cmark._cmark.lib
_ffi: Final[Any] = cmark._cmark.ffi


class _Memory(ctypes.Structure):
    """`cmark_mem` of cmark-gfm.h."""

    _fields_ = (
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    )


def render(text: str) -> str:
    """CommonMark with tables as HTML; nothing in it is made safe."""
    cmark.core_extensions_ensure_registered()
    parser, root, raw = cmark.parser_new(options=_OPTIONS), None, None
    try:
        for name in _EXTENSIONS:
            cmark.parser_attach_syntax_extension(parser, cmark.find_syntax_extension(name))
        cmark.parser_feed(parser, text)
        root = cmark.parser_finish(parser)
        raw = _lib.cmark_render_html(root, _OPTIONS, cmark.parser_get_syntax_extensions(parser))
        rendered: str = _ffi.string(raw).decode()
    finally:
        cmark.parser_free(parser)
        for free, taken in ((_free_node, root), (_free_text, raw)):
            if taken is not None:
                free(int(_ffi.cast("uintptr_t", taken)))
    return rendered


def _freeing() -> tuple[Callable[[int], object], Callable[[int], object]]:
    """What frees a tree, and what frees a text. cmarkgfm does not name these; its library has them, except where a
    system hides what is not named: there, nothing is freed."""
    try:
        library = ctypes.CDLL(cmark._cmark.__file__)
        free_node, allocator = library.cmark_node_free, library.cmark_get_default_mem_allocator
    except (AttributeError, OSError):
        return _leave, _leave
    free_node.argtypes, free_node.restype = (ctypes.c_void_p,), None
    allocator.argtypes, allocator.restype = (), ctypes.POINTER(_Memory)
    return free_node, allocator().contents.free


def _leave(place: int) -> None:
    del place


_free_node, _free_text = _freeing()
