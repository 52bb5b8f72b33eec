"""A real browser for the tests of pages: Chromium, headless, with no network but loopback."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, sync_playwright

QUIET: Final = (
    "--no-sandbox",  # Chromium refuses its own as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ABROAD: Final = re.compile(r"^(?!http://127\.0\.0\.1[:/]|http://localhost[:/])(http|ws)s?://")
PHONE: Final = (390, 844)
DESK: Final = (1280, 900)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium: as long as it runs its thread has an event loop already."""
    program = shutil.which("chromium")
    assert program, "no chromium: 'make system' as root installs it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Start Chromium, one for each test."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return what opens a file or an address, light or dark, on a desk or a phone.

    A request beyond loopback, an error of the page's script or a dialog fails the test.
    """
    trouble: list[str] = []

    def refuse(route: Route) -> None:
        trouble.append(f"asked for {route.request.url}")
        route.abort()

    def dismiss(dialog: Dialog) -> None:
        trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def opened(where: Path | str, *, dark: bool = False, phone: bool = False) -> Page:
        width, height = PHONE if phone else DESK
        page = browser.new_page(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
        )
        page.route(ABROAD, refuse)
        page.on("pageerror", lambda error: trouble.append(f"script: {error}"))
        page.on("dialog", dismiss)
        page.goto(where.resolve().as_uri() if isinstance(where, Path) else where)
        return page

    yield opened
    assert not trouble, trouble
