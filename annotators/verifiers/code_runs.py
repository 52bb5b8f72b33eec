"""Code that runs: a step of code-augmented reasoning whose code fails is wrong.

Paper: rStar-Math (arXiv 2501.04519) §3.2: a step is prose in a comment and Python code, and it
survives only if it runs after the code of the steps before. Semantics: local.
That code runs does not make a step right: such a step is unlabelled, `undecided`, and its output is
kept as evidence. A consensus lets rollouts decide there (recipe rstar-code).
What counts as a step's code: its fenced blocks of Python; else, in the paper's form, what stands
between `<code>` and `<end_of_code>`, without the marks that end steps.
Cost: no request; one run in the sandbox a solution.
Deviations: the code of a solution runs in one process, step after step, where the authors run every
prefix anew; what follows a step that fails is not run for a verdict, as the paper never writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.verifiers.tools import Tools
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.programs.fences import fences
from stepmark.programs.fragments import Fragment, run_fragments
from stepmark.records import Finding, Problem, Semantics, Solution, Verdict

_OPENS: Final = "<code>"
_CLOSES: Final = "<end_of_code>"
_END_OF_STEP: Final = "<end_of_step>"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRuns:
    """Runs the code of the steps, one after another."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "local"
    policies: ClassVar[tuple[str, ...]] = ()

    method: Literal["code_runs"]

    async def check(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Finding, ...]:
        """Run all steps' code; a finding a step."""
        del problem
        assert tools.sandbox is not None
        sources = fragments_of(solution)
        ran: Iterator[Fragment] = iter(())
        if any(source is not None for source in sources):
            ran = iter(await run_fragments(tools.sandbox, [s for s in sources if s is not None]))
        found: list[Finding] = []
        failed = False
        for step, source in enumerate(sources):
            fragment = None if source is None else next(ran)
            found.append(_finding(solution.id, step, fragment, after=failed))
            failed |= fragment is not None and (fragment.error or fragment.stopped) is not None
        return tuple(found)


def fragments_of(solution: Solution) -> tuple[str | None, ...]:
    """Return the code of each step; None for a step without any."""
    if _OPENS not in solution.lead + "".join(solution.steps):
        return tuple(_fenced(step) for step in solution.steps)
    return _between_marks(solution)


def _fenced(step: str) -> str | None:
    blocks = [step[block.start : block.end] for block in fences(step) if block.is_python]
    return "\n".join(blocks) if any(block.strip() for block in blocks) else None


def _between_marks(solution: Solution) -> tuple[str | None, ...]:
    sources: list[str | None] = []
    inside = _OPENS in solution.lead
    for step in solution.steps:
        code = step
        if not inside and _OPENS in code:
            inside, code = True, code.partition(_OPENS)[2]
        source = code.partition(_CLOSES)[0].replace(_END_OF_STEP, "") if inside else ""
        sources.append(source if source.strip() else None)
        inside = inside and _CLOSES not in code
    return tuple(sources)


def _finding(solution_id: str, step: int, fragment: Fragment | None, *, after: bool) -> Finding:
    if fragment is None or after:
        reason = "after_first_error" if fragment is not None else "nothing_to_check"
        return _said(solution_id, step, "unlabelled", reason, "")
    if fragment.stopped is not None:
        reason = "timed_out" if fragment.stopped == "sandbox_timeout" else "failed"
        return _said(solution_id, step, "unlabelled", reason, fragment.stopped)
    if fragment.error is not None:
        return _said(solution_id, step, "incorrect", None, fragment.error)
    return _said(solution_id, step, "unlabelled", "undecided", fragment.output)


def _said(solution_id: str, step: int, verdict: Verdict, reason: str | None, text: str) -> Finding:
    return Finding(
        solution_id=solution_id,
        step=step,
        verdict=verdict,
        reason=reason,
        evidence=text,
        prompt=None,
    )
