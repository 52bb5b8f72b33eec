"""PRMBench's construction: a right solution is rewritten from one step on by a kind of flaw.

Paper: PRMBench (arXiv 2501.03124): GPT-4o modifies right solutions of PRM800K by eight kinds of
flaw and says which steps are wrong. For the ninth kind, consistency over several solutions, QwQ
solves the problem again, people mark whether its solution is right and whether it is the same, and
no step of it is an error. The kinds and how the ninth is made are taken from the authors'
repository (ssmisya/PRMBench). Semantics: correctness.
Defaults: 2 of the nine kinds a solution, ours. Cost: a request a kind.
Deviations: the prompts are our own; the problem itself is never modified; the writer is asked for
the steps from the first flaw on, those before it are the original's; nobody filters the replies
(the authors had people check them). For the ninth kind the writer is shown the solution that it
shall differ from, a right answer stands for people's mark, and "not the same" is no more than other
words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.injections.reading import Another, Spoiled, another, spoiled_from_a_step_on
from annotators.injections.writing import Kind, Writing
from stepmark.records import Solution

FLAWS: Final = {
    "redundancy": "a step that is not needed and only repeats or circles what is known",
    "circular_logic": "a step that rests on what it sets out to show",
    "counterfactual": "a step that states something against fact or against the problem",
    "step_contradiction": "a step that contradicts an earlier step",
    "domain_inconsistency": "a step that uses a rule where it does not hold",
    "confident_hallucination": "a step that asserts something invented with full confidence",
    "missing_condition": "a step that leaves out a condition or case that it needs",
    "deception": "a step that looks right and hides a small slip",
}
HARMLESS: Final = ("redundancy", "circular_logic", "missing_condition")
"""Flaws that need not change the answer."""
SEVERAL: Final = "multi_solutions"
"""The kind that is no flaw: the problem solved in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrmBench(Writing):
    """A whole solution, flawed from one step on; or another right one."""

    kinds: ClassVar[Mapping[str, Kind]] = {
        name: Kind(
            "prmbench",
            {"kind": name.replace("_", " "), "meaning": meaning},
            changes_answer=name not in HARMLESS,
        )
        for name, meaning in FLAWS.items()
    } | {SEVERAL: Kind("prmbench_multi_solutions", {})}

    method: Literal["prmbench"]

    def read(self, kind: str, text: str, solution: Solution) -> Spoiled | Another:
        """Read the flawed steps, or the other solution."""
        return (
            another(text, solution) if kind == SEVERAL else spoiled_from_a_step_on(text, solution)
        )
