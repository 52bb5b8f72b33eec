"""Chats: labels as turns, and labels at tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given

from storage.export.chat import SCORED, SYSTEM, qwen, rlhflow
from tests.fakes.expressible import by_verdict
from tests.fakes.labelled import a_row, rows


def turns(verdicts: str, **changes: Any) -> list[tuple[str, str]]:
    return [
        (turn.role, turn.content)
        for row in rlhflow(a_row(verdicts, **changes)).rows
        for turn in row.conversations
    ]


def test_problem_and_first_step_share_a_turn_and_labels_are_the_assistants():
    assert turns("CI") == [
        ("user", "What is 1 + 1? Step 1: so."),
        ("assistant", "+"),
        ("user", "Step 2: so."),
        ("assistant", "-"),
    ]


def test_turns_alternate_where_a_step_has_no_verdict():
    assert turns("C?I") == [
        ("user", "What is 1 + 1? Step 1: so."),
        ("assistant", "+"),
        ("user", "Step 2: so.\nStep 3: so."),
        ("assistant", "-"),
    ]


@pytest.mark.parametrize(("semantics", "signs"), [("potential", "++"), ("correctness", "+")])
def test_a_plus_covers_an_unlabelled_step_only_where_labels_are_of_prefixes(semantics, signs):
    said = turns("C?C", semantics=semantics)
    assert "".join(content for role, content in said if role == "assistant") == signs


def test_verdicts_that_are_left_for_it_are_counted():
    said = rlhflow(a_row("C?CI", semantics="local"))
    assert said.unsaid == {"unlabelled steps": 1, "steps after one without a verdict": 2}


def test_a_chat_without_a_label_is_left_out():
    assert rlhflow(a_row("?C", semantics="local")).rows == ()
    assert rlhflow(a_row("?")).rows == ()


@given(rows())
def test_turns_are_read_back_as_steps_and_labels(row):
    pairs = by_verdict(row)
    assume(row.semantics == "potential")
    for chat in rlhflow(row).rows:
        roles = [turn.role for turn in chat.conversations]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        text = "\n".join(t.content for t in chat.conversations[::2])
        assert text == f"{row.problem} " + "\n".join(step for step, _ in pairs)
        signs = [turn.content == "+" for turn in chat.conversations[1::2]]
        assert signs == [mark for _, mark in pairs if mark is not None]


def test_a_token_follows_every_step_as_qwens_card_shows():
    (row,) = qwen(a_row("CI")).rows
    assert [(m.role, m.content) for m in row.messages] == [
        ("system", "Please reason step by step, and put your final answer within \\boxed{}."),
        ("user", "What is 1 + 1?"),
        ("assistant", "Step 1: so.<extra_0>Step 2: so.<extra_0>"),
    ]
    assert row.labels == (1, 0)
    assert row.messages[0].content == SYSTEM


def test_the_token_in_a_text_would_shift_labels_so_the_solution_is_left_out():
    said = qwen(a_row("CC", ("a <extra_0> b", "c")))
    assert said.rows == ()
    assert said.unsaid == {"solutions with '<extra_0>' inside": 1}


@given(rows())
def test_tokens_are_read_back_as_steps_and_labels(row):
    meaning = {1: True, 0: False, -100: None}
    for chat in qwen(row).rows:
        *steps, end = chat.messages[-1].content.split(SCORED)
        assert end == ""
        assert list(zip(steps, map(meaning.get, chat.labels), strict=True)) == by_verdict(row)
