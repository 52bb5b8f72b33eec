"""The truth of a solution to a practice problem, step by step.

A solution is lines such as `Step 2: Ben has 14 + 7 = 21 apples.` and, last,
`The answer is 21.` Every line is one claim. A claim is true when its owner, thing and
moment exist in the problem, its operands and operator are those of an equation that
follows from the problem, the arithmetic holds, and the result is the true quantity. So
a line that works correctly from a wrong earlier value is false. Any order of lines is
fine, and so is a line the reference solution does not need, as long as it is true.

The number in `Step 2:` is a marker, not a claim, and is not judged.

What is judged must first be read exactly. A step with a line that the templates below
do not match is `undecided`, whatever else it says; nothing is ever guessed. One claim
is readable but has two readings: `Dee has 8 apples.` without `now`, when Dee's event
comes later and 8 is only true after it. It is `undecided` too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from benchmarks.practice.language import (
    Operator,
    Quantity,
    QuestionKind,
    calculate,
    changed_owners,
    equations_of,
    value_of,
)

if TYPE_CHECKING:
    from benchmarks.practice.world import PracticeProblem

Truth = Literal["correct", "incorrect", "undecided"]

_NAME, _NUMBER = "[A-Z][a-z]+", "0|[1-9][0-9]*"
_SUM = rf"(?:(?P<left>{_NUMBER}) (?P<operator>[-+*/]) (?P<right>{_NUMBER}) = )?"
_AMOUNT = rf"{_SUM}(?P<result>{_NUMBER})"
_MARKER = r"(?:Step [1-9][0-9]*: )?"
_CLAIM_READERS: dict[QuestionKind, re.Pattern[str]] = {
    "count": re.compile(
        rf"{_MARKER}(?P<owner>{_NAME}) has {_AMOUNT} (?P<thing>[a-z]+)(?P<now> now)?\."
    ),
    "together": re.compile(
        rf"{_MARKER}(?P<owner>{_NAME}) and (?P<other>{_NAME}) have {_AMOUNT} (?P<thing>[a-z]+)"
        r" together(?P<now> now)?\."
    ),
    "more": re.compile(
        rf"{_MARKER}(?P<owner>{_NAME}) has {_AMOUNT} more (?P<thing>[a-z]+)"
        rf" than (?P<other>{_NAME})(?P<now> now)?\."
    ),
    "fewer": re.compile(
        rf"{_MARKER}(?P<owner>{_NAME}) has {_AMOUNT} fewer (?P<thing>[a-z]+)"
        rf" than (?P<other>{_NAME})(?P<now> now)?\."
    ),
}
_ANSWER_READER = re.compile(rf"The answer is (?P<answer>{_NUMBER})\.")


class Sum(NamedTuple):
    """The calculation a claim shows."""

    left: int
    operator: Operator
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstError:
    """Where a solution first goes wrong."""

    index: int | None
    """The earliest incorrect step, counted from 0; None when there is none."""
    decided: bool
    """False when an undecided step leaves the index open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one line of a solution says about a quantity, or about two."""

    kind: QuestionKind
    owner: str
    thing: str
    result: int
    sum: Sum | None = None
    other: str = ""
    now: bool = False


def write_claim(claim: Claim) -> str:
    """Return the claim's sentence, without its step marker."""
    shown = f"{claim.sum.left} {claim.sum.operator} {claim.sum.right} = " if claim.sum else ""
    amount, now = f"{shown}{claim.result}", " now" if claim.now else ""
    match claim.kind:
        case "count":
            return f"{claim.owner} has {amount} {claim.thing}{now}."
        case "together":
            return f"{claim.owner} and {claim.other} have {amount} {claim.thing} together{now}."
        case "more" | "fewer":
            compared = f"{amount} {claim.kind} {claim.thing} than {claim.other}"
            return f"{claim.owner} has {compared}{now}."


def read_claim(line: str) -> Claim | None:
    """Read one line of a solution, with or without its marker; None when it is no claim."""
    for kind, reader in _CLAIM_READERS.items():
        if match := reader.fullmatch(line):
            fields = match.groupdict()
            shown = None
            if fields["left"]:
                operator = cast("Operator", fields["operator"])
                shown = Sum(int(fields["left"]), operator, int(fields["right"]))
            return Claim(
                kind=kind,
                owner=fields["owner"],
                thing=fields["thing"],
                result=int(fields["result"]),
                sum=shown,
                other=fields.get("other") or "",
                now=bool(fields["now"]),
            )
    return None


def judge_steps(problem: "PracticeProblem", steps: Sequence[str]) -> tuple[Truth, ...]:
    """Judge each step by itself against the problem; pure and exact.

    A step may hold several lines: the answer line usually belongs to the last step.
    """
    return tuple(_judge_step(problem, step) for step in steps)


def first_error(problem: "PracticeProblem", steps: Sequence[str]) -> FirstError:
    """Locate the earliest incorrect step, and say whether that is certain."""
    truths = judge_steps(problem, steps)
    index = truths.index("incorrect") if "incorrect" in truths else None
    return FirstError(index=index, decided="undecided" not in truths[:index])


def _judge_step(problem: "PracticeProblem", step: str) -> Truth:
    lines = step.strip().split("\n")
    truths = [_judge_line(problem, line) for line in lines]
    if "undecided" in truths:
        return "undecided"
    return "incorrect" if "incorrect" in truths else "correct"


def _judge_line(problem: "PracticeProblem", line: str) -> Truth:
    if answer := _ANSWER_READER.fullmatch(line):
        return "correct" if int(answer["answer"]) == problem.answer else "incorrect"
    claim = read_claim(line)
    if claim is None:
        return "undecided"
    if _holds(problem, claim, now=claim.now):
        return "correct"
    if not claim.now and _holds(problem, claim, now=True):
        return "undecided"
    return "incorrect"


def _holds(problem: "PracticeProblem", claim: Claim, *, now: bool) -> bool:
    sums, value = _truth_about(problem, claim, now=now)
    if claim.result != value:
        return False
    if claim.sum is None:
        return True
    return claim.sum in sums and calculate(*claim.sum) == claim.result


def _truth_about(
    problem: "PracticeProblem", claim: Claim, *, now: bool
) -> tuple[set[Sum], int | None]:
    """Return every sum that gives what the claim is about, and its true value."""
    values = {known.quantity: known.value for known in problem.quantities}
    changed = changed_owners(problem.facts)
    owner = _quantity(claim.owner, claim.thing, now=now and claim.owner in changed)
    other = _quantity(claim.other, claim.thing, now=now and claim.other in changed)
    if claim.kind == "count":
        return _sums_for(problem, owner, values), values.get(owner)
    mine, theirs = values.get(owner), values.get(other)
    if mine is None or theirs is None or owner == other:
        return set(), None
    if claim.kind == "together":
        return _both_ways(Sum(mine, "+", theirs)), mine + theirs
    larger, smaller = (mine, theirs) if claim.kind == "more" else (theirs, mine)
    return {Sum(larger, "-", smaller)}, larger - smaller


def _quantity(owner: str, thing: str, *, now: bool) -> Quantity:
    return Quantity(owner=owner, thing=thing, now=now)


def _sums_for(
    problem: "PracticeProblem", quantity: Quantity, values: dict[Quantity, int]
) -> set[Sum]:
    sums: set[Sum] = set()
    for equation in (e for fact in problem.facts for e in equations_of(fact)):
        left, right = value_of(equation.left, values), value_of(equation.right, values)
        if equation.result == quantity and left is not None and right is not None:
            sums |= _both_ways(Sum(left, equation.operator, right))
    return sums


def _both_ways(shown: Sum) -> set[Sum]:
    if shown.operator in ("+", "*"):
        return {shown, Sum(shown.right, shown.operator, shown.left)}
    return {shown}
