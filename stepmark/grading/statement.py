r"""Explicit answer statements: `\boxed{…}`, `#### 42`, `# Answer`, "The answer is …", `A: 42`.

A delimited statement (box, `####`, heading) outranks a phrase, because "this answer is reasonable"
often follows one; among equals the last in the text wins. `closed` says that the statement ended
before the text did: only then can a completion that was cut by length be graded by it, since the
cut in "The answer is 4|2" leaves a 4.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Statement(NamedTuple):
    """An answer as stated."""

    text: str
    """The answer, with no delimiters around it."""
    start: int
    """Where the statement begins in the completion."""
    closed: bool
    """Whether anything that ends the answer was written after it."""


_BOX = re.compile(r"\\f?boxed\s*(?:\{|(?=[A-Za-z0-9$\\-]))")
_BOX_TOKEN = re.compile(r"-?(?:\\[a-zA-Z]+|[A-Za-z]|\$?\d+(?:\.\d+)?)(?=\W)")
_MAX_BOXES = 50
_BRACE = re.compile(r"(?<!\\)[{}]")
_JOIN = re.compile(r"(?:[\s$,;.]|\\[()\[\],;! ]|\\q?quad|and|or|\\text\{\s*(?:and|or)\s*\})*")
_HASH = re.compile(
    r"^[ \t]*####[ \t]*(?:([^\n#]*[^\s:])[ \t]*(\n?)\s*\Z|([-+$\d][-+$\d.,/%]*)[ \t]*(\n))",
    re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*|\*\*[ \t]*)(?:the[ \t]+)?(?:final[ \t]+)?answer[ \t]*:?[ \t]*"
    r"(?:\*\*)?[ \t]*:?[ \t]*\n+[ \t]*(\S[^\n]*?)[ \t]*(\n|\Z)",
    re.MULTILINE | re.IGNORECASE,
)
_PHRASE = re.compile(
    r"\banswer\b(?:\s+(?:to|for|of)\s[^.:\n]{1,80}?)?[ \t]*(?:\*\*|__)?[ \t]*"
    r"(?:(?:is|are|was|would be|will be|=|equals)(?![a-z])[ \t]*(?:\*\*)?[ \t]*:?|:)[ \t]*"
    r"(?:\*\*(?=\s))?\s*",
    re.IGNORECASE,
)
_SHORT = re.compile(r"^A:[ \t]*(\S[^\n]{0,39})(\n|\Z)", re.MULTILINE)
_BLOCK = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]", re.DOTALL)
_END = re.compile(r"\n|(?<![A-Z])[.?](?=[\s*]|$)|\b(?:because|since|which)\b", re.IGNORECASE)
_NO_ANSWER = re.compile(
    r"(?:not|in)?\s*(?:correct|right|wrong|incorrect|reasonable|as follows)\b|not\b|[?:]|n't\b",
    re.IGNORECASE,
)
_PROBLEM_WORDS = ("uestion", "roblem", "QUESTION", "PROBLEM", "xercise", "\nQ")
_NEXT_PROBLEM = re.compile(
    r"\n[ \t]*(?:#+[ \t]*|\*\*)?(?:Question|Problem|Q|Exercise)\b[ \t]*\d*[ \t]*[:.]", re.IGNORECASE
)


def find_statement(text: str) -> Statement | None:
    """Return the statement that counts, or None; text about a next problem is left aside."""
    text = _own_part(text)
    answers = "answer" in text or "Answer" in text or "ANSWER" in text
    delimited = [
        found
        for found in (
            _last_box(text),
            _last(_HASH, text) if "####" in text else None,
            _last(_HEADING, text) if answers else None,
        )
        if found
    ]
    if delimited:
        return max(delimited, key=lambda statement: statement.start)
    phrase = _last_phrase(text) if answers else None
    return phrase or (_last(_SHORT, text) if "A:" in text else None)


def last_box(text: str) -> str | None:
    r"""Return what the last `\boxed{}` holds (the last few, joined by commas, if side by side)."""
    found = _last_box(text)
    return found and found.text


def _own_part(text: str) -> str:
    """Cut where a base model, its answer given, goes on to invent the next problem."""
    if not any(word in text for word in _PROBLEM_WORDS):
        return text
    for match in _NEXT_PROBLEM.finditer(text):
        head = text[: match.start() + 1]
        if _BOX.search(head) or _HASH.search(head) or _PHRASE.search(head) or _SHORT.search(head):
            return head
    return text


def _last(pattern: re.Pattern[str], text: str) -> Statement | None:
    matches = list(pattern.finditer(text))
    if not matches:
        return None
    found = matches[-1]
    content, end = [group for group in found.groups() if group is not None]
    return Statement(content.strip(), found.start(), closed=end == "\n")


def _last_box(text: str) -> Statement | None:
    if "boxed" not in text and "fbox" not in text:
        return None
    boxes: list[tuple[int, int, str]] = []
    for match in list(_BOX.finditer(text))[-_MAX_BOXES:]:
        if boxes and match.start() < boxes[-1][1]:
            continue
        end = _box_end(text, match)
        content = text[match.end() : end].strip()
        if end > match.end() and content:
            boxes.append((match.start(), end + (match[0][-1] == "{"), content))
    if not boxes:
        return None
    joined = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        gap = text[box[1] : joined[0][0]]
        if not _JOIN.fullmatch(gap) or "\n\n" in gap:
            break
        joined.insert(0, box)
    contents = list(dict.fromkeys(_unbox(content) for _, _, content in joined))
    return Statement(", ".join(contents), joined[0][0], closed=True)


def _box_end(text: str, match: re.Match[str]) -> int:
    """Index just after the content: of the closing brace, or of the one token without braces."""
    if match[0][-1] != "{":
        token = re.compile(r"-?(?:\\[a-zA-Z]+|[A-Za-z]|\$?\d+(?:\.\d+)?)(?=\W)").match(
            text, match.end()
        )
        return token.end() if token else match.end()
    depth = 1
    for brace in _BRACE.finditer(text, match.end()):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return match.end()


def _unbox(content: str) -> str:
    r"""Take the answer out of a box within the box."""
    match = _BOX.match(content)
    while match and match[0][-1] == "{" and content.endswith("}"):
        content = content[match.end() : -1].strip()
        match = _BOX.match(content)
    return content


def _last_phrase(text: str) -> Statement | None:
    for match in reversed(list(_PHRASE.finditer(text))):
        statement = _read_phrase(text, match)
        if statement.text and not _NO_ANSWER.match(statement.text):
            return statement
    return None


def _read_phrase(text: str, match: re.Match[str]) -> Statement:
    block = _BLOCK.match(text, match.end())
    if block:
        return Statement((block[1] or block[2]).strip(), match.start(), closed=True)
    end = _END.search(text, match.end())
    stop = end.start() if end else len(text)
    closed = end is not None and (end.end() < len(text) or end[0] == "\n")
    stated = text[match.end() : stop].strip().rstrip(",( ")
    if stated.count("**") % 2:
        stated = stated.replace("**", "")
    return Statement(stated, match.start(), closed)
