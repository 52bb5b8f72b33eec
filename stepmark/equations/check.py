"""What a step asserts, equation by equation, and whether each holds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from stepmark.equations.equality import Equality, Status, status
from stepmark.equations.find import Chain, chains
from stepmark.equations.grammar import parse
from stepmark.equations.letters import Knowledge, learn, supposes, values_of, without_powers
from stepmark.equations.tokens import tokens, write_out
from stepmark.equations.trees import (
    Number,
    Operation,
    Tree,
    Variable,
    is_bare,
    is_mixed,
    leaves,
    operations,
    variables,
)

_QUOTED: Final = re.compile(r"\bwritten as:? [\"“]([^\"”]{1,200})[\"”]")

_MAX_SOUGHT: Final = 400
"""Characters of the longest problem that is an expression alone."""


class Equation(NamedTuple):
    """Two sides that a step says are equal."""

    text: str
    """As it stands in the step, LaTeX written out."""
    status: Status
    """Whether they are."""
    left: Tree
    right: Tree


class State(NamedTuple):
    """What earlier steps said."""

    known: Knowledge
    """What their letters are worth."""
    last: Chain | None
    """Their last chain."""


START: Final = State({}, None)


class Checked(NamedTuple):
    """What a step asserts."""

    equations: tuple[Equation, ...]
    """In order."""
    state: State
    """What the steps up to it said."""


def check(step: str, state: State = START, sought: Tree | None = None) -> Checked:
    """Check the equations of a step.

    Args:
        step: its text.
        state: what the steps before it said.
        sought: the expression that the problem asks to work out, if it is one.
    """
    found: list[Equation] = []
    sure = not supposes(step)
    now = state.known if sure else {}
    before = state.last
    for chain in chains(step):
        told = without_powers(chain, now)
        within = before is not state.last
        again = _continued(before, chain, step, within=within)
        said = itertools.chain(again, _asserted(chain, told, step))
        found += _told(said, told)
        now = learn(chain, now) if sure else {}
        before = chain
    if sought is not None:
        found += _told(_rewritten(step, sought), now)
    return Checked(tuple(found), State(now, before))


def sought_in(statement: str) -> Tree | None:
    """Return the expression that a problem consists of: `(3 + 4) * 2 =`."""
    if len(statement) > _MAX_SOUGHT or not any(sign in statement for sign in "+-*/×÷^"):
        return None
    tree = _whole(statement.strip().rstrip("?= "))
    return None if tree is None or is_bare(tree) or variables(tree) else tree


def _whole(text: str) -> Tree | None:
    """Read a text that is one expression."""
    clause = tokens(write_out(text))
    parsed = parse(clause, 0, len(clause))
    return parsed.tree if parsed is not None and parsed.end == len(clause) else None


def _told(said: Iterator[Equality], known: Knowledge) -> Iterator[Equation]:
    values = values_of(known)
    for each in said:
        conditional = variables(each.left) & variables(each.right)  # 2x + 1 = x + 4 sets out anew
        told = status(each, {n: v for n, v in values.items() if n not in conditional})
        if told is not None:
            yield Equation(each.text, told, each.left, each.right)


def _asserted(chain: Chain, known: Knowledge, step: str) -> Iterator[Equality]:
    for place, (left, right) in enumerate(itertools.pairwise(chain.sides)):
        if left.tree is None or right.tree is None or right.relation != "=":
            continue
        named = _is_name(left.tree, known, place) or _is_defined(right.tree, known)
        if not named and not (_is_value(left.tree) and _is_value(right.tree)):
            text, unit = chain.between(place, place + 1), chain.unit_after(place + 1)
            yield Equality(left.tree, right.tree, text, unit, step, supposed=chain.is_supposed)


def _is_name(tree: Tree, known: Knowledge, place: int) -> bool:
    """Tell a first side that names what is worked out: `x = 3 + 4`, `3 days = 3 * 24 hours`.

    A letter that an equation was solved for before is no name: `2x = 10, x = 5` can be checked.
    """
    if isinstance(tree, Variable):
        return place == 0 and _is_defined(tree, known)
    units = [leaf.unit for leaf in leaves(tree) if isinstance(leaf, Number) and leaf.unit]
    return bool(units) and (is_bare(tree) or _is_fraction(tree))


def _is_defined(tree: Tree, known: Knowledge) -> bool:
    """Tell a letter that an equation may give another meaning, on either side: `3 + 4 = x`."""
    unsolved = (name not in known or not known[name].solved for name in variables(tree))
    return is_bare(tree) and any(unsolved)


def _is_value(tree: Tree) -> bool:
    return is_bare(tree) and not variables(tree) and not is_mixed(tree)


def _continued(
    before: Chain | None, chain: Chain, step: str, *, within: bool
) -> Iterator[Equality]:
    """Yield what one name is worth twice in a row: `total cost = 3 + 4. Total cost = 8`."""
    if before is None or not chain.label or before.label != chain.label:
        return
    left, right = before.sides[-1], chain.sides[1]
    if left.tree is None or right.tree is None or {left.relation, right.relation} != {"="}:
        return
    letter = len(chain.label[0]) == 1
    if is_bare(left.tree) or (letter and (_is_fraction(left.tree) or supposes(step))):
        return
    if is_bare(right.tree) or _size(right.tree) < _size(left.tree):
        text = f"{before.between(-1, -1)} = {chain.between(1, 1)}"
        yield Equality(left.tree, right.tree, text, chain.unit_after(1), step, one_name=within)


def _is_fraction(tree: Tree) -> bool:
    return isinstance(tree, Operation) and tree.sign == "/" and _size(tree) == 1


def _size(tree: Tree) -> int:
    return sum(1 for _ in operations(tree))


def _rewritten(step: str, sought: Tree) -> Iterator[Equality]:
    """Yield how a step writes the problem: `it can be written as "A - B", where A = …`."""
    for quoted in _QUOTED.findall(step):
        tree = _whole(quoted)
        if tree is not None:
            yield Equality(tree, sought, f"the problem = {quoted}", "", step)
