"""Critiques that agree with the labels, and those that do not."""

from __future__ import annotations

import pytest

from stepmark.records import Critique
from storage.export.chat import Turn
from storage.export.critiques import Exchange, critique_chats, critique_pairs, stance_of
from tests.fakes.labelled import VERDICTS, a_row

ASKED = (Turn(role="user", content="Which step is wrong?"),)


def a_reply(
    verdicts: str,
    draw: int = 0,
    *,
    first: int = 0,
    reason: str | None = None,
    earlier: tuple[str, ...] = (),
) -> Critique:
    return Critique(
        problem_id="pb_1",
        solution_id="so_1",
        first=first,
        prompt="pr_1",
        request="rq_1",
        draw=draw,
        verdicts=tuple(VERDICTS[letter] for letter in verdicts),
        scores=(),
        reason=reason,
        text=f"reply {draw}",
        earlier=earlier,
        turns=len(earlier) + 1,
        prompt_tokens=1,
        completion_tokens=1,
    )


def an_exchange(labels: str, *replies: Critique) -> Exchange:
    return Exchange(asked=ASKED, labelled=a_row(labels), replies=replies)


@pytest.mark.parametrize(
    ("said", "first", "labels", "stance"),
    [
        ("CI?", 0, "CI?", "agrees"),
        ("CI?", 0, "CIC", "agrees"),
        ("CCI", 0, "CI?", "disagrees"),
        ("CC", 0, "CN", "disagrees"),
        ("I", 1, "CI", "agrees"),
        ("I", 0, "CI", "disagrees"),
        ("?C", 0, "C?", "neither"),
        ("C", 0, "?C", "neither"),
        ("CI", 0, "C?", "neither"),
        ("CC", 0, "C?", "neither"),
        ("CIC", 0, "CII", "agrees"),
        ("C?I", 0, "C?I", "agrees"),
    ],
)
def test_a_reply_is_compared_up_to_the_first_step_that_it_calls_incorrect(
    said, first, labels, stance
):
    assert stance_of(a_reply(said, first=first), a_row(labels).verdicts) == stance


def test_a_reply_that_cannot_be_read_is_on_no_side():
    assert stance_of(a_reply("", reason="contradiction"), a_row("CI").verdicts) == "unreadable"


def test_a_reply_that_ends_a_conversation_answers_another_question():
    assert stance_of(a_reply("CI", earlier=("code",)), a_row("CI").verdicts) == "in_turns"


def test_chats_end_with_replies_that_agree_and_the_others_are_counted():
    replies = (
        a_reply("CI", 0),
        a_reply("CC", 1),
        a_reply("", 2, reason="no_verdict"),
        a_reply("??", 3),
    )
    said = critique_chats([an_exchange("CI", *replies)])
    (row,) = said.rows
    assert row.messages == (*ASKED, Turn(role="assistant", content="reply 0"))
    assert said.unsaid == {
        "replies that contradict the labels": 1,
        "replies that cannot be read": 1,
        "replies that no label confirms": 1,
    }


def test_pairs_are_of_one_question_and_every_reply_is_in_one_at_most():
    one = an_exchange("CI", a_reply("CI", 0), a_reply("CC", 1), a_reply("CI", 2))
    other = an_exchange("CI", a_reply("II", 3))
    said = critique_pairs([one, other])
    (row,) = said.rows
    assert (row.prompt, row.chosen[0].content, row.rejected[0].content) == (
        ASKED,
        "reply 0",
        "reply 1",
    )
    assert said.unsaid == {"replies without a partner": 2}
