"""Modified copies of a query: one part replaced or dropped, phrases split into words, AND turned into OR."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from search.query.tree import And, DateRange, Everything, Keyword, Not, Or, Phrase, Query, Word


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
        case Not(child):
            new = _rewritten(child, change)
            return None if new is None else change(Not(new))
        case _:
            return change(tree)


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
        case And(children) | Or(children):
            for child in children:
                yield from positive_parts(child)
        case Not() | Everything():
            return
        case _:
            yield tree


def loosened(tree: Query) -> Query:
    """The tree with every phrase replaced by its words."""

    def change(node: Query) -> Query:
        if not isinstance(node, Phrase):
            return node
        words = tuple(Word(word, node.field, node.boost) for word in node.text.split())
        return joined(And, words) if words else node

    return rewritten(tree, change)


def any_of(tree: Query) -> Query:
    """The tree with OR in place of AND between words; filters and exclusions still apply."""
    if not isinstance(tree, And):
        return tree
    words = tuple(child for child in tree.children if not isinstance(child, Not | Keyword | DateRange))
    others = tuple(child for child in tree.children if isinstance(child, Not | Keyword | DateRange))
    return joined(And, (joined(Or, words), *others)) if words else tree
