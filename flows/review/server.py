"""The desk as a page on loopback: `stepmark review serve`.

Whoever may open the page may write reviews, and every web site in the same browser can send
requests to loopback. So the address holds a random token; the Host must be loopback's, against
names that are rebound to it; what writes must come from the page itself (Origin) and be JSON, which
no form of another site can send; nothing may frame the page or read what it answers.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from flows.review.choices import CANNOT_TELL, GUIDELINES, NONE_WRONG, reference_of, step_choice
from flows.review.desk import Desk
from flows.review.told import opinion
from stepmark.errors import ReviewError
from storage.pages.page import page

LOOPBACK: Final = "127.0.0.1"
MOST_BYTES: Final = 64 * 1024
"""Longest body that is read."""
PATIENCE_S: Final = 10.0
"""How long a connection may say nothing."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Server(ThreadingHTTPServer):
    """Serves one desk on loopback until it is shut down."""

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        """Listen.

        Args:
            desk: whose.
            port: where; 0 for a free one.

        Raises:
            ReviewError: the port is taken.
        """
        self.token = secrets.token_urlsafe(16)
        try:
            super().__init__((LOOPBACK, port), partial(_Request, desk))
        except OSError as error:
            raise ReviewError(
                f"Port {port} of {LOOPBACK} cannot be used: {error.strerror}. Choose another "
                "--port."
            ) from None

    @property
    def url(self) -> str:
        """Where the page is; whoever knows it may review."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names under which it may be asked."""
        return tuple(f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost"))


class _RefusedError(Exception):
    """A request that is not answered."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Request(BaseHTTPRequestHandler):
    """One request: show a solution, keep what is said of it, take it back."""

    server: Server
    timeout = PATIENCE_S

    def __init__(self, desk: Desk, *arguments: Any) -> None:
        self._desk = desk
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Show a solution, or that all is done."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Keep or take back what is said."""
        self._answer(self._post)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: addresses hold the token."""

    def _answer(self, work: Any) -> None:
        try:
            kind, text = work(self._path())
            status = HTTPStatus.OK
        except _RefusedError as refused:
            status, kind, text = refused.status, "text/plain", f"{refused}\n"
        except ReviewError as error:
            status, kind, text = HTTPStatus.CONFLICT, "text/plain", f"{error}\n"
        body = text.encode("utf-8", "backslashreplace")
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _path(self) -> str:
        """Return the path behind the token."""
        if self.headers.get("Host") not in self.server.hosts:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "This is not the host's name.")
        token, _, path = self.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise _RefusedError(HTTPStatus.NOT_FOUND, "Nothing is here: take the whole address.")
        return path

    def _get(self, path: str) -> tuple[str, str]:
        parts = urlsplit(path)
        if parts.path:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "Nothing is here.")
        (asked,) = parse_qs(parts.query).get("at", [""])[-1:]
        return "text/html", shown(self._desk, asked)

    def _post(self, path: str) -> tuple[str, str]:
        said = self._said()
        if path == "review":
            texts = [said.get(key) for key in ("solution", "choice", "note")]
            if not all(isinstance(text, str) for text in texts):
                raise _RefusedError(HTTPStatus.BAD_REQUEST, "A text is missing.")
            at = self._desk.say(*map(str, texts))
            return _place(self._desk.next_open(at))
        if path == "undo":
            return _place(self._desk.undo())
        raise _RefusedError(HTTPStatus.NOT_FOUND, "Nothing is here.")

    def _said(self) -> Mapping[str, Any]:
        """Return what was posted, if the page itself posted it."""
        if self.headers.get("Origin") != f"http://{self.headers.get('Host')}":
            raise _RefusedError(HTTPStatus.FORBIDDEN, "Another site asks.")
        if self.headers.get_content_type() != "application/json":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "This is not JSON.")
        length = self.headers.get("Content-Length", "")
        if not _is_index(length, MOST_BYTES + 1):
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is too long.")
        try:
            said = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "This is no JSON object.")
        return said


def shown(desk: Desk, asked: str = "") -> str:
    """Return the page of the place that was asked for, else of the next one that is open."""
    at = int(asked) if _is_index(asked, len(desk.items)) else desk.next_open()
    told = {"done": desk.done, "total": len(desk.items), "reviewer": desk.reviewer}
    if at is None:
        return page("review_done.html", styles=["review.css"], scripts=["review.js"], served=True,
                    path=str(desk.path), **told)  # fmt: skip
    item, said = desk.items[at], desk.said(at)
    return page(
        "review.html",
        styles=["review.css"],
        scripts=["review.js"],
        served=True,
        at=at,
        problem=item.problem.statement,
        reference=reference_of(item),
        solution=item.solution,
        choice_of=step_choice,
        none_wrong=NONE_WRONG,
        cannot_tell=CANNOT_TELL,
        guidelines=GUIDELINES,
        said=said and opinion(said),
        step=said and said.first_error,
        note=said.note if said else "",
        **told,
    )


def _is_index(text: str, end: int) -> bool:
    """Tell whether a text is a number from 0 up to, not including, an end."""
    short = text.isascii() and text.isdigit() and len(text) <= len(str(end))
    return short and int(text) < end


def _place(at: int | None) -> tuple[str, str]:
    return "application/json", json.dumps({"at": at})
