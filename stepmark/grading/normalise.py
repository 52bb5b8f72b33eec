r"""One spelling for each answer: LaTeX layout, currency, Unicode and spacing are ironed out.

Nothing here changes what an answer means. Two answers with one canonical text are the same; two
with different texts may still be equal, which `exact`, `structure` and `symbolic` find out.
"""

from __future__ import annotations

import re
from functools import lru_cache

_UNICODE = str.maketrans(
    {
        "\u2212": "-",
        "\u2013": "-",
        "\u00d7": "\\times ",
        "\u22c5": "\\cdot ",
        "\u00b7": "\\cdot ",
        "\u00f7": "/",
        "\u03c0": "\\pi ",
        "\u221e": "\\infty ",
        "\u221a": "\\sqrt ",
        "\u2264": "\\le ",
        "\u2265": "\\ge ",
        "\u2260": "\\ne ",
        "\u2248": "\\approx ",
        "\u00b1": "\\pm ",
        "\u222a": "\\cup ",
        "\u2208": "\\in ",
        "\u00b0": "^\\circ ",
        "\u00b2": "^2",
        "\u00b3": "^3",
        "\u2026": "\\ldots ",
        "\u2019": "'",
        "\u00bd": "\\frac{1}{2}",
        "\u00bc": "\\frac{1}{4}",
        "\u00be": "\\frac{3}{4}",
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
    }
)
_MAX_CHARS = 1000
_PLAIN = re.compile(r"-?[$]?[0-9][0-9,]*(?:\.[0-9]+)?%?(?<!,)|[A-Z]")
_LAYOUT = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\.?"
    r"|\\(?:displaystyle|textstyle|limits|hfill)(?![a-zA-Z])"
    r"|\\(?:boxed|fbox)(?=\{)"
    r"|(?<!\\)\\[()\[\]]|`|\*\*|__"
)
_SPACES = re.compile(r"(?<!\\)\\(?:[,;:! ]|q?quad(?![a-zA-Z]))|~|\s+")
_TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|tt|normal)?|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}"
)
_RENAMED = (
    (re.compile(r"\\[dtc]frac(?![a-zA-Z])"), r"\\frac"),
    (re.compile(r"\\(?:leq|leqslant)(?![a-zA-Z])"), r"\\le"),
    (re.compile(r"\\(?:geq|geqslant)(?![a-zA-Z])"), r"\\ge"),
    (re.compile(r"\\(?:lbrace|rbrace)(?![a-zA-Z])"), lambda m: "\\{" if "l" in m[0][1] else "\\}"),
    (re.compile(r"\\(?:dots|cdots|dotsc|dotsb)(?![a-zA-Z])"), r"\\ldots"),
    (
        re.compile(r"\^\s*\{?\s*\\(?:circ|degree)(?![a-zA-Z])\s*\}?|\\degree(?![a-zA-Z])"),
        r"^\\circ ",
    ),
)
_ARGUMENT = r"(\d|\\pi|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])|(?<=\d)[a-zA-Z])"
_LONE_FRAC = re.compile(rf"\\frac\s*{_ARGUMENT}\s*{_ARGUMENT}")
_LEFT_FRAC = re.compile(rf"\\frac\s*{_ARGUMENT}\s*(?=\{{)")
_RIGHT_FRAC = re.compile(rf"(\\frac\{{[^{{}}]*\}})\s*{_ARGUMENT}")
_PLAIN_NAME = re.compile(r"(?<![a-zA-Z\\])(pi|sqrt|sin|cos|tan|ln|log)(?![a-zA-Z])")
_PLAIN_SQRT = re.compile(r"\\sqrt\s*\(([^()]*)\)")
_PLAIN_POWER = re.compile(r"(?<=[\w)])\*\*(?=[\d({-])")
_STRAY = re.compile(r"(?<!\\)\\(?=\d)")
_LONE_SQRT = re.compile(r"\\sqrt\s*(\d|[a-zA-Z])(?![{\d])")
_SCRIPT = re.compile(r"([\^_])\{([0-9a-zA-Z])\}")
_DEGREES = re.compile(r"(?<=[\d})])\s*\^\\circ\s*(?:[CF]|degrees?)?$")
_TRIG = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)")
_GAP = re.compile(r"(?<![\w}.%)])\s+|\s+(?![\w(])|(?<=[})])\s+(?=[\d(])|(?<=\w)\s+(?=\()")
_THOUSANDS = re.compile(
    r"(?<=\d)(?:\{,\}|,\\!\s*)(?=\s*\d{3})\s*|(?<=\d)(?:\\,|[\u00a0\u2009\u202f])(?=\d{3}(?!\d))"
)
_SPACED = re.compile(r"-?\$?\d{1,3}(?: \d{3})+(?:\.\d+)?")
"""All of an answer: one number whose thousands are set apart by spaces."""
_LEADING = re.compile(
    r"(?:\\approx|approximately|about|exactly|only|roughly|=|:)\s*", re.IGNORECASE
)


@lru_cache(maxsize=1 << 16)
def normalise(text: str) -> str:
    """Return the canonical text of an answer. Pure, and stable: a second pass changes nothing."""
    text = text.strip()
    if len(text) > _MAX_CHARS or _PLAIN.fullmatch(text):
        return text
    for _ in range(4):
        once, text = text, _pass(text)
        if once == text:
            break
    return text


def _pass(text: str) -> str:
    text = _THOUSANDS.sub(",", text)
    text = text.translate(_UNICODE).replace("...", "\\ldots ")
    if _SPACED.fullmatch(text):
        return text.replace(" ", ",")
    text = (
        text.replace("\\$", "$").replace("\\%", "%").replace("\\{", "\x01").replace("\\}", "\x02")
    )
    text = _strip_dollars(text)
    text = _PLAIN_NAME.sub(r"\\\1 ", _PLAIN_POWER.sub("^", text))
    if "\\" in text or "*" in text or "`" in text or "_" in text or "~" in text:
        text = _commands(text)
    text = text.replace("\x01", "\\{").replace("\x02", "\\}")
    text = _GAP.sub("", _SPACES.sub(" ", text).strip())
    return _trim(text)


def _commands(text: str) -> str:
    text = _STRAY.sub("", _LAYOUT.sub("", text))
    text = _SPACES.sub(" ", text)
    for pattern, replacement in _RENAMED:
        text = pattern.sub(replacement, text)
    text = _TEXT.sub(_text_content, text)
    text = _LONE_FRAC.sub(r"\\frac{\1}{\2}", text)
    text = _LEFT_FRAC.sub(r"\\frac{\1}", text)
    text = _RIGHT_FRAC.sub(r"\1{\2}", text)
    text = _PLAIN_SQRT.sub(r"\\sqrt{\1}", text)
    text = _LONE_SQRT.sub(r"\\sqrt{\1}", text)
    text = _SCRIPT.sub(r"\1\2", text)
    return text if _TRIG.search(text) else _DEGREES.sub("", text)


def _text_content(match: re.Match[str]) -> str:
    r"""Keep `\text{m}` after a number: there it is a unit, while a bare m would be a variable."""
    content = match[1].strip()
    after_number = match.start() > 0 and match.string[: match.start()].rstrip()[-1:].isdigit()
    if len(content) == 1 and content.isalpha() and after_number:
        return f"\\text{{{content}}}"
    return f" {content} "


def _strip_dollars(text: str) -> str:
    """Drop math delimiters; keep the `$` of a price, the one that starts a number unpaired."""
    text = text.replace("$$", " ")
    if text.count("$") % 2 == 0:
        return text.replace("$", "")
    first, _, rest = text.partition("$")
    priced = not first.strip(" -+(") and rest.lstrip(" -")[:1] in tuple("0123456789.")
    return first + "$" + rest.replace("$", "") if priced else text.replace("$", "")


def _trim(text: str) -> str:
    text = text.rstrip(".,;: ").lstrip(",; ")
    while text[:1] == "{" and text[1:-1] and text[-1] == "}" and _closes_at_end(text):
        text = text[1:-1]
    match = _LEADING.match(text)
    return text[match.end() :] if match and match.end() < len(text) else text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return index == len(text) - 1
    return False
