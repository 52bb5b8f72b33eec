"""Request bodies: what is said to which server, and what never is."""

import orjson
import pytest

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.protocol import Message, Prompt, Sampling
from stepmark.engines.wire import (
    JsonObject,
    ServerKind,
    TokenIds,
    chat_body,
    completions_body,
    held_to,
    server_kind,
    tokenize_messages_body,
)

ENDPOINT = Endpoint(base_url="http://host/v1", model="m")
QUESTION = Prompt(messages=(Message(role="user", content="2+2?"),))


def completions(
    sampling: Sampling | None = None, kind: ServerKind = "vllm", n: int = 1
) -> JsonObject:
    prompt = TokenIds.of([1, 2, 300])
    body = completions_body(ENDPOINT, sampling or Sampling(), prompt=prompt, n=n, kind=kind)
    told: JsonObject = orjson.loads(orjson.dumps(body))
    return told


def chat(
    sampling: Sampling | None = None,
    kind: ServerKind = "hosted",
    prompt: Prompt = QUESTION,
    endpoint: Endpoint = ENDPOINT,
) -> JsonObject:
    return chat_body(endpoint, prompt, sampling or Sampling(), n=2, kind=kind)


def test_the_prompt_travels_as_token_ids():
    assert completions()["prompt"] == [1, 2, 300]


@pytest.mark.parametrize("body", [completions(), completions(kind="hosted"), chat()])
def test_no_seed_is_ever_sent(body):
    assert "seed" not in body


def test_a_server_of_ours_is_told_neutral_values_over_the_model_folders_defaults():
    body = completions()
    assert body["top_k"] == -1
    assert body["repetition_penalty"] == 1.0
    assert body["min_p"] == 0.0
    assert (body["temperature"], body["top_p"]) == (1.0, 1.0)


def test_a_hosted_chat_is_told_only_what_differs_from_the_defaults():
    assert chat() == {
        "model": "m",
        "messages": [{"role": "user", "content": "2+2?"}],
        "n": 2,
        "max_tokens": 1024,
    }


def test_sampling_that_is_set_is_sent():
    body = chat(Sampling(temperature=0.7, top_p=0.9, top_k=20, max_tokens=5, stop=("\n\n",)))
    told = {name: body[name] for name in ("temperature", "top_p", "top_k", "max_tokens", "stop")}
    assert told == {
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 20,
        "max_tokens": 5,
        "stop": ["\n\n"],
    }


def test_only_vllm_is_asked_for_token_ids():
    assert completions()["return_token_ids"] is True
    assert "return_token_ids" not in completions(kind="sglang")


def test_logprobs_ask_for_the_sampled_token_alone():
    sampling = Sampling(logprobs=True)
    assert completions(sampling)["logprobs"] == 0
    assert chat(sampling)["logprobs"] is True


def test_a_chat_prefix_is_continued_not_answered():
    body = chat(prompt=Prompt(messages=QUESTION.messages, prefix="Step 1: "))
    assert body["messages"][-1] == {"role": "assistant", "content": "Step 1: "}
    assert body["continue_final_message"] is True
    assert body["add_generation_prompt"] is False


def test_values_for_the_template_reach_chat_and_tokenize_alike():
    values = {"enable_thinking": False}
    endpoint = Endpoint(base_url="http://host/v1", model="m", chat_template_kwargs=values)
    assert chat(endpoint=endpoint)["chat_template_kwargs"] == values
    body = tokenize_messages_body(endpoint, QUESTION.messages)
    assert body["chat_template_kwargs"] == values


@pytest.mark.parametrize(
    ("owner", "kind"),
    [("vllm", "vllm"), ("sglang", "sglang"), ("openai", "hosted"), (None, "hosted")],
)
def test_the_owner_tells_the_server(owner, kind):
    assert server_kind(owner) == kind


SCHEMA = '{"type": "object", "properties": {"b": {}, "a": {}}}'


def told(schema: str | None, kind: ServerKind) -> JsonObject:
    body: JsonObject = orjson.loads(orjson.dumps(held_to(schema, kind)))
    return body


def test_a_schema_reaches_vllm_in_its_own_field_with_its_order_kept():
    held = told(SCHEMA, "vllm")["structured_outputs"]["json"]
    assert list(held["properties"]) == ["b", "a"]


@pytest.mark.parametrize("kind", ["sglang", "llamacpp", "hosted"])
def test_a_schema_reaches_other_servers_in_openais_field(kind):
    form = told(SCHEMA, kind)["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"]["type"] == "object"


def test_without_a_schema_nothing_is_said_of_it():
    assert told(None, "vllm") == {}
