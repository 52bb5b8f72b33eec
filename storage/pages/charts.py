"""Charts as inline SVG: a few shapes, coloured by the page's style sheet, read out by their title.

Each takes numbers and returns Markup. No chart is the only place of its numbers: a table stands
with it (storage/pages/figure.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from storage.pages.texts import SIGNS

WIDTH: Final = 400
"""Of every chart, in its own units; the page scales it."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 14, 34
_TICKS: Final = 4
_ROOMY: Final = 34
"""Side of a square that has room for four characters."""


class Segment(NamedTuple):
    """A part of a bar."""

    kind: str
    """Class in the style sheet: a verdict or an outcome."""
    size: int
    """Its share of the bar is this one's of all sizes."""


class Point(NamedTuple):
    """A value at a position, with what it lies between."""

    x: float
    y: float
    low: float
    high: float


class Series(NamedTuple):
    """Points in one colour; `dashed` tells them apart without it."""

    kind: str
    """Class in the style sheet."""
    name: str
    points: Sequence[Point]
    dashed: bool


def stacked(title: str, rows: Sequence[tuple[str, Sequence[Segment]]]) -> Markup:
    """Return one bar a row, each as wide as the chart and divided by the shares of its segments."""
    row_height, parts = 46, []
    for number, (name, segments) in enumerate(rows):
        total, x, top = sum(s.size for s in segments) or 1, 0.0, number * row_height
        parts.append(_text(0, top + 14, name, "start", "name"))
        for segment in segments:
            width = WIDTH * segment.size / total
            tip = f"{name}: {segment.kind} {segment.size:,} ({segment.size / total:.1%})"
            parts.append(_bar(x, top + 20, width, 18, segment.kind, tip))
            if width > 40:  # noqa: PLR2004 (room for the words)
                told = f"{_sign(segment.kind)} {segment.size / total:.0%}"
                parts.append(_text(x + width / 2, top + 33, told, "middle", "on"))
            x += width
    below = max(1, len(rows)) * row_height
    kinds = dict.fromkeys(segment.kind for _, segments in rows for segment in segments)
    parts += _key(list(kinds), below + 14)
    return _chart(title, below + 22, parts)


def lengths(title: str, rows: Sequence[tuple[str, int]], kind: str = "plain") -> Markup:
    """Return one bar a row, as long as its count."""
    row_height, parts = 40, []
    most = max((count for _, count in rows), default=0) or 1
    for number, (name, count) in enumerate(rows):
        top, width = number * row_height, (WIDTH - 90) * count / most
        parts.append(_text(0, top + 13, name, "start", "name"))
        parts.append(_bar(0, top + 18, max(width, 1), 14, kind, f"{name}: {count:,}"))
        parts.append(_text(max(width, 1) + 6, top + 29.5, f"{count:,}", "start"))
    return _chart(title, max(1, len(rows)) * row_height, parts)


def columns(title: str, counts: Sequence[tuple[str, int]], x_name: str, kind: str) -> Markup:
    """Return one column a count, all of one colour, with the names of the columns below."""
    height = 170
    half = _round_up(max((count for _, count in counts), default=0) / 2 or 1)
    most = 2 * half
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(counts))
    parts = _grid(height, [(0, "0"), (0.5, _short(half)), (1, _short(most))])
    every = max(1, -(-len(counts) // 11))
    for number, (name, count) in enumerate(counts):
        x, full = _LEFT + number * step, (height - _TOP - _BOTTOM) * count / most
        parts.append(
            _bar(x + 1, height - _BOTTOM - full, step - 2, full, kind, f"{name}: {count:,}")
        )
        if number % every == 0 or number == len(counts) - 1:
            parts.append(_text(x + step / 2, height - _BOTTOM + 13, name, "middle"))
    return _chart(title, height, [*parts, _below(height, x_name)])


def bands(title: str, series: Sequence[Series], x_most: int, x_name: str) -> Markup:
    """Return lines with the band that each lies in; x counts from 0 to `x_most`, y is a share."""
    height = 190
    step = (WIDTH - _LEFT - _RIGHT) / max(1, x_most)
    parts = _share_grid(height)
    for each in series:
        spots = [(_LEFT + p.x * step, p) for p in each.points]
        edge = [(x, p.high) for x, p in spots] + [(x, p.low) for x, p in reversed(spots)]
        parts.append(_tag("polygon", cls=f"band {each.kind}", points=_points(edge, height)))
        line = _points([(x, p.y) for x, p in spots], height)
        dashes = {"stroke-dasharray": "6 4"} if each.dashed else {}
        parts.append(_tag("polyline", cls=f"line {each.kind}", points=line, **dashes))
        parts += [
            _dot(x, _height_of(p.y, height), 3, each.kind,
                 f"{each.name}, {x_name} {p.x:g}: {p.y:.2f} (middle half {p.low:.2f}–{p.high:.2f})")
            for x, p in spots
        ]  # fmt: skip
    every = max(1, -(-x_most // 10))
    parts += [
        _text(_LEFT + x * step, height - _BOTTOM + 13, str(x), "middle")
        for x in range(0, x_most + 1, every)
    ]
    return _chart(title, height, [*parts, _below(height, x_name)])


def reliability(
    title: str, points: Iterable[tuple[float, float, int]], x_name: str, y_name: str
) -> Markup:
    """Return points (value, share, count) beside the diagonal on which the two are equal."""
    points, height = list(points), 250
    width = WIDTH - _LEFT - _RIGHT
    parts = _share_grid(height)
    diagonal = _points([(_LEFT, 0), (_LEFT + width, 1)], height)
    parts.append(_tag("polyline", cls="diagonal", points=diagonal))
    most = max((count for *_, count in points), default=1)
    line = _points([(_LEFT + x * width, y) for x, y, _ in points], height)
    parts.append(_tag("polyline", cls="line plain", points=line))
    parts += [
        _dot(_LEFT + x * width, _height_of(y, height), 2.5 + 5 * (count / most) ** 0.5, "plain",
             f"{x_name} {x:.2f}: {y_name} {y:.2f}, of {count:,} steps")
        for x, y, count in points
    ]  # fmt: skip
    parts += [
        _text(_LEFT + share * width, height - _BOTTOM + 13, f"{share:g}", "middle")
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    return _chart(title, height, [*parts, _below(height, x_name)])


def matrix(title: str, names: Sequence[str], cells: Sequence[Sequence[float | None]]) -> Markup:
    """Return a square a pair, darker for more, with the figure in it; columns go by number.

    Args:
        title: what is shown.
        names: of rows and columns.
        cells: figures of at most 1; None where there is none. Less than 0 looks like 0.
    """
    side, left, top = min(52, (WIDTH - 130) // max(1, len(names))), 130, 20
    parts = []
    for row, name in enumerate(names):
        y = top + row * side
        parts.append(_text(0, y + side / 2 + 4, f"{row + 1} {_cut(name)}", "start", "name"))
        parts.append(_text(left + (row + 0.5) * side, top - 6, str(row + 1), "middle", "name"))
        for column, figure in enumerate(cells[row]):
            x, told = left + column * side, "–" if figure is None else f"{figure:.2f}"
            seen = told if side >= _ROOMY else told.replace("0.", ".").replace("1.00", "1")
            shade = round(10 * min(1, max(0, figure or 0)))
            tip = f"{name} and {names[column]}: {told}"
            parts.append(_bar(x, y, side, side, f"shade-{shade}", tip))
            kind = "on" if shade > 5 else "name"  # noqa: PLR2004 (dark enough for light words)
            parts.append(_text(x + side / 2, y + side / 2 + 4, seen, "middle", kind))
    return _chart(title, top + max(1, len(names)) * side + 4, parts)


def _cut(name: str, most: int = 15) -> str:
    """Cut a name at its beginning, where those of one build are alike."""
    return name if len(name) <= most else "…" + name[1 - most :]


def _key(kinds: Sequence[str], y: float) -> list[Markup]:
    """Say which sign and colour is which verdict or outcome."""
    width = WIDTH / max(4, len(kinds))
    return [
        _text(number * width, y, f"{_sign(kind)} {kind}", "start", f"key {kind}")
        for number, kind in enumerate(kinds)
    ]


def _sign(kind: str) -> str:
    return next((sign for verdict, sign in SIGNS.items() if verdict == kind), "?")


def _round_up(count: float) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50, … that is not below a count."""
    size: int = 10 ** max(0, len(str(math.ceil(count))) - 1)
    return next(size * n for n in (1, 2, 5, 10) if size * n >= count)


def _chart(title: str, height: float, parts: Iterable[Markup]) -> Markup:
    return _tag(
        "svg",
        Markup("").join((_tag("title", title), *parts)),
        cls="chart",
        role="img",
        viewBox=f"0 0 {WIDTH} {height:g}",
    )


def _grid(height: float, marks: Iterable[tuple[float, str]]) -> list[Markup]:
    """Return lines across at shares of the height, each with its name at the left."""
    parts = []
    for share, name in marks:
        y = _height_of(share, height)
        parts.append(
            _tag("line", cls="grid-line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}")
        )
        parts.append(_text(_LEFT - 10, y + 3.5, name, "end"))
    return parts


def _share_grid(height: float) -> list[Markup]:
    return _grid(height, [(n / _TICKS, f"{n / _TICKS:g}") for n in range(_TICKS + 1)])


def _height_of(share: float, height: float) -> float:
    return height - _BOTTOM - share * (height - _TOP - _BOTTOM)


def _points(spots: Iterable[tuple[float, float]], height: float) -> str:
    return " ".join(f"{x:.1f},{_height_of(y, height):.1f}" for x, y in spots)


def _below(height: float, name: str) -> Markup:
    return _text((_LEFT + WIDTH - _RIGHT) / 2, height - 3, name, "middle")


def _bar(x: float, y: float, width: float, height: float, kind: str, tip: str) -> Markup:
    where = {"x": x, "y": y, "width": max(width, 0), "height": max(height, 0)}
    return _tag(
        "rect", _tag("title", tip), cls=f"bar {kind}", **{k: f"{v:.1f}" for k, v in where.items()}
    )


def _dot(x: float, y: float, radius: float, kind: str, tip: str) -> Markup:
    where = {"cx": x, "cy": y, "r": radius}
    return _tag(
        "circle", _tag("title", tip), cls=f"dot {kind}", **{k: f"{v:.1f}" for k, v in where.items()}
    )


def _text(x: float, y: float, words: str, anchor: str, cls: str = "words") -> Markup:
    return _tag("text", words, cls=cls, x=f"{x:.1f}", y=f"{y:.1f}", **{"text-anchor": anchor})


def _tag(name: str, inner: str = "", *, cls: str = "", **attributes: object) -> Markup:
    """Return an element; what is not Markup already is escaped."""
    named = {**({"class": cls} if cls else {}), **attributes}
    written = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in named.items())
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inner)  # noqa: S704 (ours)


def _short(count: float) -> str:
    """Return a count in as few characters as an axis has room for."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return f"{count:.3g}"
