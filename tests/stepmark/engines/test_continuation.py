"""The continuation contract: a rollout goes on from the solution's prefix, byte for byte."""

from typing import Any

import pytest

from stepmark.engines.protocol import Message, Prompt, Request, Sampling
from stepmark.errors import EngineError
from tests.fakes.engines import Listener, a_request, generate
from tests.fakes.openai_server import FakeServer
from tests.fakes.tokenizers import (
    Bytes,
    DummySpace,
    Lossy,
    Pieces,
    plain,
    think_stripping,
    trimming,
)

HEAD = "<|user|>What is 2 + 2?<|end|><|assistant|>"
SOLUTION = "<think>\nhm\n</think>\n\nStep 1: 2 + 2.\n\nStep 2: it is 4. \n\nThe answer is 4."
BOUNDARIES = [SOLUTION.index("Step 1"), SOLUTION.index("Step 2"), SOLUTION.index("The answer")]


def continued(prefix: str, **server_options: Any) -> str:
    """Return the text that a rollout from the prefix continues, as the server reads it."""
    heard = Listener()
    with FakeServer(writer=heard, **server_options) as server:
        generate(server, a_request(prefix=prefix))
    return heard.prompts[0]


@pytest.mark.parametrize("template", [plain, trimming, think_stripping])
@pytest.mark.parametrize("tokenizer", [Bytes(), Pieces(), DummySpace()])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_rollout_continues_the_prefix_byte_for_byte(template, tokenizer, boundary):
    prefix = SOLUTION[:boundary]
    assert continued(prefix, template=template, tokenizer=tokenizer) == HEAD + prefix


def test_trailing_white_space_survives_a_template_that_trims():
    assert continued("Step 1: so. \n\n", template=trimming).endswith("Step 1: so. \n\n")


def test_reasoning_survives_a_template_that_strips_it():
    prefix = "<think>\nhm\n</think>\n\nStep 1"
    assert continued(prefix, template=think_stripping).endswith(prefix)


def test_a_boundary_inside_a_token_does_not_shift_the_text():
    """One token spells `.⏎⏎Step`; the step ends after the white space inside it."""
    tokenizer = Pieces(pieces=(".\n\nStep",))
    assert len(tokenizer.encode(".\n\nStep")) == 1
    assert continued("It is 4.\n\n", tokenizer=tokenizer) == HEAD + "It is 4.\n\n"


def test_a_boundary_inside_a_character_is_no_boundary_of_ours():
    assert continued("Step 1: ½ → 😀", tokenizer=Bytes()) == HEAD + "Step 1: ½ → 😀"


def test_the_prefix_is_tokenised_apart_from_the_template():
    """The model begins its text on a fresh token, so a piece must not reach over the seam."""
    tokenizer = Pieces(pieces=("<|assistant|>Step", "Step"))
    with FakeServer(tokenizer=tokenizer) as server:
        generate(server, a_request(prefix="Step 1"))
    assert server.draws[0].body["prompt"][-3:] == [257, ord(" "), ord("1")]


def test_a_dummy_space_falls_back_to_one_text():
    with FakeServer(tokenizer=DummySpace()) as server:
        generate(server, a_request(prefix="Step 1"))
    assert server.asked("/tokenize")[-1].body == {
        "model": "fake",
        "prompt": HEAD + "Step 1",
        "add_special_tokens": False,
    }


def test_nothing_is_bought_when_no_ids_spell_the_text():
    with FakeServer(tokenizer=Lossy()) as server, pytest.raises(EngineError) as caught:
        generate(server, a_request(prefix="2  +  2"))
    assert caught.value.reason == "inexact_continuation"
    assert server.draw_requests == 0


def test_an_inexact_continuation_shows_where_the_texts_part():
    with FakeServer(tokenizer=Lossy()) as server, pytest.raises(EngineError) as caught:
        generate(server, a_request(prefix="2  +"))
    assert f"at character {len(HEAD) + 2} the text ' +' reads back as '+'" in str(caught.value)


def test_prefix_0_is_the_template_alone():
    assert continued("") == HEAD


def test_earlier_turns_are_the_templates_business():
    heard = Listener()
    turns = (
        Message(role="user", content="2 + 2?"),
        Message(role="assistant", content="<think>hm</think>4"),
        Message(role="user", content=" Sure? "),
    )
    request = Request(
        problem_id="pb_1",
        prompt=Prompt(messages=turns, prefix="Yes, "),
        sampling=Sampling(),
        draws=(0,),
    )
    with FakeServer(writer=heard, template=think_stripping) as server:
        generate(server, request)
    assert heard.prompts == [
        "<|user|>2 + 2?<|end|><|assistant|>4<|end|><|user|> Sure? <|end|><|assistant|>Yes, "
    ]
