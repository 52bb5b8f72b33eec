"""Code that runs: a step of code-augmented reasoning whose code fails is wrong.

Paper: rStar-Math (arXiv 2501.04519) §3.2: a step is prose in a comment and Python code, and it
survives only if it runs after the code of the steps before. Semantics: local.
That code runs does not make a step right: such a step is unlabelled, `undecided`, and its output is
kept as evidence. A consensus lets rollouts decide there (recipe rstar-code).
What counts as a step's code: its fenced blocks of Python; else, in the paper's form, what stands
between `<code>` and `<end_of_code>`, without the marks that end steps. A block that names no
language may be code, output or a formula: it is run, since later code may need it, and never makes
a step wrong (`unclear` if it fails, nothing if it does not so much as compile).
What asks for something that the sandbox does not give (memory, a package beside sympy and mpmath,
input, files, a network) is `failed`: the step may be right elsewhere.
Cost: no request; one run in the sandbox a solution.
Deviations: the code of a solution runs in one process, step after step, where the authors run every
prefix anew; what follows a step that fails is not run for a verdict, as the paper never writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, NamedTuple

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
        pieces = pieces_of(solution)
        sources = [piece.source for step in pieces for piece in step]
        ran = iter(await run_fragments(tools.sandbox, sources) if sources else ())
        found: list[Finding] = []
        ended = False
        for step, own in enumerate(pieces):
            told = _told([(piece, next(ran)) for piece in own])
            said = _AFTER if ended and own else told
            found.append(Finding(solution_id=solution.id, step=step, prompt=None, **said._asdict()))
            ended |= told.reason not in _GO_ON
        return tuple(found)


class Piece(NamedTuple):
    """Code of a step, or what may be code."""

    source: str
    certain: bool = True
    """Whether it surely is code: not a block that names no language."""


def pieces_of(solution: Solution) -> tuple[tuple[Piece, ...], ...]:
    """Return the code of each step."""
    if _OPENS not in solution.lead + "".join(solution.steps):
        return tuple(_fenced(step) for step in solution.steps)
    return _between_marks(solution)


def _fenced(step: str) -> tuple[Piece, ...]:
    pieces = (
        Piece(step[block.start : block.end], certain=block.language != "")
        for block in fences(step)
        if block.is_python
    )
    return tuple(piece for piece in pieces if piece.source.strip())


def _between_marks(solution: Solution) -> tuple[tuple[Piece, ...], ...]:
    pieces: list[tuple[Piece, ...]] = []
    inside = _OPENS in solution.lead
    for step in solution.steps:
        code = step
        if not inside and _OPENS in code:
            inside, code = True, code.partition(_OPENS)[2]
        source = code.partition(_CLOSES)[0].replace(_END_OF_STEP, "") if inside else ""
        pieces.append((Piece(source),) if source.strip() else ())
        inside = inside and _CLOSES not in code
    return tuple(pieces)


class _Told(NamedTuple):
    verdict: Verdict
    reason: str | None
    evidence: str


_AFTER: Final = _Told("unlabelled", "after_first_error", "")
_GO_ON: Final = ("nothing_to_check", "undecided")
"""Reasons of steps after which the next one's code can still be judged."""
_NO_CODE: Final = ("SyntaxError", "IndentationError", "TabError")


def _told(ran: Sequence[tuple[Piece, Fragment]]) -> _Told:
    """Return what the pieces of a step say of it: the first that fails decides."""
    outputs = []
    for piece, fragment in ran:
        error = fragment.error or ""
        if not piece.certain and error.startswith(_NO_CODE):
            continue
        if fragment.stopped is not None:
            timed_out = fragment.stopped == "sandbox_timeout"
            return _Told("unlabelled", "timed_out" if timed_out else "failed", fragment.stopped)
        if fragment.lacks:
            return _Told("unlabelled", "failed", error)
        if fragment.error is not None:
            wrong = _Told("incorrect", None, error)
            return wrong if piece.certain else _Told("unlabelled", "unclear", error)
        outputs.append(fragment.output)
    reason = "undecided" if outputs else "nothing_to_check"
    return _Told("unlabelled", reason, "".join(outputs))
