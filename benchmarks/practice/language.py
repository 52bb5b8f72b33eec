"""The small language of practice problems: facts, their sentences, their values.

A problem is a list of facts about who has how many of what, some events that come
after them ("Then Dee loses 5 apples."), and a question. Each fact is one sentence and
stands for one or more exact equations between quantities, so every quantity of a
problem is known. Sentences are written and read with the same templates: reading a
statement gives back the facts it was written from, which is what makes the truth of a
solution recoverable from the problem's text alone. Pure standard library.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

NAMES = ("Ana", "Ben", "Cal", "Dee", "Eli", "Fay", "Gus", "Ida", "Jon", "Kim", "Lea", "Max")
THINGS = ("apples", "pears", "shells", "cards", "coins", "books", "stamps", "pens", "eggs", "cups")
LOSSES = ("loses", "sells", "uses")
GAINS = ("buys", "finds", "gets")

FactKind = Literal[
    "given", "more", "fewer", "times", "twice", "half", "together", "loses", "gains", "passes"
]
QuestionKind = Literal["count", "together", "more", "fewer"]
Operator = Literal["+", "-", "*", "/"]

EVENTS: frozenset[FactKind] = frozenset({"loses", "gains", "passes"})

_TEMPLATES: dict[FactKind, tuple[str, ...]] = {
    "given": ("{owner} has {number} {thing}.", "{owner} also has {number} {thing}."),
    "more": (
        "{owner} has {number} more {thing} than {other}.",
        "{owner} has {number} {thing} more than {other}.",
    ),
    "fewer": (
        "{owner} has {number} fewer {thing} than {other}.",
        "{owner} has {number} {thing} fewer than {other}.",
    ),
    "times": ("{owner} has {number} times as many {thing} as {other}.",),
    "twice": ("{owner} has twice as many {thing} as {other}.",),
    "half": ("{owner} has half as many {thing} as {other}.",),
    "together": ("{owner} has as many {thing} as {other} and {third} together.",),
    "loses": tuple(f"Then {{owner}} {verb} {{number}} {{thing}}." for verb in LOSSES),
    "gains": tuple(f"Then {{owner}} {verb} {{number}} more {{thing}}." for verb in GAINS),
    "passes": ("Then {owner} gives {number} {thing} to {other}.",),
}
_QUESTIONS: dict[QuestionKind, str] = {
    "count": "How many {thing} does {owner} have{now}?",
    "together": "How many {thing} do {owner} and {other} have together{now}?",
    "more": "How many more {thing} does {owner} have than {other}{now}?",
    "fewer": "How many fewer {thing} does {owner} have than {other}{now}?",
}
_FIELDS = {
    "owner": r"(?P<owner>[A-Z][a-z]+)",
    "other": r"(?P<other>[A-Z][a-z]+)",
    "third": r"(?P<third>[A-Z][a-z]+)",
    "thing": r"(?P<thing>[a-z]+)",
    "number": r"(?P<number>[1-9][0-9]*)",
    "now": r"(?P<now> now)?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """How many of a thing somebody has."""

    owner: str
    thing: str
    now: bool = False
    """After the owner's event; an owner without an event has one quantity only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A quantity with its true value."""

    quantity: Quantity
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What one sentence of a statement says."""

    kind: FactKind
    owner: str
    thing: str
    number: int = 0
    """The number the sentence names; 0 when it names none."""
    other: str = ""
    third: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the last sentence of a statement asks."""

    kind: QuestionKind
    owner: str
    thing: str
    other: str = ""
    now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """`result = left operator right`, a consequence of one fact."""

    result: Quantity
    left: Quantity | int
    operator: Operator
    right: Quantity | int


def pattern_of(template: str) -> re.Pattern[str]:
    """Compile the exact reader of a template."""
    parts = re.split(r"(\{[a-z]+\})", template)
    return re.compile("".join(_FIELDS[p[1:-1]] if p[:1] == "{" else re.escape(p) for p in parts))


_FACT_READERS = tuple((k, pattern_of(t)) for k, ts in _TEMPLATES.items() for t in ts)
_QUESTION_READERS = tuple((kind, pattern_of(text)) for kind, text in _QUESTIONS.items())


def wordings(fact: Fact) -> tuple[str, ...]:
    """Return every sentence that states the fact, the plainest first."""
    fields = {
        "owner": fact.owner,
        "other": fact.other,
        "third": fact.third,
        "thing": fact.thing,
        "number": fact.number,
    }
    return tuple(template.format(**fields) for template in _TEMPLATES[fact.kind])


def ask(question: Question) -> str:
    """Return the question's sentence."""
    return _QUESTIONS[question.kind].format(
        owner=question.owner,
        other=question.other,
        thing=question.thing,
        now=" now" if question.now else "",
    )


def read_fact(sentence: str) -> Fact:
    """Read one sentence of a statement.

    Raises:
        ValueError: no template of the language matches it.
    """
    for kind, reader in _FACT_READERS:
        if match := reader.fullmatch(sentence):
            fields = match.groupdict()
            return Fact(
                kind=kind,
                owner=fields["owner"],
                thing=fields["thing"],
                number=int(fields.get("number") or 0),
                other=fields.get("other") or "",
                third=fields.get("third") or "",
            )
    raise ValueError(f"not a sentence of the practice language: {sentence!r}")


def read_question(sentence: str) -> Question:
    """Read the last sentence of a statement.

    Raises:
        ValueError: no template of the language matches it.
    """
    for kind, reader in _QUESTION_READERS:
        if match := reader.fullmatch(sentence):
            fields = match.groupdict()
            return Question(
                kind=kind,
                owner=fields["owner"],
                thing=fields["thing"],
                other=fields.get("other") or "",
                now=bool(fields["now"]),
            )
    raise ValueError(f"not a question of the practice language: {sentence!r}")


def read_statement(statement: str) -> tuple[tuple[Fact, ...], Question]:
    """Read a whole statement back into its facts and its question."""
    *sentences, question = re.findall(r"[^.?]+[.?]", statement)
    facts = tuple(read_fact(sentence.strip()) for sentence in sentences)
    return facts, read_question(question.strip())


def changed_owners(facts: Iterable[Fact]) -> frozenset[str]:
    """Name everybody an event happens to."""
    events = [fact for fact in facts if fact.kind in EVENTS]
    return frozenset(name for fact in events for name in (fact.owner, fact.other) if name)


def equations_of(fact: Fact) -> tuple[Equation, ...]:
    """Return the fact as equations, solved for each quantity in it.

    A given is no equation; it starts the chain.
    """
    owner = Quantity(owner=fact.owner, thing=fact.thing)
    other = Quantity(owner=fact.other, thing=fact.thing)
    third = Quantity(owner=fact.third, thing=fact.thing)
    match fact.kind:
        case "given":
            return ()
        case "more" | "fewer":
            return _offset(owner, other, "+" if fact.kind == "more" else "-", fact.number)
        case "times" | "twice":
            return _multiple(owner, other, fact.number or 2)
        case "half":
            return _multiple(other, owner, 2)
        case "together":
            return (
                Equation(result=owner, left=other, operator="+", right=third),
                Equation(result=other, left=owner, operator="-", right=third),
                Equation(result=third, left=owner, operator="-", right=other),
            )
        case "loses" | "gains" | "passes":
            return tuple(_changes(fact))


def _offset(
    result: Quantity, base: Quantity, operator: Literal["+", "-"], number: int
) -> tuple[Equation, ...]:
    inverse: Operator = "-" if operator == "+" else "+"
    return (
        Equation(result=result, left=base, operator=operator, right=number),
        Equation(result=base, left=result, operator=inverse, right=number),
    )


def _multiple(result: Quantity, base: Quantity, number: int) -> tuple[Equation, ...]:
    doubled = Equation(result=result, left=base, operator="+", right=base)
    return (
        Equation(result=result, left=number, operator="*", right=base),
        Equation(result=base, left=result, operator="/", right=number),
        *((doubled,) if number == 2 else ()),
    )


def _changes(fact: Fact) -> Iterator[Equation]:
    signs: dict[str, Literal["+", "-"]] = {fact.owner: "+" if fact.kind == "gains" else "-"}
    if fact.kind == "passes":
        signs[fact.other] = "+"
    for name, sign in signs.items():
        before = Quantity(owner=name, thing=fact.thing)
        after = Quantity(owner=name, thing=fact.thing, now=True)
        yield from _offset(after, before, sign, fact.number)


def calculate(left: int, operator: Operator, right: int) -> int | None:
    """Return the exact result, or None when a division leaves a remainder."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left // right if right and left % right == 0 else None


def value_of(operand: Quantity | int, values: dict[Quantity, int]) -> int | None:
    """Return the operand's value where it is known."""
    return operand if isinstance(operand, int) else values.get(operand)


def solve(facts: Iterable[Fact]) -> tuple[dict[Quantity, int], dict[Quantity, Equation]]:
    """Work out every quantity that follows from the facts.

    Returns:
        Each quantity's value, and for those that are not given the equation it was
        first found by.
    """
    facts = tuple(facts)
    values = {
        Quantity(owner=fact.owner, thing=fact.thing): fact.number
        for fact in facts
        if fact.kind == "given"
    }
    found: dict[Quantity, Equation] = {}
    waiting = [equation for fact in facts for equation in equations_of(fact)]
    progress = True
    while progress:
        progress = False
        for equation in waiting:
            value = _result(equation, values)
            if value is not None and equation.result not in values:
                values[equation.result] = value
                found[equation.result] = equation
                progress = True
    return values, found


def _result(equation: Equation, values: dict[Quantity, int]) -> int | None:
    left = value_of(equation.left, values)
    right = value_of(equation.right, values)
    if left is None or right is None:
        return None
    return calculate(left, equation.operator, right)
