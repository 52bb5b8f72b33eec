import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepmark.logic import entailment
from stepmark.logic.entailment import Answer, Entailment, decide
from stepmark.logic.formula import Atom, Connected, Formula, Not
from stepmark.logic.syntax import parse

NAMES = ("p", "q", "r")


def follows(premises: list[str], conclusion: str, effort: int = 2_000_000) -> Answer:
    question = Entailment(premises=tuple(map(parse, premises)), conclusion=parse(conclusion))
    return decide([question], effort)[0]


@pytest.mark.parametrize(
    ("premises", "conclusion"),
    [
        (["(x): {A}x -> {B}x", "{A}{a}"], "{B}{a}"),
        (["∃x (P(x) ∧ Q(x))"], "∃x P(x)"),
        (["∀x R(x, x)"], "R(a, a)"),
        (["a = b", "P(a)"], "P(b)"),
        (["a < b", "b < c"], "a < c"),
        (["2*a = b", "b = 4"], "a = 2"),
        (["∀x (Small(x) → x < 3)", "Small(n)"], "n < 3"),
        ([], "P ∨ ¬P"),
    ],
)
def test_what_follows_is_valid(premises: list[str], conclusion: str):
    assert follows(premises, conclusion) == Answer("valid")


def test_a_question_that_is_asked_again_is_proved_once(monkeypatch: pytest.MonkeyPatch):
    """FoVer's loop never breaks, and proves every step ten times."""
    proved: list[Entailment] = []

    def prove(question: Entailment, *_: object) -> Answer:
        proved.append(question)
        return Answer("valid")

    monkeypatch.setattr(entailment, "_answer", prove)
    question = Entailment(premises=(), conclusion=parse("P(a)"))
    assert decide([question] * 10) == (Answer("valid"),) * 10
    assert proved == [question]


@pytest.mark.parametrize(
    ("premises", "conclusion"),
    [
        (["(x): {A}x -> {B}x", "{B}{a}"], "{A}{a}"),
        (["∃x P(x)"], "P(a)"),
        (["P(a)"], "P(b)"),
        (["a <= b"], "a < b"),
        ([], "A"),
    ],
)
def test_what_does_not_follow_is_invalid(premises: list[str], conclusion: str):
    assert follows(premises, conclusion) == Answer("invalid")


def test_from_a_contradiction_nothing_is_said():
    assert follows(["A", "¬A"], "B") == Answer("unknown", "contradictory_premises")


def test_too_much_work_is_unknown():
    order = ["∀x ∃y R(x, y)", "∀x ∀y ∀z (R(x, y) ∧ R(y, z) → R(x, z))", "∀x ¬R(x, x)"]
    assert follows(order, "P", effort=100_000) == Answer("unknown", "resource_limit")


def formulas() -> st.SearchStrategy[Formula]:
    atoms: st.SearchStrategy[Formula] = st.sampled_from(NAMES).map(
        lambda name: Atom(predicate=name, names=())
    )
    connectives = st.sampled_from(["and", "or", "xor", "if", "iff"])
    return st.recursive(
        atoms,
        lambda inner: (
            inner.map(lambda part: Not(part=part))
            | st.builds(
                lambda connective, one, other: Connected(connective=connective, parts=(one, other)),
                connectives,
                inner,
                inner,
            )
        ),
        max_leaves=6,
    )


def holds(formula: Formula, world: dict[str, bool]) -> bool:
    match formula:
        case Atom():
            return world[formula.predicate]
        case Not():
            return not holds(formula.part, world)
        case Connected():
            one, other = (holds(part, world) for part in formula.parts)
            return {
                "and": one and other,
                "or": one or other,
                "xor": one != other,
                "if": not one or other,
                "iff": one == other,
            }[formula.connective]
        case _:
            raise AssertionError


@settings(max_examples=40, deadline=None)
@given(st.lists(formulas(), max_size=3), formulas())
def test_propositions_agree_with_truth_tables(premises: list[Formula], conclusion: Formula):
    worlds = [
        dict(zip(NAMES, values, strict=True))
        for values in itertools.product((False, True), repeat=len(NAMES))
    ]
    possible = [world for world in worlds if all(holds(p, world) for p in premises)]
    expected = (
        "unknown"
        if not possible
        else "valid"
        if all(holds(conclusion, world) for world in possible)
        else "invalid"
    )
    asked = Entailment(premises=tuple(premises), conclusion=conclusion)
    assert decide([asked])[0].verdict == expected
