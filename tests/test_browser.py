"""What the browser of the page tests lets through, and what it does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.browser import ABROAD


@pytest.mark.parametrize(
    ("url", "abroad"),
    [
        ("http://127.0.0.1:8123/", False),
        ("http://localhost/x", False),
        ("file:///a/report.html", False),
        ("data:image/png;base64,AA", False),
        ("https://fonts.example/a.css", True),
        ("http://127.0.0.1.example/", True),
    ],
)
def test_only_loopback_and_files_are_near(url, abroad):
    assert bool(ABROAD.match(url)) is abroad


def test_a_page_opens_in_the_scheme_and_width_asked_for(tmp_path, open_page):
    where = tmp_path / "page.html"
    where.write_text("<!doctype html><title>t</title><p>hello</p>")
    page = open_page(where, dark=True, phone=True)
    assert page.inner_text("p") == "hello"
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert page.evaluate("innerWidth") == 390


def test_an_address_abroad_is_not_reached(browser):
    page = browser.new_page()
    page.route(ABROAD, lambda route: route.abort())
    with pytest.raises(Error, match="ERR_FAILED"):
        page.goto("http://example.invalid/")
