"""The compiled kernel, where there is one.

`kernel` is the module, or None: where no C compiler was at hand when Backfile was installed, or where the environment
variable BACKFILE_PURE is set. Everything works without it and gives the same answers, only slower. So each of its
functions has a twin in numpy or Python beside the code that calls it, and tests compare the two.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Final


def _compiled() -> ModuleType | None:
    if os.environ.get("BACKFILE_PURE") or sys.byteorder != "little":  # it reads the files as they are
        return None
    try:
        return import_module("search.native._kernel")
    except ImportError:
        return None


kernel: Final = _compiled()
