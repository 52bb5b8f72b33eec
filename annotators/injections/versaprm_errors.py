"""VersaPRM's augmentation: one step of a right solution is replaced by a wrong one.

Paper: VersaPRM (arXiv 2502.06737), counterfactual augmentation: a 70B model is asked, at
temperature 0.4, to spoil a right chain of thought by types of error drawn in rotation; a sample is
the prefix and the spoiled step, with label 0. Semantics: correctness.
Defaults: 4 errors a solution: the authors make two calls of two types. Cost: a request an error.
Deviations: the prompt is our own, without worked examples; one type a request, so that a reply that
cannot be read costs one error; "right" is a right answer. The authors did not train their published
model on such data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.injections.reading import Spoiled, UselessError, spoiled_from_a_step_on
from annotators.injections.writing import Kind, Writing
from stepmark.records import Solution

TYPES: Final = {
    "conflicting_steps": "the step contradicts what an earlier step established",
    "non_sequitur": "the step does not follow from the steps before it",
    "factual": "the step states a fact that is false",
    "false_assumption": "the step assumes what the problem does not say",
    "contextual": "the step misreads what the problem says or asks",
    "calculation": "the step makes a slip in a calculation",
    "incorrect_equation": "the step sets up a wrong equation or applies a wrong formula",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersaPrmErrors(Writing):
    """A prefix and one wrong step."""

    kinds: ClassVar[Mapping[str, Kind]] = {
        name: Kind("versaprm_errors", {"kind": name.replace("_", " "), "meaning": meaning})
        for name, meaning in TYPES.items()
    }

    method: Literal["versaprm_errors"]
    errors: int = 4
    """Errors of a solution, each of another type."""

    def read(self, kind: str, text: str, solution: Solution) -> Spoiled:
        """Read the wrong step and its place; nothing may follow it."""
        del kind
        spoiled = spoiled_from_a_step_on(text, solution)
        if len(spoiled.steps) > spoiled.errors[0] + 1:
            raise UselessError("repeated_field")
        return spoiled
