"""The row that trainers load: one labelled solution."""

from __future__ import annotations

from dataclasses import dataclass

from stepmark.records import Outcome, Semantics, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSolution:
    """A solution, its steps, and a label on each; the lists have one entry a step."""

    id: str
    """Id of the solution (`so_…`)."""
    problem_id: str
    """Id of the problem (`pb_…`); all solutions of a problem are in one split."""
    problem: str
    """The statement."""
    reference: str | None
    """The reference answer."""
    steps: tuple[str, ...]
    """The steps; joined they are the labelled text."""
    verdicts: tuple[Verdict, ...]
    """`correct`, `incorrect`, `neutral` or `unlabelled` for each step."""
    values: tuple[float | None, ...]
    """The rule's value in [0, 1] for each step; null where nothing was measured."""
    interpolated: tuple[bool, ...]
    """True where a verdict follows from other steps' evidence."""
    first_error: int | None
    """Index from 0 of the first `incorrect` step; null if there is none."""
    bracketed: bool | None
    """Whether the first error was measured from both sides; null without one."""
    semantics: Semantics
    """What the labels claim: `correctness`, `potential` or `local`."""
    annotator: str
    """Which annotator or consensus the labels are from."""
    answer: str | None
    """The solution's final answer."""
    outcome: Outcome
    """Whether that answer equals the reference."""
    policy: str
    """Who wrote the solution's last part (`po_…`, see manifest.json), or `given`."""
    step_policies: tuple[str, ...]
    """Who wrote each step."""
    solve_rate: float | None
    """Share in [0, 1] of the problem's first round of draws that were right; null if not known."""
    difficulty: int | None
    """Bin of that share, from 0 for the easiest problems; null if not known."""
    source: str
    """File or Hub id the problem came from."""
    source_id: str | None
    """The id the problem has there."""
    rollouts: int
    """Rollouts that the labels rest on."""
    completion_tokens: int
    """Tokens of those rollouts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rationale:
    """Whether a critique may train a generative reward model; its text is with the critiques."""

    problem_id: str
    """The problem."""
    solution_id: str
    """The solution that was judged."""
    first: int
    """Index from 0 of the first step that the judge was asked about."""
    draw: int
    """The vote: with solution and first step it says which critique."""
    rejected: str | None
    """Why it is not accepted: `unreadable`, `differs` from the labels, `unconfirmed` by any,
    `duplicate`, `other_script`; null if it is. An accepted one and one that differs, of the same
    steps, are a preference pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A problem or solution that is in no data shard, and why."""

    problem_id: str
    """The problem."""
    solution_id: str | None
    """The solution; null when the whole problem was dropped."""
    stage: str
    """Where it was dropped: `solve`, `inject`, `label` or `filter`."""
    reason: str
    """Short code that the manifest counts by."""
    solve_rate: float | None
    """Share in [0, 1] of the problem's first round of draws that were right; null if not known."""
