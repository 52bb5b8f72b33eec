"""The bounded crash benchmark, and that its figures can be bad."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from benchmarks.crash import KilledBuild, measure
from tests.fakes.factories import a_completion

DRAW, OTHER = ("rq_1", 0), ("rq_1", 1)


class Stock:
    """Stands for the stage: what was asked in a life, and what is stored after it."""

    def __init__(self, *lives: tuple[dict[Any, int], dict[Any, Any]]) -> None:
        self.lives = list(lives)

    def take_asked(self) -> Counter[Any]:
        return Counter(self.lives[0][0])

    def ledger(self, _: str) -> dict[Any, Any]:
        return self.lives.pop(0)[1]


def a_killed_build(*lives: tuple[dict[Any, int], dict[Any, Any]]) -> KilledBuild:
    stage: Any = Stock(*lives)
    build = KilledBuild(stage, "out", random.Random(0), 1)
    for number in range(len(lives)):
        build._take_stock(killed=number < len(lives) - 1)
    return build


KEPT = a_completion(0)


def test_what_was_in_flight_may_be_bought_again():
    build = a_killed_build(({DRAW: 1}, {}), ({DRAW: 1, OTHER: 1}, {DRAW: KEPT, OTHER: KEPT}))
    assert (build.rebought, build.in_flight.total(), build.beyond, build.lost) == (1, 1, 0, set())


def test_what_was_stored_may_not_be_bought_again():
    build = a_killed_build(({DRAW: 1, OTHER: 1}, {DRAW: KEPT}), ({DRAW: 1, OTHER: 1}, {DRAW: KEPT}))
    assert (build.rebought, build.in_flight.total(), build.beyond) == (2, 1, 1)


def test_buying_twice_in_one_life_is_beyond_what_a_kill_excuses():
    assert a_killed_build(({DRAW: 2}, {DRAW: KEPT})).beyond == 1


@pytest.mark.parametrize("later", [{}, {DRAW: a_completion(0, "another text")}])
def test_what_is_missing_or_changed_later_is_lost(later):
    assert a_killed_build(({DRAW: 1}, {DRAW: KEPT}), ({}, later)).lost == {DRAW}


@pytest.mark.timeout(1800)
def test_ten_kills_lose_nothing_and_buy_nothing_twice(tmp_path, prefect_address):
    figures = measure(
        tmp_path, kills=10, seed=1, api=prefect_address, lives=16
    )  # one build takes them all
    assert {k: figures[k] for k in ("kills", "identical", "rebought_beyond_in_flight", "lost")} == {
        "kills": 10,
        "identical": True,
        "rebought_beyond_in_flight": 0,
        "lost": 0,
    }
    assert figures["kills_at_work"] >= 5
