"""A world for searches: values fall to zero with the first slip of a text and stay there.

Every line of a text is a step. From a prefix without a slip every other draw slips once, somewhere,
and ends wrong; from one with a slip all draws do. What a draw says follows from prefix and index.
"""

from __future__ import annotations

from collections.abc import Sequence

from stepmark.draws import Draw
from stepmark.ids import content_id, fraction_of
from stepmark.records import Outcome
from tests.fakes.factories import a_draw

SLIP = "slip"


def slip_of(text: str) -> int:
    """The index of the first line that slips; the number of lines without one."""
    lines = text.splitlines()
    return next((i for i, line in enumerate(lines) if line.startswith(SLIP)), len(lines))


class Forest:
    """Draws of prefixes in such a world; notes what it was asked."""

    def __init__(self, steps: int = 8, *, order: Sequence[int] | None = None) -> None:
        self._steps = steps
        self._order = order
        self.asked: list[tuple[str, int]] = []
        """(prefix, draws), in order."""

    async def draws(self, prefix: str, count: int) -> tuple[Draw, ...]:
        self.asked.append((prefix, count))
        order = self._order[:count] if self._order else range(count)
        return tuple(self._draw(prefix, draw, said) for draw, said in enumerate(order))

    def _draw(self, prefix: str, draw: int, said: int) -> Draw:
        written = prefix.count("\n")
        lost = SLIP in prefix
        chance = fraction_of(content_id("x", prefix, said))
        slips = written + int(chance * (self._steps - written)) if said % 2 and not lost else -1
        mark = content_id("x", prefix, said)[-4:]
        lines = [
            f"{SLIP if at == slips else 'step'} {at} {mark}\n" for at in range(written, self._steps)
        ]
        outcome: Outcome = "incorrect" if lost or slips >= 0 else "correct"
        return a_draw(draw, "".join(lines), outcome=outcome, request=content_id("rq", prefix))


class Scenes:
    """Stated draws by prefix; a prefix that is not stated fails in all its draws."""

    def __init__(self, stated: dict[str, list[Draw]]) -> None:
        self._stated = stated
        self.asked: list[tuple[str, int]] = []

    async def draws(self, prefix: str, count: int) -> Sequence[Draw]:
        self.asked.append((prefix, count))
        lost = [a_draw(i, f"lost {i}\n", outcome="incorrect") for i in range(count)]
        return self._stated.get(prefix, lost)[:count]
