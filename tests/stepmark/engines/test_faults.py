"""The words and kinds of failures."""

import orjson
import pytest

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.faults import is_context_overflow, refused, server_message, shown
from stepmark.errors import ContextOverflow

ENDPOINT = Endpoint(base_url="http://host/v1", model="m")

OVERFLOWS = [
    (
        "This model's maximum context length is 256 tokens. However, your prompt contains 600 "
        "input tokens, which exceeds this limit even without any output tokens."
    ),
    "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)",
    "The decoder prompt (length 300) is longer than the maximum model length of 256.",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "The input (9000 tokens) is longer than the model's context length (4096 tokens).",
    "the request exceeds the available context size. try increasing it",
    "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).",
]


@pytest.mark.parametrize("text", OVERFLOWS)
def test_recognises_a_prompt_that_does_not_fit(text):
    assert is_context_overflow(400, orjson.dumps({"error": {"message": text}}))


def test_recognises_openais_code():
    body = b'{"error": {"message": "Too long.", "code": "context_length_exceeded"}}'
    assert isinstance(refused(ENDPOINT, 400, body, key=None), ContextOverflow)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "max_tokens=300 cannot be greater than max_model_len=256."),
        (400, "Token id 9999 is out of vocabulary"),
        (429, OVERFLOWS[0]),
        (500, OVERFLOWS[0]),
    ],
)
def test_other_refusals_are_no_overflow(status, text):
    assert not is_context_overflow(status, text.encode())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "no"}}', "no"),
        (b'{"error": "no"}', "no"),
        (b'{"object": "error", "message": "no"}', "no"),
        (b'{"detail": "no"}', "no"),
        (b'{"detail": [1]}', '{"detail": [1]}'),
        (b"<html>no</html>", "<html>no</html>"),
        (b"[1]", "[1]"),
    ],
)
def test_finds_what_the_server_says(body, told):
    assert server_message(body) == told


def test_a_refusal_says_where_what_and_what_to_do():
    error = refused(ENDPOINT, 404, b'{"error": {"message": "no such model"}}', key=None)
    assert str(error) == (
        "http://host/v1 answered 404 Not Found for model 'm': no such model. "
        "Check the address (it mostly ends in /v1) and the model name."
    )
    assert error.reason == "http_404"


def test_a_status_without_a_name_is_shown_as_it_is():
    assert "answered 529 for" in str(refused(ENDPOINT, 529, b"", key=None))


def test_a_long_body_is_cut():
    assert len(shown("x" * 1000, key=None)) == 200


def test_an_echoed_key_is_blotted_out():
    assert shown("Incorrect API key: s3cret", key="s3cret") == "Incorrect API key: [key]"
