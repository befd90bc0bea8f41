"""Modified copies of a query: one part replaced or dropped, phrases split into words, AND turned into OR."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from search.query.runs import is_run
from search.query.tree import And, DateRange, Everything, Keyword, Most, Not, Or, Phrase, Query, Word, parts_of


def replaced(tree: Query, part: Query, by: Query | None) -> Query:
    """The tree with every part equal to `part` replaced, or dropped if `by` is None."""
    return rewritten(tree, lambda node: by if node == part else node)


def rewritten(tree: Query, change: Callable[[Query], Query | None]) -> Query:
    """The tree with `change` applied to every node, children first; None drops the node."""
    return _rewritten(tree, change) or Everything()


def _rewritten(tree: Query, change: Callable[[Query], Query | None]) -> Query | None:
    match tree:
        case And(children) | Or(children):
            kept = tuple(new for child in children if (new := _rewritten(child, change)) is not None)
            if not kept:
                return None
            return change(joined(type(tree), kept))
        case Most(children):
            return _most([new for child in children if (new := _rewritten(child, change)) is not None], change)
        case Not(child):
            new = _rewritten(child, change)
            return None if new is None else change(Not(new))
        case _:
            return change(tree)


def _most(parts: list[Query], change: Callable[[Query], Query | None]) -> Query | None:
    """What has become of bare words. What is no bare word any more is required beside the others."""
    words = tuple(part for part in parts if isinstance(part, Word) and part.field is None)
    others = tuple(part for part in parts if part not in words)
    if not parts:
        return None
    if len(words) < 2 and not any(is_run(word.text) for word in words):
        return change(joined(And, tuple(parts)))
    return change(joined(And, (Most(words), *others)))


def joined(kind: type[And] | type[Or], children: tuple[Query, ...]) -> Query:
    """One node of the given kind with these children, nested nodes of that kind flattened; a single child as it is."""
    flat: list[Query] = []
    for child in children:
        if isinstance(child, And | Or) and isinstance(child, kind):
            flat.extend(child.children)
        else:
            flat.append(child)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def positive_parts(tree: Query) -> Iterator[Query]:
    """Every leaf that is not under a Not, in order."""
    match tree:
        case And(children) | Or(children) | Most(children):
            for child in children:
                yield from positive_parts(child)
        case Not() | Everything():
            return
        case _:
            yield tree


def loosened(tree: Query) -> Query:
    """The tree with every phrase replaced by its words; a query that is one quoted unspaced run becomes a bare one."""
    match tree:
        case Phrase(text, field=None) if is_run(text) and len(text.split()) == 1:
            return Most((Word(text.strip(), boost=tree.boost),))

    def change(node: Query) -> Query:
        if not isinstance(node, Phrase):
            return node
        words = tuple(Word(word, node.field, node.boost) for word in node.text.split())
        return joined(And, words) if words else node

    return rewritten(tree, change)


def any_of(tree: Query) -> Query:
    """The tree with OR in place of AND between words; filters and exclusions still apply."""
    if not isinstance(tree, And | Most):
        return tree
    words = tuple(part for part in parts_of(tree) if not isinstance(part, Not | Keyword | DateRange))
    others = tuple(part for part in parts_of(tree) if isinstance(part, Not | Keyword | DateRange))
    return joined(And, (joined(Or, words), *others)) if words else tree
