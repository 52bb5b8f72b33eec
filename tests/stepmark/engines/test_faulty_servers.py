"""What the engine makes of servers in trouble; no test waits, they only count how long it would."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stepmark.engines.retry import RetryPolicy
from stepmark.errors import EngineDown, EngineError
from tests.fakes.engines import Waits, a_request, generate, with_engine
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault

PASSING = [
    pytest.param(Fault(status=429), id="429"),
    pytest.param(Fault(status=500), id="500"),
    pytest.param(Fault(status=503, body=b"<html>busy</html>"), id="503"),
    pytest.param(Fault(reset=True), id="reset"),
    pytest.param(Fault(truncated=True), id="truncated body"),
    pytest.param(Fault(body=b'{"choices": [{"ind'), id="truncated JSON"),
    pytest.param(Fault(body=b""), id="empty body"),
    pytest.param(Fault(body=b"[]"), id="no object"),
    pytest.param(Fault(body=b'{"error": {"message": "no"}}'), id="200 with an error"),
    pytest.param(Fault(body=b'{"object": "error", "message": "no"}'), id="200, error object"),
    pytest.param(Fault(body=b'{"choices": [1]}'), id="malformed choices"),
    pytest.param(Fault(body=b'{"choices": [], "usage": [1]}'), id="malformed usage"),
    pytest.param(Fault(keep_choices=0), id="empty choices"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_trouble_that_passes_costs_a_repeat_and_nothing_else(fault):
    waits = Waits()
    with FakeServer(faults={0: fault, 1: fault}) as server:
        completions = generate(server, a_request((0, 1)), waits=waits)
    assert [c.draw for c in completions] == [0, 1]
    assert server.draw_requests == 3
    assert len(waits.slept_s) == 2


@pytest.mark.parametrize("fault", PASSING)
def test_trouble_that_stays_is_an_error_with_address_and_attempts(fault):
    with FakeServer(faults=lambda _: fault) as server, pytest.raises(EngineError) as caught:
        generate(server, retry=RetryPolicy(retries=2))
    assert server.url in str(caught.value)
    assert "attempt 3 of 3" in str(caught.value)
    assert server.draw_requests == 3


def test_a_time_out_is_repeated_and_named():
    with FakeServer(faults={0: Fault(hangs=True)}) as server:
        assert len(generate(server, request_timeout_s=0.05)) == 1
    with (
        FakeServer(faults=lambda _: Fault(hangs=True)) as server,
        pytest.raises(EngineError, match=r"within 0.05 s") as caught,
    ):
        generate(server, request_timeout_s=0.05, retry=RetryPolicy(retries=0))
    assert caught.value.reason == "timeout"


def test_fewer_choices_than_asked_are_returned_as_they_are():
    with FakeServer(faults={0: Fault(keep_choices=2)}) as server:
        completions = generate(server, a_request((0, 1, 2, 3)))
    assert [c.draw for c in completions] == [0, 1]
    assert server.draw_requests == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_raises_at_once_with_the_servers_words(status):
    fault = Fault(status=status, body=b'{"error": {"message": "not with me"}}')
    with (
        FakeServer(faults=lambda _: fault) as server,
        pytest.raises(EngineError, match="not with me") as caught,
    ):
        generate(server)
    assert caught.value.reason == f"http_{status}"
    assert server.draw_requests == 1


def test_a_redirect_is_not_followed_with_the_key():
    fault = Fault(status=307, headers={"Location": "http://127.0.0.1:9/v1"})
    with FakeServer(faults=lambda _: fault) as server, pytest.raises(EngineError) as caught:
        generate(server)
    assert caught.value.reason == "http_307"


@pytest.mark.parametrize("header", ["30", "Sun, 09 Sep 2001 01:47:10 GMT"])
def test_waits_as_long_as_the_server_says(header):
    waits = Waits()
    fault = Fault(status=429, headers={"Retry-After": header})
    with FakeServer(faults={0: fault}) as server:
        generate(server, waits=waits, retry=RetryPolicy(base_s=0.5))
    assert 30.0 <= waits.slept_s[0] <= 30.5


def test_an_overflow_with_status_200_is_not_repeated():
    fault = Fault(body=b'{"error": {"code": "context_length_exceeded"}}')
    with FakeServer(faults=lambda _: fault) as server:
        assert generate(server)[0].reason == "context_overflow"
    assert server.draw_requests == 1


def test_nobody_listening_is_engine_down_after_all_repeats():
    waits = Waits()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    with pytest.raises(EngineDown, match=f"Nobody answers at {url}"):
        generate(url, waits=waits, retry=RetryPolicy(retries=4))
    assert len(waits.slept_s) == 4


def test_a_key_that_the_server_echoes_is_not_shown(monkeypatch):
    monkeypatch.setenv("A_KEY", "s3cret")
    fault = Fault(status=401, body=b'{"error": {"message": "Incorrect API key: s3cret"}}')
    with (
        FakeServer(faults=lambda _: fault) as server,
        pytest.raises(EngineError, match=r"key: \[key\]") as caught,
    ):
        generate(server, api_key_env="A_KEY")
    assert "s3cret" not in str(caught.value)


def test_draws_that_came_are_kept_when_others_failed():
    fault = Fault(status=400, body=b"no")
    with FakeServer(faults={1: fault}) as server:
        completions = generate(server, a_request((0, 1, 2)), n_supported=False, concurrency=1)
    assert [c.draw for c in completions] == [0, 2]


def test_when_every_draw_failed_the_first_reason_is_raised():
    fault = Fault(status=400, body=b"no")
    with FakeServer(faults=lambda _: fault) as server, pytest.raises(EngineError, match="400"):
        generate(server, a_request((0, 1)), n_supported=False)


class _Pages(BaseHTTPRequestHandler):
    """Answers every request with a page for people."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html><body>It works</body></html>")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_an_address_that_serves_web_pages_is_told_at_once():
    waits = Waits()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        with pytest.raises(EngineError, match="answers with a web page") as caught:
            with_engine(url, lambda engine: engine.describe(), waits=waits)
        server.shutdown()
    assert caught.value.reason == "no_model_server"
    assert not waits.slept_s
