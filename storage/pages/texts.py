"""Texts that models wrote, as a page shows them: escaped, whole or cut, with nothing hidden."""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup, escape

from stepmark.records import Verdict

SIGNS: Final[dict[Verdict, str]] = {
    "correct": "✓",
    "incorrect": "✗",
    "neutral": "~",
    "unlabelled": "?",
}
"""The sign of a verdict: it stands beside the colour, which not everybody can tell."""

MOST: Final = 4000
"""Characters of a text that are shown; of a longer one its beginning and its end."""
_END: Final = 500
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a reader would not see, or what turns the direction of the text around it."""


def shown(text: str, most: int = MOST) -> Markup:
    """Return a text as HTML; characters that hide or reorder others are written out.

    Args:
        text: anything.
        most: how many characters are shown; what is left out of the middle is counted.
    """
    if len(text) <= most:
        return _escaped(text)
    end = min(_END, most // 4)
    left_out = len(text) - most
    note = Markup('<span class="cut">[… {:,} characters left out …]</span>').format(left_out)
    return _escaped(text[: most - end]) + note + _escaped(text[-end:])


def _escaped(text: str) -> Markup:
    """Escape first: what is written out holds no character that HTML would read."""
    return Markup(  # noqa: S704
        _HIDDEN.sub(lambda hit: f'<code class="hidden">{ascii(hit[0])[1:-1]}</code>', escape(text))
    )
