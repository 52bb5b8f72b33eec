from __future__ import annotations

from annotators.judges import MetaCritique
from stepmark.engines.protocol import Message
from tests.fakes.factories import a_problem, a_solution, run

PROBLEM = a_problem()
SOLUTION = a_solution(["a", "b"], problem=PROBLEM)
VERDICTS = "Verdicts:\nstep_0: correct\nstep_1: incorrect"


def discussed(*replies: str) -> tuple[list[str], str]:
    """Return what was put to the judge turn by turn, and the reply that decides."""
    judge, asked, left = MetaCritique(method="meta_critique"), list[str](), list(replies)

    async def say(
        messages: tuple[Message, ...], *, prefix: str = "", stop: tuple[str, ...] = ()
    ) -> str:
        asked.append(messages[-1].content)
        return left.pop(0)

    (question,) = judge.questions(PROBLEM, SOLUTION)
    return asked, run(judge.discuss(PROBLEM, SOLUTION, question, say, None))


def test_the_last_of_three_turns_decides():
    _, last = discussed("all fine", "step 1 is not", VERDICTS)
    read = MetaCritique(method="meta_critique").parse(last, 2)
    assert read.verdicts == ("correct", "incorrect")


def test_each_turn_sees_what_was_said_before_it_without_the_reasoning():
    asked, _ = discussed("<think>hm</think>all fine", "<think>oh</think>step 1 is not", VERDICTS)
    verify, criticise, merge = asked
    assert "all fine" not in verify
    assert "<verification>\nall fine\n</verification>" in criticise
    assert "<verification>\nall fine\n</verification>" in merge
    assert "<critique>\nstep 1 is not\n</critique>" in merge
    assert not any("hm" in text or "oh</think>" in text for text in (criticise, merge))
