"""GenPRM's judge: analyses each step, verifies it with code that is run, names the first error.

Paper: GenPRM (arXiv 2504.00891), rationale synthesis, and the authors' code: for each step an
`<analyze>` part and a `<verify>` part with Python; what the code prints is put after
"[Code Output]" and the judge goes on from there. The last line names the earliest wrong step, or
−1 if there is none.
Semantics: correctness. Defaults: steps numbered from 1 and at most 64 executions, as the authors.
Cost: a request a block of code, and one more; the prompt and all that was written are a prefix.
Deviations: the prompt is our own; one final reply a vote, where the authors draw the index four
times; all blocks of a conversation run anew in one sandbox, so that a replay sees the same, with
memory addresses left out; steps after the first error are unlabelled.
A policy that cannot be continued (`instruct`) is shown its own text instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.judges.first_error import boxed_step, up_to
from annotators.judges.question import Question, about_the_whole
from annotators.judges.reply import Reading, reading
from annotators.turns import Say
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.programs.fences import Fence, fences
from stepmark.programs.fragments import Fragment, run_fragments
from stepmark.records import Problem, Semantics, Solution
from stepmark.sandbox.protocol import Sandbox

OUTPUT: Final = "[Code Output]"
_COUNT_FROM: Final = 1
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenPrm:
    """Analyse, run code, judge."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = False
    prompt: ClassVar[str] = "genprm"
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = ()
    prompts: ClassVar[tuple[str, ...]] = ("genprm",)
    turns: ClassVar[int] = 8  # a guess: a block of code a step

    method: Literal["genprm"]
    executions: int = 64
    """Most times that code is run in one conversation."""

    def __post_init__(self) -> None:
        if self.executions < 1:
            raise ValueError(f"executions must be at least 1, not {self.executions}")

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return the question that the conversation opens with."""
        example = str(len(solution.steps) - 1 + _COUNT_FROM)
        return about_the_whole(
            self.prompt, problem, solution, count_from=_COUNT_FROM, example=example
        )

    async def discuss(
        self,
        problem: Problem,
        solution: Solution,
        question: Question,
        say: Say,
        sandbox: Sandbox | None,
    ) -> str:
        """Run the judge's code as it comes; return what it writes after the last output."""
        del problem, solution
        assert sandbox is not None
        written, sources = "", list[str]()
        for _ in range(self.executions):
            reply = await say(question.messages, prefix=written, stop=(OUTPUT,))
            code = _waits_for(reply)
            if code is None:
                return reply
            sources.append(code)
            ran = await run_fragments(sandbox, sources)
            written += f"{reply.rstrip()}\n{OUTPUT}\n\n```\n{_shown(ran[-1])}\n```\n"
        return await say(question.messages, prefix=written, stop=(OUTPUT,))

    def parse(self, text: str, steps: int) -> Reading:
        """Read the last reply, about `steps` steps."""

        def read(answer: str) -> Reading:
            error = boxed_step(answer, steps, _COUNT_FROM)
            return Reading(verdicts=up_to(error, steps, after="unlabelled"))

        return reading(text, read)


def _waits_for(reply: str) -> str | None:
    """Return the code whose output a reply waits for; None if it goes on after it, or has none."""
    blocks = [block for block in fences(reply) if block.is_python]
    if not blocks or _after(reply, blocks[-1]).strip():
        return None
    return "\n".join(reply[block.start : block.end] for block in blocks)


def _after(reply: str, block: Fence) -> str:
    """Return what follows a block and its closing mark."""
    return reply[block.end :].partition("\n")[2] if block.closed else ""


def _shown(ran: Fragment) -> str:
    """Return what the judge is told of its code; nothing that differs from run to run."""
    if ran.stopped is not None:
        return f"The code was stopped: {ran.stopped.removeprefix('sandbox_')}."
    said = [part for part in (ran.output.strip(), ran.error and f"Error: {ran.error}") if part]
    return _ADDRESS.sub(" at 0x…", "\n".join(said)) or "(nothing was printed)"
