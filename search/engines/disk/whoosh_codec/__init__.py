"""What plain Whoosh sees of an index: a codec that reads our arrays, and the table of contents that names the codec.

This is the only folder that imports Whoosh.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from search.engines.disk.format.manifest import File, Manifest


def write_toc(directory: Path, manifest: Manifest) -> File:
    """Writes the table of contents by which Whoosh programs find a commit, and syncs it. A file of the same number is
    replaced. Raises OSError.

    The file is a pickle, so we never read it. It names only `schema.whoosh_schema` and `codec.ArraySegment`, and so
    does not depend on the version of Whoosh; where these two are is part of the format.
    """
    # imported here so that programs which only search start without Whoosh
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import TOC

    from search.engines.disk.whoosh_codec.codec import segment_records
    from search.engines.disk.whoosh_codec.schema import INDEX_NAME, WritableSchema

    name = f"_{INDEX_NAME}_{manifest.number}.toc"
    path = directory / name
    path.unlink(missing_ok=True)
    TOC(WritableSchema(), segment_records(manifest), manifest.number).write(FileStorage(str(directory)), INDEX_NAME)
    with path.open("rb") as stream:
        raw = stream.read()
        os.fsync(stream.fileno())
    return File(name, len(raw), zlib.crc32(raw))
