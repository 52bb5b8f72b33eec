"""What a build will need: requests, tokens and time, before they are spent."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.table import Table

from annotators.judges import MultiTurn
from annotators.monte_carlo import MonteCarlo
from annotators.probes import Adaptive, Exhaustive, Searched, Uncertainty
from annotators.rewrites import PrlCoder
from annotators.rewrites.prlcoder import PROMPTS
from annotators.searches import OmegaPrm, SelfRewarding
from flows.arrivals import read_rows
from flows.kinds import COMPARISONS, FINDINGS, REVIEWS, SCORES, kind_of
from flows.recipe import Recipe
from flows.runtime import Runtime
from stepmark.records import Reject

GUESSED_STEPS = 8.0
GUESSED_SHARE = 0.4
"""Share of `max_tokens` that a completion is guessed to take where none was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How long this policy's solutions are, measured on an earlier build or guessed."""

    steps: float
    """Steps a solution."""
    tokens: float
    """Completion tokens a solution."""
    tokens_per_s: float | None
    """Tokens bought a second; null when nothing was bought yet."""
    measured_on: str
    """Where the figures are from."""


def plan(recipe: Recipe, runtime: Runtime) -> tuple[Table, str]:
    """Return the plan as a table, a row a stage and the sum, and what it rests on."""
    habit = _habit(recipe, runtime)
    problems = _problems(recipe, runtime)
    solutions = problems * (1 if recipe.solutions else recipe.solve.most_kept)
    rows: list[tuple[str, float, float, float]] = []
    if not recipe.solutions:
        prompts = problems * len(recipe.solve.policies)
        drawn = prompts * recipe.solve.samples
        rows.append(("solve", prompts, drawn, drawn * habit.tokens))
    search = recipe.solve.search
    if isinstance(search, SelfRewarding):
        rows += _choosing(search, recipe.solve.samples, problems, habit)
        solutions = problems
    elif search is not None:
        probes = problems * _searches_probes(search, recipe.solve.samples, habit.steps)
        draws = probes * search.draws
        rows.append(("search", probes, draws, draws / 2 * habit.tokens))
        solutions += problems * search.searches
    rows += _rewriting(recipe, problems * habit.steps)
    if inject := recipe.solve.inject:
        spoiled = solutions * inject.errors  # at most: of the right ones
        tokens = spoiled * inject.sampling.max_tokens * GUESSED_SHARE
        rows.append(("inject", spoiled, spoiled, tokens))
        solutions += spoiled
    for name, judged in recipe.judges.items():
        asked = solutions * (habit.steps if judged.judge.asks_each_step else 1)
        asked *= judged.judge.turns if isinstance(judged.judge, MultiTurn) else 1
        replies = asked * judged.votes.n
        rows.append((name, asked, replies, replies * judged.sampling.max_tokens * GUESSED_SHARE))
    for name, annotator in recipe.monte_carlo.items():
        probes = solutions * _probes(annotator, habit.steps)
        draws = probes * _draws(annotator)
        root = problems * _root_draws(annotator)
        # A rollout from the middle writes half a solution, on average; one from the start all.
        tokens = (draws / 2 + root) * habit.tokens
        rows.append((name, probes + (problems if root else 0), draws + root, tokens))
    free = (FINDINGS, COMPARISONS, REVIEWS, SCORES)
    rows += [(n, 0, 0, 0) for n, a in recipe.annotators.items() if kind_of(a) in free]
    requests, draws, tokens = (sum(column) for column in _figures(rows))
    rows.append(("sum", requests, draws, tokens))
    table = Table("stage", "requests", "draws", "tokens", "time", box=None, pad_edge=False)
    for stage, requests, draws, tokens in rows:
        figures = (f"{figure:,.0f}" for figure in (requests, draws, tokens))
        table.add_row(stage, *figures, _time(tokens, habit))
    assumed = (
        f"{problems:,} problems; {habit.steps:.1f} steps and {habit.tokens:.0f} tokens a solution "
        f"({habit.measured_on}). Draws already in the ledger cost nothing. "
        "`build --max-tokens N` stops, resumable, once N tokens are bought."
        f"{_beyond(recipe, problems)}"
    )
    return table, assumed


def _rewriting(recipe: Recipe, steps: float) -> list[tuple[str, float, float, float]]:
    """Return what a teacher is asked, if one is, about all steps of given solutions."""
    rewrite = recipe.rewrite
    if not isinstance(rewrite, PrlCoder):
        return []
    prompts = steps * len(PROMPTS)
    draws = prompts * rewrite.draws
    return [("rewrite", prompts, draws, draws * rewrite.sampling.max_tokens * GUESSED_SHARE)]


def _beyond(recipe: Recipe, problems: int) -> str:
    """Say what topping up may add, which depends on outcomes that nobody has seen."""
    solve = recipe.solve
    if recipe.solutions or solve.quota is None:
        return ""
    more = problems * len(solve.policies) * (solve.quota.max_draws - solve.samples)
    return (
        f" Drawing on until {solve.quota.correct} right and {solve.quota.incorrect} wrong "
        f"solutions are there adds at most {more:,} draws to solve, in rounds of {solve.samples}; "
        "the annotators' figures are those of full quotas."
    )


def _figures(rows: list[tuple[str, float, float, float]]) -> tuple[list[float], ...]:
    """Return the columns of requests, draws and tokens."""
    return [row[1] for row in rows], [row[2] for row in rows], [row[3] for row in rows]


def _probes(annotator: MonteCarlo, steps: float) -> float:
    """Prefixes probed a solution, if every solution is probed."""
    if isinstance(annotator.probe, Exhaustive | Uncertainty):
        return steps - 1  # Uncertainty: at most
    if isinstance(annotator.probe, Searched):
        return 0
    if isinstance(annotator.probe, Adaptive):
        return annotator.probe.budget  # at most
    return math.ceil(math.log2(max(steps, 2)))


def _choosing(
    search: SelfRewarding, samples: int, problems: int, habit: Habit
) -> list[tuple[str, float, float, float]]:
    """Return what is drawn beside the samples for one solution a problem, and what is compared."""
    steps = min(habit.steps, search.max_steps)
    first = max(0, search.candidates - samples)
    prompts = problems * (steps - 1 + bool(first))
    draws = problems * ((steps - 1) * search.candidates + first)
    asked = problems * steps * search.candidates * (search.candidates - 1)  # at most
    return [
        ("search", prompts, draws, draws / 2 * habit.tokens),
        ("compare", asked, asked, asked * search.sampling.max_tokens * GUESSED_SHARE),
    ]


def _searches_probes(search: OmegaPrm, samples: int, steps: float) -> float:
    """Prefixes that a search probes a problem, at most."""
    probes = search.searches * math.ceil(math.log2(max(steps, 2)))
    if search.budget is None:
        return probes
    return min(probes, max(0, search.budget - samples) // search.draws)


def _draws(annotator: MonteCarlo) -> int:
    """Draws from each prefix: where they go by difficulty, as if every problem were the hardest."""
    probe = annotator.probe
    return max(probe.by_difficulty) if isinstance(probe, Exhaustive) else probe.draws


def _root_draws(annotator: MonteCarlo) -> int:
    """Draws from each bare problem, which its solutions share."""
    return annotator.probe.root if isinstance(annotator.probe, Exhaustive | Uncertainty) else 0


def _problems(recipe: Recipe, runtime: Runtime) -> int:
    return sum(not isinstance(row, Reject) for row in read_rows(recipe, runtime.base))


def _habit(recipe: Recipe, runtime: Runtime) -> Habit:
    """Measure on the build's own folder if it was begun, else guess."""
    root = runtime.out / recipe.name
    shards = sorted((root / "solutions").glob("*.parquet"))
    tables = [pq.read_table(s, columns=["steps", "completion_tokens"]) for s in shards]
    count = sum(table.num_rows for table in tables)
    if not count:
        tokens = recipe.solve.max_tokens * GUESSED_SHARE
        return Habit(steps=GUESSED_STEPS, tokens=tokens, tokens_per_s=None, measured_on="guessed")
    steps = sum(pc.sum(pc.list_value_length(table["steps"])).as_py() for table in tables)
    tokens = sum(pc.sum(table["completion_tokens"]).as_py() for table in tables)
    return Habit(
        steps=steps / count,
        tokens=tokens / count,
        tokens_per_s=_pace(root),
        measured_on=f"measured on the {count:,} solutions in {root}",
    )


def _pace(root: Path) -> float | None:
    path = root / "runs.jsonl"
    if not path.exists():
        return None
    runs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    seconds = sum(run["seconds"] for run in runs if run["completion_tokens"])
    return sum(run["completion_tokens"] for run in runs) / seconds if seconds else None


def _time(tokens: float, habit: Habit) -> str:
    if habit.tokens_per_s is None:
        return "?"
    minutes, seconds = divmod(int(tokens / habit.tokens_per_s), 60)
    return f"{minutes}:{seconds:02d}"
