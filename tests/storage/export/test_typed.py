"""PathFinder's rows, as its authors' script writes them."""

from __future__ import annotations

import pytest

from storage.export.typed import ASKED, holds_a_token, typed_rows
from tests.fakes.labelled import a_row


def test_a_step_has_two_rows_with_the_labels_in_the_tokens_place():
    first, second = typed_rows(a_row("CCI"), 2, (1.0, 0.0, 0.0))
    before = "Step 1: so.\n\nStep 2: so.\n\nCurrent Step: Step 3: so."
    assert [turn.content for turn in first.inputs] == [
        f"{ASKED}\n\n Question: What is 1 + 1?",
        f"{before} Math reasoning: <extra>, Consistency: <extra>",
    ]
    assert first.labels[1].content == f"{before} Math reasoning: <+>, Consistency: <->"
    known = f"{before} Math reasoning: <+>, Consistency: <->"
    assert second.inputs[1].content == f"{known}, Correctness: <extra>"
    assert second.labels[1].content == f"{known}, Correctness: <->"


@pytest.mark.parametrize(
    ("types", "sign"),
    [((1.0, 1.0, 1.0), "<+>"), ((1.0, 1.0, 0.0), "<->"), ((0.0, 1.0, 1.0), "<->")],
)
def test_a_step_is_correct_where_all_three_hold(types, sign):
    _, second = typed_rows(a_row("C"), 0, types)
    assert second.labels[1].content.endswith(f"Correctness: {sign}")


def test_the_first_step_follows_nothing():
    first, _ = typed_rows(a_row("C"), 0, (1.0, 1.0, 1.0))
    assert first.inputs[1].content.startswith("Current Step: Step 1")


@pytest.mark.parametrize("token", ["<extra>", "<+>", "<->"])
def test_a_token_in_the_text_is_noticed(token):
    assert holds_a_token(a_row("C", (f"a {token} b",)))
    assert holds_a_token(a_row("C", problem=f"{token}?"))
    assert not holds_a_token(a_row("C"))
