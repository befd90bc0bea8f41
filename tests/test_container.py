"""The file of arrays: what is read apart from the map is the same, for as long as the file is held and no longer."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from search.engines.disk.format.container import Container, ContainerWriter, DamagedFile
from search.engines.disk.format.kinds import SEGMENT

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


def test_a_writer_that_is_misused_says_so_and_leaves_no_file(tmp_path: Path) -> None:
    def misuse(writer: ContainerWriter, how: str) -> None:
        if how == "two at once":
            writer.begin("one", np.uint32)
            writer.begin("two", np.uint32)
        elif how == "the same again":
            writer.add("one", np.arange(3, dtype=np.uint32))
            writer.add("one", np.arange(3, dtype=np.uint32))
        elif how == "of a type it cannot have":
            writer.begin("one", np.complex128)
        elif how == "nothing to write to":
            writer.write(np.arange(3))
        else:
            writer.end()

    for how in ("two at once", "the same again", "of a type it cannot have", "nothing to write to", "nothing to end"):
        with pytest.raises(ValueError, match=r"cannot begin section|no section is open"):  # noqa: SIM117
            with ContainerWriter(tmp_path / how, SEGMENT) as writer:
                misuse(writer, how)
        assert not (tmp_path / how).exists()


def test_a_file_of_another_kind_is_damage(path: Path) -> None:
    with pytest.raises(DamagedFile, match="holds segment, not deletions"):
        Container(path, "deletions")
