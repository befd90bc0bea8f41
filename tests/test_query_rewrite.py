"""Changed copies of a reader's query: still queries that print, parse and ask for what was left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_query_parser import trees

from search.query import parse, to_text
from search.query.rewrite import any_of, joined, loosened, positive_parts, replaced, rewritten
from search.query.tree import And, Everything, Fuzzy, Keyword, Most, Not, Or, Phrase, Prefix, Query, Wildcard, Word

A, B, C = Word("a"), Word("b"), Word("c")
SECTION = Keyword("section", "News")


def leaves(tree: Query) -> list[Query]:
    match tree:
        case And(children) | Or(children):
            return [leaf for child in children for leaf in leaves(child)]
        case Not(child):
            return leaves(child)
        case _:
            return [tree]


def is_flat(tree: Query) -> bool:
    """Whether no And stands in an And, no Or in an Or, and none holds fewer than two."""
    match tree:
        case And(children) | Or(children):
            return len(children) > 1 and all(not isinstance(c, type(tree)) and is_flat(c) for c in children)
        case Not(child):
            return is_flat(child)
        case _:
            return True


@pytest.mark.parametrize(
    ("tree", "part", "by", "expected"),
    [
        (A, A, B, B),
        (A, A, None, Everything()),
        (A, B, C, A),
        (And((A, B)), A, None, B),
        (And((A, B, A)), A, None, B),
        (And((A, A)), A, None, Everything()),
        (And((A, Or((B, C)))), B, None, And((A, C))),
        (Or((A, And((B, C)))), B, None, Or((A, C))),
        (And((A, Not(B))), B, None, A),
        (And((A, Not(B))), B, C, And((A, Not(C)))),
        (And((A, Not(B))), Not(B), None, A),
        (And((A, Or((B, C)))), Or((B, C)), And((B, C)), And((A, B, C))),
        (And((A, Or((B, C)))), A, None, Or((B, C))),
        (Not(A), A, None, Everything()),
        (Or((A, Or((B, C)))), Word("x"), None, Or((A, B, C))),
    ],
)
def test_a_part_is_replaced_or_dropped_wherever_it_stands(
    tree: Query, part: Query, by: Query | None, expected: Query
) -> None:
    assert replaced(tree, part, by) == expected


@given(trees())
def test_without_a_change_the_tree_stays_as_it_is(tree: Query) -> None:
    assert rewritten(tree, lambda node: node) == tree


@given(trees(), st.integers(0, 20))
def test_dropping_a_leaf_leaves_all_others_in_their_order(tree: Query, place: int) -> None:
    all_leaves = leaves(tree)
    part = all_leaves[place % len(all_leaves)]
    rest = replaced(tree, part, None)
    kept = [leaf for leaf in all_leaves if leaf != part]
    assert leaves(rest) == (kept or [Everything()])
    assert is_flat(rest)


@given(trees(), st.integers(0, 20))
def test_what_is_left_prints_and_parses_back(tree: Query, place: int) -> None:
    all_leaves = leaves(tree)
    for changed in (replaced(tree, all_leaves[place % len(all_leaves)], None), loosened(tree), any_of(tree)):
        assert parse(to_text(changed)).query == changed


@given(trees())
def test_nothing_under_a_not_is_a_positive_part(tree: Query) -> None:
    positive = list(positive_parts(tree))
    assert all(not isinstance(part, And | Or | Not | Everything) for part in positive)

    def dropped(node: Query) -> Query | None:
        return None if isinstance(node, Not) else node

    without = rewritten(tree, dropped)
    assert positive == ([] if without == Everything() else leaves(without))


@given(trees())
def test_a_loosened_query_has_no_phrase_and_every_word_of_those_it_had(tree: Query) -> None:
    loose = leaves(loosened(tree))
    assert not any(isinstance(leaf, Phrase) and leaf.text.split() for leaf in loose)
    words = [leaf.text for leaf in loose if isinstance(leaf, Word)]
    for phrase in leaves(tree):
        if isinstance(phrase, Phrase):
            assert set(phrase.text.split()) <= set(words)


def test_words_of_a_loosened_phrase_keep_its_field_and_weight() -> None:
    assert loosened(Phrase("old bridge", "title", 3, 2.0)) == And(
        (Word("old", "title", 2.0), Word("bridge", "title", 2.0))
    )
    assert loosened(Or((Phrase("a b"), C))) == Or((And((A, B)), C))
    assert loosened(And((C, Phrase("a b")))) == And((C, A, B)), "an And takes them up"
    assert loosened(Not(Phrase("a b"))) == Not(And((A, B)))
    assert loosened(Phrase("日本銀行は", boost=2.0)) == Most((Word("日本銀行は", boost=2.0),))
    assert loosened(Phrase("日本銀行は", "title")) == Word("日本銀行は", "title")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (A, A),
        (Or((A, B)), Or((A, B))),
        (And((A, B)), Or((A, B))),
        (And((A, SECTION)), And((A, SECTION))),
        (And((A, B, SECTION)), And((Or((A, B)), SECTION))),
        (And((A, Not(C), B)), And((Or((A, B)), Not(C)))),
        (And((SECTION, Not(C))), And((SECTION, Not(C)))),
        (And((A, Or((B, C)))), Or((A, B, C))),
        (And((Prefix("ab"), Wildcard("a?b"), Fuzzy("abc", 1))), Or((Prefix("ab"), Wildcard("a?b"), Fuzzy("abc", 1)))),
    ],
)
def test_or_between_words_leaves_conditions_and_exclusions_in_force(tree: Query, expected: Query) -> None:
    assert any_of(tree) == expected


def test_joining_takes_up_nodes_of_its_kind_only() -> None:
    assert joined(And, (A,)) == A
    assert joined(And, (A, And((B, C)))) == And((A, B, C))
    assert joined(And, (A, Or((B, C)))) == And((A, Or((B, C))))
    assert joined(Or, (Or((A, B)), C)) == Or((A, B, C))
