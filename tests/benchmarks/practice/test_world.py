"""Practice problems: generated, read back, and judged exactly."""

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.practice.language import NAMES, changed_owners, read_fact, wordings
from benchmarks.practice.world import (
    LARGEST,
    LINES,
    SMALLEST,
    FirstError,
    PracticeProblem,
    first_error,
    generate,
    judge_steps,
    main,
    read_problem,
)

SEEDS = st.integers(min_value=1, max_value=2**40)
STATEMENT = (
    "Ana has 14 apples. Ben has 7 more apples than Ana. Ana also has 5 cups."
    " Cal has 3 times as many apples as Ben. Dee has 20 fewer apples than Cal."
    " Then Dee gives 4 apples to Ben. How many apples do Dee and Ana have together now?"
)
STEPS = (
    "Step 1: Ben has 14 + 7 = 21 apples.\n",
    "Step 2: Cal has 3 * 21 = 63 apples.\n",
    "Step 3: Dee has 63 - 20 = 43 apples.\n",
    "Step 4: Dee has 43 - 4 = 39 apples now.\n",
    "Step 5: Dee and Ana have 39 + 14 = 53 apples together now.\nThe answer is 53.",
)


def steps_of(solution: str) -> list[str]:
    return re.split(r"(?m)^(?=Step )", solution)[1:]


def judge_line(line: str) -> str:
    return judge_steps(read_problem(STATEMENT), [line])[0]


def with_step(index: int, step: str) -> list[str]:
    return [*STEPS[:index], step, *STEPS[index + 1 :]]


@given(SEEDS)
def test_reference_solution_is_correct_in_every_step(seed):
    problem = generate(seed)
    steps = steps_of(problem.solution)
    assert LINES[0] <= len(steps) <= LINES[1]
    assert "".join(steps) == problem.solution
    assert judge_steps(problem, steps) == ("correct",) * len(steps)
    assert first_error(problem, steps) == FirstError(index=None, decided=True)
    assert problem.solution.endswith(f"\nThe answer is {problem.answer}.")


@given(SEEDS)
def test_generation_is_deterministic(seed):
    random.seed(1)
    first = generate(seed)
    random.seed(2)
    assert generate(seed) == first


@given(SEEDS)
def test_statement_alone_gives_back_the_problem(seed):
    problem = generate(seed)
    read = read_problem(problem.statement)
    assert (read.answer, read.facts, read.question) == (
        problem.answer,
        problem.facts,
        problem.question,
    )
    assert judge_steps(read, steps_of(problem.solution)) == judge_steps(
        problem, steps_of(problem.solution)
    )


@given(SEEDS, st.randoms(use_true_random=False))
def test_steps_are_judged_the_same_in_any_order(seed, rng):
    problem = generate(seed)
    steps = steps_of(problem.solution)
    rng.shuffle(steps)
    assert set(judge_steps(problem, steps)) == {"correct"}


@given(SEEDS)
def test_quantities_of_the_main_thing_are_different_and_in_range(seed):
    problem = generate(seed)
    thing = problem.question.thing
    values = [known.value for known in problem.quantities if known.quantity.thing == thing]
    assert len(values) == len(set(values))
    assert all(SMALLEST <= value <= LARGEST for value in values)


@given(SEEDS)
def test_every_wording_of_every_fact_reads_back(seed):
    for fact in generate(seed).facts:
        assert {read_fact(sentence) for sentence in wordings(fact)} == {fact}


@given(SEEDS, st.data())
def test_one_changed_number_makes_exactly_its_step_incorrect(seed, data):
    """Operand, result, given or answer: every number but a marker is checked."""
    problem = generate(seed)
    steps = steps_of(problem.solution)
    index = data.draw(st.integers(0, len(steps) - 1))
    numbers = [m for m in re.finditer(r"[0-9]+", steps[index]) if m.start() > len("Step 1")]
    hit = data.draw(st.sampled_from(numbers))
    other = data.draw(st.integers(0, 250).filter(lambda n: n != int(hit.group())))
    steps[index] = f"{steps[index][: hit.start()]}{other}{steps[index][hit.end() :]}"
    assert_only_error(problem, steps, index)


@given(SEEDS, st.data())
def test_one_changed_owner_makes_exactly_its_step_incorrect(seed, data):
    problem = generate(seed)
    steps = steps_of(problem.solution)
    index = data.draw(st.integers(0, len(steps) - 1))
    owner = re.findall(r"[A-Z][a-z]{2}\b", steps[index].removeprefix("Step"))[0]
    other = data.draw(st.sampled_from([name for name in NAMES if name not in steps[index]]))
    steps[index] = steps[index].replace(owner, other, 1)
    assert_only_error(problem, steps, index)


@given(SEEDS, st.data())
def test_one_changed_operator_makes_exactly_its_step_incorrect(seed, data):
    problem = generate(seed)
    steps = steps_of(problem.solution)
    index = data.draw(st.integers(0, len(steps) - 1))
    operator = re.findall(r" [-+*/] ", steps[index])[0]
    other = data.draw(st.sampled_from([o for o in (" + ", " - ", " * ", " / ") if o != operator]))
    steps[index] = steps[index].replace(operator, other, 1)
    assert_only_error(problem, steps, index)


def assert_only_error(problem: PracticeProblem, steps: list[str], index: int) -> None:
    truths = ["correct"] * len(steps)
    truths[index] = "incorrect"
    assert judge_steps(problem, steps) == tuple(truths)
    assert first_error(problem, steps) == FirstError(index=index, decided=True)


def test_worked_example_is_correct():
    problem = read_problem(STATEMENT)
    assert problem.answer == 53
    assert judge_steps(problem, STEPS) == ("correct",) * 5
    assert changed_owners(problem.facts) == {"Dee", "Ben"}


@pytest.mark.parametrize(
    "line",
    [
        "Step 1: Ben has 7 + 14 = 21 apples.",
        "Step 9: Cal has 21 * 3 = 63 apples.",
        "Ben has 21 + 4 = 25 apples now.",
        "Ana has 14 apples.",
        "Ana has 14 apples now.",
        "Ana has 21 - 7 = 14 apples.",
        "Ana has 5 cups.",
        "Ben has 63 / 3 = 21 apples.",
        "Cal has 63 - 43 = 20 more apples than Dee.",
        "Dee has 63 - 43 = 20 fewer apples than Cal.",
        "Ana and Dee have 14 + 39 = 53 apples together now.",
        "The answer is 53.",
        "\nStep 1: Ben has 14 + 7 = 21 apples. ",
        "Ben has 21 apples.\nStep 2: Cal has 63 apples.\n",
    ],
)
def test_true_claims_the_reference_does_not_make_are_correct(line):
    assert judge_line(line) == "correct"


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("Step 1: Ben has 14 + 7 = 22 apples.", "arithmetic"),
        ("Step 1: Ben has 14 + 8 = 22 apples.", "operand, and so the result"),
        ("Step 1: Ben has 14 - 7 = 7 apples.", "operator"),
        ("Step 1: Ben has 12 + 9 = 21 apples.", "operands with the right result"),
        ("Step 1: Cal has 14 + 7 = 21 apples.", "owner"),
        ("Step 1: Ben has 14 + 7 = 21 cups.", "thing"),
        ("Step 2: Cal has 3 * 22 = 66 apples.", "propagated value"),
        ("Step 4: Dee has 43 - 4 = 39 apples now.\nThe answer is 39.", "answer line"),
        ("Step 3: Dee has 63 - 20 = 43 apples now.", "moment: the event is left out"),
        ("Step 1: Ida has 3 apples.", "nobody of the problem"),
        ("Step 1: Ana and Ana have 14 + 14 = 28 apples together.", "one person twice"),
        ("Step 5: Dee has 39 - 14 = 25 fewer apples than Ana now.", "more for fewer"),
        ("The answer is 5.", "part of the right answer"),
    ],
)
def test_false_claims_are_incorrect(line, mistake):
    assert judge_line(line) == "incorrect", mistake


def test_working_on_from_a_wrong_value_is_incorrect_too():
    problem = read_problem(STATEMENT)
    steps = with_step(1, "Step 2: Cal has 3 * 21 = 53 apples.\n")
    steps[2] = "Step 3: Dee has 53 - 20 = 33 apples.\n"
    assert judge_steps(problem, steps)[:4] == ("correct", "incorrect", "incorrect", "correct")
    assert first_error(problem, steps) == FirstError(index=1, decided=True)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "Step 1:",
        "Step 1: Ben has 14 + 7 = 21 apples",
        "Step 1: Ben has 14 + 7 21 apples.",
        "Step 1: Ben has 14 + 7 = 021 apples.",
        "Step 1: Ben has about 21 apples.",
        "Step 1: Ben has 14 + 7 = 21 apples. Cal has 63 apples.",
        "Ben has 14 + 7 + 0 = 21 apples.",
        "The answer is 53",
        "The answer is 053.",
        "The answer is 53 apples.",
        "Ben has 22 apples.\nSo be it.",
    ],
)
def test_steps_that_cannot_be_read_exactly_are_undecided(line):
    assert judge_line(line) == "undecided"


def test_leaving_out_now_is_undecided_where_the_claim_is_true_only_now():
    assert judge_line("Step 4: Dee has 43 - 4 = 39 apples.") == "undecided"


def test_first_error_is_open_only_after_an_undecided_step():
    problem = read_problem(STATEMENT)
    wrong = "Step 2: Cal has 3 * 21 = 53 apples.\n"
    before = ["What now?\n", *with_step(1, wrong)[1:]]
    after = [*with_step(1, wrong)[:4], "What now?"]
    unread = ["What now?\n", *STEPS[1:]]
    assert first_error(problem, before) == FirstError(index=1, decided=False)
    assert first_error(problem, after) == FirstError(index=1, decided=True)
    assert first_error(problem, unread) == FirstError(index=None, decided=False)


@given(SEEDS, st.text(alphabet="SAstepnhw 0123456789+=.:\n", max_size=60))
def test_no_text_makes_the_judge_fail_or_pass_by_chance(seed, text):
    assert judge_steps(generate(seed), [text])[0] in ("undecided", "incorrect")


@pytest.mark.parametrize(
    "statement",
    ["", "Ana has 14 apples.", "Ana likes apples. How many apples does Ana have?"],
)
def test_foreign_statements_are_refused(statement):
    with pytest.raises(ValueError, match=r"practice language|unpack"):
        read_problem(statement)


def test_question_the_statement_answers_has_a_bare_solution():
    problem = read_problem("Ana has 14 apples. How many apples does Ana have?")
    assert (problem.answer, problem.solution) == (14, "The answer is 14.")


def test_command_writes_rows_whose_answers_follow_from_their_questions(capsys):
    main(["--count", "5", "--first-seed", "7"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["seed"] for row in rows] == [7, 8, 9, 10, 11]
    assert all(row["answer"] == str(read_problem(row["question"]).answer) for row in rows)
