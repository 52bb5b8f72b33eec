"""Practice problems, generated from a seed or read back from their text.

Everything about a problem follows from its facts and its question, and both can be read
back from the statement. So the truth is recovered by parsing the statement and not from
the seed: that works on any table with a statement column, needs no id or seed to survive
a pipeline, and does not change when a later generator draws other problems from the same
seed. `generate` itself goes through the same reader, so what is shipped is what was read.

    python -m benchmarks.practice.world --count 400 --first-seed 1 > problems.jsonl
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.practice.language import (
    NAMES,
    THINGS,
    Equation,
    Fact,
    FactKind,
    Known,
    Quantity,
    Question,
    QuestionKind,
    ask,
    changed_owners,
    equations_of,
    read_statement,
    solve,
    value_of,
    wordings,
)
from benchmarks.practice.truth import (
    Claim,
    FirstError,
    Sum,
    Truth,
    first_error,
    judge_steps,
    write_claim,
)

__all__ = [
    "FirstError",
    "PracticeProblem",
    "Truth",
    "first_error",
    "generate",
    "judge_steps",
    "read_problem",
]

SMALLEST, LARGEST = 3, 40
"""The range of every quantity a fact is about; a total asked for may exceed it."""
LARGEST_STEP = 15
"""The largest number in a comparison or an event."""
PEOPLE = (3, 5)
LINES = (3, 6)
"""Fewest and most lines of a reference solution, the answer line not counted."""

_RELATIONS: dict[FactKind, int] = {
    "given": 4,
    "more": 22,
    "fewer": 22,
    "times": 5,
    "twice": 10,
    "half": 9,
    "together": 8,
}
_INVERTED = 0.1
"""The share of comparisons that name the new person last, so the operator flips."""
_LATEST = 0.85
"""The share of relations that build on the person before."""
_SHUFFLED = 0.05
_OTHER_THING = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeProblem:
    """A word problem with everything there is to know about it."""

    statement: str
    answer: int
    solution: str
    """One correct solution, the answer line last and without a line break after it."""
    quantities: tuple[Known, ...]
    """Every quantity that follows from the statement, needed or not."""
    facts: tuple[Fact, ...]
    question: Question


def read_problem(statement: str) -> PracticeProblem:
    """Read a statement back into a problem.

    The reference solution works out what the question needs, in the order in which the
    sentences can be used: through the statement, and again for what had to wait.

    Raises:
        ValueError: a sentence is not of the language.
        KeyError: the question is about a quantity that does not follow.
    """
    facts, question = read_statement(statement)
    values, found = solve(facts)
    needed = _needed(_asked(facts, question), found)
    claims = [_claim_of(q, found[q], values) for q in found if q in needed]
    if question.kind != "count":
        claims.append(_closing_claim(facts, question, values))
    answer = claims[-1].result if claims else values[_asked(facts, question)[0]]
    lines = [f"Step {i}: {write_claim(claim)}" for i, claim in enumerate(claims, start=1)]
    return PracticeProblem(
        statement=statement,
        answer=answer,
        solution="\n".join([*lines, f"The answer is {answer}."]),
        quantities=tuple(Known(quantity=q, value=v) for q, v in values.items()),
        facts=facts,
        question=question,
    )


def generate(
    seed: int, *, people: tuple[int, int] = PEOPLE, lines: tuple[int, int] = LINES
) -> PracticeProblem:
    """Make the problem of a seed; deterministic, reads no other source of randomness.

    Args:
        seed: any whole number.
        people: fewest and most people in it.
        lines: fewest and most lines of its reference solution, the answer line not counted.
    """
    rng = random.Random(seed)
    while True:
        statement = _draft(rng, rng.sample(NAMES, rng.randint(*people)))
        if statement is None:
            continue
        problem = read_problem(statement)
        if lines[0] <= problem.solution.count("\n") <= lines[1] and problem.answer >= SMALLEST:
            return problem


def rows(count: int, first_seed: int) -> Iterator[dict[str, str | int]]:
    """Yield problem rows for consecutive seeds."""
    for seed in range(first_seed, first_seed + count):
        problem = generate(seed)
        yield {
            "id": f"practice-{seed}",
            "question": problem.statement,
            "answer": str(problem.answer),
            "seed": seed,
        }


def _draft(rng: random.Random, people: Sequence[str]) -> str | None:
    """Draw a statement about some people; None when the draw led nowhere."""
    thing, other_thing = rng.sample(THINGS, 2)
    facts = _relations(rng, people, thing)
    events = _events(rng, people, facts)
    if events is None:
        return None
    question = _question(rng, people, (*facts, *events))
    facts, events = _used(facts, question, events), _used(events, question, facts)
    question = replace(question, now=bool(events))
    sentences = [rng.choice(wordings(f)[: 1 if f.kind == "given" else None]) for f in facts]
    if rng.random() < _SHUFFLED:
        rng.shuffle(sentences)
    if rng.random() < _OTHER_THING:
        number = rng.randint(SMALLEST, LARGEST_STEP)
        aside = Fact(kind="given", owner=rng.choice(people), thing=other_thing, number=number)
        sentences.insert(rng.randint(1, len(sentences)), wordings(aside)[1])
    sentences += [rng.choice(wordings(event)) for event in events]
    return " ".join([*sentences, ask(question)])


def _relations(rng: random.Random, people: Sequence[str], thing: str) -> tuple[Fact, ...]:
    """Tie every person to the ones before, all quantities in range and different.

    Different, so that taking the wrong person's number never goes unnoticed.
    """
    first = rng.randint(SMALLEST, LARGEST_STEP)
    facts: tuple[Fact, ...] = (Fact(kind="given", owner=people[0], thing=thing, number=first),)
    while len(facts) < len(people):
        grown = (*facts, _relation(rng, people[len(facts)], people[: len(facts)], thing))
        if _is_sound(grown, count=len(grown)):
            facts = grown
    return facts


def _relation(rng: random.Random, name: str, earlier: Sequence[str], thing: str) -> Fact:
    kind = rng.choices(tuple(_RELATIONS), tuple(_RELATIONS.values()))[0]
    other = earlier[-1] if rng.random() < _LATEST else rng.choice(earlier)
    third = rng.choice([person for person in earlier if person != other] or [""])
    if kind == "together" and not third:
        kind = "more"
    owner = name
    if kind in ("more", "fewer") and rng.random() < _INVERTED:
        owner, other = other, name
    number = rng.randint(3, 5) if kind == "times" else rng.randint(SMALLEST, LARGEST_STEP)
    return Fact(
        kind=kind,
        owner=owner,
        thing=thing,
        number=0 if kind in ("twice", "half", "together") else number,
        other="" if kind == "given" else other,
        third=third if kind == "together" else "",
    )


def _events(
    rng: random.Random, people: Sequence[str], facts: tuple[Fact, ...]
) -> tuple[Fact, ...] | None:
    """Draw none to two events, at most one for each person."""
    events: tuple[Fact, ...] = ()
    for _ in range(rng.choices((0, 1, 2), (40, 40, 20))[0]):
        changed = changed_owners(events)
        free = [person for person in reversed(people) if person not in changed]
        if not free:
            break
        owner = free[0] if rng.random() < 0.6 else rng.choice(free)
        kinds: tuple[FactKind, ...] = ("loses", "gains", "passes")
        others = [person for person in free if person != owner]
        kind = rng.choices(kinds, (40, 30, 30 if others else 0))[0]
        number = rng.randint(SMALLEST, LARGEST_STEP)
        other = rng.choice(others) if kind == "passes" else ""
        events += (Fact(kind=kind, owner=owner, thing=facts[0].thing, number=number, other=other),)
    count = len(people) + len(changed_owners(events))
    return events if _is_sound((*facts, *events), count=count) else None


def _is_sound(facts: tuple[Fact, ...], *, count: int) -> bool:
    values = solve(facts)[0].values()
    in_range = all(SMALLEST <= value <= LARGEST for value in values)
    return in_range and len(values) == len(set(values)) == count


def _question(rng: random.Random, people: Sequence[str], facts: tuple[Fact, ...]) -> Question:
    values, _ = solve(facts)
    changed = changed_owners(facts)
    favoured = [person for person in people if person in changed] or people[-1:]
    owner = rng.choice(favoured) if rng.random() < 0.7 else rng.choice(people)
    other = rng.choice([person for person in people if person != owner])
    kinds: tuple[QuestionKind, ...] = ("count", "together", "more")
    kind = rng.choices(kinds, (40, 35, 25))[0]
    thing = facts[0].thing
    mine = values[Quantity(owner=owner, thing=thing, now=owner in changed)]
    theirs = values[Quantity(owner=other, thing=thing, now=other in changed)]
    if kind == "more" and mine < theirs:
        kind = "fewer"
    return Question(
        kind=kind,
        owner=owner,
        thing=thing,
        other="" if kind == "count" else other,
        now=bool(changed),
    )


def _used(
    facts: tuple[Fact, ...], question: Question, others: tuple[Fact, ...]
) -> tuple[Fact, ...]:
    """Keep the facts the question needs, and the givens: a few of them lead nowhere."""
    _, found = solve((*facts, *others))
    asked = _asked((*facts, *others), question)
    used = {found[quantity] for quantity in _needed(asked, found)}
    return tuple(f for f in facts if f.kind == "given" or used.intersection(equations_of(f)))


def _asked(facts: Sequence[Fact], question: Question) -> tuple[Quantity, ...]:
    """Return the one or two quantities the question is about."""
    changed = changed_owners(facts)
    return tuple(
        Quantity(owner=name, thing=question.thing, now=question.now and name in changed)
        for name in (question.owner, question.other)
        if name
    )


def _inputs(equation: Equation) -> Iterator[Quantity]:
    return (side for side in (equation.left, equation.right) if isinstance(side, Quantity))


def _needed(asked: Sequence[Quantity], found: dict[Quantity, Equation]) -> set[Quantity]:
    """Collect what has to be worked out for the question."""
    needed: set[Quantity] = set()
    open_ = [quantity for quantity in asked if quantity in found]
    while open_:
        quantity = open_.pop()
        needed.add(quantity)
        open_ += [q for q in _inputs(found[quantity]) if q in found and q not in needed]
    return needed


def _claim_of(quantity: Quantity, equation: Equation, values: dict[Quantity, int]) -> Claim:
    left, right = value_of(equation.left, values), value_of(equation.right, values)
    if left is None or right is None:
        raise ValueError(f"{quantity} was found from quantities that are not known")
    return Claim(
        kind="count",
        owner=quantity.owner,
        thing=quantity.thing,
        result=values[quantity],
        sum=Sum(left, equation.operator, right),
        now=quantity.now,
    )


def _closing_claim(facts: Sequence[Fact], question: Question, values: dict[Quantity, int]) -> Claim:
    """Add or compare the two quantities asked for."""
    mine, theirs = (values[quantity] for quantity in _asked(facts, question))
    larger, smaller = (theirs, mine) if question.kind == "fewer" else (mine, theirs)
    shown = Sum(larger, "+" if question.kind == "together" else "-", smaller)
    return Claim(
        kind=question.kind,
        owner=question.owner,
        thing=question.thing,
        result=larger + smaller if question.kind == "together" else larger - smaller,
        sum=shown,
        other=question.other,
        now=question.now,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write problem rows as JSON lines to standard output."""
    parser = argparse.ArgumentParser(description="Make practice problems.")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--first-seed", type=int, required=True)
    options = parser.parse_args(arguments)
    for row in rows(options.count, options.first_seed):
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
