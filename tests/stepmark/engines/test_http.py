"""The HTTP engine's orders and answers, against a real server on loopback."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.http import OpenAICompatible
from stepmark.engines.protocol import Message, Prompt, Request, Sampling
from stepmark.engines.retry import RetryPolicy
from stepmark.errors import EngineError
from tests.fakes.engines import QUESTION, Listener, Waits, a_request, generate, with_engine
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault
from tests.fakes.tokenizers import trimming

ADDRESS = "rq_0123"


def by_draw(prompt: str, address: str, draw: int) -> str:
    return f"{address} draw {draw}"


def test_one_call_fills_all_draws():
    with FakeServer(writer=by_draw) as server:
        completions = generate(server, a_request((2, 3, 4), address=ADDRESS))
    assert [c.text for c in completions] == ["rq_0123 draw 2", "rq_0123 draw 3", "rq_0123 draw 4"]
    assert server.draws[0].body["n"] == 3


def test_a_request_travels_under_its_address_and_first_draw():
    with FakeServer() as server:
        generate(server, a_request((5, 6), address=ADDRESS))
    assert server.draws[0].headers["X-Request-Id"] == "rq_0123-5"


def test_a_request_without_address_has_no_request_id():
    with FakeServer() as server:
        generate(server)
    assert "X-Request-Id" not in server.draws[0].headers


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_a_schema_travels_with_the_request(api):
    with FakeServer() as server:
        generate(server, replace(a_request(), schema='{"type": "object"}'), api=api)
        generate(server, a_request(), api=api)
    assert server.draws[0].body["structured_outputs"] == {"json": {"type": "object"}}
    assert "structured_outputs" not in server.draws[1].body


def test_no_draws_ask_nothing():
    with FakeServer() as server:
        assert generate(server, a_request(())) == ()
    assert not server.seen


def test_without_n_each_draw_is_a_call_with_its_own_address():
    with FakeServer(writer=by_draw) as server:
        request = a_request((3, 7), address=ADDRESS)
        completions = generate(server, request, n_supported=False)
    assert [(c.draw, c.text) for c in completions] == [
        (3, "rq_0123 draw 3"),
        (7, "rq_0123 draw 7"),
    ]
    assert [seen.body["n"] for seen in server.draws] == [1, 1]


def test_greedy_draws_are_asked_one_by_one():
    with FakeServer() as server:
        completions = generate(server, a_request((0, 1), temperature=0.0))
    assert [c.draw for c in completions] == [0, 1]
    assert [seen.body["n"] for seen in server.draws] == [1, 1]


def test_tokens_are_counted_for_each_choice():
    with FakeServer(writer=lambda prompt, address, draw: "x" * (draw + 1)) as server:
        completions = generate(server, a_request((0, 1, 2)))
    assert [c.completion_tokens for c in completions] == [1, 2, 3]
    assert completions[0].prompt_tokens == len("<|user|>What is 2 + 2?<|end|><|assistant|>")


def test_a_server_without_token_ids_gets_its_sum_shared_exactly():
    with FakeServer(owned_by="other", writer=lambda p, a, draw: "x" * (draw + 1)) as server:
        completions = generate(server, a_request((0, 1, 2)))
    assert [c.completion_tokens for c in completions] == [1, 2, 3]
    assert "return_token_ids" not in server.draws[0].body


def test_a_completion_cut_by_length_says_so():
    with FakeServer(writer=lambda *_: "x" * 20) as server:
        completion = generate(server, a_request(max_tokens=5))[0]
    assert (completion.text, completion.finish_reason) == ("xxxxx", "length")


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_logprobs_come_as_floats(api):
    with FakeServer(writer=lambda *_: "az") as server:
        completion = generate(server, a_request(logprobs=True), api=api)[0]
    assert completion.logprobs == (-0.097, -0.122)


def test_chat_sends_messages_and_keeps_reasoning_apart():
    with FakeServer(reasoning="hm", writer=lambda *_: "4") as server:
        completion = generate(server, api="chat")[0]
    assert (completion.text, completion.reasoning) == ("4", "hm")
    assert [seen.path for seen in server.seen] == ["/v1/models", "/v1/chat/completions"]


def test_chat_continues_a_prefix_as_the_last_turn():
    heard = Listener()
    with FakeServer(writer=heard) as server:
        generate(server, a_request(prefix="Step 1: so"), api="chat")
    assert heard.prompts == ["<|user|>What is 2 + 2?<|end|><|assistant|>Step 1: so"]


def test_what_the_server_is_is_asked_once():
    with FakeServer() as server:

        async def burst(engine):
            await asyncio.gather(*(engine.generate(a_request((draw,))) for draw in range(20)))

        with_engine(server, burst)
    assert len(server.asked("/v1/models")) == 1


def test_no_more_requests_are_in_flight_than_allowed():
    with FakeServer(latency_s=0.005) as server:

        async def burst(engine):
            await asyncio.gather(*(engine.generate(a_request((draw,))) for draw in range(30)))

        with_engine(server, burst, concurrency=4)
    assert server.most_in_flight == 4


def test_an_engine_serves_one_event_loop_after_another():
    with FakeServer(writer=by_draw) as server:
        engine = OpenAICompatible(Endpoint(base_url=server.url, model="fake"))

        async def once() -> str:
            completions = await engine.generate(a_request())
            await engine.close()
            return completions[0].text

        assert asyncio.run(once()) == asyncio.run(once())


def test_a_cancelled_order_lets_the_server_stop():
    with FakeServer(latency_s=30.0) as server:

        async def give_up(engine):
            order = asyncio.create_task(engine.generate(a_request()))
            await asyncio.to_thread(server.draw_arrived.wait)
            order.cancel()
            with pytest.raises(asyncio.CancelledError):
                await order

        with_engine(server, give_up)
    assert server.abandoned == 1


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_a_prompt_too_long_fills_its_draws_as_failed(api):
    with FakeServer(max_model_len=10) as server:
        completions = generate(server, a_request((0, 4)), api=api)
    assert [(c.draw, c.finish_reason, c.reason) for c in completions] == [
        (0, "failed", "context_overflow"),
        (4, "failed", "context_overflow"),
    ]
    assert server.draw_requests == 1


def test_the_key_travels_in_the_header_only(monkeypatch):
    monkeypatch.setenv("A_KEY", "s3cret")
    with FakeServer() as server:
        generate(server, api_key_env="A_KEY")
    assert server.draws[0].headers["Authorization"] == "Bearer s3cret"


def test_a_text_that_has_no_utf8_is_refused_before_sending():
    prompt = Prompt(messages=(Message(role="user", content="\ud800"),))
    request = Request(problem_id="pb_1", prompt=prompt, sampling=Sampling(), draws=(0,))
    with FakeServer() as server, pytest.raises(EngineError, match="cannot be sent") as caught:
        generate(server, request)
    assert caught.value.reason == "unsendable_text"


def test_requests_a_minute_are_kept_to():
    waits = Waits()
    with FakeServer() as server:

        async def three(engine):
            for draw in range(3):
                await engine.generate(a_request((draw,)))

        with_engine(server, three, waits=waits, requests_per_minute=30)
    assert waits.slept_s == [2.0, 2.0]


def test_tokens_a_minute_count_what_was_used_not_what_was_allowed():
    waits = Waits()
    with FakeServer(writer=lambda *_: "x" * 58) as server:

        async def two(engine):
            for draw in range(2):
                await engine.generate(a_request((draw,), max_tokens=200))

        with_engine(server, two, waits=waits, tokens_per_minute=60 * 100)
    # Both book 42 + 200 tokens of the 100 at hand: 1.42 s. The first gives 142 of them back.
    assert waits.slept_s == pytest.approx([1.42, 1.42])


def test_describes_the_server():
    with FakeServer() as server:
        info = with_engine(server, lambda engine: engine.describe())
    assert info.models == ("fake",)
    assert (info.kind, info.version, info.root) == ("vllm", "0.32.0", "/models/fake")
    assert (info.max_model_len, info.has_tokenize, info.has_detokenize) == (1_000_000, True, True)


def test_describes_a_server_that_only_chats():
    missing = frozenset({"/tokenize", "/detokenize", "/version"})
    with FakeServer(owned_by="someone", missing_routes=missing) as server:
        info = with_engine(server, lambda engine: engine.describe())
    assert info.kind == "hosted"
    assert (info.version, info.has_tokenize, info.has_detokenize) == (None, False, False)


def test_a_model_not_served_is_an_error_that_lists_what_is():
    with FakeServer() as server, pytest.raises(EngineError, match="it serves: fake") as caught:
        with_engine(server, lambda engine: engine.describe(), model="other")
    assert caught.value.reason == "model_not_served"


def test_a_server_that_lists_no_models_can_still_be_bought_from():
    with FakeServer(missing_routes=frozenset({"/v1/models"})) as server:
        assert len(generate(server, api="chat")) == 1


def digest(server: FakeServer, **endpoint: Any) -> str | None:
    return with_engine(server, lambda engine: engine.template_digest(), **endpoint)


def test_the_template_digest_changes_with_the_template_and_with_nothing_else():
    with FakeServer() as one, FakeServer(model="b") as same, FakeServer(template=trimming) as other:
        digests = [digest(one), digest(same, model="b"), digest(other)]
    assert digests[0] == digests[1] != digests[2]
    assert str(digests[0]).startswith("te_")


def test_a_chat_only_server_has_no_template_digest():
    with FakeServer(missing_routes=frozenset({"/tokenize"})) as server:
        assert digest(server, api="chat") is None


def test_a_server_that_cannot_tokenise_is_told_apart_from_a_wrong_address():
    with (
        FakeServer(missing_routes=frozenset({"/tokenize"})) as server,
        pytest.raises(EngineError, match="use vLLM, or `api: chat`") as caught,
    ):
        generate(server)
    assert caught.value.reason == "no_tokenize"


def test_a_tokenize_route_of_another_kind_is_not_mistaken_for_vllms():
    with FakeServer(owned_by="llamacpp") as server, pytest.raises(EngineError) as caught:
        generate(server)
    assert caught.value.reason == "no_tokenize"
    assert server.draw_requests == 0


def test_tokens_of_a_failed_attempt_are_given_back():
    waits = Waits()
    with FakeServer(faults={0: Fault(status=500)}) as server:
        order = a_request(max_tokens=158)
        retry = RetryPolicy(base_s=0.0)
        generate(server, order, waits=waits, tokens_per_minute=60 * 200, retry=retry)
    assert waits.slept_s == [0.0]


def test_the_question_is_rendered_once_for_many_prefixes():
    with FakeServer() as server:

        async def several(engine):
            for prefix in ("a", "b", "c"):
                await engine.generate(a_request(prefix=prefix))

        with_engine(server, several)
    assert sum("messages" in seen.body for seen in server.asked("/tokenize")) == 1
    assert QUESTION[0].content in str(server.asked("/tokenize")[0].body)


def test_a_prompt_asked_again_is_not_tokenised_again():
    with FakeServer() as server:

        async def twice(engine):
            await engine.generate(a_request((0,), prefix="Step 1"))
            await engine.generate(a_request((1,), prefix="Step 1"))

        with_engine(server, twice)
    assert len(server.asked("/tokenize")) == 2
    assert len(server.asked("/detokenize")) == 2


def test_a_crowd_that_asks_for_one_prompt_tokenises_it_once():
    with FakeServer() as server:

        async def crowd(engine):
            orders = [a_request((draw,), prefix="Step 1") for draw in range(8)]
            orders += [a_request((draw,), prefix="Step 2") for draw in range(8)]
            await asyncio.gather(*map(engine.generate, orders))

        with_engine(server, crowd)
    assert len(server.asked("/tokenize")) == 3
    assert len(server.asked("/detokenize")) == 3


def test_a_crowd_is_told_why_its_prompt_cannot_be_tokenised():
    missing = frozenset({"/detokenize"})
    with FakeServer(missing_routes=missing) as server:

        async def crowd(engine):
            orders = [a_request((draw,), prefix="Step 1") for draw in range(4)]
            told = await asyncio.gather(*map(engine.generate, orders), return_exceptions=True)
            assert [type(error) for error in told] == [EngineError] * 4

        with_engine(server, crowd)
    assert len(server.asked("/detokenize")) == 1
