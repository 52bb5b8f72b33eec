"""The claims in a step of prose, in the order in which they support each other.

"Since A and B, C", "A. B. So C" and "C because A and B" are all A, B, C. Where a sentence may be
split at an `and` or a comma is found by reading: it is split only where both sides can be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from stepmark.logic.derivation import Claim
from stepmark.logic.formula import Formula
from stepmark.logic.unreadable import UnreadableError, refuse

MAX_CHARS: Final = 2_000
MAX_PARTS: Final = 12
"""Claims that one sentence may join."""

_NUMBERING: Final = re.compile(
    r"\s*(?:[-*•#>]+\s+|\(?\d{1,3}[.):]\s+|step\s\d{1,3}\s?[:.)-]\s*)+", re.IGNORECASE
)
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|\n+")
_OPENING: Final = re.compile(
    r"(?:so|therefore|thus|hence|then|and|but|next|now|finally|also|consequently|"
    r"we (?:can )?(?:see|know|conclude|infer|deduce)(?: that)?|"
    r"it follows that|this means(?: that)?|according to this ordering|"
    r"by process of elimination|as a result|from this|in conclusion)\b[,:]?\s+",
    re.IGNORECASE,
)
_SILENT: Final = re.compile(
    r"(?:to (?:answer|determine|solve|find|check)\b[^,.]{0,80}, (?:i|we|let)\b|"
    r"let'?s (?:think|see|look|start|begin|go|consider|first)\b|let us (?:think|see|look|start)\b|"
    r"(?:first,? )?(?:i|we) (?:need to|should first|must first|will first|want to)\b|"
    r"if there are remaining gaps\b|the question asks\b|(?:here is )?the proof\b|"
    r"step \d{1,3}\W*$)",
    re.IGNORECASE,
)
"""Plans: narrow, since a claim that is passed over is missing as a premise."""
_ANSWER: Final = re.compile(
    r"(?:the |my )?(?:final |correct |right )?(?:answer|\$?proof_label\$?)\s?(?:is|:|=).{1,80}|"
    r"(?:the |this |that )?(?:given |following |above )?(?:statement|conclusion|hypothesis)"
    r"(?: .{1,80})? is (?:therefore |thus )?"
    r"(?:true|false|unknown|uncertain|correct|incorrect|proved|disproved)\W*|"
    r".{0,20}\\boxed.{1,80}",
    re.IGNORECASE,
)
_SO: Final = re.compile(
    r"[,;]? (?:(?:and )?(?:so|therefore|thus|hence)|which (?:means|implies))(?: that)?,? ",
    re.IGNORECASE,
)
_SINCE: Final = re.compile(r"(?:since|because|given that|as) ", re.IGNORECASE)
_BECAUSE: Final = re.compile(r",? (?:because|since|given that) ", re.IGNORECASE)
_JOINT: Final = re.compile(r",? and |, |; ")


Reader = Callable[[str], Formula]


def is_answer(sentence: str) -> bool:
    """Whether a sentence states the final answer and claims nothing else."""
    return _ANSWER.fullmatch(_opened(sentence)) is not None


def sentences(step: str) -> tuple[str, ...]:
    """Return the sentences of a step that are no numbering or plan.

    Raises:
        UnreadableError: the step is longer than `MAX_CHARS`.
    """
    if len(step) > MAX_CHARS:
        refuse("too_long", step)
    plain = step.replace("**", "").replace("`", "")
    found = (_opened(_unnumbered(part)) for part in _SENTENCE.split(plain))
    return tuple(s for s in found if s and not _SILENT.match(s))


def claims(sentence: str, read: Reader) -> tuple[Claim, ...]:
    """Return what a sentence claims, what supports it first.

    Raises:
        UnreadableError: a part of it cannot be read.
    """
    if is_answer(sentence):
        return (Claim(sentence, None),)
    try:
        return (Claim(sentence, read(sentence)),)
    except UnreadableError:
        return tuple(claim for part in _supported(sentence, read) for claim in part)


def _supported(sentence: str, read: Reader) -> Iterator[tuple[Claim, ...]]:
    """Yield the claims of each part of a sentence that is held together by reasons."""
    since = _SINCE.match(sentence)
    because = _BECAUSE.search(sentence)
    if since:
        yield from _since(sentence[since.end() :], read)
    elif because:
        yield _joined(sentence[because.end() :], read)
        yield _joined(sentence[: because.start()], read)
    else:
        for part in _SO.split(sentence, maxsplit=MAX_PARTS):
            yield _joined(part, read)


def _since(text: str, read: Reader) -> Iterator[tuple[Claim, ...]]:
    """Split "A, C" at the first comma with readable sides."""
    failure: UnreadableError | None = None
    for _, comma in zip(range(MAX_PARTS), re.finditer(r", ", text), strict=False):
        try:
            found = (
                _joined(text[: comma.start()], read),
                _joined(_opened(text[comma.end() :]), read),
            )
        except UnreadableError as error:
            failure = failure or error
        else:
            yield from found
            return
    raise failure or UnreadableError("not_controlled", text)


def _joined(text: str, read: Reader) -> tuple[Claim, ...]:
    """Return the claims of a conjunction, split from the left where a part can be read."""
    found: list[Claim] = []
    rest = _opened(text)
    for _ in range(MAX_PARTS):
        first, rest = _first(rest, read)
        found.append(first)
        if not rest:
            return tuple(found)
    return refuse("too_long", text)


def _first(text: str, read: Reader) -> tuple[Claim, str]:
    """Return the longest claim that a text begins with, and what is left of it."""
    ends = [len(text), *(joint.start() for joint in reversed([*_JOINT.finditer(text)]))]
    failure: UnreadableError | None = None
    for end in ends[: MAX_PARTS + 1]:
        try:
            claim = Claim(text[:end], read(text[:end]))
        except UnreadableError as error:
            failure = failure or error
        else:
            return claim, _opened(_JOINT.sub("", text[end:], count=1))
    raise failure or UnreadableError("not_controlled", text)


def _unnumbered(text: str) -> str:
    numbering = _NUMBERING.match(text)
    return text[numbering.end() :] if numbering else text


def _opened(text: str) -> str:
    """Return a text without the words that only lead on to it."""
    text = text.strip()
    while opening := _OPENING.match(text):
        text = text[opening.end() :]
    return text
