"""A build as people look at it, written straight to disk: annotators say what a test wants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from stepmark.counts import Tally
from stepmark.records import Annotation, Critique, Problem, Rollout, Solution, StepLabel, Verdict
from storage.shards import write_shard
from tests.fakes.factories import a_problem, a_solution, rollouts_of

SUMS = {"method": "verifier", "verifier": {"method": "equations"}}
JUDGE = {
    "method": "judge",
    "policy": "solver",
    "judge": {"method": "first_error"},
    "votes": {"n": 4, "rule": "majority"},
    "sampling": {"temperature": 1.0},
}
MC = {
    "method": "monte_carlo",
    "policy": "solver",
    "probe": {"method": "exhaustive", "draws": 4},
    "rule": {"method": "hard"},
}
PEOPLE = {"method": "people"}
LETTERS: dict[str, Verdict] = {"C": "correct", "I": "incorrect", "?": "unlabelled"}


def solutions(count: int, steps: int = 3, *, problem: Problem | None = None) -> list[Solution]:
    return [
        a_solution(
            [f"Step {step} of {number}.\n" for step in range(steps)],
            problem=problem,
            answer=str(number),
        )
        for number in range(count)
    ]


def write_build(
    root: Path,
    written: Sequence[Solution],
    annotators: Mapping[str, object],
    *,
    problem: Problem | None = None,
) -> Path:
    """Write recipe, problem and solutions; what annotators say is added by the tests."""
    root.mkdir(parents=True, exist_ok=True)
    recipe = {
        "name": root.name,
        "problems": {"path": "p.jsonl", "statement": "question", "reference": "answer"},
        "policies": {"solver": {"engine": "scripted", "model": "script.jsonl"}},
        "solve": {"policy": "solver", "samples": 2},
        "segment": {"method": "step_markers"},
        "annotators": annotators,
        "labels": {"from": next(iter(annotators))},
    }
    (root / "recipe.yaml").write_text(json.dumps(recipe))
    write_shard(root, "problems/00000.parquet", Problem, [problem or a_problem()])
    write_shard(root, "solutions/00000.parquet", Solution, written)
    write_shard(root, "labels/00000.parquet", Annotation, [])
    return root


def say(root: Path, name: str, verdicts: Mapping[str, str]) -> None:
    """Let an annotator give these verdicts, a letter a step."""
    write_shard(
        root,
        f"annotations/{name}/00000.parquet",
        Annotation,
        [an_annotation(solution, name, letters) for solution, letters in verdicts.items()],
    )


def an_annotation(solution_id: str, name: str, letters: str) -> Annotation:
    labels = tuple(
        StepLabel(
            verdict=LETTERS[letter],
            value=None,
            correct=0,
            incorrect=0,
            unknown=0,
            interpolated=False,
            reason=None,
        )
        for letter in letters
    )
    return Annotation(
        solution_id=solution_id,
        problem_id=a_problem().id,
        annotator=name,
        semantics="correctness",
        labels=labels,
        first_error=letters.find("I") if "I" in letters else None,
        bracketed=None,
        reason=None,
        rollouts=0,
        requests=0,
        prompt_tokens=0,
        completion_tokens=0,
    )


def vote(root: Path, name: str, votes: Mapping[str, Sequence[str]]) -> None:
    """Let a judge vote like this; an empty text is a reply that cannot be read."""
    write_shard(
        root,
        f"critiques/{name}/00000.parquet",
        Critique,
        [
            a_critique(solution, draw, letters)
            for solution, of_it in votes.items()
            for draw, letters in enumerate(of_it)
        ],
    )


def a_critique(solution_id: str, draw: int, letters: str) -> Critique:
    return Critique(
        problem_id=a_problem().id,
        solution_id=solution_id,
        first=0,
        prompt="pr_0",
        request="rq_0",
        draw=draw,
        verdicts=tuple(LETTERS[letter] for letter in letters),
        scores=(),
        reason=None if letters else "no_verdict",
        text="",
        earlier=(),
        turns=1,
        prompt_tokens=0,
        completion_tokens=0,
    )


def draw(root: Path, name: str, tallies: Mapping[Solution, Mapping[int, Tally]]) -> None:
    """Let rollouts from the solutions' prefixes end like this."""
    rollouts = [
        each for solution, by_place in tallies.items() for each in rollouts_of(solution, by_place)
    ]
    write_shard(root, f"rollouts/{name}/00000.parquet", Rollout, rollouts)
