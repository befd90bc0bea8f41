"""The file of arrays: what is read apart from the map is the same, for as long as the file is held and no longer."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from search.engines.disk.format.container import Container, ContainerWriter, DamagedFile
from search.engines.disk.format.layout import SEGMENT

BYTES = np.frombuffer(os.urandom(10_000), np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with ContainerWriter(tmp_path / "file", SEGMENT) as writer:
        writer.add("before", np.arange(7, dtype=np.uint32))
        writer.add("texts", BYTES)
        writer.add("behind", np.arange(9, dtype=np.uint64))
    return tmp_path / "file"


@pytest.mark.parametrize(
    "span", [(0, 10_000), (0, 0), (3, 4), (9_990, 10_000), (9_990, 1 << 62), (20_000, 30_000), (50, 20), (-5, 5)]
)
def test_bytes_read_without_the_map_are_those_of_the_array_and_of_no_other(path: Path, span: tuple[int, int]) -> None:
    start, stop = span
    assert Container(path, SEGMENT).read("texts", start, stop) == BYTES[max(0, start) : max(0, stop)].tobytes()


def test_a_missing_section_cannot_be_read(path: Path) -> None:
    with pytest.raises(DamagedFile, match="no section other"):
        Container(path, SEGMENT).read("other", 0, 1)


def test_bytes_can_be_read_while_the_file_is_held_even_if_it_was_removed(path: Path) -> None:
    container = Container(path, SEGMENT)
    path.unlink()
    path.write_bytes(b"another file")
    assert container.read("texts", 100, 200) == BYTES[100:200].tobytes()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell which files are open")
def test_a_file_is_closed_with_its_container(path: Path) -> None:
    def opened() -> list[str]:
        found = []
        for link in Path("/proc/self/fd").iterdir():
            try:
                found.append(str(link.readlink()))
            except FileNotFoundError:  # the listing's own
                continue
        return [name for name in found if name.startswith(str(path))]

    container = Container(path, SEGMENT)
    held = container.array("texts")
    assert opened()
    del container
    gc.collect()
    assert held.tobytes() == BYTES.tobytes()
    del held
    gc.collect()
    assert not opened()
