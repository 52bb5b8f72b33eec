"""HRM's merge: both views of a solution, the later step's label on the joint one."""

from __future__ import annotations

import pytest

from filters.node_merge import NodeMerge
from tests.fakes.filterable import table
from tests.fakes.labelled import a_row

ALWAYS = NodeMerge(method="node_merge", probability=1.0)


def test_the_plain_view_stays_and_the_second_joins_one_pair():
    plain = table(a_row("CCCC", tuple("abcd")))
    first, second = ALWAYS.change(plain, None).to_pylist()
    assert [first] == plain.to_pylist()
    assert "".join(second["steps"]) == "abcd"
    assert len(second["steps"]) == 3
    assert second["id"] != first["id"]


def test_a_mistake_that_the_next_step_puts_right_counts_as_put_right():
    seconds = [
        ALWAYS.change(table(a_row("ICC", id=f"so_{n:032x}")), None).to_pylist()[1] for n in range(9)
    ]
    assert {tuple(each["verdicts"]) for each in seconds} == {
        ("correct", "correct"),
        ("incorrect", "correct"),
    }
    assert {each["first_error"] for each in seconds} == {0, None}


def test_a_mistake_is_not_lost_in_a_later_step_that_nobody_labelled():
    rows = [a_row("CI??", id=f"so_{n:032x}") for n in range(20)]
    seconds = ALWAYS.change(table(*rows), None).to_pylist()[20:]
    assert {tuple(each["verdicts"]) for each in seconds} == {
        ("incorrect", "unlabelled", "unlabelled")
    }
    assert 0 < len(seconds) < 20


@pytest.mark.parametrize("later", [True, False])
def test_a_joint_step_is_interpolated_where_the_later_step_is(later):
    row = a_row("CCC", tuple("abc"), interpolated=(not later, later, later))
    second = ALWAYS.change(table(row), None).to_pylist()[1]
    said = dict(zip(second["steps"], second["interpolated"], strict=True))
    assert next(flag for text, flag in said.items() if len(text) > 1) is later


def test_a_first_error_counts_as_measured_only_where_it_was_and_nothing_was_joined_to_it():
    rows = [a_row("CCIC", tuple("abcd"), id=f"so_{n:032x}", bracketed=True) for n in range(20)]
    seconds = [ALWAYS.change(table(row), None).to_pylist()[1] for row in rows]
    said = {"|".join(each["steps"]): (each["first_error"], each["bracketed"]) for each in seconds}
    assert said == {"ab|c|d": (1, True), "a|bc|d": (1, False), "a|b|cd": (None, None)}


def test_short_solutions_have_one_view():
    assert ALWAYS.change(table(a_row("CI")), None).num_rows == 1


def test_half_of_the_solutions_get_a_second_view():
    many = table(*(a_row("CCC", id=f"so_{n:032x}") for n in range(200)))
    made = NodeMerge(method="node_merge").change(many, None)
    assert made.num_rows - 200 == pytest.approx(100, abs=30)
