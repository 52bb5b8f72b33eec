"""Replies: whole, or lost with a reason."""

from __future__ import annotations

import pytest

from stepmark.engines.protocol import Completion, Message, Request, Sampling
from stepmark.errors import EngineDown, EngineError
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.purchase import UNDELIVERED, Meter, Purchase
from stepmark.replies import CUT, only_reply
from tests.fakes.factories import FakeEngine, a_completion, an_identity, run


class Refusing:
    """Answers no request."""

    def __init__(self, error: EngineError) -> None:
        self.error = error

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        raise self.error


def replied(folder, engine) -> Completion | str:
    ledger = Ledger(folder)
    policy = Policy(identity=an_identity(), purchase=Purchase(engine, ledger, "po_0", Meter()))
    request = Request(
        problem_id="pb_0",
        prompt=policy.prompt((Message(role="user", content="?"),), ""),
        sampling=Sampling(),
        draws=(0,),
    )
    try:
        return run(only_reply(policy, request))
    finally:
        ledger.close()


def writing(**facts: object) -> FakeEngine:
    return FakeEngine(writes=lambda _, draw: a_completion(draw, "so", **facts))


def test_a_whole_reply_is_given_as_it_is(tmp_path):
    reply = replied(tmp_path, writing())
    assert isinstance(reply, Completion)
    assert reply.text == "so"


def test_a_reply_that_was_cut_is_lost(tmp_path):
    assert replied(tmp_path, writing(finish_reason="length")) == CUT


def test_a_reply_that_the_server_leaves_out_is_lost(tmp_path):
    engine = FakeEngine(writes=lambda _, draw: a_completion(draw), leaves_out=lambda *_: True)
    assert replied(tmp_path, engine) == UNDELIVERED


def test_a_refusal_is_a_reason(tmp_path):
    assert replied(tmp_path, Refusing(EngineError("no", reason="refusal"))) == "refusal"


def test_servers_that_are_all_down_are_no_reason_but_an_error(tmp_path):
    with pytest.raises(EngineDown):
        replied(tmp_path, Refusing(EngineDown("gone")))
