"""The values that flow through a build: problem, solution, rollout, step label, annotation.

Frozen and keyword-only. Arrow schemas are derived from these classes (storage/schema.py), so the
docstring under a field is also the description of its Parquet column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["math", "choice", "text", "code"]
Outcome = Literal["correct", "incorrect", "unknown"]
Verdict = Literal["correct", "incorrect", "neutral", "unlabelled"]
Semantics = Literal["correctness", "potential", "local"]
Opinion = Literal["correct", "incorrect", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A statement with what decides whether an answer to it is right."""

    id: str
    """Content hash of statement, reference, tests and kind (`pb_…`)."""
    statement: str
    """The text given to the policy."""
    reference: str | None
    """The reference answer alone, extracted (`42`, not `… #### 42`); null if there is none."""
    tests: str | None
    """Program that checks a solution to a `code` problem; null for the other kinds."""
    kind: Kind
    """How final answers are compared."""
    source: str
    """File name or Hub id it was read from."""
    line: int
    """Row in the source, from 1 (line of a JSONL file)."""
    source_id: str | None
    """The id the source gave it, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row of the source that is no usable problem, and why."""

    source: str
    """File name or Hub id."""
    line: int
    """Row in the source, from 1."""
    reason: str
    """Short code that the manifest counts by, e.g. `broken_json`."""
    detail: str
    """What was wrong, with the value seen (at most 200 characters of it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One attempt at a problem. `lead + "".join(steps) + tail` is the completion, byte for byte."""

    id: str
    """Content hash of problem, text and the draw that wrote it (`so_…`): equal texts stay apart."""
    problem_id: str
    """The problem it attempts."""
    policy: str
    """Identity of the policy that wrote its last part (`po_…`), or `given` when it was read from a
    file; of a rewritten solution who wrote the new step, a policy or a rule by its name."""
    step_policies: tuple[str, ...]
    """Identity of the policy that wrote each step, one a step: they differ where one policy went on
    from what another had written."""
    request: str
    """Ledger address of the prompt that was sampled (`rq_…`); empty for a given solution."""
    draw: int
    """Index of the draw at that address, from 0; for a given solution its place in the file."""
    lead: str
    """Text before the first step that is not labelled, such as a `<think>` part; mostly empty."""
    steps: tuple[str, ...]
    """The steps, with the white space that ends each."""
    tail: str
    """Text after the last step that is not labelled; mostly empty."""
    answer: str | None
    """The final answer found in the text; null if there is none."""
    outcome: Outcome
    """Whether the final answer equals the reference; `unknown` when that could not be told."""
    outcome_reason: str | None
    """Why the outcome is `unknown`, e.g. `cut_by_length`; else null."""
    finish_reason: str
    """What ended the completion: `stop`, `length`, or `given`."""
    prompt_tokens: int
    """Tokens of the prompt."""
    completion_tokens: int
    """Tokens of the completion."""
    solve_rate: float | None
    """Share in [0, 1] of the problem's first round of graded draws that were right; null where
    there was none, or where more than a quarter of it could not be graded."""
    difficulty: int | None
    """Bin of that share by the recipe's `difficulty_edges`, from 0 for the easiest problems; null
    without a solve rate."""

    def reach(self, text: str, position: int) -> int:
        """Return how many steps a text begins with that begins with the first `position` ones.

        At the bare problem that is also so if the text has another lead, and then it is 0. The last
        step, which no white space may end, is there only whole: `#### 4` does not begin `#### 42`.
        """
        while position < len(self.steps) and self._begins(text, position + 1):
            position += 1
        return position

    def _begins(self, text: str, position: int) -> bool:
        prefix = self.prefix(position)
        if position < len(self.steps) or prefix[-1:].isspace():
            return text.startswith(prefix)
        after = text[len(prefix) : len(prefix) + 1]
        return text.startswith(prefix) and (not after.strip() or after == self.tail[:1])

    def prefix(self, position: int) -> str:
        """Return the text up to the end of the first `position` steps (0: no step at all).

        Position 0 is the bare problem, so it is the empty text even when there is a lead.
        """
        return self.lead + "".join(self.steps[:position]) if position else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A completion sampled from a prefix of a solution, graded."""

    problem_id: str
    """The problem."""
    solution_id: str
    """The solution whose prefix was continued."""
    position: int
    """How many steps the prefix has: 0 is the bare problem, n all n steps."""
    reach: int
    """How many of the solution's steps the prefix and the rollout's text begin with, byte for byte:
    `position`, or more where the policy wrote the solution's next steps again. Then it is a draw
    from those longer prefixes too."""
    request: str
    """Ledger address of the prompt (`rq_…`)."""
    draw: int
    """Index of the draw at that address, from 0."""
    outcome: Outcome
    """Whether its final answer equals the reference."""
    reason: str | None
    """Why the outcome is `unknown`; else null."""
    answer: str | None
    """The final answer it reached; null if there is none."""
    own: bool
    """Whether it ended in the solution's own wrong answer: the strongest sign that the mistake is
    inside the prefix."""
    prompt_tokens: int
    """Tokens of the prompt, counted once a request: 0 on all but its first draw."""
    completion_tokens: int
    """Tokens of the completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique:
    """A judge's reply about a solution, and what was read from it."""

    problem_id: str
    """The problem."""
    solution_id: str
    """The solution that was judged."""
    first: int
    """Index from 0 of the first step that the judge was asked about."""
    prompt: str
    """Content hash of the judge's prompt (`pr_…`)."""
    request: str
    """Ledger address of what it was asked (`rq_…`); in a conversation of its last turn."""
    draw: int
    """Index of the draw at that address, from 0: its vote."""
    verdicts: tuple[Verdict, ...]
    """What it says of the steps from `first` on; empty when it cannot be read."""
    scores: tuple[float, ...]
    """Scores in [0, 1] in the order of the judge's dimensions; empty where it has none."""
    reason: str | None
    """Why it cannot be read, e.g. `contradiction`; else null."""
    text: str
    """The reply; of a conversation its last."""
    earlier: tuple[str, ...]
    """The replies before it, in a conversation of several turns."""
    turns: int
    """Replies in all."""
    prompt_tokens: int
    """Tokens of the prompts, counted once a request: of the first turn 0 on all but one draw."""
    completion_tokens: int
    """Tokens of the replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A reply to which of two candidates for a step is better, with the two in one order."""

    problem_id: str
    """The problem."""
    solution_id: str
    """The solution that the chosen candidates make up."""
    position: int
    """How many of its steps stand before both candidates: 0 is the bare problem."""
    first: str
    """The candidate that was shown as A."""
    second: str
    """The candidate that was shown as B."""
    prompt: str
    """Content hash of the prompt (`pr_…`)."""
    request: str
    """Ledger address of what was asked (`rq_…`)."""
    draw: int
    """Index of the draw at that address, from 0."""
    preferred: Literal["A", "B"] | None
    """The candidate that the reply prefers, in this order; null if it cannot be read."""
    reason: str | None
    """Why it cannot be read, e.g. `no_verdict`; else null."""
    text: str
    """The reply."""
    prompt_tokens: int
    """Tokens of the prompt."""
    completion_tokens: int
    """Tokens of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a verifier found out about one step."""

    solution_id: str
    """The solution."""
    step: int
    """Index of the step, from 0."""
    verdict: Verdict
    """What was found: `unlabelled` where the verifier could not tell, never a guess."""
    reason: str | None
    """Why it is `unlabelled`, e.g. `nothing_to_check`; else null."""
    evidence: str
    """What the verdict rests on: the equation, the missing premise, what a test printed."""
    prompt: str | None
    """Content hash of the prompt by which a model was asked (`pr_…`); null where none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person says of one solution: its first wrong step, that none is, or neither."""

    solution_id: str
    """The solution."""
    steps: str | None
    """Content hash of its steps as the person saw them (`st_…`): a text that is cut otherwise has
    other indices. Null for one written by hand."""
    reviewer: str
    """Who says it, by the name they gave."""
    says: Opinion
    """`incorrect`: the step at `first_error` is wrong and none before it; `correct`: none is wrong;
    `unknown`: they cannot tell."""
    first_error: int | None
    """Index from 0 of the first wrong step; null unless they say `incorrect`."""
    reason: str | None
    """Why they cannot tell; else null."""
    note: str
    """What else they want to say; mostly empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepScore:
    """What a model whose scores were published gave one step."""

    solution_id: str
    """The solution."""
    step: int
    """Index of the step, from 0."""
    score: float | None
    """The score, in [0, 1]; null where the file has none for it."""
    reason: str | None
    """Why there is none, e.g. `other_steps`; else null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLabel:
    """What an annotator says of one step, with the counts it rests on."""

    verdict: Verdict
    """`correct`, `incorrect`, `neutral`, or `unlabelled`: unknown is never wrong."""
    value: float | None
    """Estimated chance in [0, 1] that the prefix ending with this step reaches the reference; of a
    judge the share of its votes that find no mistake in the step, of a verifier 1 or 0, of a model
    with published scores the score."""
    correct: int
    """Rollouts from the prefix ending with this step that reached the reference answer."""
    incorrect: int
    """Rollouts that reached another answer, or none."""
    unknown: int
    """Rollouts that cannot be counted: cut by length, failed, or not gradable."""
    interpolated: bool
    """The verdict follows from other steps' evidence; this step itself was not probed."""
    reason: str | None
    """Why the step is `unlabelled`; else null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """All step labels that one annotator gives to one solution, and what they cost."""

    solution_id: str
    """The solution."""
    problem_id: str
    """Its problem."""
    annotator: str
    """Name of the annotator in the recipe."""
    semantics: Semantics
    """What a label claims: `correctness` of the step, `potential` of the prefix, or `local`."""
    labels: tuple[StepLabel, ...]
    """One a step, in order."""
    first_error: int | None
    """Index from 0 of the earliest `incorrect` step; null if there is none."""
    bracketed: bool | None
    """Whether the first error is measured from both sides: a rollout from the prefix before it
    succeeded and none from the prefix that ends with it did. Null without a first error."""
    reason: str | None
    """Why the whole solution could not be annotated; else null."""
    rollouts: int
    """Rollouts used, or replies of a judge, whoever bought them."""
    requests: int
    """Prompts used."""
    prompt_tokens: int
    """Tokens of those prompts."""
    completion_tokens: int
    """Tokens of those rollouts."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts alone, in step order."""
        return tuple(label.verdict for label in self.labels)


def first_error(verdicts: tuple[Verdict, ...]) -> int | None:
    """Return the index of the earliest `incorrect` verdict, or None."""
    return next((i for i, verdict in enumerate(verdicts) if verdict == "incorrect"), None)
