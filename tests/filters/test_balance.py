"""Balance: sizes after a fit, and that a row's fate hangs on its id and the marks alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.balance import Balance
from storage.rows import LabelledSolution
from tests.fakes.filterable import NOWHERE, fit_and_decide, table, why
from tests.fakes.labelled import a_row


def rows_of(**counts: int) -> list[LabelledSolution]:
    return [
        a_row("C", id=f"so_{n:032x}", outcome=outcome)
        for n, outcome in enumerate(o for o, count in counts.items() for _ in range(count))
    ]


def kept(block: Balance, rows: list[LabelledSolution], column: str = "outcome") -> Counter[Any]:
    (reasons,) = fit_and_decide(block, table(*rows))
    return Counter(
        getattr(row, column) for row, why in zip(rows, reasons, strict=True) if why is None
    )


def test_right_and_wrong_become_as_many():
    assert kept(Balance(method="balance", by="outcome"), rows_of(correct=30, incorrect=7)) == {
        "correct": 7,
        "incorrect": 7,
    }


def test_rows_outside_every_class_stay():
    counts = kept(
        Balance(method="balance", by="outcome"), rows_of(correct=9, incorrect=3, unknown=4)
    )
    assert counts == {"correct": 3, "incorrect": 3, "unknown": 4}


def test_fovers_share_of_solutions_without_an_error():
    rows = [a_row("CI" if n < 70 else "CC", id=f"so_{n:032x}") for n in range(170)]
    fover = Balance(method="balance", by="errors", weights={"none": 3, "some": 7})
    assert kept(fover, rows, "first_error") == {1: 70, None: 30}


def test_a_row_with_an_unlabelled_step_and_no_error_is_not_known_to_be_free_of_errors():
    letters = ["CI"] * 5 + ["CC"] * 5 + ["C?"] * 9 + ["?I"] * 5
    rows = [a_row(each, id=f"so_{n:032x}") for n, each in enumerate(letters)]
    (reasons,) = fit_and_decide(Balance(method="balance", by="errors"), table(*rows))
    stay = Counter(each for each, why in zip(letters, reasons, strict=True) if why is None)
    assert (stay["CC"], stay["CI"] + stay["?I"], stay["C?"]) == (5, 5, 9)


def test_hrms_floor_keeps_a_tenth_of_a_class():
    block = Balance(method="balance", by="source", floor=0.1)
    rows = [a_row("C", id=f"so_{n:032x}", source="b" if n else "a") for n in range(101)]
    assert kept(block, rows, "source") == {"a": 1, "b": 10}


def test_places_of_first_errors_are_parts_of_the_solution():
    rows = [a_row("I" + "C" * 9, id=f"so_{n:032x}") for n in range(8)]
    rows += [a_row("C" * 9 + "I", id=f"so_{n:032x}") for n in range(8, 10)]
    rows += [a_row("CC", id=f"so_{n:032x}") for n in range(10, 20)]
    block = Balance(method="balance", by="first_error")
    assert kept(block, rows, "first_error") == {0: 2, 9: 2, None: 10}


def test_a_shard_that_comes_later_is_thinned_at_the_same_rate():
    block = Balance(method="balance", by="outcome")
    fitted = block.fit([table(*rows_of(correct=400, incorrect=100))], NOWHERE)
    later = [a_row("C", id=f"so_{n:032x}", outcome="correct") for n in range(1000, 2000)]
    assert why(block, table(*later), fitted).count(None) == pytest.approx(250, abs=60)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(("correct", "incorrect")), min_size=1, max_size=40), st.data())
def test_how_rows_are_cut_into_shards_changes_nothing(outcomes, data):
    rows = [a_row("C", id=f"so_{n:032x}", outcome=o) for n, o in enumerate(outcomes)]
    cut = data.draw(st.integers(0, len(rows)))
    block = Balance(method="balance", by="outcome")
    whole = fit_and_decide(block, table(*rows))
    parts = fit_and_decide(block, table(*rows[:cut]), table(*rows[cut:]))
    assert [why for part in parts for why in part] == whole[0]


def test_nothing_to_fit_on_drops_nothing():
    empty = table(a_row("C")).slice(0, 0)
    assert fit_and_decide(Balance(method="balance", by="outcome"), empty) == [[]]
    assert isinstance(empty, pa.Table)


@pytest.mark.parametrize(
    "changes", [{"weights": {"right": 2}}, {"weights": {"correct": 0}}, {"floor": 2}, {"bins": 0}]
)
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match=r"weights are|must be"):
        Balance(method="balance", by="outcome", **changes)
