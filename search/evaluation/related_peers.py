"""Other programs that find related articles, to be compared with. They come with the extra `evaluate`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, get_args

from search.errors import ConfigError
from search.evaluation.relatedness import DEPTH, FoundRelated, LabelledArticles, timed

RelatedPeer = Literal["whoosh", "tantivy", "scikit-learn"]
RELATED_PEERS: Final[tuple[RelatedPeer, ...]] = get_args(RelatedPeer)

_TERMS: Final = 25
"""Terms that a query of more-like-this has, as Lucene's does by default; Whoosh's own default of 5 finds less."""


def related_by_peer(peer: RelatedPeer, articles: LabelledArticles) -> FoundRelated:
    """What another program finds for every subject. Raises ConfigError where it is not installed."""
    try:
        return _ASKED[peer](articles)
    except ImportError as error:
        raise ConfigError(f"{peer} is not installed; install it with: pip install 'backfile[evaluate]'") from error


def _texts(articles: LabelledArticles) -> list[str]:
    return ["\n".join(filter(None, (each.title, each.summary, each.body))) for each in articles.documents]


def _by_whoosh(articles: LabelledArticles) -> FoundRelated:
    """Whoosh as it comes: `Searcher.more_like`, with its stemming analyzer and stored vectors."""
    from whoosh.analysis import StemmingAnalyzer
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.index import create_in

    schema = Schema(id=ID(stored=True, unique=True), text=TEXT(analyzer=StemmingAnalyzer(), vector=True))
    with tempfile.TemporaryDirectory(prefix="backfile-") as folder:
        index = create_in(folder, schema)
        with index.writer() as writer:
            for document, text in zip(articles.documents, _texts(articles), strict=True):
                writer.add_document(id=document.id, text=text)
        with index.searcher() as searcher:

            def ask(name: str) -> Sequence[str]:
                own = searcher.document_number(id=name)
                return [hit["id"] for hit in searcher.more_like(own, "text", top=DEPTH, numterms=_TERMS)]

            return timed(articles.subjects, ask)


def _by_tantivy(articles: LabelledArticles) -> FoundRelated:
    """tantivy's more-like-this query, over one field with English stems."""
    from tantivy import DocAddress, Document, Index, Query, SchemaBuilder

    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("text", stored=True, tokenizer_name="en_stem")
    index = Index(builder.build())
    writer = index.writer(64_000_000, 1)
    for document, text in zip(articles.documents, _texts(articles), strict=True):
        writer.add_document(Document(id=document.id, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def address_of(name: str) -> DocAddress:
        return searcher.search(Query.term_query(index.schema, "id", name), 1).hits[0][1]

    def ask(name: str) -> Sequence[str]:
        query = Query.more_like_this_query(address_of(name), max_query_terms=_TERMS, min_term_frequency=1)
        return [str(searcher.doc(address)["id"][0]) for _, address in searcher.search(query, DEPTH).hits]

    return timed(articles.subjects, ask)


def _by_scikit_learn(articles: LabelledArticles) -> FoundRelated:
    """The cosine of tf-idf vectors with logarithmic frequencies, with every article: no search, and no index."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors: Any = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(_texts(articles))
    names = [document.id for document in articles.documents]
    rows = {name: row for row, name in enumerate(names)}

    def ask(name: str) -> Sequence[str]:
        cosines = (vectors @ vectors[rows[name]].T).toarray().ravel()
        return [names[row] for row in np.argsort(-cosines, kind="stable")[: DEPTH + 1].tolist()]

    return timed(articles.subjects, ask)


_ASKED: Final[dict[RelatedPeer, Callable[[LabelledArticles], FoundRelated]]] = {
    "whoosh": _by_whoosh,
    "tantivy": _by_tantivy,
    "scikit-learn": _by_scikit_learn,
}
