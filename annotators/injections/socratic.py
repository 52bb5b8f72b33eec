"""Socratic-PRMBench's construction: an error in a step that reasons by a certain pattern.

Paper: Socratic-PRMBench (arXiv 2505.23474): a model writes solutions whose steps each follow one of
six patterns, and GPT-4o puts errors of 20 kinds into right ones: 2,995 paths of 8.7 steps, 3.0 of
them wrong, the first one the 4.7th; a second model accepts 93 %. Semantics: correctness.
How sure: patterns, figures and the 14 kinds of the first four patterns are those of published
summaries of the paper. That the last two patterns have six kinds together follows from the count;
the names of these six are from memory. What each kind means is put in our words.
Defaults: 2 of the 20 kinds a solution, ours. Cost: a request a kind.
Deviations: the prompt is our own; solutions are the policy's, whose steps carry no pattern, so the
writer looks for a step of the pattern or adds one; the problem is never modified; the writer is
asked for the steps from the first error on, and nobody filters the replies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, NamedTuple

from annotators.injections.reading import Spoiled, spoiled_from_a_step_on
from annotators.injections.writing import Kind, Writing
from stepmark.records import Solution


class _Pattern(NamedTuple):
    """A pattern of reasoning."""

    does: str
    """What a step of it does."""
    errors: Mapping[str, str]
    """What its kinds of error mean, by their names."""


PATTERNS: Final = {
    "transformation": _Pattern("puts the problem into another or a more abstract form", {
        "inconsistency": "the new form says something else than the problem",
        "counter_factuality": "the new form states something that is false",
    }),
    "decomposition": _Pattern("breaks the problem into parts, or plans what to do", {
        "unsoundness": "one of the parts is wrong for this problem",
        "redundancy": "one of the parts is not needed",
        "incompleteness": "a part that is needed is left out",
    }),
    "regather": _Pattern("collects what is given and the rules that are needed", {
        "imprecision": "something is collected inexactly, or a definition that does not apply",
        "redundancy": "something is collected that has nothing to do with the solution",
        "incompleteness": "something that is needed is not collected",
    }),
    "deduction": _Pattern("draws a conclusion from premises", {
        "premise_unsoundness": "a premise is wrong or without reason",
        "premise_incompleteness": "a condition that the conclusion needs is left out",
        "premise_redundancy": "an assumption is brought in that is not needed",
        "conclusion_invalidity": "the conclusion does not follow from the premises",
        "conclusion_inconsistency": "the conclusion contradicts what was concluded before",
        "conclusion_counter_factuality": "the conclusion is against known fact",
    }),
    "verification": _Pattern("checks what was concluded before, and mends it if need be", {
        "detection_error": "the check calls something wrong that is right",
        "correction_error": "the check replaces something right by something wrong",
    }),
    "integration": _Pattern("puts conclusions together to the answer", {
        "unsoundness": "the conclusions are put together by a wrong rule",
        "redundancy": "a conclusion is put in that is not needed",
        "incompleteness": "a conclusion that is needed is left out",
        "inconsistency": "what is put together contradicts one of the conclusions",
    }),
}  # fmt: skip
HARMLESS: Final = frozenset((
    "decomposition_redundancy", "decomposition_incompleteness", "regather_redundancy",
    "regather_incompleteness", "deduction_premise_redundancy", "deduction_premise_incompleteness",
    "integration_redundancy",
))  # fmt: skip
"""Kinds that need not change the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Socratic(Writing):
    """A whole solution, wrong from a step of a certain pattern on."""

    kinds: ClassVar[Mapping[str, Kind]] = {
        f"{name}_{error}": Kind("socratic", {
            "pattern": name, "does": pattern.does,
            "kind": error.replace("_", " "), "meaning": meaning,
        }, changes_answer=f"{name}_{error}" not in HARMLESS)
        for name, pattern in PATTERNS.items()
        for error, meaning in pattern.errors.items()
    }  # fmt: skip

    method: Literal["socratic"]

    def read(self, kind: str, text: str, solution: Solution) -> Spoiled:
        """Read the wrong steps and what follows them."""
        del kind
        return spoiled_from_a_step_on(text, solution)
