"""PRLCoder: a teacher rewrites reference programs line by line, and unit tests label the lines.

Paper: PRLCoder (arXiv 2502.01715), "statement mutation/refactoring - compile and execution
verification": lines are mutated, which should break the program, and refactored, which should not;
compiler and tests decide what each became (verifiers/rewritten.py).
Cost: 2 requests a line, each of `draws` draws, and a run in the sandbox a rewrite.
Deviations: the prompts are our own (the paper's are not known to us); a mutation that passes the
tests is a correct line and a refactoring that fails them an incorrect one, whatever was asked for.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from annotators.asking import ask
from annotators.rewrites.step import NewStep, Rewrites, code_line
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.engines.protocol import Completion, Message, Request, Sampling
from stepmark.gather import gather_all
from stepmark.policy import Policy
from stepmark.programs.fences import fences
from stepmark.records import Problem, Solution
from stepmark.replies import bought, why_lost

PROMPTS: Final = ("mutate", "refactor")
SAMPLING: Final = Sampling(temperature=0.7, max_tokens=256)


class _Asked(NamedTuple):
    """One prompt about one line."""

    prompt: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrlCoder:
    """A teacher mutates and refactors each line."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["prlcoder"]
    policy: str
    """The teacher."""
    draws: int = 1
    """Mutations, and refactorings, a line."""
    sampling: Sampling = SAMPLING
    """How they are drawn."""

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies that it asks."""
        return (self.policy,)

    async def rewrites(
        self, problem: Problem, solution: Solution, policies: Mapping[str, Policy]
    ) -> Rewrites:
        """Buy and read the rewrites of each line."""
        teacher = policies[self.policy]

        async def one(asked: _Asked) -> list[NewStep | str]:
            messages = self.question(asked.prompt, asked.step, problem, solution)
            request = Request(
                problem_id=problem.id,
                prompt=teacher.prompt(messages, ""),
                sampling=self.sampling,
                draws=tuple(range(self.draws)),
            )
            address = teacher.purchase.address(request)
            replies, missing = await bought(teacher, request)
            return [
                _new_step(replies[draw], asked.step, solution, teacher.identity.id, address)
                if draw in replies
                else missing
                for draw in request.draws
            ]

        asked = [_Asked(prompt, step) for step in range(len(solution.steps)) for prompt in PROMPTS]
        made = [new for news in await gather_all(one, asked) for new in news]
        return Rewrites(
            tuple(new for new in made if isinstance(new, NewStep)),
            tuple(new for new in made if isinstance(new, str)),
        )

    def question(
        self, prompt: str, step: int, problem: Problem, solution: Solution
    ) -> tuple[Message, ...]:
        """Return what the teacher is asked by a prompt about one line."""
        lines = [code_line(step)[:2] for step in solution.steps]
        numbered = "\n".join(
            f"{before}{number}: {line}" for number, (before, line) in enumerate(lines, start=1)
        )
        return ask(prompt, problem=problem.statement, program=numbered, line=str(step + 1))


def _new_step(
    reply: Completion, step: int, solution: Solution, writer: str, address: str
) -> NewStep | str:
    """Return the step that a reply gives, or why it gives none."""
    if (lost := why_lost(reply)) is not None:
        return lost
    text = read_line(reply.text, solution.steps[step])
    if text is None:
        return "unreadable"
    if text == solution.steps[step]:
        return "unchanged"
    tokens = reply.prompt_tokens, reply.completion_tokens
    return NewStep(step, text, writer, address, reply.draw, *tokens)


def read_line(reply: str, step: str) -> str | None:
    """Return the step with its line exchanged for that of a reply; None if it holds no line.

    The new line stands as deep as the old one, however deep the reply has it.
    """
    blocks = [block for block in fences(reply) if block.is_python and block.closed]
    if len(blocks) != 1:
        return None
    new = textwrap.dedent(reply[blocks[0].start : blocks[0].end]).strip("\n")
    before, line, end = code_line(step)
    depth = line[: len(line) - len(line.lstrip())]
    return before + textwrap.indent(new.rstrip(), depth) + end if new.strip() else None
