r"""A step's text as tokens: numbers, signs, words and breaks; LaTeX is written out first.

Nothing is evaluated here. A token that is not surely a number or a sign is a word, and what touches
a number (`3rd`, `B12`, `5:30`) is `opaque`: whoever reads the tokens gives such a side up.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

Kind = Literal["number", "sign", "relation", "word", "variable", "break", "opaque"]


class Token(NamedTuple):
    """A piece of text."""

    kind: Kind
    """What it is."""
    text: str
    """Its spelling: signs are `+ - * / ^ % ( )`, relations `=` or `~` for one that is not exact."""
    start: int
    """Where it begins in the text that was written out."""
    end: int
    """Where it ends there."""


MAX_CHARS: Final = 20_000
"""Longer steps are cut: nobody writes calculations that long by hand."""

_ANNOTATION = re.compile(r"<<([^<>]{1,200})>>")
_TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|tt|normal)?|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}"
)
_MIXED = re.compile(
    r"(?<![\w.^])(\d+)[^\S\n]*\\[dtc]?frac\s*(?:\{(\d+)\}\s*\{(\d+)\}|(\d)\s*(\d))(?!\s*[\d^])"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}\s*\{([^{}]*)\}|(\d)\s*(\d))")
_ROOT = re.compile(r"\\sqrt\s*(?:\{([^{}]*)\}|(\d))")
_POWER = re.compile(r"\^\s*\{([^{}]*)\}")
_BOXED = re.compile(r"\\f?box(?:ed)?\s*\{([^{}]*)\}")
_NESTED: Final = 6
_PLAIN: Final = (
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?"), " "),
    (re.compile(r"\.?\\overline\s*\{[^{}]*\}|\\sqrt\s*\[[^\]]*\]"), "…"),
    (re.compile(r"\{,\}|,\\!"), ","),
    (re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\.?"), ""),
    (re.compile(r"\\(?:times|cdot|ast)(?![a-zA-Z])"), "*"),
    (re.compile(r"\\div(?![a-zA-Z])"), "/"),
    (re.compile(r"\\(?:approx|sim|simeq)(?![a-zA-Z])"), "≈"),
    (re.compile(r"\\(?:leq?|geq?|neq?|lt|gt)(?![a-zA-Z])"), "≠"),
    (
        re.compile(r"\\(?:implies|Rightarrow|rightarrow|to|therefore|iff|quad|qquad)(?![a-zA-Z])"),
        "⇒",
    ),
    (re.compile(r"\\[lcvd]?dots[a-z]?(?![a-zA-Z])"), "…"),
    (re.compile(r"\\[$%#&_]"), lambda match: match[0][1]),
    (re.compile(r"\\\\|\\[\[\]]"), "\n"),
    (re.compile(r"\\[()]"), " "),
    (re.compile(r"\\[,;:! ]"), " "),
)
_CONTINUED = re.compile(r"\n(?=[=≈])")
_BULLET = re.compile(r"(?m)^(?:[-*+•]|\d{1,2}[.)]) ")
_BOLD = re.compile(r"\*\*(?!\d)|(?<!\d)\*\*|__|`")
_UNICODE: Final = str.maketrans(
    {
        "\u2212": "-", "\u2013": "-", "\u2014": ";", "×": "*", "·": "*", "⋅": "*", "∗": "*",
        "÷": "/", "²": "^2", "³": "^3", "°": " ",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'", "→": "⇒", "&": " ", "√": " sqrt",
        "{": " ", "}": " ", "[": "(", "]": ")",
    }
)  # fmt: skip
_PARTS: Final = str.maketrans({"½": r"\frac12", "¼": r"\frac14", "¾": r"\frac34"})
_TOKEN = re.compile(
    r"(?P<relation>==?(?![=>])|≈|\bequals\b|\b(?:is )?equal to\b)"
    r"|(?P<compare>=>|->|[<>≤≥≠⇒]=?|!=)"
    r"|(?P<opaque>\d[\d,.]{0,12}:\d+|[A-Za-z_]+\d\w*|\d[\d.]{0,12}_\w*|…|\.\.\.+|\?)"
    r"|(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d|,\d)|\d+)(?:\.\d+)?|\.\d+)"
    r"|(?P<power>\*\*)"
    r"|(?P<sign>[-+*/^%()])"
    r"|(?P<money>[$€£])"
    r"|(?P<word>[A-Za-z]+(?:'[a-z]+)?(?:-[a-z]{2,})*)"
    r"|(?P<break>[\n;:,.!|\"])"
    r"|(?P<space>[^\S\n]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_KINDS: Final[dict[str, Kind]] = {
    "relation": "relation", "compare": "break", "opaque": "opaque", "number": "number",
    "power": "sign", "sign": "sign", "word": "word", "break": "break", "other": "opaque",
}  # fmt: skip
"""Kinds by the group of the pattern; spaces and currency signs are left out."""
_SPELLED: Final = {
    "≈": "~", "**": "^", "==": "=", "equals": "=", "equal to": "=", "is equal to": "=",
}  # fmt: skip
_SUFFIX = re.compile(r"[cmk]m|[km]g|ml|oz|lbs?|ft|in|yd|mi|hrs?|mins?|sec|am|pm|mph", re.IGNORECASE)
"""Units that may touch their number."""
_OPERATORS: Final = {
    "times": "*", "plus": "+", "minus": "-", "multiplied by": "*", "divided by": "/",
}  # fmt: skip
_WORDED = re.compile(
    r"\b(multiplied by|divided by|times|plus|minus)\b(?=\s*[$(]?\s*-?\d)", re.IGNORECASE
)


def tokens(written: str) -> list[Token]:
    """Return the tokens of a text that was written out; total: any text has some."""
    found: list[Token] = []
    for match in _TOKEN.finditer(written):
        token = _token(match, found, written)
        if token is not None:
            found.append(token)
    return found


def write_out(text: str) -> str:
    """Return the text with LaTeX, Markdown and rarer signs put into plain ones."""
    text = text[:MAX_CHARS]
    if "<<" in text:
        noted = "".join(f"\n{note}" for note in _ANNOTATION.findall(text))
        text = _ANNOTATION.sub("", text) + noted
    text = text.translate(_PARTS)
    if "\\" in text or "{" in text:
        text = _without_latex(text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    text = "\n".join(line for line in lines if line)
    text = _BULLET.sub("", _CONTINUED.sub(" ", text))
    text = _BOLD.sub(" ", text.translate(_UNICODE))
    return _WORDED.sub(lambda match: _OPERATORS[match[1].lower()], text)


def _without_latex(text: str) -> str:
    text = _TEXT.sub(r" \1 ", text)
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    for _ in range(_NESTED):
        before = text
        text = _MIXED.sub(_mixed, text)
        text = _FRACTION.sub(lambda m: f"(({m[1] or m[3]})/({m[2] or m[4]}))", text)
        text = _ROOT.sub(lambda m: f" sqrt({m[1] or m[2]})", text)
        text = _BOXED.sub(r" \1 ", _POWER.sub(r"^(\1)", text))
        if text == before:
            break
    return text.replace("\\", " ")


def _mixed(match: re.Match[str]) -> str:
    """Write a mixed number as the grammar reads one; another fraction is a factor."""
    whole, above, below = match[1], match[2] or match[4], match[3] or match[5]
    return f"{whole} {above}/{below}" if int(above) < int(below) else match[0]


def _token(match: re.Match[str], before: list[Token], text: str) -> Token | None:
    found, spelling = str(match.lastgroup), match[0]
    start, end = match.span()
    kind = _KINDS.get(found)
    if kind is None:
        return None
    if found == "word":
        return _word(spelling, before, text, start, end)
    if found == "break" and spelling in ",:!" and _touches(before, text, start, end):
        kind = "opaque"
    return Token(kind, _SPELLED.get(spelling, spelling), start, end)


def _touches(before: list[Token], text: str, start: int, end: int) -> bool:
    """Tell whether a mark stands right between digits, as in `3:5`, or is a factorial."""
    if not before or before[-1].end != start or before[-1].kind != "number":
        return False
    after = text[end : end + 2].strip()
    return text[end : end + 1].isdigit() or (text[start] == "!" and after[:1] in {"=", "/", "*"})


def _word(spelling: str, before: list[Token], text: str, start: int, end: int) -> Token:
    """Tell times, variables and words apart."""
    touching = bool(before) and before[-1].end == start
    if spelling in {"x", "X"} and _is_operand(before):
        following = text[end : end + 3].strip()[:1]
        spaced = not touching or text[end : end + 1].isdigit()
        if spaced and (following.isdigit() or following in {"(", "$", "-", "."}) and following:
            return Token("sign", "*", start, end)
    if len(spelling) == 1:
        return Token("variable", spelling, start, end)
    if touching and before[-1].kind == "number" and not _SUFFIX.fullmatch(spelling):
        return Token("opaque", spelling, start, end)
    return Token("word", spelling, start, end)


def _is_operand(before: list[Token]) -> bool:
    """Tell whether what was read ends in an operand: `2`, `(3 + 4)`, `20%`, `5 skirts`."""
    if not before:
        return False
    if before[-1].kind == "word" and len(before) > 1:
        return before[-2].kind == "number"
    return before[-1].kind == "number" or before[-1].text in {")", "%"}
