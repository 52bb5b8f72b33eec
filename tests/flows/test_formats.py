"""Typed steps, made from a part of a build that holds stated replies alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from annotators.judges.pathfinder import PathFinder
from flows.formats import FORMATS
from stepmark.records import Critique
from storage.export.written import Written
from tests.storage.export.test_critiques import a_reply, an_exchange

UNREADABLE = a_reply("", reason="no_verdict")


def scored(math: float, consistency: float, draw: int = 0) -> Critique:
    return replace(a_reply("I", draw), scores=(math, consistency, 0.0))


def typed(label: str, *replies: Critique) -> Written:
    """What is written of a step with this label and these replies of a PathFinder judge."""
    part: Any = SimpleNamespace(
        recipe=SimpleNamespace(
            judges={"types": SimpleNamespace(judge=PathFinder(method="pathfinder"))}
        ),
        exchanges=lambda: [("types", an_exchange(label, *replies))],
        altered=lambda: 0,
    )
    return FORMATS["pathfinder"].write(part)


def types_of(written: Written) -> str:
    """Mathematics, consistency and correctness as the second row teaches them."""
    _, row = written.rows
    text: str = row.labels[1].content
    return "".join(sign for sign in text if sign in "+-")[-3:]


@pytest.mark.parametrize(("label", "types"), [("C", "+++"), ("N", "++-")])
def test_a_step_that_is_not_wrong_is_typed_though_no_reply_can_be_read(label, types):
    written = typed(label, UNREADABLE)
    assert types_of(written) == types
    assert not written.unsaid


def test_a_wrong_step_without_a_readable_reply_has_no_type_and_is_counted():
    written = typed("I", UNREADABLE)
    assert not written.rows
    assert written.unsaid == {"wrong steps of no known type": 1}


def test_a_wrong_step_has_the_types_of_the_first_reply_that_can_be_read():
    replies = (UNREADABLE, scored(0, 1, draw=1), scored(1, 0, draw=2))
    assert types_of(typed("I", *replies)) == "-+-"


def test_an_unlabelled_step_is_counted_as_such_whatever_the_reply():
    assert typed("?", scored(0, 1)).unsaid == {"unlabelled steps": 1}
