"""What a practice policy can do: solve rate, true steps, where it first goes wrong.

Samples one solution for each of many fresh problems at temperature 1 and judges it.

    .venv-vllm/bin/python -m benchmarks.practice.measure configs/practice/model
"""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoTokenizer, LlamaForCausalLM

from benchmarks.practice.tokenizer import ASSISTANT, USER
from benchmarks.practice.world import PracticeProblem, first_error, generate, judge_steps

BATCH = 128
MAX_NEW_TOKENS = 200


class Place(NamedTuple):
    """A step's place in a solution: the step's number from 1, and how many there are."""

    number: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured on a set of sampled solutions."""

    solutions: int
    solved: int
    flawless: int
    """Solutions whose every step is correct."""
    steps: int
    correct_steps: int
    undecided_steps: int
    tokens: int
    first_errors: tuple[Place, ...]

    @property
    def solve_rate(self) -> float:
        """The share of solutions with the right answer."""
        return self.solved / self.solutions

    def summary(self) -> str:
        """Return the main figures in one line."""
        return (
            f"{self.solve_rate:.1%} solved, {self.flawless / self.solutions:.1%} flawless, "
            f"{self.correct_steps / self.steps:.1%} of steps correct, "
            f"{self.undecided_steps / self.steps:.2%} undecided"
        )

    def details(self) -> str:
        """Return all figures, over several lines."""
        by_index = Counter(place.number for place in self.first_errors)
        positions = ", ".join(f"step {index}: {by_index[index]}" for index in sorted(by_index))
        last = sum(place.number == place.of for place in self.first_errors)
        return (
            f"{self.solutions} solutions: {self.summary()}\n"
            f"{self.tokens / self.solutions:.0f} tokens and "
            f"{self.steps / self.solutions:.1f} steps a solution\n"
            f"first errors: {positions}; {last} of {len(self.first_errors)} in the last step"
        )


def steps_of(solution: str) -> list[str]:
    """Cut a solution before each line that starts with a step marker."""
    return [step for step in re.split(r"(?m)^(?=Step [0-9]+:)", solution) if step]


def judge_all(
    problems: Sequence[PracticeProblem], solutions: Sequence[str], tokens: int
) -> Figures:
    """Judge one solution for each problem.

    Args:
        problems: the problems, in the order of the solutions.
        solutions: what the policy wrote.
        tokens: how many tokens it took to write all of them.
    """
    cut = [steps_of(solution) for solution in solutions]
    truths = [judge_steps(p, steps) for p, steps in zip(problems, cut, strict=True)]
    every = [truth for solution in truths for truth in solution]
    errors = [first_error(p, steps).index for p, steps in zip(problems, cut, strict=True)]
    answers = [f"The answer is {p.answer}." for p in problems]
    return Figures(
        solutions=len(solutions),
        solved=sum(s.endswith(a) for s, a in zip(solutions, answers, strict=True)),
        flawless=sum(set(solution) == {"correct"} for solution in truths),
        steps=len(every),
        correct_steps=every.count("correct"),
        undecided_steps=every.count("undecided"),
        tokens=tokens,
        first_errors=tuple(
            Place(index + 1, len(steps))
            for index, steps in zip(errors, cut, strict=True)
            if index is not None
        ),
    )


def measure(folder: Path, *, count: int, first_seed: int) -> Figures:
    """Sample and judge one solution for each of `count` problems."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    torch.manual_seed(first_seed)
    problems = [generate(seed) for seed in range(first_seed, first_seed + count)]
    solutions: list[str] = []
    tokens = 0
    for start in range(0, count, BATCH):
        prompts = [f"{USER}{p.statement}{ASSISTANT}" for p in problems[start : start + BATCH]]
        inputs = tokenizer(prompts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            written = model.generate(
                **inputs, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=MAX_NEW_TOKENS
            )[:, inputs.input_ids.shape[1] :]
        tokens += int((written != tokenizer.pad_token_id).sum())
        solutions += tokenizer.batch_decode(written, skip_special_tokens=True)
    return judge_all(problems, solutions, tokens)


def main() -> None:
    """Print what the policy in a folder can do."""
    parser = argparse.ArgumentParser(description="Measure a practice policy.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first-seed", type=int, default=200_000)
    options = parser.parse_args()
    figures = measure(options.folder, count=options.count, first_seed=options.first_seed)
    print(figures.details())


if __name__ == "__main__":
    main()
