r"""Split a completion into steps: `lead + "".join(steps) + tail` is the text, always.

A cut falls after a delimiter, so white space ends the step before it. Display mathematics
(`$$…$$`, `\[…\]`, `\begin{…}…\end{…}`) and code fences are blocks that no method cuts inside;
a block that never closes, or that would be longer than `MAX_BLOCK`, protects nothing. No step is
blank: white space and lone think tags join a neighbour. Every pass is linear in the text.

Prefix stability: the text up to the end of any step is segmented into exactly those steps. The
one exception is `think: inside` when the chat template wrote `<think>`: only `</think>` shows then
that the text is thinking, and a prefix no longer holds it.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.programs.lines import line_cuts, source_span

Method = Literal["blank_line", "newline", "step_markers", "sentence", "code_lines"]
Think = Literal["after", "inside", "both"]

MAX_BLOCK: Final = 10_000
"""Characters a block may have; one unpaired `$$` then cannot join a whole solution."""

_CONTEXT: Final = 40
"""Characters looked at before a full stop."""

_BLANK_LINES: Final = re.compile(r"\n(?:[ \t\r]*+\n)++")
_NEWLINES: Final = re.compile(r"\n(?:[ \t\r]*+\n)*+")
_MARKER: Final = re.compile(
    r"""^[ \t]{0,8}
    (?: \#{1,6}[ \t]{0,4}(?:\*\*|__)?step[ \t]{1,4}\d{1,4}\b(?!\.\d)  # heading: no colon needed
      | (?:\*\*|__)step[ \t]{1,4}\d{1,4}(?:\*\*|__)                   # **Step 1**
      | (?:\*\*|__)?step[ \t]{1,4}\d{1,4}[ \t]?(?:[:：)]|\.(?!\d)|[-–—](?=[ \t]))
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_SENTENCE_END: Final = re.compile(
    r"""[.!?]["'”’)\]*_]{0,4}\s++ | [。！？｡]["'”’)\]*_」』）]{0,4}\s*+
    | \n(?:[ \t\r]*+\n)++""",
    re.VERBOSE,
)
_NEW_PARAGRAPH: Final = re.compile(r"\s*(?:[^\W\d_a-z]|[-*#•]|\d{1,4}[.)])")
"""What starts a paragraph of its own: a capital letter or a list item, not a formula."""
_LIST_NUMBER: Final = re.compile(
    r"^[ \t>*#-]{0,12}(?:step[ \t]{1,4})?(?:\d{1,4}|[a-z])$", re.IGNORECASE
)
_WORD_BEFORE: Final = re.compile(r"(?<![A-Za-z.])[A-Za-z][A-Za-z.]{0,11}$")
_INITIALS: Final = re.compile(r"(?:[A-Z]\.)*[A-Z]")
_ABBREVIATIONS: Final = re.compile(
    r"approx|cf|dr|e\.?g|etc|i\.?e|jr|mr|mrs|ms|mt|prof|resp|sr|st|viz|vs|w\.r\.t", re.IGNORECASE
)
_NUMBERED: Final = re.compile(r"ch|eqn?s?|ex|figs?|nos?|pp?|sec|thm|vol", re.IGNORECASE)
"""Abbreviations only before a number: `no. 5`, but `the answer is no. Then`."""
_STARTERS: Final = re.compile(
    r"(?:A(?!\.)|An|And|As|At|Because|But|By|Finally|First|For|From|Given|He|Hence|How|However|If|In|It"
    r"|Let|Next|Now|On|Our|She|Similarly|Since|So|That|The|Then|There|Therefore|These|They|This"
    r"|Thus|To|We|What|When|Where|Which|With)\b"
)
"""Words after which `point P. Then` is read as an end and `J. Smith` is not."""
_ANNOUNCES: Final = re.compile(r"[:：][ \t\r*_]{0,8}$")
_FACTORIAL: Final = re.compile(r"(?:[0-9)]|(?<![A-Za-z])[a-zA-Z])$")
_THINK_TAG: Final = re.compile(r"</?think>\s*")
_BLOCK_TOKEN: Final = re.compile(
    r"\\\\|\\\$|\$\$|\\[\[\]]|`{3,}|\\(?:begin|end)\{[A-Za-z]{1,30}\*?\}"
)
_INLINE_TOKEN: Final = re.compile(
    r"""\\\\ | \\\$ | \$\$ | \\[\[\]()] | `{3,} | \\(?:begin|end)\{[A-Za-z]{1,30}\*?\}
    | \$(?=\S)(?:[^$\\\n]|\\.|\n(?![ \t\r]*+\n)){1,400}+(?<!\s)\$(?!\d)   # $18 … $20 is money
    """,
    re.VERBOSE,
)
_CLOSES: Final = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}


class Segmented(NamedTuple):
    """A text in parts: `lead + "".join(steps) + tail` gives it back byte for byte."""

    lead: str
    """What comes before the first step and is not labelled; all of a text that has no step."""
    steps: tuple[str, ...]
    """The steps, none of them blank."""
    tail: str
    """What comes after the last step and is not labelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmenter:
    """How a recipe splits completions into steps."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Method = "blank_line"
    """`blank_line` and `newline` cut after runs of line breaks; `step_markers` before each line
    that starts with `Step k:` (at blank lines if there is none), with what precedes the first
    marker in the first step; `sentence` after sentence ends outside mathematics, and at blank
    lines before a capital letter or a list item unless a colon announces it; `code_lines` makes a
    step of each line of the program that the text holds, and of nothing else."""
    think: Think = "after"
    """Which part has steps when the policy thinks first: what comes `after` the first `</think>`
    (with nothing but thinking: no steps), the thinking `inside` (without a tag: no steps), or
    `both`, where the end of the thinking always ends a step."""

    def segment(self, text: str) -> Segmented:
        """Return the parts of `text`. Pure."""
        edges = _edges(text, self.think)
        if self.method == "code_lines":
            start, end = source_span(text[edges[0] : edges[-1]])
            edges = edges[0] + start, edges[0] + end
        cuts = [edges[0]]
        for start, end in pairwise(edges):
            cuts += [start + cut for cut in _cuts(text[start:end], self.method)] + [end]
        starts = _step_starts(text, cuts)
        if not starts:
            return Segmented(text[: edges[-1]], (), text[edges[-1] :])
        steps = tuple(text[a:b] for a, b in pairwise([*starts, edges[-1]]))
        return Segmented(text[: edges[0]], steps, text[edges[-1] :])


def _edges(text: str, think: Think) -> tuple[int, ...]:
    """Return the ends of the parts to segment, each on its own: one part, or two for `both`."""
    thinking = _thinking(text)
    if thinking is None:
        return (len(text), len(text)) if think == "inside" else (0, len(text))
    opened, closed = thinking
    if think == "inside":
        return opened, closed
    answer = _after_tag(text, closed)
    return (answer, len(text)) if think == "after" else (0, answer, len(text))


def _thinking(text: str) -> tuple[int, int] | None:
    """Return the span between the tags, which runs to the end if it never closes.

    The first `</think>` ends it, as in serving engines; it needs no `<think>` before it, because
    many chat templates write that one into the prompt.
    """
    closing = text.find("</think>")
    closed = len(text) if closing < 0 else closing
    opening = text.find("<think>", 0, closed)
    if opening < 0:
        return None if closing < 0 else (0, closed)
    return min(_after_tag(text, opening), closed), closed


def _after_tag(text: str, position: int) -> int:
    """Return where the tag at `position` and the white space after it end."""
    tag = _THINK_TAG.match(text, position)
    return tag.end() if tag else position


def _step_starts(text: str, cuts: list[int]) -> list[int]:
    """Return where steps start: a blank piece joins the step before it, or else the first one."""
    written = [a for a, b in pairwise(cuts) if _THINK_TAG.sub("", text[a:b]).strip()]
    return [cuts[0], *written[1:]] if written else []


def _cuts(text: str, method: Method) -> Iterator[int]:
    """Yield the cuts that `method` makes in one part, in order."""
    if method == "code_lines":
        return line_cuts(text)
    if method == "sentence":
        cuts = (end.end() for end in _SENTENCE_END.finditer(text) if _ends_sentence(text, end))
        return _outside(cuts, _blocks(text, _INLINE_TOKEN))
    blocks = _blocks(text, _BLOCK_TOKEN)
    if method == "step_markers":
        marked = list(_outside((m.start() for m in _MARKER.finditer(text)), blocks))
        if marked:
            return iter(marked[1:])
    delimiter = _NEWLINES if method == "newline" else _BLANK_LINES
    return _outside((run.end() for run in delimiter.finditer(text)), blocks)


def _outside(cuts: Iterable[int], blocks: list[tuple[int, int]]) -> Iterator[int]:
    """Yield the cuts that fall inside no block; both come in order."""
    ahead = iter([*blocks, (sys.maxsize, sys.maxsize)])
    start, end = next(ahead)
    for cut in cuts:
        while cut >= end:
            start, end = next(ahead)
        if cut <= start:
            yield cut


def _blocks(text: str, token: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return the spans of the blocks, in order and apart: what is inside a block opens none."""
    tokens = list(token.finditer(text))
    ends = _block_ends(tokens)
    blocks = []
    covered = 0
    for opener in tokens:
        start = opener.start()
        if start >= covered and 0 < ends.get(start, start) - start <= MAX_BLOCK:
            covered = ends[start]
            blocks.append((start, covered))
    return blocks


def _block_ends(tokens: list[re.Match[str]]) -> dict[int, int]:
    """Map the start of each token that could open a block to the end of what would close it."""
    ends: dict[int, int] = {}
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for token in reversed(tokens):
        word = token.group()
        if word.startswith("$") and word != "$$":
            ends[token.start()] = token.end()
            continue
        closer = _closer_of(word)
        if closer and waiting[closer]:
            ends[token.start()] = waiting[closer].pop()
        waiting[word[:3] if word[0] == "`" else word].append(token.end())
    return ends


def _closer_of(word: str) -> str | None:
    """Return the token that closes a block opened by `word`, or None if it opens none."""
    if word.startswith(r"\begin"):
        return word.replace("begin", "end", 1)
    return "```" if word[0] == "`" else _CLOSES.get(word)


def _ends_sentence(text: str, end: re.Match[str]) -> bool:
    """Tell a sentence end from other uses of the same mark."""
    mark, at, after = end.group()[0], end.start(), text[end.end() : end.end() + 16]
    _, line_break, before = text[max(0, at - _CONTEXT) : at].rpartition("\n")
    if mark == "!":
        return after[:1].isupper() or not _FACTORIAL.search(before)
    if mark == "\n":
        return not _ANNOUNCES.search(before) and _NEW_PARAGRAPH.match(after) is not None
    if mark != ".":
        return True
    if before.endswith("."):
        return after[:1].isupper()
    is_whole_line = bool(line_break) or at <= _CONTEXT
    if is_whole_line and _LIST_NUMBER.search(before):
        return False
    word = _WORD_BEFORE.search(before)
    return word is None or not _is_abbreviation(word.group(), after)


def _is_abbreviation(word: str, after: str) -> bool:
    """Tell whether the full stop after `word` belongs to it; `after` is what comes next."""
    if _NUMBERED.fullmatch(word):
        return after[:1].isdigit()
    if _INITIALS.fullmatch(word):
        return after[:1].isalpha() and not _STARTERS.match(after)
    return _ABBREVIATIONS.fullmatch(word) is not None
