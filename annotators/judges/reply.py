"""What a judge's reply says: strict grammars of last lines, and a named reason where they fail.

A reply is prose that ends in a verdict of a stated form. Three forms are read here: a box, a
labelled line, and a headed block of lines. No verdict is taken from prose; a reply in which two
verdicts differ, or in which text follows the verdict, is not read at all. What cannot be read is a
reason, never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from stepmark.records import Verdict

Failure = Literal[
    "empty",
    "unfinished_reasoning",
    "no_verdict",
    "unclear_verdict",
    "repeated_verdict",
    "text_after_verdict",
    "contradiction",
    "out_of_range",
    "missing_steps",
]
"""Why a reply cannot be read: it has no text; its `<think>` part never ends; nothing in it has the
form asked for; what stands there is no verdict; there are several; text follows the verdict; it
says two things; it names a step that does not exist; it leaves steps out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reply says of the steps it was asked about, or why it says nothing."""

    verdicts: tuple[Verdict, ...] = ()
    """One a step asked about; empty when the reply cannot be read."""
    scores: tuple[float, ...] = ()
    """Scores in [0, 1] in the order of the judge's dimensions; empty where it has none."""
    reason: Failure | None = None
    """Why the reply cannot be read; null if it can."""


class UnreadableError(Exception):
    """A reply that cannot be read; never leaves `reading`."""

    def __init__(self, reason: Failure) -> None:
        super().__init__(reason)
        self.reason: Failure = reason


def reading(text: str, read: Callable[[str], Reading]) -> Reading:
    """Read the part of a reply that follows its reasoning; a failure becomes its reason."""
    try:
        return read(said(text))
    except UnreadableError as failure:
        return Reading(reason=failure.reason)


def fail(reason: Failure) -> NoReturn:
    """Give the reply up."""
    raise UnreadableError(reason)


def said(text: str) -> str:
    """Return a reply without its `<think>` part."""
    _, closed, after = text.rpartition("</think>")
    if not closed and "<think>" in text:
        fail("unfinished_reasoning")
    if not after.strip():
        fail("empty")
    return after


_BOX: Final = re.compile(r"\\*boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_CLOSING: Final = re.compile(r"(?:[\s.$*`\"'”’)\]_。]|\\[\])]|</\w{1,20}>)*")
_DECORATION: Final = " \t\r*`#>$|•"
_FENCE: Final = re.compile(r"(?:```|~~~)[ \t]*\w*")
_REFERENCE: Final = re.compile(
    r"(?:step|paragraph)?[\s_]*([-−]?[0-9]{1,4})", re.IGNORECASE | re.ASCII
)
_WRAPPED: Final = re.compile(r"\\(?:text|mathrm|texttt)\s*\{([^{}]*)\}")


def final_box(answer: str) -> tuple[list[str], str]:
    """Return what is in the boxes before the last one, and in the last, which ends the reply."""
    boxes = list(_BOX.finditer(answer))
    if not boxes:
        fail("no_verdict")
    if not _CLOSING.fullmatch(answer, boxes[-1].end()):
        fail("text_after_verdict")
    *before, last = (_WRAPPED.sub(r"\1", box[1]).strip(" *`.") for box in boxes)
    return before, last


def final_line(answer: str, label: str) -> str:
    """Return what stands after `label` in the one line that begins with it, the reply's last."""
    lines = _lines(answer)
    found = [line for line in lines if line.lower().startswith(label.lower())]
    if not found:
        fail("no_verdict")
    if len(set(found)) > 1:
        fail("contradiction")
    if len(found) > 1:
        fail("repeated_verdict")
    if not lines[-1].lower().startswith(label.lower()):
        fail("text_after_verdict")
    return _bare(lines[-1][len(label) :].lstrip("*_ :："))


def final_block(answer: str, header: str) -> dict[str, str]:
    """Return the `key: word` lines that follow the header and end the reply, in lower case."""
    lines = _lines(answer)
    heads = [place for place, line in enumerate(lines) if _bare(line).lower() == header.lower()]
    if not heads:
        fail("no_verdict")
    if len(heads) > 1:
        fail("repeated_verdict")
    block: dict[str, str] = {}
    for line in lines[heads[0] + 1 :]:
        key, colon, word = line.replace("：", ":").partition(":")
        if not colon:
            fail("text_after_verdict")
        key, word = _bare(key).lower(), _bare(word).lower()
        if block.setdefault(key, word) != word:
            fail("contradiction")
    return block


def by_step(
    block: Mapping[str, str], words: Mapping[str, Verdict], steps: int, count_from: int
) -> dict[int, Verdict]:
    """Return the verdict of each step that a block has a line for, by index from 0."""
    verdicts: dict[int, Verdict] = {}
    for key, word in block.items():
        index = step_of(key, steps, count_from)
        if index is None or word not in words:
            fail("unclear_verdict")
        if verdicts.setdefault(index, words[word]) != words[word]:
            fail("contradiction")
    return verdicts


def step_of(text: str, steps: int, count_from: int) -> int | None:
    """Return the index from 0 that a text such as `step_3`, `3` or `-1` names; None for no step.

    Args:
        text: what the judge wrote.
        steps: how many there are.
        count_from: the number that the judge was shown for the first step.
    """
    if text.lower() == "none":
        return None
    match = _REFERENCE.fullmatch(text.strip("<>()[] "))
    if match is None:
        fail("unclear_verdict")
    number = int(match[1].replace("−", "-"))
    if number == -1:
        return None
    if not count_from <= number < count_from + steps:
        fail("out_of_range")
    return number - count_from


def _lines(answer: str) -> list[str]:
    """Return the lines that hold something besides decoration."""
    lines = (
        line.strip(_DECORATION) for line in answer.split("\n") if not _FENCE.fullmatch(line.strip())
    )
    return [line.removeprefix("- ").lstrip(_DECORATION) for line in lines if line.strip("-_= ")]


def _bare(text: str) -> str:
    return text.strip(_DECORATION + ".。:：\"'“”()")
