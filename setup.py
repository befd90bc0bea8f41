"""What `pyproject.toml` cannot say yet: the compiled kernel.

It is optional: without a C compiler the installation goes on, and the code in Python is used.
"""

from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("search") / "native"

kernel = Extension(
    "search.native._kernel",
    sources=sorted(path.as_posix() for path in FOLDER.rglob("*.c")),
    depends=sorted(path.as_posix() for path in FOLDER.rglob("*.h")),
    include_dirs=[FOLDER.as_posix()],
    define_macros=[("Py_LIMITED_API", "0x030B0000")],
    py_limited_api=True,
    optional=True,
)

setup(ext_modules=[kernel], options={"bdist_wheel": {"py_limited_api": "cp311"}})
