"""Game24: a world whose steps have an exact truth, from real attempts of a real model.

The attempts are GPT-4's at 100 puzzles (tree-of-thought-llm, MIT): "10 - 4 = 6 (left: 5 6 6)".
Their first error is the first move after which 24 can no longer be reached, by brute force over
exact fractions, or which is no legal move at all: a wrong result, or a number that is not there.
The data is looked for in ../shared/data beside the repository, or where STEPMARK_SHARED_DATA says.

The *draws are simulated*: a stated policy goes on from the numbers that are left. At each move it
picks a pair and an operation at random, weighing moves that keep 24 within reach SKILL times; in
NOTICES of draws from a broken prefix it notices and begins again. A draw is right if it ends at 24
by legal moves alone, and lands on the attempt's own answer if it ends at the same number.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from benchmarks.drawn import CORRECT, OTHER, OWN
from benchmarks.world import DRAWS, Simulated, no_reach

NAME: Final = "game24"
DATA = Path(os.environ.get("STEPMARK_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
SKILL: Final = 12.0
"""How many times likelier a move that keeps 24 within reach is."""
NOTICES: Final = 0.1
"""Share of draws from a broken prefix that begin again from the puzzle."""
TOKENS_A_MOVE: Final = 18

Numbers = tuple[Fraction, ...]
_MOVE = re.compile(
    r"^(-?[\d./]+) ([-+*/]) (-?[\d./]+) = (-?[\d./]+) \(left: ([-\d./ ]+)\)$"
)  # fmt: skip


class Move(NamedTuple):
    """One line of an attempt."""

    legal: bool
    """Whether the numbers are there, the result is right and so is what is left."""
    left: Numbers
    """What it says is left, sorted."""


def at_hand() -> bool:
    """Whether the data is where it is looked for."""
    return _attempts_file().exists() and _puzzles_file().exists()


def solutions(seed: int) -> list[Simulated]:
    """Return the attempts with a wrong answer that can be read, in a random order."""
    made = [
        _simulated(np.random.default_rng((seed, index)), puzzle, moves)
        for index, (puzzle, moves) in enumerate(attempts())
    ]
    kept = [solution for solution in made if solution is not None]
    order = np.random.default_rng(seed).permutation(len(kept))
    return [kept[i] for i in order]


def attempts() -> list[tuple[Numbers, list[Move]]]:
    """Read the attempts: puzzle and moves. Those with a line that is no move are left out."""
    with gzip.open(_attempts_file(), "rt", encoding="utf-8") as file:
        tasks = json.load(file)
    puzzles = _puzzles_file().read_text(encoding="utf-8").splitlines()[1:]
    read: list[tuple[Numbers, list[Move]]] = []
    for task in tasks:
        puzzle = tuple(sorted(Fraction(n) for n in puzzles[task["idx"]].split(",")[1].split()))
        for text in task["ys"]:
            moves = read_moves(puzzle, text)
            if moves:
                read.append((puzzle, moves))
    return read


def read_moves(puzzle: Numbers, text: str) -> list[Move]:
    """Read the moves of an attempt up to its answer; none if a line before that is no move."""
    lines = text.strip().split("\n")
    moves, held = [], puzzle
    for line in lines[1:]:
        if not line.strip() or line.startswith("Answer"):
            break
        match = _MOVE.match(line.strip())
        if match is None:
            return []
        try:
            move = _move(held, match)
        except (ValueError, ZeroDivisionError):
            return []
        moves.append(move)
        held = move.left
    return moves


def first_error(moves: list[Move]) -> int | None:
    """Return the first move that is not legal or after which 24 is out of reach."""
    broken = [not move.legal or not reachable(move.left) for move in moves]
    return broken.index(True) if True in broken else None


@cache
def reachable(held: Numbers) -> bool:
    """Whether 24 can be made of all these numbers."""
    if len(held) == 1:
        return held[0] == 24
    return any(reachable(after) for after in _moves(held))


@cache
def _moves(held: Numbers) -> tuple[Numbers, ...]:
    """Return what every legal move leaves."""
    after = []
    for i, j in itertools.permutations(range(len(held)), 2):
        rest = [n for k, n in enumerate(held) if k not in (i, j)]
        a, b = held[i], held[j]
        results = [a - b] + ([a / b] if b else []) + ([a + b, a * b] if i < j else [])
        after += [tuple(sorted([*rest, result])) for result in results]
    return tuple(after)


@cache
def endings(held: Numbers) -> dict[Fraction, float]:
    """Return the policy's chance of ending at each number, exactly."""
    if len(held) == 1:
        return {held[0]: 1.0}
    after = _moves(held)
    weights = np.array([SKILL if reachable(state) else 1.0 for state in after])
    ends: Counter[Fraction] = Counter()
    for state, weight in zip(after, weights / weights.sum(), strict=True):
        for number, chance in endings(state).items():
            ends[number] += weight * chance
    return dict(ends)


def _move(held: Numbers, match: re.Match[str]) -> Move:
    a, operator, b, result, left = match.groups()
    first, second, said = Fraction(a), Fraction(b), Fraction(result)
    after = tuple(sorted(Fraction(n) for n in left.split()))
    expected = Counter(held)
    expected.subtract([first, second])
    there = min(expected.values()) >= 0
    right = _calculate(first, operator, second) == said
    expected.update([said])
    return Move(legal=there and right and +expected == Counter(after), left=after)


def _calculate(a: Fraction, operator: str, b: Fraction) -> Fraction:
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    return a * b if operator == "*" else a / b


def _simulated(rng: np.random.Generator, puzzle: Numbers, moves: list[Move]) -> Simulated | None:
    """Return an attempt with a wrong answer and its draws; None if it is right or too short."""
    error, last = first_error(moves), moves[-1].left
    if error is None or len(moves) < 3 or len(last) != 1:
        return None
    channels = np.zeros((len(moves), 2, 3))
    for position in range(len(moves)):
        held = moves[position - 1].left if position else puzzle
        channels[position] = _chances(puzzle, held, last[0])
    which = (np.arange(len(moves)) > error).astype(np.int64)
    cut = channels[np.arange(len(moves)), which].cumsum(axis=1)[:, None, :2]
    ends = (rng.random((len(moves), DRAWS, 1)) > cut).sum(axis=2)
    left = len(moves) - np.arange(len(moves))[:, None]
    return Simulated(
        problem=str(puzzle),
        steps=len(moves),
        outcome="incorrect",
        first_error=error,
        ends=np.choose(ends, [CORRECT, OWN, OTHER]).astype(np.int8),
        tokens=np.broadcast_to(TOKENS_A_MOVE * left, (len(moves), DRAWS)),
        reach=no_reach(len(moves)),
        channels=channels,
    )


def _chances(puzzle: Numbers, held: Numbers, own: Fraction) -> np.ndarray:
    """Return the chances of right, own and other endings if the prefix is sound, and if broken."""
    onward, anew = endings(held), endings(puzzle)
    right = onward.get(Fraction(24), 0.0)
    slip = onward.get(own, 0.0) if own != 24 else 0.0
    recovers = NOTICES * anew.get(Fraction(24), 0.0)
    again = (1 - NOTICES) * onward.get(own, 0.0)
    return np.array(
        [[right, slip, 1 - right - slip], [recovers, again, 1 - recovers - again]]
    )  # fmt: skip


def _attempts_file() -> Path:
    return DATA / "rollouts" / "tot_game24_gpt4_cot100.json.gz"


def _puzzles_file() -> Path:
    return DATA / "problems" / "game24.csv"
