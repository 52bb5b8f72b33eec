"""Pages: one template, nothing fetched, nothing run that a text brought along."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from storage.pages import page as pages
from storage.pages.page import page
from storage.pages.texts import SIGNS

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</style><script>alert(3)</script>",
    '"><img src=x onerror=alert(4)>',
    "<a href='javascript:alert(5)'>click</a>",
    "<iframe src=https://evil.example></iframe><base href=https://evil.example>",
    "\u202egnp.exe\u2066 and \x00 and \ud800",
    "{{ 7 * 7 }} {% raw %}",
)
STEPS = (
    '{% extends "base.html" %}{% import "steps.html" as s %}'
    "{% block title %}{{ texts[0] }}{% endblock %}"
    '{% block main %}<ol class="steps">{% for text in texts %}'
    "{% call s.step(loop.index0, 'incorrect', text, text) %}"
    "<details><summary>evidence</summary>{{ text | shown }}</details>{% endcall %}"
    "{% endfor %}</ol>{% endblock %}"
)


@pytest.fixture
def write(tmp_path: Path, monkeypatch):
    """Return what writes a page of steps with these texts."""
    loader = jinja2.ChoiceLoader(
        [jinja2.DictLoader({"steps_page.html": STEPS}), jinja2.FileSystemLoader(pages.FOLDER)]
    )
    monkeypatch.setattr(pages._environment(), "loader", loader)

    def written(*texts: str) -> Path:
        path = tmp_path / "page.html"
        path.write_text(page("steps_page.html", texts=texts), encoding="utf-8")
        return path

    return written


def test_hostile_texts_are_shown_and_do_nothing(write, open_page):
    opened = open_page(write(*HOSTILE))
    told = opened.locator(".steps").inner_text()
    for text in HOSTILE[:6]:
        assert text in told
    assert r"\u202egnp.exe\u2066 and \x00 and \ud800" in told
    assert opened.locator(".steps :is(script, img, iframe, a)").count() == 0
    assert opened.title() == HOSTILE[0]


def test_the_policy_stops_a_script_that_escaping_let_through(write, open_page):
    path = write("a step")
    forged = "<script>document.title = 'taken'</script><img src='https://evil.example/a.png'>"
    path.write_text(path.read_text(encoding="utf-8").replace("</main>", forged + "</main>"))
    assert open_page(path).title() == "a step"


def test_the_page_is_as_light_or_dark_as_the_system_until_the_switch_is_pressed(write, open_page):
    path = write("a step")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light, dark = open_page(path), open_page(path, dark=True)
    assert light.evaluate(paper) != dark.evaluate(paper)
    night = dark.evaluate(paper)
    light.get_by_role("button", name="Dark").press("Enter")
    assert light.evaluate(paper) == night
    light.reload()
    assert light.evaluate(paper) == night
    light.get_by_role("button", name="Light").press("Enter")
    assert light.evaluate(paper) != night


def test_a_phone_does_not_scroll_sideways(write, open_page):
    opened = open_page(write("a" * 3000, "two words"), phone=True)
    width = opened.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_every_verdict_has_a_sign_beside_its_colour(write):
    told = write("a step").read_text(encoding="utf-8")
    assert f">{SIGNS['incorrect']}</span> incorrect</span>" in told
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_the_page_names_its_own_style_and_scripts_by_hash_alone(write):
    told = write("a step").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', told)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    assert "connect-src &#39;none&#39;" in policy[1]
    assert not re.search(r"(src|href)=\"(?!data:,|#)", told)


def test_a_served_page_may_speak_to_its_server(write):
    assert "connect-src &#39;self&#39;" in page("steps_page.html", served=True, texts=("a",))


def test_an_unknown_name_in_a_template_is_an_error(write):
    with pytest.raises(jinja2.UndefinedError):
        page("steps_page.html")
