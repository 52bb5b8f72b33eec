"""What a statement says: first-order formulas over names and linear sums of names.

Frozen values that compare by structure: a premise said again is equal to the premise. Quantifiers
bind by name; readers refuse formulas that bind a name twice or use it free as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A linear sum of names; a name alone is the sum of it once."""

    terms: tuple[tuple[str, Fraction], ...]
    """Names with their factors, sorted by name, none of them 0."""
    constant: Fraction
    """What is added to them."""

    @property
    def name(self) -> str | None:
        """The name that this sum is, or None: `a`, but not `2a`, `a + 1` or `3`."""
        if self.constant == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """A predicate of names; of no names, a proposition."""

    predicate: str
    """Its name."""
    names: tuple[str, ...]
    """Constants, or variables that a quantifier around it binds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Two sums compared; `=` between two names is identity and needs no numbers."""

    relation: Literal["=", "<", "<="]
    """How they compare."""
    left: Sum
    """The first."""
    right: Sum
    """The second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The contrary."""

    part: Formula
    """Of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """Several formulas under one connective."""

    connective: Literal["and", "or", "xor", "if", "iff"]
    """`if` reads: the first part implies the second."""
    parts: tuple[Formula, ...]
    """At least two; exactly two for all but `and` and `or`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified:
    """A formula about every or some value of a name."""

    quantifier: Literal["all", "some"]
    """Which."""
    name: str
    """What is bound."""
    part: Formula
    """Where."""


Formula = Atom | Compare | Not | Connected | Quantified


def number(value: Fraction | int) -> Sum:
    """Return a number as a sum of no names."""
    return Sum(terms=(), constant=Fraction(value))


def named(name: str) -> Sum:
    """Return a name as a sum."""
    return Sum(terms=((name, Fraction(1)),), constant=Fraction(0))


def add(left: Sum, right: Sum, factor: Fraction | int = 1) -> Sum:
    """Return `left + factor * right`."""
    terms = dict(left.terms)
    for name, times in right.terms:
        terms[name] = terms.get(name, Fraction(0)) + factor * times
    kept = tuple(sorted((name, times) for name, times in terms.items() if times))
    return Sum(terms=kept, constant=left.constant + factor * right.constant)


def both(*parts: Formula) -> Formula:
    """Return the conjunction; of one formula, the formula."""
    return parts[0] if len(parts) == 1 else Connected(connective="and", parts=parts)


def implies(condition: Formula, consequence: Formula) -> Formula:
    """Return that the first implies the second."""
    return Connected(connective="if", parts=(condition, consequence))


def every(name: str, part: Formula) -> Formula:
    """Return that a formula holds whatever a name stands for."""
    return Quantified(quantifier="all", name=name, part=part)


def unary(predicate: str, name: str) -> Formula:
    """Return that a predicate holds of a name."""
    return Atom(predicate=predicate, names=(name,))


def parts(formula: Formula) -> Iterator[Formula]:
    """Yield a formula and every formula inside it, outer ones first."""
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        yield part
        match part:
            case Not() | Quantified():
                waiting.append(part.part)
            case Connected():
                waiting.extend(reversed(part.parts))
            case _:
                pass


def predicates(formula: Formula) -> frozenset[tuple[str, int]]:
    """Return the predicates of a formula with their number of names."""
    found = (part for part in parts(formula) if isinstance(part, Atom))
    return frozenset((atom.predicate, len(atom.names)) for atom in found)


def constants(formula: Formula) -> frozenset[str]:
    """Return the names of a formula that no quantifier around them binds."""
    match formula:
        case Atom():
            return frozenset(formula.names)
        case Compare():
            return frozenset(name for name, _ in (*formula.left.terms, *formula.right.terms))
        case Not():
            return constants(formula.part)
        case Quantified():
            return constants(formula.part) - {formula.name}
        case Connected():
            return frozenset().union(*map(constants, formula.parts))
