"""FoVer's last steps: one row a labelled step, nothing said of the steps before it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from filters.balance import Balance
from filters.cut import Cut
from filters.rows import COUNT_COLUMNS, steps_of
from tests.fakes.filterable import fit_and_decide, table
from tests.fakes.labelled import a_row, rows

CUT = Cut(method="cut")


def test_each_labelled_step_ends_a_row_of_its_own():
    row = a_row("CI?C", tuple("abcd"), values=(0.9, 0.1, None, 0.8))
    made = CUT.change(table(row, draws=[[(1, 0), (0, 2), (), (4, 1)]]), None)
    assert made["steps"].to_pylist() == [["a"], ["a", "b"], ["a", "b", "c", "d"]]
    assert made["verdicts"].to_pylist() == [
        ["correct"],
        ["unlabelled", "incorrect"],
        ["unlabelled"] * 3 + ["correct"],
    ]
    assert made["values"].to_pylist() == [[0.9], [None, 0.1], [None, None, None, 0.8]]
    assert made["first_error"].to_pylist() == [None, 1, None]
    assert made["bracketed"].to_pylist() == [None, True, None]
    counts = [made[name].to_pylist()[2] for name in COUNT_COLUMNS]
    assert counts == [[1, 0, 0, 4], [0, 2, 0, 1], [0, 0, 0, 0]]


def test_only_the_last_step_of_a_prefix_is_interpolated():
    """The others are unlabelled, so nothing is said of them that could be."""
    made = CUT.change(table(a_row("CCI", interpolated=(True, False, True))), None)
    assert made["interpolated"].to_pylist() == [[True], [False, False], [False, False, True]]


def test_a_prefix_has_no_answer_and_no_outcome():
    made = CUT.change(table(a_row("CC")), None)
    assert made["answer"].to_pylist() == [None, "2"]
    assert made["outcome"].to_pylist() == ["unknown", "correct"]


def test_a_later_error_is_not_measured_from_both_sides():
    made = CUT.change(table(a_row("II", bracketed=True)), None)
    assert made["bracketed"].to_pylist() == [True, False]


def test_inner_and_final_steps_are_balanced_apart():
    right = [a_row("CCC", id=f"so_{n:032x}") for n in range(6)]
    wrong = [a_row("CI?", id=f"so_{n:032x}") for n in range(6, 10)]
    late = [a_row("??I", id=f"so_{n:032x}") for n in range(10, 12)]
    made = CUT.change(table(*right, *wrong, *late), None)
    (reasons,) = fit_and_decide(Balance(method="balance", by="last_step"), made)
    kept = [
        (row["answer"] is not None, row["verdicts"][-1])
        for row, why in zip(made.to_pylist(), reasons, strict=True)
        if why is None
    ]
    expected = {(False, "correct"): 4, (False, "incorrect"): 4}
    expected |= {(True, "correct"): 2, (True, "incorrect"): 2}
    assert {each: kept.count(each) for each in kept} == expected


@settings(max_examples=30)
@given(st.lists(rows(), max_size=4))
def test_there_are_as_many_rows_as_labelled_steps_and_ids_differ(some):
    before = table(*some)
    after = CUT.change(before, None)
    assert after.schema == before.schema
    clear = sum(v in {"correct", "incorrect"} for row in some for v in row.verdicts)
    assert after.num_rows == clear
    assert steps_of(after).labelled.sum() == clear
