"""The compiled kernel, where there is one.

`kernel` is the module, or None: where no C compiler was at hand when Backfile was installed, where the compiled file is
of another version than this code, or where the environment variable BACKFILE_PURE is set. Everything works without it
and gives the same answers, only slower. So each of its functions has a twin in numpy or Python beside the code that
calls it, and tests compare the two.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Final

VERSION: Final = 4
"""That of the kernel which this code can call: KERNEL_VERSION in module.c."""


def usable(module: ModuleType) -> ModuleType | None:
    """The module, if it is a kernel that this code can call; else the log says once what to do."""
    found = getattr(module, "version", 0)
    if found == VERSION:
        return module
    import logging  # not at the start of every command

    logging.getLogger("backfile").warning(
        "the compiled kernel is not used, so that everything takes longer: it is of version %s, and this is for %s; "
        "install Backfile again, in a folder of its source by `python -m pip install --no-deps --editable .`",
        found,
        VERSION,
    )
    return None


def _compiled() -> ModuleType | None:
    if os.environ.get("BACKFILE_PURE") or sys.byteorder != "little":  # it reads the files as they are
        return None
    try:
        module = import_module("search.native._kernel")
    except ImportError:
        return None
    return usable(module)


kernel: Final = _compiled()
