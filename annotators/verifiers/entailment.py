"""Entailment: a step is right if what it claims follows from its premises, as Z3 proves it.

Paper: FoVer (arXiv 2505.15960) §3, its formal-logic half: a step's premises ∧ ¬conclusion is
unsatisfiable. Semantics: local, since premises are taken as given. Languages: FLD's proofs, as the
paper; controlled English (ProntoQA, ProofWriter), ordering puzzles, and what a model translates.
Cost: no request; one a solution where a model translates.
Deviations: premises that contradict each other prove nothing here, where anything follows in the
paper; a step that cannot be read is unlabelled alone, where the paper skips the proof; the limit is
an amount of work, the paper's 180 s. The line with the final answer is labelled by the outcome, as
in the paper, but only in FLD's notation. Merging of steps and balancing are not the verifier's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from pebble import ProcessExpired

from annotators.asking import ask, numbered, prompt_id, quoted
from annotators.verifiers.tools import Tools
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.logic.checking import Checked, Language, check_steps, check_translation
from stepmark.logic.derivation import Premises
from stepmark.logic.entailment import EFFORT
from stepmark.policy import Policy
from stepmark.records import Finding, Problem, Semantics, Solution
from stepmark.replies import only_reply

GREEDY: Final = Sampling(temperature=0.0, max_tokens=2048)
PROMPT: Final = "translate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entailment:
    """Proves steps."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "local"

    method: Literal["entailment"]
    language: Language | Literal["translated"]
    """How problems and steps are written: `proof` (FLD's), `english`, `ordering`; or `translated`
    by a policy."""
    premises: Premises = "written"
    """What a claim may rest on: what the solution itself `written` before it, or also what the
    problem makes `known`. A proof names its premises."""
    effort: int = EFFORT
    """Z3's units of work that a claim may take."""
    translator: str | None = None
    """Policy that translates; null unless the language is `translated`."""
    sampling: Sampling = GREEDY
    """How translations are drawn."""

    def __post_init__(self) -> None:
        if (self.translator is not None) != (self.language == "translated"):
            raise ValueError(
                f"language is {self.language!r} and translator is {self.translator!r}: name the "
                "policy that translates with `language: translated`, and none otherwise"
            )
        if self.effort < 1:
            raise ValueError(f"effort is {self.effort}: a claim needs at least 1 unit of work")

    @property
    def policies(self) -> tuple[str, ...]:
        """The policy that translates, if one does."""
        return () if self.translator is None else (self.translator,)

    async def check(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Finding, ...]:
        """Read and prove all steps in one task of a process that can be killed."""
        try:
            checked = await self._checked(problem, solution, tools)
        except TimeoutError:
            checked = _all(solution, "timed_out")
        except ProcessExpired:
            checked = _all(solution, "failed")
        asked = None if self.translator is None else prompt_id(PROMPT)
        return tuple(_finding(solution, step, one, asked) for step, one in enumerate(checked))

    async def _checked(
        self, problem: Problem, solution: Solution, tools: Tools
    ) -> tuple[Checked, ...]:
        given = (problem.statement, solution.steps)
        if self.language != "translated":
            return await tools.processes.run(
                check_steps, *given, self.language, self.premises, self.effort
            )
        assert self.translator is not None
        reply = await self._translation(problem, solution, tools.policies[self.translator])
        if isinstance(reply, str):
            return _all(solution, "unclear", f"no translation: {reply}")
        return await tools.processes.run(
            check_translation, reply.text, *given, self.premises, self.effort
        )

    async def _translation(
        self, problem: Problem, solution: Solution, policy: Policy
    ) -> Completion | str:
        """Return the model's reply, or why there is none."""
        messages = ask(PROMPT, problem=quoted(problem.statement), steps=numbered(solution.steps))
        request = Request(
            problem_id=problem.id,
            prompt=policy.prompt(messages, ""),
            sampling=self.sampling,
            draws=(0,),
        )
        return await only_reply(policy, request)


def _all(solution: Solution, reason: str, evidence: str = "") -> tuple[Checked, ...]:
    return tuple(Checked("unlabelled", reason, evidence) for _ in solution.steps)


def _finding(solution: Solution, step: int, checked: Checked, prompt: str | None) -> Finding:
    if checked.answer:
        checked = _graded(solution)
    return Finding(
        solution_id=solution.id,
        step=step,
        verdict=checked.verdict,
        reason=checked.reason,
        evidence=checked.evidence,
        prompt=prompt,
    )


def _graded(solution: Solution) -> Checked:
    """Return the final answer's own verdict: its grade."""
    if solution.outcome == "unknown":
        return Checked("unlabelled", "unknown_outcome", "the final answer")
    return Checked(solution.outcome, None, "the final answer, as it was graded")
