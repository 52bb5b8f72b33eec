"""A self-contained page: template, style sheet and scripts in one text that asks for nothing.

Every text is escaped, and a Content-Security-Policy names the page's own style sheet and scripts by
hash: whatever else a text may smuggle in, the browser runs and fetches nothing of it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from stepmark import __version__
from storage.pages.texts import SIGNS, shown

FOLDER: Final = Path(__file__).parent
"""Where templates, style sheets and scripts are."""
MOST: Final = 6_000_000
"""Characters of parts on a page, at most."""
STYLE, SCRIPT = "style.css", "page.js"
"""What every page has."""


def page(
    template: str,
    *,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    served: bool = False,
    **facts: object,
) -> str:
    """Return a page as HTML.

    Args:
        template: name of a template in this folder that extends `base.html`.
        styles: names of further style sheets in this folder.
        scripts: names of further scripts in this folder; they run when the page is whole.
        served: whether the page may speak to the server that it came from.
        facts: what the template is told; texts that models wrote go through its filter `shown`.
    """
    sheets = [_source(name) for name in (STYLE, *styles)]
    first, *rest = [_source(name) for name in (SCRIPT, *scripts)]
    text = (
        _environment()
        .get_template(template)
        .render(
            **facts,
            policy=_policy(sheets, [first, *rest], served=served),
            sheets=sheets,
            first_script=first,
            scripts=rest,
            version=__version__,
        )
    )
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate has no UTF-8


def part(template: str, macro: str, *facts: object) -> Markup:
    """Return what a macro of a template makes of facts: a piece of a page, whose size can be told.

    Args:
        template: name of a template in this folder.
        macro: its name there.
        facts: what it is told.
    """
    made: Markup = getattr(_environment().get_template(template).module, macro)(*facts)
    return made


def fitting(parts: Iterable[Markup]) -> tuple[list[Markup], int]:
    """Return the parts that fit on a page, in their order, and how many do not."""
    fit, size, left_out = [], 0, 0
    for each in parts:
        if size + len(each) <= MOST:
            fit.append(each)
            size += len(each)
        else:
            left_out += 1
    return fit, left_out


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.globals["SIGNS"] = SIGNS
    return environment


@cache
def _source(name: str) -> Markup:
    return Markup((FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 (ours, not a model's)


def _policy(sheets: Sequence[str], scripts: Sequence[str], *, served: bool) -> str:
    own = "'self'" if served else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hashes(sheets)}",
            f"script-src {_hashes(scripts)}",
            f"connect-src {own}",
            f"form-action {own}",
            "img-src data:",
            "base-uri 'none'",
        )
    )


def _hashes(sources: Sequence[str]) -> str:
    digests = (hashlib.sha256(source.encode()).digest() for source in sources)
    return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)
