"""Tallies of worlds in which everything is known."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from stepmark.counts import Counts, Passage, Tally, counts_of
from stepmark.posterior import Belief, Hyper
from stepmark.records import Outcome

RIGHT, OWN = Tally(correct=1), Tally(incorrect=1, own=1)
OUTCOMES: tuple[Outcome, ...] = ("correct", "incorrect", "unknown")


def noiseless(steps: int, first_error: int, draws: int = 16) -> dict[int, Tally]:
    """Every draw from a sound prefix is right, every other one ends in the own wrong answer."""
    right, own = Tally(correct=draws), Tally(incorrect=draws, own=draws)
    return {t: right if t <= first_error else own for t in range(steps)}


@st.composite
def tallies(draw: st.DrawFn, most: int = 12) -> Tally:
    own, other = draw(st.integers(0, most)), draw(st.integers(0, most))
    right, unknown = draw(st.integers(0, most)), draw(st.integers(0, most))
    return Tally(correct=right, incorrect=own + other, unknown=unknown, own=own)


def believed(
    drawn: Mapping[int, Tally | Passage],
    steps: int,
    outcome: Outcome = "incorrect",
    hyper: Hyper | None = None,
) -> Belief:
    """Return what is believed after these tallies, told in the mapping's order.

    A tally is of draws that wrote something else than the solution's next step.
    """
    told = [Passage()] * steps
    belief = Belief(hyper or Hyper(), steps, outcome)
    for position, tally in drawn.items():
        told[position] = tally if isinstance(tally, Passage) else Passage(left=tally)
        belief.observe(told)
    return belief


def counted(drawn: Mapping[int, Tally], steps: int, outcome: Outcome = "incorrect") -> Counts:
    """Return the counts of one solution with these tallies by position."""
    own = {"correct": RIGHT, "incorrect": OWN, "unknown": Tally(unknown=1)}[outcome]
    table = [drawn.get(position, Tally()) for position in range(1, steps)]
    return counts_of([drawn.get(0, Tally())], [[*table, own]])
