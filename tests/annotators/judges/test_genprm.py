"""A judge whose code is run: what it is told, and what is read."""

from __future__ import annotations

from annotators.judges import GenPrm
from stepmark.engines.protocol import Message
from stepmark.records import Solution
from stepmark.sandbox.protocol import Sandbox
from tests.fakes.factories import a_problem, a_solution, run
from tests.fakes.sandboxes import OpenSandbox, StubSandbox, a_result

PROBLEM = a_problem()
SOLUTION = a_solution(["2 * 3 = 6.\n", "6 + 1 = 8."], problem=PROBLEM)
VERDICT = "It is 7.\n</verify>\nStep 2 is wrong.\n\\boxed{2}"


def code(*lines: str) -> str:
    body = "\n".join(lines)
    return f"<analyze>Let us see.</analyze>\n<verify>\n```python\n{body}\n```\n"


def discussed(
    *replies: str, sandbox: Sandbox | None = None, executions: int = 64, of: Solution = SOLUTION
) -> tuple[list[str], str]:
    """Return what the judge had written before each reply, and the reply that decides."""
    judge = GenPrm(method="genprm", executions=executions)
    written, left = list[str](), list(replies)

    async def say(
        messages: tuple[Message, ...], *, prefix: str = "", stop: tuple[str, ...] = ()
    ) -> str:
        assert stop == ("[Code Output]",)
        written.append(prefix)
        return left.pop(0)

    (question,) = judge.questions(PROBLEM, of)
    work = judge.discuss(PROBLEM, of, question, say, sandbox or OpenSandbox())
    return written, run(work)


def test_what_the_code_prints_is_put_after_it_and_the_judge_goes_on():
    written, last = discussed(code("print(6 + 1)"), VERDICT)
    assert written == [
        "",
        code("print(6 + 1)") + "[Code Output]\n\n```\n7\n```\n",
    ]
    assert GenPrm(method="genprm").parse(last, 2).verdicts == ("correct", "incorrect")


def test_later_code_sees_what_earlier_code_defined_and_only_its_own_output_is_told():
    written, _ = discussed(code("x = 2 * 3", "print(x)"), code("print(x + 1)"), VERDICT)
    assert written[2].endswith("[Code Output]\n\n```\n7\n```\n")
    assert written[2].startswith(written[1])


def test_a_failure_is_told_and_ends_nothing():
    written, last = discussed(code("print(1)", "print(y)"), VERDICT)
    assert "```\n1\nError: NameError: name 'y' is not defined\n```" in written[1]
    assert last == VERDICT


def test_code_that_the_sandbox_stops_is_told_so():
    stopped = StubSandbox(a_result(ended="timeout"))
    written, _ = discussed(code("while True: pass"), VERDICT, sandbox=stopped)
    assert "The code was stopped: timeout." in written[1]


def test_what_differs_from_run_to_run_is_not_told():
    written, _ = discussed(code("print(object())"), VERDICT)
    assert "<object object at 0x…>" in written[1]


def test_a_reply_without_code_decides_and_nothing_is_run():
    sandbox = OpenSandbox()
    written, last = discussed("All is well.\n\\boxed{-1}", sandbox=sandbox)
    assert (written, sandbox.ran) == ([""], [])
    assert GenPrm(method="genprm").parse(last, 2).verdicts == ("correct", "correct")


def test_code_in_the_middle_of_the_deciding_reply_is_not_run():
    sandbox = OpenSandbox()
    reply = code("print(7)") + VERDICT
    assert discussed(reply, sandbox=sandbox)[1] == reply
    assert sandbox.ran == []


def test_the_last_reply_decides_when_executions_are_spent():
    replies = [code(f"print({i})") for i in range(3)]
    written, last = discussed(*replies, executions=2)
    assert (len(written), last) == (3, replies[2])
    assert GenPrm(method="genprm").parse(last, 2).reason == "no_verdict"


def test_steps_are_numbered_from_one():
    (question,) = GenPrm(method="genprm").questions(PROBLEM, SOLUTION)
    assert "<step_1>\n2 * 3 = 6.\n</step_1>" in question.messages[0].content
    assert GenPrm(method="genprm").parse("\\boxed{0}", 2).reason == "out_of_range"
