"""Ordering puzzles: things in a row, read as linear arithmetic over their places.

    On a shelf, there are three books: a red book, a gray book, and a white book.
    The white book is to the left of the gray book.            white_book < gray_book
    The red book is the second from the left.                  red_book = 2
    So from left to right: first is the white book, then second is the red book, then third can be
    any book.                                                  white_book = 1 ∧ red_book = 2
    First is the white book or the red book, then …            white_book = 1 ∨ red_book = 1

Source: BIG-bench's logical_deduction (arXiv 2206.04615), and the solutions to it that
BIG-Bench-Mistake (arXiv 2311.08516) collected. Places count from 1 at the left, the oldest, the
cheapest and the first to finish. "Can be the truck" is refused: what is possible need not follow,
and whether "can be the truck or the bus" leaves a third open is not said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from stepmark.logic.formula import Compare, Connected, Formula, Not, Sum, both, named, number
from stepmark.logic.unreadable import refuse

MAX_CHARS: Final = 1_000
MAX_THINGS: Final = 20

_ORDINALS: Final = {
    word: place
    for place, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
         "tenth", "eleventh", "twelfth"],
        start=1,
    )
}  # fmt: skip
_ORDINAL: Final = "|".join(_ORDINALS)
_SCENE: Final = re.compile(r"[^:.]{1,120}: (?P<things>[^:.]{1,600})\.?")
_ARTICLE: Final = re.compile(r"(?:and )?(?:an? |the )?")
_LOW: Final = "leftmost|left|oldest|cheapest|least expensive"
_HIGH: Final = "rightmost|right|newest|most expensive"
_RELATION: Final = re.compile(
    r"(?:(?P<low>to the left of|older than|cheaper than|less expensive than|above|ahead of|before)"
    r"|to the right of|newer than|more expensive than|below|behind|after) (?P<whom>.+)"
)
_HAS_PLACE: Final = re.compile(
    rf"the (?:(?P<nth>{_ORDINAL})[- ])?(?:from the )?(?:(?P<low>{_LOW})|(?P<high>{_HIGH}))"
    r"(?: (?:book|bird|vehicle|fruit)s?)?"
)
_FINISHED: Final = re.compile(rf"(?P<nth>{_ORDINAL}|last)(?P<back>-to-last)?")
_STATEMENT: Final = re.compile(r"(?P<who>.+?) (?:is|are|finished) (?P<no>not )?(?P<what>.+)")
_MODAL: Final = re.compile(
    r"\b(?:(?:must|has to|have to)(?P<no> not)?|can ?(?P<never>not)) (?:be|have finished)\b"
)
_LISTING: Final = re.compile(
    r"from (?:left to right|oldest to newest|first to last|"
    r"(?:cheapest|least(?: expensive)?) to most expensive|"
    r"(?P<back>right to left|newest to oldest|last to first|"
    r"most(?: expensive)? to (?:cheapest|least expensive))): (?P<items>.+)"
)
_ITEM: Final = re.compile(r",? then ")
_SLOT: Final = re.compile(
    rf"(?P<nth>(?:(?:{_ORDINAL})(?:, and |, | and | or | through | to )?){{1,12}}) "
    r"(?:is|are|(?P<can>can be)) (?P<who>.+)"
)
_ANYTHING: Final = re.compile(r"(?:any|an?) (?:\w{1,20} )?(?:book|bird|vehicle|fruit|golfer)s?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The things of a puzzle, and how its sentences are read."""

    things: tuple[str, ...]
    """What they are called, in lower case and without an article."""

    def rules(self) -> tuple[Formula, ...]:
        """Return that every thing has a place of its own."""
        places = [
            Connected(connective="or", parts=tuple(self._at(thing, n) for n in self._numbers()))
            for thing in self.things
        ]
        pairs = combinations(map(_place, self.things), 2)
        return (*places, *(Not(part=_compare(one, "=", other)) for one, other in pairs))

    def read(self, sentence: str) -> Formula:
        """Read one sentence about the things, with or without its full stop.

        Raises:
            UnreadableError: it is in none of the forms; the reason is `too_long`, `not_controlled`,
                `unclear_name`, `only_possible` or `says_nothing`.
        """
        if len(sentence) > MAX_CHARS:
            refuse("too_long", sentence)
        plain = _MODAL.sub(_indicative, " ".join(sentence.lower().rstrip(" .").split()))
        listing = _LISTING.fullmatch(plain)
        return self._listing(listing) if listing else self._statement(plain)

    def _statement(self, text: str) -> Formula:
        found = _STATEMENT.fullmatch(text)
        if found is None:
            refuse("not_controlled", text)
        thing = self._thing(found["who"])
        said = self._relation(thing, found["what"])
        return Not(part=said) if found["no"] else said

    def _relation(self, thing: str, text: str) -> Formula:
        """Read what is said of a thing: where it is, or beside which other it is."""
        relation = _RELATION.fullmatch(text)
        if relation:
            one, other = _place(thing), _place(self._thing(relation["whom"]))
            return _compare(one, "<", other) if relation["low"] else _compare(other, "<", one)
        place = _HAS_PLACE.fullmatch(text) or _FINISHED.fullmatch(text)
        if place is None:
            refuse("not_controlled", text)
        return self._at(thing, self._number(place.groupdict()))

    def _number(self, place: dict[str, str | None]) -> int:
        """Return the place that an ordinal counts to, from the end that it names."""
        nth = place["nth"] or "first"
        back = nth == "last" or place.get("back") or place.get("high")
        count = _ORDINALS.get(nth, 1)
        return len(self.things) + 1 - count if back else count

    def _listing(self, listing: re.Match[str]) -> Formula:
        """Read places in turn; what can be anything says nothing."""
        said: list[Formula] = []
        for item in _ITEM.split(listing["items"]):
            slot = _SLOT.fullmatch(item)
            if slot is None:
                refuse("not_controlled", item)
            if _bare(slot["who"]) in self.things or not _ANYTHING.fullmatch(slot["who"]):
                said.append(self._slot(slot, back=listing["back"] is not None))
        return both(*said) if said else refuse("says_nothing", listing[0])

    def _slot(self, slot: re.Match[str], *, back: bool) -> Formula:
        if slot["can"]:
            refuse("only_possible", slot[0])
        nth = (
            _ORDINALS[slot["nth"]]
            if slot["nth"] in _ORDINALS
            else refuse("not_controlled", slot[0])
        )
        place = len(self.things) + 1 - nth if back else nth
        things = [self._thing(who) for who in slot["who"].split(" or ")]
        options = tuple(self._at(thing, place) for thing in things)
        return options[0] if len(options) == 1 else Connected(connective="or", parts=options)

    def _thing(self, who: str) -> str:
        return _bare(who) if _bare(who) in self.things else refuse("unclear_name", who)

    def _at(self, thing: str, place: int) -> Formula:
        return _compare(_place(thing), "=", number(place))

    def _numbers(self) -> range:
        return range(1, len(self.things) + 1)


def find_row(text: str) -> Row:
    """Return the things that a puzzle's first sentence lists after a colon.

    Raises:
        UnreadableError: it lists none, one twice, or more than `MAX_THINGS`.
    """
    scene = _SCENE.fullmatch(text.strip().lower())
    if scene is None:
        refuse("no_things", text)
    things = tuple(map(_bare, scene["things"].split(",")))
    if not 1 < len(set(things)) == len(things) <= MAX_THINGS:
        refuse("no_things", text)
    return Row(things=things)


def _bare(who: str) -> str:
    return _ARTICLE.sub("", who.strip(), count=1)


def _place(thing: str) -> Sum:
    return named(thing.replace(" ", "_"))


def _compare(left: Sum, relation: Literal["=", "<"], right: Sum) -> Formula:
    return Compare(relation=relation, left=left, right=right)


def _indicative(modal: re.Match[str]) -> str:
    """Return `must be` as `is`, and `cannot be` as `is not`: what must be so is so."""
    return "is not" if modal["no"] or modal["never"] else "is"
