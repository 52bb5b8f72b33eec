"""Shipped recipes with judges, arranged for scripted policies and a single problem.

Of three attempts one is right. The other two are wrong at their second step, as rollouts show;
about one the judge says so, and differs a little from vote to vote, about the other it errs. Only
the models and the problem are exchanged: every other line of the recipe does its work.
"""

from __future__ import annotations

import json
from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import Any

import yaml

from annotators.judges import Judge, MetaCritique, MultiTurn
from annotators.judges.meta_critique import criticise, merge
from annotators.judges.r_prm import LABEL
from flows.recipe_file import find_recipe, load_recipe
from flows.show import solutions
from stepmark.records import Problem
from storage.rows import LabelledSolution
from tests.fakes.factories import a_problem, a_solution
from tests.flows.arrange import build, write_jsonl

QUESTION = "What is 1 + 1?"


RIGHT = ("Step 1: count.\n", "Step 2: 1 + 1 = 2.\n", "Step 3: The answer is 2.")


WRONG = ("Step 1: count.\n", "Step 2: 1 + 1 = 3.\n", "Step 3: The answer is 3.")


OTHER = ("Step 1: count.\n", "Step 2: 1 + 1 = 4.\n", "Step 3: The answer is 4.")


SAYS = {RIGHT: ("CCC",), WRONG: ("CIC", "CII", "III", "CIC"), OTHER: ("CCI",)}
"""What the judge says of each attempt, vote after vote, over and over. Asked for the first error
alone, it finds that of OTHER."""


DRAWS = 32


LETTERS = {"correct": "C", "incorrect": "I", "neutral": "N", "unlabelled": "?"}


def reply(judge: Judge, letters: str) -> str:
    """Return what a judge writes that finds these verdicts."""
    error = letters.find("I")
    words = {"C": "correct", "I": "incorrect"}
    grades = {"C": "GOOD", "I": "BAD"}
    if judge.method == "first_error":
        guided = json.dumps({"analysis": "I looked.", "first_error": error})
        return guided if judge.structured else f"I looked.\n\\boxed{{{error}}}"
    if judge.method in {"step_verdicts", "meta_critique"}:
        lines = [f"step_{step}: {words[letter]}" for step, letter in enumerate(letters)]
        return "\n".join(["I looked.", "Verdicts:", *lines])
    if judge.method == "versaprm":
        lines = [f"step_{step}: {grades[letter]}" for step, letter in enumerate(letters)]
        return "\n".join(["I looked.", "Grades:", *lines, f"\\boxed{{{error}}}"])
    if judge.method == "capo":
        wrong = [str(step + 1) for step, letter in enumerate(letters) if letter == "I"]
        return f"I looked.\nWrong steps: {', '.join(wrong) or 'none'}"
    if judge.method == "r_prm":
        return f"Conclusion: so.\n{LABEL} {'No' if letters == 'I' else 'Yes'}"
    best, worst = (1, 0) if judge.method == "pathfinder" else (5, 1)
    mark = worst if letters == "I" else best
    return "\n".join(["Scores:", *(f"{name}: {mark}" for name in judge.dimensions)])


def arrange(folder: Path, name: str, **changes: Any) -> Path:
    """Write a shipped recipe for scripted policies that are asked a single problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    if "reference" in plain["problems"]:
        plain["problems"]["answer"] = "plain"
    plain["policies"] = {
        policy: {"engine": "scripted", "model": f"{policy}.jsonl"} for policy in plain["policies"]
    }
    plain["solve"] |= {"prompt": "bare", "samples": 3}
    plain["segment"] = {"method": "step_markers"}
    plain |= changes
    write_jsonl(folder / "problems.jsonl", [{"question": QUESTION, "answer": "2"}])
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    write_jsonl(folder / "solver.jsonl", solver_script())
    recipe, _ = load_recipe(str(path))
    judges = [judged.judge for judged in recipe.judges.values()]
    write_jsonl(folder / "judge.jsonl", [row for judge in judges for row in judge_script(judge)])
    return path


def solver_script() -> list[dict[str, Any]]:
    """The attempts, and from each prefix whether the answer is still reached."""
    bare = ["".join(steps) for steps in (RIGHT, WRONG, OTHER)]
    rows = [{"user": QUESTION, "prefix": "", "completions": bare * 4}]
    prefixes = {p for steps in (RIGHT, WRONG, OTHER) for p in accumulate(steps[:-1])}
    for prefix in sorted(prefixes):
        lost = "= 3" in prefix or "= 4" in prefix
        end = "The answer is 5." if lost else "The answer is 2."
        rows.append({"user": QUESTION, "prefix": prefix, "completions": [end] * DRAWS})
    return rows


def judge_script(judge: Judge) -> list[dict[str, Any]]:
    """Its replies about every attempt, question by question."""
    problem = a_problem(QUESTION, reference="2")
    says = SAYS | ({OTHER: ("CIC",)} if judge.method == "first_error" else {})
    if isinstance(judge, MultiTurn):
        return [row for steps, votes in says.items() for row in talk_script(problem, steps, votes)]
    return [
        {
            "user": question.messages[-1].content,
            "prefix": "",
            "completions": [
                reply(judge, letters[question.first : question.first + question.steps])
                for letters in islice(cycle(votes), DRAWS)
            ],
        }
        for steps, votes in says.items()
        for question in judge.questions(problem, a_solution(steps, problem=problem))
    ]


def talk_script(
    problem: Problem, steps: tuple[str, ...], votes: tuple[str, ...]
) -> list[dict[str, Any]]:
    """A verification that finds nothing, a critique of it, and the verdicts that follow."""
    judge, solution = MetaCritique(method="meta_critique"), a_solution(steps, problem=problem)
    (question,) = judge.questions(problem, solution)
    blind, critique = reply(judge, "CCC"), "It did not compute."
    turns = (
        (question.messages, [blind] * DRAWS),
        (criticise(problem, solution, blind), [critique] * DRAWS),
        (
            merge(problem, solution, blind, critique),
            [reply(judge, letters) for letters in islice(cycle(votes), DRAWS)],
        ),
    )
    return [
        {"user": messages[-1].content, "prefix": "", "completions": texts}
        for messages, texts in turns
    ]


def built(folder: Path, name: str) -> dict[tuple[str, ...], LabelledSolution]:
    """Build a shipped recipe and return its data rows by their steps."""
    build(arrange(folder, name), folder / "out")
    return {row.steps: row for row in solutions(folder / "out" / name)}


def letters_of(row: LabelledSolution) -> str:
    return "".join(LETTERS[verdict] for verdict in row.verdicts)
