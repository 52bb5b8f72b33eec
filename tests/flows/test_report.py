"""report.html: figures and solutions of a build, read in a browser, with keyboard and phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from flows.report import REPORT, report
from stepmark.counts import Tally
from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.records import Annotation, Comparison, Critique, Finding, Outcome, Solution
from storage.report.choice import OF_EACH
from storage.rows import Dropped
from tests.fakes.builds import a_build, says
from tests.fakes.factories import a_problem, a_solution, rollouts_of
from tests.flows import arrange as tiny

PROBLEM = a_problem("How many apples?")
OUTCOMES: tuple[Outcome, ...] = ("correct", "incorrect", "incorrect", "unknown")
HOSTILE = (
    "<script>alert(1)</script>",
    "</script></details></main><img src=x onerror=alert(2)>",
    '"><iframe src="javascript:alert(3)"></iframe> [click](javascript:alert(4))',
    "\u202eright to left\u2066",
    "x" * 100_000,
)


def a_critique(solution: Solution, text: str, **changes: Any) -> Critique:
    values: dict[str, Any] = {
        "problem_id": solution.problem_id,
        "solution_id": solution.id,
        "first": 0,
        "prompt": "pr_0",
        "request": "rq_9",
        "draw": 0,
        "verdicts": ("correct",) * len(solution.steps),
        "scores": (),
        "reason": None,
        "text": text,
        "earlier": (),
        "turns": 1,
        "prompt_tokens": 5,
        "completion_tokens": 7,
    }
    return Critique(**values | changes)


def a_finding(solution: Solution, evidence: str) -> Finding:
    return Finding(
        solution_id=solution.id,
        step=0,
        verdict="correct",
        reason=None,
        evidence=evidence,
        prompt=None,
    )


def a_comparison(solution: Solution, first: str, second: str) -> Comparison:
    return Comparison(
        problem_id=solution.problem_id,
        solution_id=solution.id,
        position=1,
        first=first,
        second=second,
        prompt="pr_1",
        request="rq_8",
        draw=0,
        preferred="A",
        reason=None,
        text="A",
        prompt_tokens=3,
        completion_tokens=1,
    )


def arrange(
    root: Path, texts: Sequence[str] = ("Two.\n", "Two and two is five.\n", "Five.")
) -> Path:
    """Four solutions by three annotators: the first one right, the others wrong."""
    problem = replace(PROBLEM, statement=f"{PROBLEM.statement} {texts[0]}", reference=texts[0][:99])
    steps = tuple(texts)
    solutions = [
        a_solution(steps, problem=problem, outcome=outcome, id=content_id("so", n), answer=texts[1])
        for n, outcome in enumerate(OUTCOMES)
    ]
    wrong = "C" + "I" * (len(steps) - 1)
    right = "C" * len(steps)
    soft = (1, *[0.25] * (len(steps) - 1))
    said: dict[str, list[Annotation]] = {
        "mc": [says(s, right if n == 0 else wrong, soft) for n, s in enumerate(solutions)],
        "sums": [says(s, right if n < 2 else "?" * len(steps)) for n, s in enumerate(solutions)],
        "critic": [says(s, right) for s in solutions],
    }
    a_build(
        root,
        solutions,
        said,
        problems=[problem],
        dropped=[
            Dropped(
                problem_id=problem.id,
                solution_id=None,
                stage="solve",
                reason="one_outcome",
                solve_rate=1.0,
            )
        ],
        rollouts={
            "mc": [
                r for s in solutions for r in rollouts_of(s, {0: Tally(1, 1), 1: Tally(3, 1, 1, 1)})
            ]
        },
        findings={"sums": [a_finding(s, texts[-1]) for s in solutions]},
        critiques={"critic": [a_critique(s, texts[0]) for s in solutions]},
        comparisons={"prefers": [a_comparison(s, texts[1], texts[-1]) for s in solutions]},
    )
    return report(root)


def test_every_part_is_on_the_page(tmp_path, open_page):
    opened = open_page(arrange(tmp_path))
    headings = opened.locator("h2").all_inner_texts()
    assert headings == [
        "Labels", "First errors", "Values by position", "Agreement", "Calibration", "Cost",
        "Dropped", "Solutions to read",
    ]  # fmt: skip
    assert opened.locator(".facts").inner_text().split("\n")[:2] == ["problems", "1"]
    for link in opened.locator("header nav a").all():
        assert opened.locator(link.get_attribute("href")).count() == 1
    opened.locator("#dropped summary").click()
    assert "one_outcome\t1" in opened.locator("#dropped table").inner_text()


def test_a_solution_is_read_with_its_evidence(tmp_path, open_page):
    opened = open_page(arrange(tmp_path))
    solution = opened.locator(".solution[data-outcome=incorrect]").first
    solution.locator("> summary").click()
    steps = solution.locator(".step").all_inner_texts()
    assert "Two and two is five." in steps[1]
    assert "first error" in steps[1]
    assert "value 0.25" in steps[1]
    assert "critic ✓ correct" in steps[1]
    assert not solution.get_by_text("answer 41").is_visible()
    solution.locator(".step .evidence > summary").first.click()
    told = solution.locator(".step").first.inner_text()
    assert "mc: 5 draws" in told
    assert "the solution’s own wrong answer" in told
    assert "cut_by_length" in told
    solution.get_by_text("1 critique of critic").click()
    solution.get_by_text("draw 0, from step 0").click()
    assert solution.locator("pre", has_text="Two.").last.is_visible()
    solution.locator(".step").nth(1).locator("summary").click()
    assert "prefers: 1 comparisons" in solution.locator(".step").nth(1).inner_text()


def test_draws_that_two_annotators_read_are_told_once(tmp_path, open_page):
    solution = a_solution(2, problem=PROBLEM)
    drawn = rollouts_of(solution, {0: Tally(1, 1), 1: Tally(2, 1)})
    said = {name: [says(solution, "CI")] for name in ("every", "search")}
    more = (*drawn, *rollouts_of(solution, {2: Tally(1)}))
    rollouts = {"every": drawn, "search": more}
    a_build(tmp_path, [solution], said, problems=[PROBLEM], rollouts=rollouts)
    opened = open_page(report(tmp_path))
    opened.locator(".solution > summary").click()
    steps = opened.locator(".step .evidence > summary").all_inner_texts()
    assert steps == ["Evidence: 3 draws of every, search", "Evidence: 1 draws of search"]
    assert opened.get_by_text("2 draws of every, search from the bare problem").is_visible()


def test_solutions_are_filtered_by_kind_label_and_text(tmp_path, open_page):
    opened = open_page(arrange(tmp_path))
    count, shown = opened.locator("#count"), opened.locator(".solution:not([hidden])")
    assert count.inner_text() == "4 of 4"
    opened.select_option("#kind", "correct")
    assert count.inner_text() == "1 of 4"
    assert shown.first.get_attribute("data-outcome") == "correct"
    opened.select_option("#kind", "annotators differ")
    assert count.inner_text() == "3 of 4"
    opened.select_option("#kind", "")
    opened.select_option("#verdict", "incorrect")
    assert count.inner_text() == "3 of 4"
    opened.fill("#search", "TWO IS FIVE")
    assert count.inner_text() == "3 of 4"
    opened.fill("#search", "nowhere")
    assert count.inner_text() == "0 of 4"


def test_the_keyboard_goes_through_solutions(tmp_path, open_page):
    opened = open_page(arrange(tmp_path))
    opened.keyboard.press("j")
    opened.keyboard.press("j")
    opened.keyboard.press("k")
    opened.keyboard.press("Enter")
    assert opened.locator(".solution").first.get_attribute("open") is not None
    opened.keyboard.press("/")
    opened.keyboard.type("jj")
    assert opened.locator("#search").input_value() == "jj"
    assert opened.locator("#count").inner_text() == "0 of 4"
    opened.keyboard.press("Escape")
    assert opened.locator("#count").inner_text() == "4 of 4"
    opened.keyboard.press("j")
    assert opened.evaluate("document.activeElement.closest('.solution') !== null")


def test_the_page_reads_without_script(tmp_path, browser):
    path = arrange(tmp_path)
    opened = browser.new_context(java_script_enabled=False).new_page()
    opened.goto(path.as_uri())
    assert opened.locator(".solution").count() == 4
    assert not opened.locator("#filters").is_visible()
    opened.locator(".solution > summary").first.click()
    assert opened.locator(".step").first.is_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_hostile_texts_are_text(tmp_path, open_page, dark):
    opened = open_page(arrange(tmp_path, HOSTILE), dark=dark, phone=True)
    for summary in opened.locator(".solution > summary").all():
        summary.click()
    opened.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    told = opened.locator(".solution").first.inner_text()
    for text in HOSTILE[:3]:
        assert text in told
    assert r"\u202eright to left\u2066" in told
    assert "\u202e" not in opened.content()
    assert "characters left out" in told
    assert opened.locator("main :is(script, img, iframe, a)").count() == 0
    width = opened.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_a_label_is_told_apart_without_colour(tmp_path, open_page):
    opened = open_page(arrange(tmp_path))
    strip = opened.locator(".solution[data-outcome=incorrect] > summary .strip").first
    assert strip.inner_text() == "✓✗✗"
    assert strip.get_attribute("aria-label") == "correct, incorrect, incorrect"


def many(root: Path, count: int, **changes: Any) -> Path:
    problems = [a_problem(f"What is {n} + 1?", line=n + 1) for n in range(count)]
    solutions = [
        a_solution(4, problem=problem, outcome=OUTCOMES[1 - n % 3], **changes)
        for n, problem in enumerate(problems)
    ]
    soft = [says(s, "CCII", (0.9, 0.6, 0.3, n / count)) for n, s in enumerate(solutions)]
    judge = [says(s, "CICC" if n % 2 else "CCCC") for n, s in enumerate(solutions)]
    a_build(root, solutions, {"mc": soft, "critic": judge}, problems=problems, shards=4)
    return root


def test_the_page_of_thousands_is_as_small_as_that_of_hundreds(tmp_path):
    few, more = (report(many(tmp_path / str(n), n)).read_text() for n in (600, 3000))
    for page in (few, more):
        assert 3 * OF_EACH < page.count('<details class="card solution"') <= 5 * OF_EACH
    assert len(more) < 1.2 * len(few) < 1_000_000


def test_solutions_that_do_not_fit_are_counted(tmp_path, monkeypatch):
    whole = report(many(tmp_path / "whole", 100)).read_text()
    monkeypatch.setattr("storage.pages.page.MOST", 20_000)
    page = report(many(tmp_path / "cut", 100)).read_text()
    shown, chosen = (each.count('<details class="card solution"') for each in (page, whole))
    assert 0 < shown < chosen
    assert f"{chosen - shown} more were chosen and do not fit." in page


def test_a_build_without_solutions_has_a_report_too(tmp_path, open_page):
    a_build(tmp_path, [], {"mc": []})
    opened = open_page(report(tmp_path))
    assert opened.locator("#list").inner_text() == "There is none."


def test_labels_of_a_consensus_stand_beside_its_annotators(tmp_path, open_page):
    solutions = [a_solution(2, id=content_id("so", n)) for n in range(2)]
    said = {name: [says(s, "CI") for s in solutions] for name in ("one", "other")}
    labels = [says(s, "C?", annotator="consensus") for s in solutions]
    a_build(tmp_path, solutions, said, labels=labels)
    opened = open_page(report(tmp_path))
    names = opened.locator("#labels svg .name").all_text_contents()
    assert names == ["one", "other", "consensus"]
    assert "consensus: ✓ no error" in opened.locator(".solution > summary").first.inner_text()


def test_an_unfinished_build_has_no_report(tmp_path):
    with pytest.raises(StorageError, match="holds no finished build"):
        report(tmp_path)


@pytest.fixture(scope="module")
def built(prefect_server, tmp_path_factory) -> Path:
    folder = Path(tmp_path_factory.mktemp("report"))
    tiny.build(tiny.arrange(folder), folder / "out")
    return folder / "out" / "tiny"


def test_a_build_ends_with_its_report_and_the_command_writes_the_same(built, capsys, monkeypatch):
    before = (built / REPORT).read_bytes()
    assert before.count(b'<details class="card solution"') == 10
    (built / REPORT).unlink()
    monkeypatch.setattr("sys.argv", ["stepmark", "report", str(built)])
    with pytest.raises(SystemExit, match="0"):
        main()
    assert (built / REPORT).read_bytes() == before
    assert capsys.readouterr().out == f"wrote {built / REPORT}\n"


def test_a_problem_keeps_its_own_solutions(built):
    page = (built / REPORT).read_text()
    for a, b in tiny.SUMS:
        assert tiny.question(a, b) in page


def test_nothing_of_the_place_is_on_the_page(built):
    assert str(built.parent) not in (built / REPORT).read_text()
