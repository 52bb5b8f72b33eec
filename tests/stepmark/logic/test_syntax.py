from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.logic.formula import (
    Atom,
    Compare,
    Connected,
    Formula,
    Not,
    Sum,
    both,
    every,
    implies,
    unary,
)
from stepmark.logic.syntax import MAX_CHARS, parse
from stepmark.logic.unreadable import UnreadableError

A, B, C = (Atom(predicate=name, names=()) for name in "ABC")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("{A}", A),
        ("{A}{aa}", unary("A", "aa")),
        ("¬{A} -> ({B} v {C})", implies(Not(part=A), Connected(connective="or", parts=(B, C)))),
        ("(x): {A}x -> {B}x", every("x", implies(unary("A", "x"), unary("B", "x")))),
        ("∀x (A(x) → B(x))", every("x", implies(unary("A", "x"), unary("B", "x")))),
        ("A ∧ B ∧ C", both(A, B, C)),
        ("A → B → C", implies(A, implies(B, C))),
        ("¬A ∧ B", both(Not(part=A), B)),
        ("∀x P(x) ∧ A", both(every("x", unary("P", "x")), A)),
        ("A ⊕ B → C", implies(Connected(connective="xor", parts=(A, B)), C)),
    ],
)
def test_notations_and_strengths(text: str, meaning: Formula):
    assert parse(text) == meaning


def test_a_relation_has_its_names_in_order():
    assert parse("Sees(cat, the_dog)") == Atom(predicate="Sees", names=("cat", "the_dog"))


def test_a_sum_is_collected_by_name():
    formula = parse("2*a + 3 - a/2 <= -(b - 1)")
    assert formula == Compare(
        relation="<=",
        left=Sum(terms=(("a", Fraction(3, 2)),), constant=Fraction(3)),
        right=Sum(terms=(("b", Fraction(-1)),), constant=Fraction(1)),
    )


def test_greater_is_less_the_other_way_round():
    assert parse("a > b") == parse("b < a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "bad_formula"),
        ("A B", "bad_formula"),
        ("(A ∧ B", "bad_formula"),
        ("A ∧ 3", "bad_formula"),
        ("P(a + 1)", "bad_formula"),
        ("A $ B", "bad_symbol"),
        ("A ∨ B ⊕ C", "ambiguous"),
        ("A ⊕ B ∨ C", "ambiguous"),
        ("A ↔ B ↔ C", "ambiguous"),
        ("a < b < c", "ambiguous"),
        ("x * y = 3", "not_linear"),
        ("a / 0 = 1", "not_linear"),
        ("∀x P(x) → Q(x)", "free_variable"),
        ("{A}x", "free_variable"),
        ("∀x ∃x P(x)", "bound_twice"),
        ("(" * 500 + "A" + ")" * 500, "too_deep"),
        ("¬" * 500 + "A", "too_deep"),
        ("A → " * 500 + "A", "too_deep"),
        ("A" * (MAX_CHARS + 1), "too_long"),
        ("9" * 5000 + " = a", "too_long"),
        ("9*" * 4000 + "a = b", "too_long"),
        ("1" + "/9" * 4000 + " = b", "too_long"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_reason(text: str, reason: str):
    with pytest.raises(UnreadableError) as refused:
        parse(text)
    assert refused.value.reason == reason


@given(st.text(alphabet="(){}xyabAB12+-*/<=>¬∧∨⊕→↔∀∃E:,.v &|", max_size=60))
def test_no_text_raises_anything_else(text: str):
    try:
        parse(text)
    except UnreadableError as refused:
        assert refused.reason  # noqa: PT017 - most texts are formulas only by chance
