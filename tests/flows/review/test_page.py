"""The page in a real browser: by keyboard, by mouse, by touch, and all the way back to a build."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flows.review.desk import Desk
from flows.review.doubt import Doubted
from flows.review.queue import Item
from flows.review.server import Server
from flows.show import solutions as rows_of
from stepmark.records import Review, Solution
from stepmark.reviews import read_reviews
from storage.shards import read_shard
from tests.browser import chromium
from tests.fakes.factories import a_problem, a_review, a_solution
from tests.flows.arrange import build
from tests.flows.test_people import BOTH, arrange

ROOT = Path(__file__).parents[3]
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }}"
PROBLEM = a_problem(f"What is 6 × 7? {HOSTILE}", reference="42")
THREE = [
    a_solution([f"Step {k} of {n}. {HOSTILE}\n" for k in range(4)], problem=PROBLEM, answer=str(n))
    for n in range(3)
]


class Served(NamedTuple):
    """A page that is being served, and the file that it writes."""

    url: str
    path: Path
    server: Server

    @property
    def reviews(self) -> list[Review]:
        return [entry.review for entry in read_reviews(self.path)] if self.path.exists() else []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    items = [Item(Doubted(each.id, 0.5, {}, {}), PROBLEM, each) for each in THREE]
    path = tmp_path / "reviews.jsonl"
    with Server(Desk(items, "ann", path)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Served(server.url, path, server)
        server.shutdown()
        thread.join()


def at(page: Any, place: int) -> None:
    """Wait until the solution at a place, from 1, is shown."""
    page.wait_for_function("place => document.title.startsWith(`Review ${place} `)", arg=place)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_queue_is_reviewed_by_keyboard_alone(served, open_page):
    page = open_page(served.url)
    press(page, "j", "j", "ArrowDown", "k", "Enter")
    at(page, 2)
    assert served.reviews == [a_review(THREE[0], 1)]
    press(page, "u", "2")
    at(page, 3)
    assert served.reviews[1] == a_review(THREE[1], reason="a step is unclear")
    press(page, "c")
    page.keyboard.type("nju")  # what is typed into a note is no command
    press(page, "Escape", "n")
    page.wait_for_selector("text=All reviewed")
    assert served.reviews[2] == a_review(THREE[2], note="nju")
    press(page, "z")
    at(page, 3)
    assert served.reviews == [a_review(THREE[0], 1), a_review(THREE[1], reason="a step is unclear")]


def test_what_was_said_is_shown_again_and_may_be_changed(served, open_page):
    page = open_page(served.url)
    press(page, "n")
    at(page, 2)
    press(page, "ArrowLeft")
    at(page, 1)
    assert page.inner_text(".before") == "You said: none wrong"
    press(page, "k", "Enter")
    at(page, 2)
    assert served.reviews == [a_review(THREE[0], 3)]
    again = open_page(served.url)
    at(again, 2)  # one goes on where one left off
    assert again.inner_text(".done").startswith("1 of 3")


def test_texts_are_texts_and_labels_are_not_shown(served, open_page):
    page = open_page(served.url)
    assert HOSTILE in page.inner_text(".problem")
    assert page.locator(".pick").count() == 4
    assert HOSTILE in page.inner_text("#step-3")
    assert page.locator(":is(.problem, .picks) :is(script, img)").count() == 0
    assert "incorrect" not in page.inner_text("main")


def test_pressing_enter_without_a_step_says_so_and_keeps_nothing(served, open_page):
    page = open_page(served.url)
    press(page, "Enter")
    assert "Choose a step first" in page.inner_text(".trouble")
    press(page, "u", "Enter", "Escape", "?")
    assert page.inner_text("#help h2") == "How to review"
    press(page, "n", "Escape", "z")
    page.wait_for_selector("text=nothing to take back")
    assert not served.reviews


def test_a_server_that_is_gone_is_noticed(served, open_page):
    page = open_page(served.url)
    served.server.shutdown()
    served.server.server_close()
    press(page, "n")
    page.wait_for_selector("text=The server does not answer")
    assert not served.reviews


@pytest.mark.parametrize("phone", [False, True])
def test_mouse_and_touch_do_what_keys_do(served, open_page, phone):
    page = open_page(served.url, phone=phone, dark=phone)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click(".pick >> nth=2")
    page.click("button:has-text('First wrong')")
    at(page, 2)
    page.click("button:has-text('None is wrong')")
    at(page, 3)
    page.click("button:has-text('Undo')")
    at(page, 2)
    page.click("button:has-text('Cannot tell')")
    page.fill("input[name=reason]", "5 is no reason")
    page.click("button:has-text('Keep')")
    at(page, 3)
    page.click("[aria-label='Solution before']")
    at(page, 2)
    assert served.reviews == [
        a_review(THREE[0], 2),
        a_review(THREE[1], reason="5 is no reason"),
    ]


def test_another_site_cannot_write_even_with_the_address(served, browser):
    page = browser.new_page()
    page.goto("data:text/html,<title>evil</title>")
    said = {"solution": THREE[0].id, "choice": "step 0", "note": ""}
    attempts = """async ([url, body]) => {
        const tries = [
            {mode: "no-cors"},
            {mode: "no-cors", headers: {"Content-Type": "text/plain"}},
            {headers: {"Content-Type": "application/json"}},
        ];
        return Promise.all(tries.map((each) =>
            fetch(url, {method: "POST", body, ...each}).then((r) => r.type, () => "failed")));
    }"""
    assert page.evaluate(attempts, [f"{served.url}review", json.dumps(said)]) == [
        "failed",  # Cross-Origin-Resource-Policy
        "failed",
        "failed",  # no answer to the preflight allows it
    ]
    assert not served.reviews


@contextlib.contextmanager
def serving(root: Path) -> Iterator[str]:
    """Serve a build as the command line does; yield the address."""
    command = ["review", "serve", str(root), "--as", "ann"]
    with subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *command], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        told = ""
        while not (found := re.search(r"open (http://\S+)", told)):
            line = process.stdout.readline()
            assert line, f"it ended: {told}"
            told += line
        yield found[1]
        process.terminate()
        assert "2 of 2 reviewed; build again" in process.stdout.read()
        assert process.wait(20) == 0


def test_what_is_marked_in_the_page_comes_back_and_changes_the_consensus(prefect_server, tmp_path):
    recipe, root = arrange(tmp_path, labels={"from": BOTH}), tmp_path / "out/seen"
    assert build(recipe, tmp_path / "out").counts["dropped"] == {"not_reviewed": 2}
    with serving(root) as url, chromium() as browser:
        page = browser.new_page()
        page.goto(url)
        for done in range(2):
            wrong = page.locator(".pick", has_text="7 * 2 = 15").count()
            press(page, *(("j", "j", "Enter") if wrong else ("n",)))
            page.wait_for_selector(f"text={done + 1} of 2")
    first, second = read_shard(root / "solutions/00000.parquet", Solution)
    reviews = [entry.review for entry in read_reviews(tmp_path / "out/reviews.jsonl")]
    assert sorted(reviews, key=lambda each: each.says) == [a_review(second), a_review(first, 1)]
    assert build(recipe, tmp_path / "out").counts["dropped"] == {}
    assert {row.id: row.first_error for row in rows_of(root)} == {first.id: 1, second.id: None}
