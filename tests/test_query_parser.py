"""What a reader types, as a tree: readings, repairs, refusals, and the way back to text."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from work import calls, growth

from search.errors import QuerySyntaxError
from search.query import Operator, Parsed, parse, to_text
from search.query.limits import (
    MAX_BOOST,
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_SLOP,
    MAX_WARNINGS,
    MIN_BOOST,
)
from search.query.tree import (
    And,
    DateRange,
    Everything,
    Exact,
    Fuzzy,
    Keyword,
    Most,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Wildcard,
    Word,
    has_most,
)

A, B, C = Word("a"), Word("b"), Word("c")
NOW = datetime(2024, 7, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Everything()),
        (" \t\n\x00 ", Everything()),
        ("*", Everything()),
        ("a", A),
        ("a b c", And((A, B, C))),
        ("a AND b", And((A, B))),
        ("a OR b", Or((A, B))),
        ("a and b", And((A, Word("and"), B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("a b OR c", Or((And((A, B)), C))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("(a b) c", And((A, B, C))),
        ("a OR (b OR c)", Or((A, B, C))),
        ("-a", Not(A)),
        ("NOT a", Not(A)),
        ("a -b", And((A, Not(B)))),
        ("a AND NOT b", And((A, Not(B)))),
        ("a OR -b", Or((A, Not(B)))),
        ("-(a b)", Not(And((A, B)))),
        ("* -a", Not(A)),
        ("a OR *", Everything()),
        ('"a b"', Phrase("a b")),
        ('"a   b"', Phrase("a b")),
        ("“a b”", Phrase("a b")),
        ("„a b“", Phrase("a b")),
        ("«a b»", Phrase("a b")),
        ("»a b«", Phrase("a b")),
        ("「東京」", Phrase("東京")),
        ('"he said “yes” today"', Phrase("he said “yes” today")),
        ('a"b c"', And((A, Phrase("b c")))),
        ('"a b"~5', Phrase("a b", slop=5)),
        ('"a b"~5^2', Phrase("a b", slop=5, boost=2.0)),
        ('"a b"^2~5', Phrase("a b", slop=5, boost=2.0)),
        ('"a \\"b\\" \\\\"', Phrase('a "b" \\')),
        ('="A b"', Exact("A b")),
        ("=a", Exact("a")),
        ("=a^2", Exact("a", boost=2.0)),
        ('="a^2"', Exact("a^2")),
        ("a^2.5", Word("a", boost=2.5)),
        ("(a b^2)^3", And((Word("a", boost=3.0), Word("b", boost=6.0)))),
        ("(a section:x)^3", And((Word("a", boost=3.0), Keyword("section", "x")))),
        ("pre*", Prefix("pre")),
        ("pre**", Prefix("pre")),
        ("中*", Prefix("中")),
        ("wi?d*", Wildcard("wi?d*")),
        ("wi**d", Wildcard("wi*d")),
        ("fuzzy~", Fuzzy("fuzzy")),
        ("fuzzy~1^2", Fuzzy("fuzzy", 1, boost=2.0)),
        ("what?", Word("what")),
        ("what?!", Word("what")),
        ("title:a", Word("a", "title")),
        ("TITLE:a", Word("a", "title")),
        ("heading:a", Word("a", "headings")),
        ("headings:a", Word("a", "headings")),
        ("text:a", Word("a", "body")),
        ("author:a", Word("a", "author")),
        ("tags:a", Word("a", "tags")),
        ('title:"a b"', Phrase("a b", "title")),
        ('title:="a"', Exact("a", "title")),
        ("title:ab*", Prefix("ab", "title")),
        ("title:(a OR b)", Or((Word("a", "title"), Word("b", "title")))),
        ("title:(a body:b)", And((Word("a", "title"), Word("b", "body")))),
        ("title:AND", Word("AND", "title")),
        ("-title:a", Not(Word("a", "title"))),
        ("section:Opinion", Keyword("section", "Opinion")),
        ('section:"News > Economy"', Keyword("section", "News > Economy")),
        ("section:(A OR B)", Or((Keyword("section", "A"), Keyword("section", "B")))),
        ("tag:a,b", Keyword("tag", "a,b")),
        ("language:en", Keyword("lang", "en")),
        ("date:2024", DateRange(date(2024, 1, 1), date(2024, 12, 31))),
        ("date:2024-02", DateRange(date(2024, 2, 1), date(2024, 2, 29))),
        ("date:2024-07-03", DateRange(date(2024, 7, 3), date(2024, 7, 3))),
        ("date:2023..2024-06", DateRange(date(2023, 1, 1), date(2024, 6, 30))),
        ("date:..2024", DateRange(None, date(2024, 12, 31))),
        ("date:2024-07-03..", DateRange(date(2024, 7, 3), None)),
        ('date:"2024"', DateRange(date(2024, 1, 1), date(2024, 12, 31))),
        ("modified:2024", DateRange(date(2024, 1, 1), date(2024, 12, 31), "modified")),
        ("date:(2023 OR 2024)", Or((parse("date:2023").query, parse("date:2024").query))),
        ("date:now-7d", DateRange(datetime(2024, 7, 24, 12, 30, tzinfo=UTC), None)),
        ("12:30", Word("12:30")),
        ("https://x.org/?a=b*~1", Word("https://x.org/?a=b*~1")),
        ("std::vector", Word("std::vector")),
        ("Baku: a", And((Word("Baku:"), A))),
        ("a\x00b", And((A, B))),
        ("\\AND", Word("AND")),
        ("title\\:a", Word("title:a")),
        ("a\\*", Word("a*")),
        ("a\\ b", Word("a b")),
        ("a\\", Word("a\\")),
        ("post-war", Word("post-war")),
        ("a/b (c)", And((Word("a/b"), C))),
        ('צה"ל', Word('צה"ל')),
        ("x~y^z", Word("x~y^z")),
        ("5'11 ’90s", And((Word("5'11"), Word("’90s")))),
    ],
)
def test_a_query_reads_as(text: str, tree: Query) -> None:
    assert parse(text, now=NOW) == Parsed(tree)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a b", Or((A, B))),
        ("a AND b", And((A, B))),
        ("a b AND c", Or((A, And((B, C))))),
        ("a b -c", And((Or((A, B)), Not(C)))),
        ("a b section:x", And((Or((A, B)), Keyword("section", "x")))),
        ("a (b c)", Or((A, B, C))),
        ("-a -b", And((Not(A), Not(B)))),
        ("a OR -b", Or((A, Not(B)))),
    ],
)
def test_with_or_between_words_filters_and_exclusions_still_narrow(text: str, tree: Query) -> None:
    assert parse(text, "or") == Parsed(tree)


@pytest.mark.parametrize(
    ("text", "tree", "place", "says"),
    [
        ('a "b c', And((A, Phrase("b c"))), 3, "never closed"),
        ('a "', A, 3, "the quotation marks are empty"),
        ('a ""', A, 3, "the quotation marks are empty"),
        ("(a", A, 1, "never closed"),
        ("a) b", And((A, B)), 2, "closes nothing"),
        ("a ()", A, 3, "the parentheses are empty"),
        ("AND a", A, 1, "AND has no operand"),
        ("a OR", A, 3, "OR has no operand"),
        ("a AND AND b", And((A, B)), 3, "AND has no operand"),
        ("a OR OR b", Or((A, B)), 6, "OR has no operand"),
        ("a NOT", A, 3, "NOT has no operand"),
        ("a - b", And((A, B)), 3, "lone hyphen"),
        ("--a", Not(A), 2, "second negation"),
        ("-(-a)", Not(A), 1, "second negation"),
        ("foo:a", And((Word("foo"), A)), 1, "no field foo"),
        ("title: a", Word("a", "title"), 7, "space after title:"),
        ("a title:", And((A, Word("title"))), 3, "nothing follows title:"),
        ("a^", A, 1, "needs a number"),
        ("a^99", Word("a", boost=MAX_BOOST), 1, "a weight is from"),
        ("a^0", Word("a", boost=MIN_BOOST), 1, "a weight is from"),
        ("ab~0", Word("ab"), 1, "no other spelling"),
        ("ab~7", Fuzzy("ab"), 1, "1 or 2 edits"),
        ("ab~0.8", Fuzzy("ab"), 1, "1 or 2 edits"),
        ("ab*~", Prefix("ab"), 1, "after a wildcard"),
        ('"a"~', Phrase("a"), 1, "whole number of words"),
        ('"a b"~999', Phrase("a b", slop=MAX_SLOP), 1, "50 apart at most"),
        ('="a"~1', Exact("a"), 1, "after an exact spelling"),
        ("section:x^2", Keyword("section", "x"), 9, "has no weight"),
        ('section:"" a', A, 9, "the quotation marks are empty"),
        ("date:2024..2023", DateRange(date(2023, 1, 1), date(2024, 12, 31)), 6, "swapped"),
    ],
)
def test_what_is_repaired_is_told_with_its_place(text: str, tree: Query, place: int, says: str) -> None:
    parsed = parse(text)
    assert parsed.query == tree
    assert len(parsed.warnings) == 1
    assert parsed.warnings[0].startswith(f"at character {place}: ")
    assert says in parsed.warnings[0]


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("a*", 1, "two letters or digits"),
        ("x b*c", 3, "two letters or digits"),
        ("title:*", 6, "two letters or digits"),
        ("*ab", 0, "two letters or digits"),
        ("date:tomorrow", 5, "is not a date"),
        ("date:2024-13", 5, "not in the calendar"),
        ("date:0000", 5, "not in the calendar"),
        ("date:..", 5, "at least one end"),
        ("a date:2024-07-03T10:00:00", 7, "time zone"),
        ("date:now-9999y", 5, "before the calendar"),
        ("AND OR NOT", 0, "no word to search for"),
        ("-", 0, "no word to search for"),
        ("()", 0, "no word to search for"),
        ('""', 0, "no word to search for"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH, "nested"),
    ],
)
def test_what_cannot_be_guessed_is_refused_with_its_place(text: str, position: int, says: str) -> None:
    with pytest.raises(QuerySyntaxError, match=says) as caught:
        parse(text)
    assert caught.value.position == position
    assert str(caught.value).endswith(f"(at character {position + 1})")


_PIECES = (
    "a", "b", "c^2", "AND", "OR", "NOT", "-", "(", ")", "title:", "tag:x", '"a b"', "=c", "ab*", "b~", "*", "date:2024",
    "日本銀行は", "日本",
)  # fmt: skip


def test_what_goes_beyond_the_limit_of_clauses_is_left_out_and_told() -> None:
    operators: tuple[Operator, ...] = ("auto", "and", "or")
    for operator in operators:
        found = parse("a " * (MAX_CLAUSES - 1) + "b c -d tag:x (e OR f)", operator)
        assert found.query == parse("a " * (MAX_CLAUSES - 1) + "b", operator).query
        [warning] = [text for text in found.warnings if "at most" in text]
        assert warning.startswith(f"at character {2 * MAX_CLAUSES + 1}: a query has {MAX_CLAUSES} clauses at most")


@pytest.mark.parametrize("text", ["?", "??", "a?b", "?why", "is it so ?", "(why?)", "who? what?!", "¿qué?", "5?6"])
def test_a_question_mark_is_never_refused(text: str) -> None:
    operators: tuple[Operator, ...] = ("auto", "and", "or")
    for operator in operators:
        query = parse(text, operator).query
        assert parse(to_text(query, operator), operator).query == query


def test_bare_words_are_side_by_side_outside_of_everything_else() -> None:
    a, b, c, run = Word("a"), Word("b"), Word("c"), Word("日本銀行は")
    for text, query in (
        ("a b c", Most((a, b, c))),
        ("a", a),
        ("a b -c", And((Most((a, b)), Not(c)))),
        ('"c d" a tag:x b', And((Phrase("c d"), Most((a, b)), Keyword("tag", "x")))),
        ("a AND b", And((a, b))),
        ("a AND b c", And((a, b, c))),
        ("a AND b c a", And((a, b, Most((c, a))))),
        ("(a b) c", And((a, b, c))),
        ("(a) b c", And((a, Most((b, c))))),
        ("title:a b c", And((Word("a", "title"), Most((b, c))))),
        ("a b OR c", Or((And((a, b)), c))),
        ("-(a b)", Not(And((a, b)))),
        ("ab* b c~", And((Prefix("ab"), b, Fuzzy("c")))),
        ("a * b", Most((a, b))),
        ("日本銀行は", Most((run,))),
        ("(日本銀行は)", run),
        ("日本銀行は -c", And((Most((run,)), Not(c)))),
        ("(日本銀行は) -c", And((run, Not(c)))),
        ("(日本銀行は) b c", And((run, Most((b, c))))),
        ("日本銀行は b", Most((run, b))),
        ("日本銀行は AND b", And((run, b))),
        ("日本銀行は OR b", Or((run, b))),
        ("「日本銀行は」", Phrase("日本銀行は")),
        ("title:日本銀行は", Word("日本銀行は", "title")),
        ("東京都", Word("東京都")),
    ):
        assert parse(text, "auto") == Parsed(query), text
        assert parse(to_text(query, "auto"), "auto") == Parsed(query), text


@given(st.text(max_size=60) | st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join))
def test_whatever_operator_a_query_was_read_with_it_can_be_written_for_another(text: str) -> None:
    operators: tuple[Operator, ...] = ("auto", "and", "or")
    for operator in operators:
        try:
            query = parse(text, operator).query
        except QuerySyntaxError:
            continue
        assert parse(to_text(query, "auto"), "auto") == Parsed(query)
        if not has_most(query):
            assert parse(to_text(query, "and"), "and") == Parsed(query)
            assert parse(to_text(query, "or"), "or") == Parsed(query)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("word " * 2_000, 4_094),  # the last whole word ends before the limit
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH),
        ("b" * (MAX_LENGTH - 1) + " " * 9 + "c", MAX_LENGTH),
        ("b" * MAX_LENGTH + " c", MAX_LENGTH),
    ],
)
def test_of_a_text_that_is_too_long_whole_words_are_read(text: str, read: int) -> None:
    found = parse(text)
    assert found.query == parse(text[:read]).query
    assert f"only the first {read:,} characters were read" in found.warnings[-1]


def test_queries_at_the_limits_are_read() -> None:
    assert parse("a" * MAX_LENGTH).query == Word("a" * MAX_LENGTH)
    assert len(getattr(parse("a " * MAX_CLAUSES).query, "children", ())) == MAX_CLAUSES
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == Parsed(A)


def test_unknown_fields_are_told_which_there_are() -> None:
    (warning,) = parse("colour:red").warnings
    assert all(name in warning for name in ("title", "heading", "section", "date", "lang"))


def test_repairs_are_told_up_to_a_number() -> None:
    warnings = parse("a" + ")" * 500).warnings
    assert len(warnings) == MAX_WARNINGS + 1
    assert warnings[-1] == f"and {500 - MAX_WARNINGS} more repairs"


# --- printing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("a AND b", "a b"),
        ("NOT a", "-a"),
        ("a OR b c", "a OR (b c)"),
        ("title:(a b)", "title:a title:b"),
        ("=a", '="a"'),
        ("“a b”~3", '"a b"~3'),
        ("fuzzy~2", "fuzzy~"),
        ("date:2024-01-01..2024-12-31", "date:2024"),
        ("date:2024-07-01..2024-07-31", "date:2024-07"),
        ("date:2023-01-01..2024-06-30", "date:2023..2024-06"),
        ("date:..2024-12-31", "date:..2024"),
        ("section:“A”", "section:A"),
        ("https://x.org/?a", "https://x.org/?a"),
        ("foo:a", "foo a"),
        ("what?", "what"),
        ("(a b)^2", "a^2 b^2"),
        ("-*", "-*"),
    ],
)
def test_a_query_is_printed_as(text: str, printed: str) -> None:
    assert str(parse(text).query) == printed


TEXTS = st.text(st.characters(exclude_categories=("Cc",)), min_size=1, max_size=12) | st.sampled_from(
    ["AND", "OR", "NOT", "-a", "=a", "title:a", "a://b?c*", "a\\", "x~1", "x^2", "a b", "“a”", "what?", "*", "now-7d"]
)
SPACED = TEXTS.map(lambda text: " ".join(text.split())).filter(bool)
FIELDS = st.sampled_from([None, "title", "headings", "summary", "body", "author", "tags"])
BOOSTS = st.integers(100, 10_000).map(lambda thousandths: thousandths / 1000)
HEADS = st.from_regex(r"\A[^\W_]{2,6}\Z")
MOMENTS = st.dates() | st.datetimes(
    datetime(2, 1, 1),
    datetime(9998, 1, 1),
    timezones=st.just(UTC),
)


def _ordered(ends: tuple[date | None, date | None]) -> bool:
    days = [end.date() if isinstance(end, datetime) else end for end in ends]
    if days[0] is None or days[1] is None:
        return any(days)
    if all(isinstance(end, datetime) for end in ends):
        return bool(ends[0] <= ends[1])  # type: ignore[operator]
    return days[0] <= days[1]


PERIODS = st.tuples(st.none() | MOMENTS, st.none() | MOMENTS).filter(_ordered)


@st.composite
def leaves(draw: st.DrawFn) -> Query:
    kind = draw(st.sampled_from([Word, Exact, Phrase, Prefix, Wildcard, Fuzzy, Keyword, DateRange]))
    if kind is Keyword:
        return Keyword(draw(st.sampled_from(["section", "tag", "lang", "type"])), draw(SPACED))
    if kind is DateRange:
        return DateRange(*draw(PERIODS), draw(st.sampled_from(["published", "modified"])))
    field, boost = draw(FIELDS), draw(BOOSTS)
    if kind is Wildcard:
        return Wildcard(f"{draw(HEADS)}?{draw(HEADS)}*x", field, boost)
    if kind is Prefix:
        return Prefix(draw(HEADS) + draw(SPACED), field, boost)
    if kind is Fuzzy:
        return Fuzzy(draw(SPACED), draw(st.integers(1, 2)), field, boost)
    if kind is Phrase:
        return Phrase(draw(SPACED), field, draw(st.integers(0, MAX_SLOP)), boost)
    return kind(draw(SPACED), field, boost)


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> Query:
    """Any tree in the parser's normal form: no And in an And, no Or in an Or, no Not in a Not."""
    kind = draw(st.sampled_from([None, And, Or, Not] if depth else [None]))
    if kind is None:
        return draw(leaves())
    inner = trees(depth - 1).filter(lambda query: not isinstance(query, kind))
    if kind is Not:
        return Not(draw(inner))
    return kind(tuple(draw(st.lists(inner, min_size=2, max_size=3))))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees())
def test_a_printed_tree_parses_back_without_a_repair(tree: Query) -> None:
    assert parse(str(tree)) == Parsed(tree)
    assert to_text(tree) == str(tree)


PIECES = st.sampled_from(
    [
        *"ab1 \t\x00\"“”„«»()-=*?~^:\\./&中,'",
        *("AND", "OR", "NOT", " AND ", " OR ", " NOT ", "title:", "section:", "date:", "foo:", "://"),
        *("2024", "..", "-07", "now-7d", "~1", "^2", "ab", "ab*", 'צה"ל', "\ud800"),
    ]
)
ANYTHING = st.lists(PIECES, max_size=25).map("".join) | st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=1500, deadline=None)
@given(ANYTHING, st.sampled_from(["and", "or"]))
@example('a\\://b~^2"', "and")
@example("title: :", "and")
@example("ab*\\*", "and")
@example("a\\?b*\\*c", "and")
@example("a\\?b*\\*", "and")
@example("(((-=“", "or")
@example("section:\\ ", "and")
def test_any_text_is_read_or_refused_and_what_is_read_prints_and_parses_back(text: str, operator: Operator) -> None:
    try:
        parsed = parse(text, operator)
    except QuerySyntaxError as error:
        position = error.position
    else:
        assert parse(str(parsed.query)) == Parsed(parsed.query)
        position = 0
    assert 0 <= position <= len(text)


def test_repairs_are_told_from_left_to_right() -> None:
    places = [int(warning.split()[2].rstrip(":")) for warning in parse('() a^ ) foo:b "" - (c').warnings]
    assert places == sorted(places)
    assert len(places) == 7


HOSTILE_PIECES = ('"', "(", ")", "-", "~", "^1", "\\", "a:", "*", "«", "a OR ", 'a"', "AND ", "=", "title:", ".")


def _read_and_print(text: str) -> None:
    try:
        parsed = parse(text)
    except QuerySyntaxError:
        return
    str(parsed.query)


@pytest.mark.parametrize("piece", HOSTILE_PIECES)
def test_hostile_queries_cost_little_for_each_of_their_characters(piece: str) -> None:
    text = (piece * MAX_LENGTH)[:MAX_LENGTH]
    assert calls(lambda: _read_and_print(text)) < 50 * MAX_LENGTH


@pytest.mark.parametrize("piece", HOSTILE_PIECES)
def test_hostile_queries_cost_in_proportion_to_their_length(piece: str) -> None:
    assert growth(lambda size: _read_and_print((piece * size)[:size]), MAX_LENGTH // 8, 8) < 24
