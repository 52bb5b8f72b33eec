"""A vLLM-like server on loopback: real HTTP, no model, faults on demand.

    with FakeServer() as server:
        engine = OpenAICompatible(Endpoint(base_url=server.url, model="fake"))

What it writes is a pure function of prompt text, the draw's address and its index (`Writer`), so
that runs can be compared byte for byte. It runs in a thread of its own; a benchmark that wants it
in a process of its own runs `python -m tests.fakes.openai_server`, which prints the address.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import web

from tests.fakes.server_faults import Fault, Faults, faulty, json_answer
from tests.fakes.tokenizers import OPENING, Bytes, Template, Tokenizer, plain

Writer = Callable[[str, str, int], str]
"""Prompt text, address (without the draw) and draw index to a completion's text."""


def default_writer(prompt: str, address: str, draw: int) -> str:
    """Three short steps and an answer from 0 to 9, fixed by prompt and draw."""
    seed = hashlib.blake2b(f"{prompt}\0{draw}".encode(errors="replace"), digest_size=4).hexdigest()
    return f"Step 1: {seed[:4]}.\n\nStep 2: {seed[4:]}.\n\nThe answer is {int(seed, 16) % 10}."


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class HttpError(Exception):
    """An error answer in vLLM's form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(kw_only=True, eq=False)
class FakeServer:
    """The server and what it saw; a context manager."""

    model: str = "fake"
    owned_by: str = "vllm"
    version: str = "0.32.0"
    max_model_len: int = 1_000_000
    tokenizer: Tokenizer = field(default_factory=Bytes)
    template: Template = plain
    writer: Writer = default_writer
    reasoning: str = ""
    """Reasoning that chat answers carry beside the text."""
    faults: Mapping[int, Fault] | Faults = field(default_factory=dict)
    """By number of the draw request, from 0."""
    token_faults: Faults = lambda _: None
    """By number of the /tokenize or /detokenize request, from 0."""
    too_long: Callable[[str], bool] = lambda _: False
    """Addresses whose prompt does not fit, whatever its length."""
    missing_routes: frozenset[str] = frozenset()
    """Paths that answer 404."""
    latency_s: float = 0.0
    """Wait before a draw request is answered."""
    hold_from: int | None = None
    """Number of the draw request from which on answers wait for `release`; None holds none."""
    port: int = 0
    keep: int | None = None
    """How many requests to remember; None is all of them."""

    def __post_init__(self) -> None:
        self.seen: deque[Seen] = deque(maxlen=self.keep)
        self.draw_requests = 0
        self.token_requests = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.abandoned = 0
        """Draw requests whose client went away."""
        self.draw_arrived = threading.Event()
        """Set once a draw request is in flight."""
        self.draw_held = threading.Event()
        """Set once a draw request is held."""
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve, on the same port as before if it has served already."""
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Drop all connections and listen no more; harmless when it does not serve."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None

    @property
    def url(self) -> str:
        """Address of the OpenAI routes."""
        return f"http://127.0.0.1:{self.port}/v1"

    def release(self) -> None:
        """Answer the draw requests that are held, and all that come."""
        self.hold_from = None
        self._loop.call_soon_threadsafe(self._released.set)

    def asked(self, path: str) -> list[Seen]:
        """The requests remembered for a path."""
        return [seen for seen in self.seen if seen.path == path]

    @property
    def draws(self) -> list[Seen]:
        """The draw requests remembered, of both routes."""
        return [seen for seen in self.seen if seen.path.endswith("/completions")]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._released = asyncio.Event()
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=4096)
        await site.start()
        self.port = runner.addresses[0][1]
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()
        await asyncio.sleep(0)  # a connection that was accepted meanwhile is made now
        await server.shutdown(0)
        await asyncio.sleep(0)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        body = orjson.loads(raw) if raw else {}
        path = request.path
        if self.keep != 0:
            seen = Seen(method=request.method, path=path, headers=request.headers, body=body)
            self.seen.append(seen)
        try:
            if path in {"/v1/completions", "/v1/chat/completions"}:
                return await self._draw_request(request, body)
            return await self._fact_request(request, body)
        except HttpError as error:
            return _error(error)

    async def _fact_request(
        self, request: web.BaseRequest, body: dict[str, Any]
    ) -> web.StreamResponse:
        fault = None
        if request.path.endswith("tokenize"):
            fault = self.token_faults(self.token_requests)
            self.token_requests += 1
        answer = self._fact(request.path, body)
        return await faulty(request, answer, fault) if fault else json_answer(answer)

    def _fact(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answers of every route but the two that draw."""
        match path:
            case _ if path in self.missing_routes:
                pass
            case "/health":
                return {}
            case "/version":
                return {"version": self.version}
            case "/v1/models":
                return {"object": "list", "data": [self._card()]}
            case "/tokenize" if self.owned_by == "llamacpp":
                return {"tokens": self.tokenizer.encode(body.get("content", ""))}
            case "/tokenize":
                ids = self._tokenize(body)
                return {"count": len(ids), "tokens": ids, "max_model_len": self.max_model_len}
            case "/detokenize":
                return {"prompt": self.tokenizer.decode(body["tokens"])}
        raise HttpError(404, "Not Found")

    def _card(self) -> dict[str, Any]:
        return {
            "id": self.model,
            "object": "model",
            "owned_by": self.owned_by,
            "root": f"/models/{self.model}",
            "max_model_len": self.max_model_len,
        }

    def _tokenize(self, body: dict[str, Any]) -> list[int]:
        if "messages" in body:
            return self.tokenizer.encode(self._render(body))
        return self.tokenizer.encode(body["prompt"])

    def _render(self, body: dict[str, Any]) -> str:
        turns = body["messages"]
        if body.get("continue_final_message"):
            return self.template(turns).removesuffix("<|end|>")
        return self.template(turns) + (OPENING if body.get("add_generation_prompt", True) else "")

    async def _draw_request(
        self, request: web.BaseRequest, body: dict[str, Any]
    ) -> web.StreamResponse:
        number = self.draw_requests
        self.draw_requests += 1
        self.draw_arrived.set()
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        faults = self.faults
        fault = faults(number) if callable(faults) else faults.get(number)
        try:
            if self.hold_from is not None and number >= self.hold_from:
                self.draw_held.set()
                await self._released.wait()
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            answer = self._answer(request, body)
            return await faulty(request, answer, fault) if fault else json_answer(answer)
        except asyncio.CancelledError:
            self.abandoned += 1
            raise
        finally:
            self.in_flight -= 1

    def _answer(self, request: web.BaseRequest, body: dict[str, Any]) -> dict[str, Any]:
        is_chat = "messages" in body
        prompt, prompt_tokens = self._prompt(body)
        self._check(body, prompt_tokens)
        address, _, first = request.headers.get("X-Request-Id", "-0").rpartition("-")
        if self.too_long(address):
            raise _overflow(self.max_model_len, prompt_tokens)
        choices = [
            self._choice(body, prompt, address, int(first) + index, index)
            for index in range(body.get("n", 1))
        ]
        completion_tokens = sum(choice.pop("_tokens") for choice in choices)
        return {
            "object": "chat.completion" if is_chat else "text_completion",
            "model": self.model,
            "choices": choices,
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            },
        }

    def _prompt(self, body: dict[str, Any]) -> tuple[str, int]:
        if "messages" in body:
            text = self._render(body)
        elif isinstance(body["prompt"], list):
            return self.tokenizer.decode(body["prompt"]), len(body["prompt"])
        else:
            text = body["prompt"]
        return text, len(self.tokenizer.encode(text))

    def _check(self, body: dict[str, Any], prompt_tokens: int) -> None:
        if body.get("model") != self.model:
            raise HttpError(404, f"The model `{body.get('model')}` does not exist.")
        if body.get("n", 1) > 1 and body.get("temperature") == 0:
            raise HttpError(400, "n must be 1 when using greedy sampling, got 2.")
        if prompt_tokens >= self.max_model_len:
            raise _overflow(self.max_model_len, prompt_tokens)

    def _choice(
        self, body: dict[str, Any], prompt: str, address: str, draw: int, index: int
    ) -> dict[str, Any]:
        text = self.writer(prompt, address, draw)
        for stop in body.get("stop") or ():
            text = text.split(stop, 1)[0]
        ids = self.tokenizer.encode(text)
        is_cut = len(ids) > body.get("max_tokens", 16)
        if is_cut:
            ids = ids[: body["max_tokens"]]
            text = self.tokenizer.decode(ids)
        choice: dict[str, Any] = {
            "index": index,
            "finish_reason": "length" if is_cut else "stop",
            "logprobs": _logprobs(body, ids, [self.tokenizer.decode([i]) for i in ids]),
            "_tokens": len(ids),
        }
        if body.get("return_token_ids"):
            choice["token_ids"] = ids
        if "messages" in body:
            message = {"role": "assistant", "content": text, "reasoning": self.reasoning or None}
            return choice | {"message": message}
        return choice | {"text": text}


def _overflow(most: int, prompt_tokens: int) -> HttpError:
    """The refusal in vLLM's words."""
    return HttpError(
        400,
        f"This model's maximum context length is {most} tokens. However, your prompt contains "
        f"{prompt_tokens} input tokens, which exceeds this limit even without any output tokens. "
        "Please reduce the length of the input prompt.",
    )


def _logprobs(body: dict[str, Any], ids: list[int], texts: list[str]) -> dict[str, Any] | None:
    """One value a token, in the route's own form: -id/1000."""
    if body.get("logprobs") is None or body["logprobs"] is False:
        return None
    values = [-token / 1000 for token in ids]
    if "messages" in body:
        pairs = zip(texts, values, strict=True)
        return {"content": [{"token": text, "logprob": value} for text, value in pairs]}
    return {"tokens": texts, "token_logprobs": values}


def _error(error: HttpError) -> web.Response:
    body = {"error": {"message": str(error), "type": "BadRequestError", "code": error.status}}
    return web.Response(
        body=orjson.dumps(body), status=error.status, content_type="application/json"
    )


def main() -> None:
    """Serve until the standard input closes."""
    with FakeServer(keep=0) as server:
        print(server.url, flush=True)  # noqa: T201  (the caller reads the address)
        sys.stdin.read()


if __name__ == "__main__":
    main()
