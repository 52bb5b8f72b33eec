"""The grader around the stages: reasons, references, and workers that are killed and replaced."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from stepmark.errors import GradingError
from stepmark.grading import Grade, Grader, extract_reference
from stepmark.grading import pool as pool_module
from stepmark.grading.extract import ReferenceForm
from stepmark.grading.pool import SymbolicPool
from stepmark.grading.symbolic import refuse
from stepmark.records import Kind, Problem

HANGING = "\\sum_{n=1}^{999}\\sum_{k=1}^{999}\\frac{1}{n^k+k}"


def a_problem(reference: str | None, kind: Kind = "math", tests: str | None = None) -> Problem:
    return Problem(
        id="pb_test",
        statement="",
        reference=reference,
        tests=tests,
        kind=kind,
        source="test",
        line=1,
        source_id=None,
    )


def grade(text: str, finish_reason: str, problem: Problem) -> Grade:
    async def run() -> Grade:
        async with Grader() as grader:
            return await grader.grade(text, finish_reason, problem)

    return asyncio.run(run())


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.parametrize(
    ("text", "finish_reason", "problem", "reason"),
    [
        ("x", "stop", a_problem("1", kind="code"), "no_tests"),
        ("x", "stop", a_problem("1", kind="code", tests="assert x"), "no_sandbox"),
        ("The answer is 1.", "stop", a_problem(None), "no_reference"),
        ("The answer is 1.", "stop", a_problem(" "), "no_reference"),
        ("The answer is 1.", "failed", a_problem("1"), "failed"),
        ("The answer is 1.", "content_filter", a_problem("1"), "failed"),
        (" ", "stop", a_problem("1"), "empty"),
        (" ", "length", a_problem("1"), "cut_by_length"),
        ("The answer is 4", "length", a_problem("4"), "cut_by_length"),
        ("A 42 kg bag lasts for 3 weeks.", "stop", a_problem("3"), "ambiguous_answer"),
        ("\\boxed{1, 2, \\ldots}", "stop", a_problem("1,2,3"), "not_comparable"),
    ],
)
def test_every_unknown_has_its_reason(
    text: str, finish_reason: str, problem: Problem, reason: str
) -> None:
    found = grade(text, finish_reason, problem)
    assert (found.outcome, found.reason) == ("unknown", reason)


def test_an_answer_is_kept_as_written() -> None:
    found = grade("So it is $\\boxed{\\dfrac{1}{2}}$.", "stop", a_problem("0.5"))
    assert found == Grade(outcome="correct", answer="\\dfrac{1}{2}", reason=None)


def test_an_ended_completion_without_an_answer_is_incorrect() -> None:
    assert grade("I give up", "stop", a_problem("1")) == Grade(
        outcome="incorrect", answer=None, reason=None
    )


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("So 6 * 7 = 42\n#### 42", "hash", "42"),
        ("no mark", "hash", None),
        ("\\boxed{1} and then $\\boxed{\\frac{1}{2}}$", "boxed", "\\frac{1}{2}"),
        ("no box", "boxed", None),
        (" 42 ", "plain", "42"),
        (" ", "plain", None),
        ("(B)", "choice", "B"),
        ("42", "choice", None),
    ],
)
def test_references_are_read_in_each_form(
    text: str, form: ReferenceForm, expected: str | None
) -> None:
    assert extract_reference(text, form) == expected


def test_unusable_references_are_named() -> None:
    async def run() -> list[str | None]:
        async with Grader(cpu_s=20.0) as grader:
            return [await grader.rejects_reference(problem) for problem in problems]

    problems = [
        a_problem(None),
        a_problem(" $ "),
        a_problem("42 apples"),
        a_problem("\\text{Evelyn}"),
        a_problem("\\frac{1}{"),
        a_problem("1, 2, \\ldots"),
        a_problem("\\begin{pmatrix} 1 \\\\ x^2 \\end{pmatrix}"),
        a_problem("(-\\infty, \\sqrt{2}]"),
        a_problem("Paris", kind="choice"),
        a_problem("(B)", kind="choice"),
        a_problem("anything", kind="text"),
        a_problem(None, kind="code"),
        a_problem(None, kind="code", tests="assert True"),
    ]
    assert asyncio.run(run()) == [
        "no_reference",
        "empty_reference",
        None,
        None,
        "unreadable_reference",
        "unreadable_reference",
        None,
        None,
        "unreadable_reference",
        None,
        None,
        "no_tests",
        None,
    ]


def test_a_hanging_comparison_times_out_and_the_pool_goes_on() -> None:
    async def run() -> tuple[Grade, bool | None]:
        async with Grader(cpu_s=1.0) as grader:
            hung = await grader.grade(f"\\boxed{{{HANGING}}}", "stop", a_problem("2\\pi"))
            return hung, await grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math")

    hung, after = asyncio.run(run())
    assert (hung.outcome, hung.reason) == ("unknown", "grading_timeout")
    assert after is True


def test_closing_leaves_no_worker() -> None:
    before = {child.pid for child in multiprocessing.active_children()}

    async def run() -> set[int | None]:
        async with Grader(workers=2) as grader:
            await grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math")
            return {child.pid for child in multiprocessing.active_children()} - before

    workers = asyncio.run(run())
    assert workers
    assert not any(is_alive(pid) for pid in workers if pid)


def test_plain_answers_start_no_worker() -> None:
    before = len(multiprocessing.active_children())
    grader = Grader()
    assert asyncio.run(grader.equivalent("\\frac12", "0.5", "math")) is True
    assert len(multiprocessing.active_children()) == before
    grader.close()


def test_a_grader_works_from_a_loop_in_another_thread() -> None:
    results: list[bool | None] = []
    with_grader = Grader()

    def work() -> None:
        results.append(asyncio.run(with_grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math")))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with_grader.close()
    assert results == [True]


def test_equal_questions_under_way_share_one_task() -> None:
    pool = SymbolicPool(workers=1, cpu_s=20.0)
    first = pool.ask("compare", "\\sqrt{8}", "2\\sqrt{2}")
    assert pool.ask("compare", "\\sqrt{8}", "2\\sqrt{2}") is first
    assert first.result() == "same"
    pool.close()


def test_a_cancelled_waiter_leaves_the_task_to_the_others() -> None:
    async def run() -> bool | None:
        async with Grader(cpu_s=20.0) as grader:
            impatient = asyncio.create_task(grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math"))
            patient = asyncio.create_task(grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math"))
            await asyncio.sleep(0)
            impatient.cancel()
            return await patient

    assert asyncio.run(run()) is True


def test_a_dead_worker_makes_the_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_answer", _die)

    async def run() -> Grade:
        async with Grader(cpu_s=20.0) as grader:
            return await grader.grade("\\boxed{\\sqrt{8}}", "stop", a_problem("2\\sqrt{2}"))

    found = asyncio.run(run())
    assert (found.outcome, found.reason) == ("unknown", "grading_failed")


def test_a_worker_killed_while_idle_is_replaced() -> None:
    before = {child.pid for child in multiprocessing.active_children()}

    async def run() -> list[bool | None]:
        async with Grader(cpu_s=20.0) as grader:
            first = await grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math")
            for child in multiprocessing.active_children():
                if child.pid not in before:
                    child.kill()
                    child.join()
            return [first, await grader.equivalent("\\sqrt{12}", "2\\sqrt{3}", "math")]

    assert asyncio.run(run()) == [True, True]


def test_workers_that_cannot_start_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_start_worker", _die)
    with pytest.raises(GradingError, match="do not start"):
        grade("\\boxed{\\sqrt{8}}", "stop", a_problem("2\\sqrt{2}"))


def test_a_closed_grader_says_so() -> None:
    grader = Grader()
    grader.close()
    grader.close()
    with pytest.raises(GradingError, match="closed"):
        asyncio.run(grader.equivalent("\\sqrt{8}", "2\\sqrt{2}", "math"))


def test_closing_while_grading_says_so() -> None:
    async def run() -> None:
        grader = Grader(cpu_s=20.0)
        asked: Future[None] = Future()
        task = asyncio.create_task(grader.equivalent(HANGING, "2\\pi", "math"))
        asyncio.get_running_loop().call_soon(asked.set_result, None)
        await asyncio.wrap_future(asked)
        await asyncio.to_thread(grader.close)
        await task

    with pytest.raises(GradingError, match="closed"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "text",
    ["x" * 400, "(" * 20 + "x" + ")" * 20, "2004!", "(10^8)!", "9^{9^9}", "2^{100000}", "1,\\ldots",
     "1/2x", "some words here", "52_8"],
)  # fmt: skip
def test_what_algebra_cannot_vouch_for_is_refused_unread(text: str) -> None:
    assert refuse(text)


@pytest.mark.parametrize("text", ["\\frac{x}{2}", "5!", "\\sin x", "x^{10}", "\\binom{5}{2}"])
def test_ordinary_expressions_are_not_refused(text: str) -> None:
    assert not refuse(text)


def _die(*_: object) -> None:
    os._exit(1)
