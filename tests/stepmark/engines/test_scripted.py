"""The scripted engine."""

import asyncio

import pytest

from stepmark.engines.protocol import Completion, Message, Prompt, Request, Sampling
from stepmark.engines.scripted import Scripted
from stepmark.errors import EngineError


def a_request(draws: tuple[int, ...] = (0,), prefix: str = "") -> Request:
    prompt = Prompt(messages=(Message(role="user", content="What is 2 + 2?"),), prefix=prefix)
    return Request(problem_id="pb_1", prompt=prompt, sampling=Sampling(), draws=draws)


def generate(
    engine: Scripted, draws: tuple[int, ...] = (0,), prefix: str = ""
) -> tuple[Completion, ...]:
    return asyncio.run(engine.generate(a_request(draws, prefix)))


def test_a_function_writes_by_request_and_draw():
    engine = Scripted(lambda request, draw: f"{request.prompt.prefix}{draw}")
    assert [c.text for c in generate(engine, (0, 3), "Step ")] == ["Step 0", "Step 3"]


def test_a_mapping_reads_by_prefix_and_draw():
    engine = Scripted({"": ["a", "b"], "a": ["c"]})
    assert [c.text for c in generate(engine, (1,))] == ["b"]
    assert [c.text for c in generate(engine, (0,), "a")] == ["c"]


def test_tokens_are_words():
    completion = generate(Scripted({"so ": ["it is 4"]}), prefix="so ")[0]
    assert (completion.prompt_tokens, completion.completion_tokens) == (6, 3)


def test_a_completion_says_everything_but_its_draw():
    cut = Completion(
        draw=0, text="it", finish_reason="length", prompt_tokens=1, completion_tokens=1
    )
    completion = generate(Scripted(lambda *_: cut), (5,))[0]
    assert (completion.draw, completion.finish_reason) == (5, "length")


def test_counts_what_it_was_asked():
    engine = Scripted(lambda *_: "x")
    generate(engine, (0, 1, 2))
    generate(engine, (3,))
    assert (engine.requests, engine.draws) == (2, 4)
    assert engine.seen[1].draws == (3,)


def test_an_unknown_prefix_names_problem_and_prefix():
    with pytest.raises(EngineError, match=r"pb_1 with the prefix 'Step 9'; it has 1 prefixes"):
        generate(Scripted({"": ["a"]}), prefix="Step 9")


def test_a_draw_beyond_the_script_names_it():
    with pytest.raises(EngineError, match=r"has 1 texts .* draw 1 was asked"):
        generate(Scripted({"": ["a"]}), (0, 1))
