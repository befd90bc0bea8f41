"""Lines of JSON into an index of tantivy, parsed by orjson: what `benchmark.reading` runs as a process.

python -m benchmark.reading_tantivy FILE FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import tantivy

HEAP = 128_000_000


def main(file: Path, folder: Path) -> None:
    """Indexes every line: title and text, stored, with the stems of English."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("title", "body"):
        builder.add_text_field(name, stored=True, tokenizer_name="en_stem")
    for name in ("section", "author", "tags", "published"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build(), str(folder))
    writer = index.writer(HEAP, 1)
    with file.open("rb") as lines:
        for line in lines:
            writer.add_document(_document(orjson.loads(line)))
    writer.commit()
    writer.wait_merging_threads()


def _document(article: dict[str, Any]) -> tantivy.Document:
    document = tantivy.Document()
    for name in ("id", "title", "body", "section", "author", "tags", "published"):
        value = article.get(name)
        for each in value if isinstance(value, list) else [value]:
            if each:
                document.add_text(name, str(each))
    return document


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
