"""Whether a conclusion follows from premises: the only file that knows Z3.

A conclusion follows if premises ∧ ¬conclusion is unsatisfiable (FoVer, arXiv 2505.15960 §3). If the
premises alone are, everything follows from them, and the answer is `unknown`: it says nothing about
the step. Limits are Z3's own count of work, so that an answer does not depend on the machine; a
question that slips past them is the caller's to kill (Z3 heeds no clock everywhere).

Names range over one non-empty universe of things, or over the reals where they are compared by size
or added; what shares a predicate's place or an `=` with a number is a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from stepmark.logic.formula import Atom, Compare, Connected, Formula, Not, Quantified, Sum

if TYPE_CHECKING:
    import z3

EFFORT: Final = 500_000
"""Z3's units of work a question may take (`rlimit`); a syllogism takes some hundreds."""

_Place = tuple[str, str] | tuple[str, int, int] | tuple[str, Quantified]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entailment:
    """The question whether a conclusion follows from premises."""

    premises: tuple[Formula, ...]
    """What is taken as given."""
    conclusion: Formula
    """What may follow."""


class Answer(NamedTuple):
    """Whether it follows."""

    verdict: Literal["valid", "invalid", "unknown"]
    """`invalid`: there is a world in which the premises hold and the conclusion does not."""
    reason: str | None = None
    """Why it is `unknown`: `contradictory_premises`, `resource_limit`, `undecided` or `failed`."""


def decide(questions: Sequence[Entailment], effort: int = EFFORT) -> tuple[Answer, ...]:
    """Answer questions in turn; meant for a process that can be killed.

    Args:
        questions: those of one solution: a name means the same in all of them. Equal ones are
            answered once.
        effort: units of work each may take.
    """
    asked = dict.fromkeys(questions)
    world = _World([f for question in asked for f in (*question.premises, question.conclusion)])
    answers = {question: _answer(question, world, effort) for question in asked}
    return tuple(answers[question] for question in questions)


def warm_up() -> None:
    """Import Z3 and start it, so that the first question's clock does not."""
    decide((Entailment(premises=(), conclusion=Atom(predicate="p", names=())),))


def _answer(question: Entailment, world: _World, effort: int) -> Answer:
    import z3

    try:
        return _proved(question, world, effort)
    except z3.Z3Exception:
        return Answer("unknown", "failed")


def _proved(question: Entailment, world: _World, effort: int) -> Answer:
    import z3

    solver = z3.SimpleSolver(ctx=world.context)
    solver.set("rlimit", effort)
    solver.add([world.meaning(premise) for premise in question.premises])
    solver.push()
    solver.add(z3.Not(world.meaning(question.conclusion)))
    found = solver.check()
    if found == z3.sat:
        return Answer("invalid")
    if found == z3.unknown:
        return Answer("unknown", _why(solver))
    solver.pop()
    if solver.check() == z3.unsat:
        return Answer("unknown", "contradictory_premises")
    return Answer("valid")


def _why(solver: z3.Solver) -> str:
    limited = ("resource", "canceled", "memory")
    return "resource_limit" if any(w in solver.reason_unknown() for w in limited) else "undecided"


class _World:
    """The sorts and symbols of some questions, and what their formulas mean in them.

    Its context is its own, so that an answer does not depend on what was asked before.
    """

    def __init__(self, formulas: Sequence[Formula]) -> None:
        import z3

        self.context = z3.Context()
        self._z3 = z3
        self._thing = z3.DeclareSort("thing", self.context)
        self._real = z3.RealSort(self.context)
        self._bool = z3.BoolSort(self.context)
        self._sorts = _Sorts()
        self._meanings: dict[Formula, Any] = {}
        for formula in dict.fromkeys(formulas):
            self._sorts.learn(formula, {})

    def meaning(self, formula: Formula) -> Any:
        """Return a closed formula as Z3's."""
        if formula not in self._meanings:
            self._meanings[formula] = self._of(formula, {})
        return self._meanings[formula]

    def _of(self, formula: Formula, bound: dict[str, Any]) -> Any:
        match formula:
            case Atom():
                return self._atom(formula, bound)
            case Compare():
                return self._comparison(formula, bound)
            case Not():
                return self._z3.Not(self._of(formula.part, bound))
            case Connected():
                return self._connected(formula, [self._of(part, bound) for part in formula.parts])
            case Quantified():
                return self._quantified(formula, bound)

    def _atom(self, atom: Atom, bound: dict[str, Any]) -> Any:
        names = [self._name(name, bound) for name in atom.names]
        sorts = [name.sort() for name in names]
        function = self._z3.Function(f"{atom.predicate}/{len(names)}", *sorts, self._bool)
        return function(*names)

    def _comparison(self, compare: Compare, bound: dict[str, Any]) -> Any:
        left, right = self._sum(compare.left, bound), self._sum(compare.right, bound)
        if compare.relation == "=":
            return left == right
        return left < right if compare.relation == "<" else left <= right

    def _sum(self, total: Sum, bound: dict[str, Any]) -> Any:
        if total.name is not None:
            return self._name(total.name, bound)
        terms = [self._number(times) * self._name(name, bound) for name, times in total.terms]
        return self._z3.Sum([*terms, self._number(total.constant)])

    def _number(self, value: Any) -> Any:
        return self._z3.RealVal(str(value), self.context)

    def _name(self, name: str, bound: dict[str, Any]) -> Any:
        return bound.get(name) if name in bound else self._constant(name, ("name", name))

    def _constant(self, name: str, place: _Place) -> Any:
        return self._z3.Const(name, self._real if self._sorts.is_number(place) else self._thing)

    def _connected(self, formula: Connected, found: list[Any]) -> Any:
        match formula.connective:
            case "and":
                return self._z3.And(found)
            case "or":
                return self._z3.Or(found)
            case "if":
                return self._z3.Implies(*found)
            case "xor":
                return self._z3.Xor(*found)
            case "iff":
                return found[0] == found[1]

    def _quantified(self, formula: Quantified, bound: dict[str, Any]) -> Any:
        name = self._constant(formula.name, ("bound", formula))
        part = self._of(formula.part, {**bound, formula.name: name})
        quantify = self._z3.ForAll if formula.quantifier == "all" else self._z3.Exists
        return quantify([name], part)


class _Sorts:
    """Which names and places of predicates hold numbers: classes joined by being shared."""

    def __init__(self) -> None:
        self._parents: dict[_Place, _Place] = {}
        self._numbers: set[_Place] = set()

    def is_number(self, place: _Place) -> bool:
        """Whether a place holds numbers."""
        return self._root(place) in {self._root(number) for number in self._numbers}

    def learn(self, formula: Formula, bound: dict[str, _Place]) -> None:
        """Take note of what a formula says of its names."""
        match formula:
            case Atom():
                for at, name in enumerate(formula.names):
                    self._join(
                        bound.get(name, ("name", name)),
                        (formula.predicate, len(formula.names), at),
                    )
            case Compare():
                self._compare(formula, bound)
            case Not():
                self.learn(formula.part, bound)
            case Connected():
                for part in formula.parts:
                    self.learn(part, bound)
            case Quantified():
                self.learn(formula.part, {**bound, formula.name: ("bound", formula)})

    def _compare(self, compare: Compare, bound: dict[str, _Place]) -> None:
        sides = (compare.left, compare.right)
        places = [bound.get(name, ("name", name)) for side in sides for name, _ in side.terms]
        if compare.relation != "=" or None in {side.name for side in sides}:
            self._numbers.update(places)
        else:
            self._join(*places)

    def _join(self, one: _Place, other: _Place) -> None:
        self._parents[self._root(one)] = self._root(other)

    def _root(self, place: _Place) -> _Place:
        while (above := self._parents.get(place, place)) != place:
            place = above
        return place
