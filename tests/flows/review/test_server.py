"""The page's server: who may ask, what is kept, and how it is taken back."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.review.choices import CANNOT_TELL, NONE_WRONG
from flows.review.desk import Desk
from flows.review.doubt import Doubted
from flows.review.queue import Item
from flows.review.server import Server
from stepmark.errors import ReviewError
from stepmark.reviews import add, read_reviews
from tests.fakes.factories import a_problem, a_review
from tests.flows.review.arrange import solutions

THREE = solutions(3)
ITEMS = [Item(Doubted(each.id, 0.5, {}, {}), a_problem(id=each.problem_id), each) for each in THREE]


def desk(folder: Path, who: str = "ann") -> Desk:
    return Desk(ITEMS, who, folder / "reviews.jsonl")


def kept(folder: Path) -> list[Any]:
    return [entry.review for entry in read_reviews(folder / "reviews.jsonl")]


def test_what_is_said_is_in_the_file_before_the_next_is_shown(tmp_path):
    at_work = desk(tmp_path)
    at_work.say(THREE[0].id, "step 1", " 7·2 ")
    assert kept(tmp_path) == [a_review(THREE[0], 1, note="7·2")]
    assert at_work.next_open(0) == 1
    at_work.say(THREE[1].id, CANNOT_TELL, "too hard")
    at_work.say(THREE[2].id, NONE_WRONG, "")
    assert kept(tmp_path)[1:] == [a_review(THREE[1], reason="too hard"), a_review(THREE[2])]
    assert (at_work.next_open(2), at_work.done) == (None, 3)


def test_undo_takes_back_the_last_word_and_no_other(tmp_path):
    at_work = desk(tmp_path)
    at_work.say(THREE[0].id, "step 1", "")
    at_work.say(THREE[0].id, "step 2", "")
    assert at_work.undo() == 0
    assert kept(tmp_path) == [a_review(THREE[0], 1)]
    assert at_work.undo() == 0
    assert (kept(tmp_path), at_work.done) == ([], 0)
    assert at_work.undo() is None


def test_half_a_character_in_a_note_is_written_out(server, tmp_path):
    said = {"solution": THREE[0].id, "choice": "step 1", "note": "\ud83d"}
    assert ask(server, "POST", "review", body=json.dumps(said)) == (200, '{"at": 1}')
    assert kept(tmp_path) == [a_review(THREE[0], 1, note="\\ud83d")]


def test_a_person_goes_on_where_they_left_off_and_sees_nobody_elses(tmp_path):
    desk(tmp_path).say(THREE[0].id, "step 1", "")
    assert desk(tmp_path).next_open() == 1
    assert desk(tmp_path, "bob").next_open() == 0


def test_what_was_left_out_comes_round_again(tmp_path):
    at_work = desk(tmp_path)
    at_work.say(THREE[2].id, NONE_WRONG, "")
    assert at_work.next_open(2) == 0


@pytest.mark.parametrize("choice", ["step 3", "step -1", "wrong", ""])
def test_a_choice_that_is_not_offered_is_refused(tmp_path, choice):
    with pytest.raises(ReviewError, match="no choice"):
        desk(tmp_path).say(THREE[0].id, choice, "")
    assert not (tmp_path / "reviews.jsonl").exists()


def test_a_solution_that_is_not_in_the_queue_is_refused(tmp_path):
    with pytest.raises(ReviewError, match="no solution 'so_0'"):
        desk(tmp_path).say("so_0", NONE_WRONG, "")


def test_nobody_reviews_without_a_name(tmp_path):
    with pytest.raises(ReviewError, match="--as"):
        desk(tmp_path, " ")


def test_reviews_of_other_cuts_do_not_count_as_done(tmp_path):
    add(tmp_path / "reviews.jsonl", [a_review(THREE[0], 1, steps="st_0")])
    assert desk(tmp_path).done == 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(desk(tmp_path)) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def ask(server: Server, method: str = "GET", path: str = "", **changes: Any) -> tuple[int, str]:
    """Ask as the page does, but for the headers and the body that are changed."""
    own = f"127.0.0.1:{server.server_port}"
    said = {"solution": THREE[0].id, "choice": "step 1", "note": ""}
    body = changes.pop("body", json.dumps(said) if method == "POST" else None)
    token = changes.pop("token", server.token)
    headers = {"Host": own, "Content-Type": "application/json", "Origin": f"http://{own}"}
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request(
        method, f"/{token}/{path}", body, {k: v for k, v in headers.items() if v is not None}
    )
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_the_page_itself_may_write(server, tmp_path):
    assert ask(server, "POST", "review") == (200, '{"at": 1}')
    assert kept(tmp_path) == [a_review(THREE[0], 1)]
    assert ask(server, "POST", "undo") == (200, '{"at": 0}')
    assert ask(server, "POST", "undo") == (200, '{"at": null}')
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Host": "evil.example"}, 403),  # a name that was bound to loopback
        ({"Host": "127.0.0.1"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Content_Type": "text/plain"}, 415),  # what another site's form may send
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"token": "guess"}, 404),
        ({"token": "%C3%A4"}, 404),
        ({"body": "{"}, 400),
        ({"body": "[]"}, 400),
        ({"body": "{}"}, 400),
        ({"body": '{"solution": 1, "choice": 2, "note": 3}'}, 400),
        ({"body": "[" * 50_000}, 400),
        ({"body": " " * 70_000}, 413),
        ({"Content_Length": "9" * 5_000}, 413),
        ({"path": "elsewhere"}, 404),
        ({"body": json.dumps({"solution": "so_0", "choice": "step 1", "note": ""})}, 409),
    ],
)
def test_whoever_else_asks_is_refused_and_nothing_is_kept(server, tmp_path, changes, status):
    path = changes.get("path", "review")
    rest = {key: value for key, value in changes.items() if key != "path"}
    assert ask(server, "POST", path, **rest)[0] == status
    assert not (tmp_path / "reviews.jsonl").exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"Host": "evil.example"}, 403), ({"token": ""}, 404), ({"path": "../x"}, 404)],
)
def test_nobody_reads_without_the_address(server, changes, status):
    assert ask(server, **changes)[0] == status


@pytest.mark.parametrize(
    ("query", "place"),
    [("", 1), ("?at=2", 3), ("?at=9", 1), ("?at=x", 1), ("?at=²", 1), ("?at=" + "9" * 5_000, 1)],
)
def test_the_place_that_is_asked_for_is_shown_or_the_next_open_one(server, query, place):
    status, text = ask(server, path=query.replace("²", "%C2%B2"))
    assert status == 200
    assert f"Review {place} of 3" in text


def test_only_loopback_is_listened_on(server):
    assert server.server_address[0] == "127.0.0.1"
    assert len(server.token) > 20


def test_a_port_that_is_taken_is_said_so(server, tmp_path):
    with pytest.raises(ReviewError, match=rf"Port {server.server_port} .* another --port"):
        Server(desk(tmp_path), server.server_port)
