"""An evaluation's figures as tables for the terminal, and as plain data."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.evaluate import ALL, Evaluated
from stepmark.metrics import Figures
from stepmark.metrics.first_errors import ProcessBench
from stepmark.metrics.intervals import Estimate

BECAME: Final = ("exact", "earlier", "later", "none", "unlabelled")
"""What may be named of a solution, in the order of the columns."""
FAR: Final = 5
"""Positions from here on are shown as one."""
DIGITS: Final = 4
"""Decimal places of plain figures."""
NOTE: Final = (
    "F1 of first errors is ProcessBench's: the harmonic mean of `on wrong` (named exactly) and "
    "`on right` (none named); who names nothing of a solution is mistaken. Strictly, an unlabelled "
    "step up to a first error, or anywhere without one, leaves nothing named; leniently, and where "
    "what was named is counted, such steps are passed over. `said` is the share of solutions, "
    "`steps` of steps, with a verdict. Figures are percent, but for ECE and Brier; brackets hold "
    "95 % intervals."
)


def tables(found: Mapping[str, Evaluated]) -> Iterator[RenderableType]:
    """Yield what is printed: of each file its figures, and what was named by position."""
    for name, evaluated in found.items():
        whole = next(iter(evaluated.figures.values()))[ALL]
        yield Text(f"{name}: {whole.solutions:,} solutions, {whole.wrong:,} of them wrong", "bold")
        if evaluated.rejected:
            lost = ", ".join(f"{reason} {n:,}" for reason, n in evaluated.rejected.items())
            yield Text(f"not labelled, as no build takes them: {lost}", "yellow")
        yield _first_errors(evaluated)
        yield _lenient(evaluated)
        yield _steps(evaluated)
        yield _positions(evaluated)
        yield from agreement(evaluated.agreement)
    yield Text(NOTE, "dim")


def agreement(found: Mapping[str, Any] | None) -> Iterator[RenderableType]:
    """Yield a table of how far annotators agree, pair by pair; nothing for a single one."""
    if not found:
        return
    columns = ("kappa", "same", "left earlier", "right earlier", "unknown")
    table = _table("agreement: steps, first errors", *columns)
    for pair, kappa in found["kappa"].items():
        counts = [f"{each:,}" for each in found["first_error"][pair].values()]
        table.add_row(pair, "" if kappa is None else f"{kappa:.3f}", *counts)
    yield table


def as_plain(found: Mapping[str, Evaluated]) -> dict[str, Any]:
    """Return all figures as plain data; an estimate is its value and both ends of its interval."""
    return {
        name: {
            "annotators": {
                annotator: {part: _plain(dataclasses.asdict(each)) for part, each in parts.items()}
                for annotator, parts in evaluated.figures.items()
            },
            "rejected": dict(evaluated.rejected),
            "agreement": evaluated.agreement,
        }
        for name, evaluated in found.items()
    }


def _first_errors(evaluated: Evaluated) -> Table:
    columns = ("solutions", "wrong", "F1", "on wrong", "on right", "named")
    table = _table("first errors, strict", *columns)
    for named, each in _rows(evaluated):
        counts = (f"{each.solutions:,}", f"{each.wrong:,}")
        table.add_row(named, *counts, *_shares(each.first_errors), f"{100 * each.named:.0f}")
    return table


def _lenient(evaluated: Evaluated) -> Table:
    table = _table("first errors, lenient", "F1", "on wrong", "on right", "said")
    for named, each in _rows(evaluated):
        table.add_row(named, *_shares(each.lenient), f"{100 * each.covered:.0f}")
    return table


def _shares(first: ProcessBench) -> tuple[str, str, str]:
    return _interval(first.f1), _percent(first.wrong), _percent(first.right)


def _steps(evaluated: Evaluated) -> Table:
    table = _table("F1 of steps", "wrong", "right", "mean", "AUC", "ECE", "Brier", "steps")
    for named, each in _rows(evaluated):
        steps, calibration = each.steps, each.calibration
        table.add_row(
            named,
            *map(_percent, (steps.wrong_f1, steps.right_f1)),
            *map(_interval, (steps.mean_f1, steps.auc)),
            f"{calibration.ece:.3f}" if calibration else "",
            f"{calibration.brier.value:.3f}" if calibration else "",
            f"{100 * each.coverage:.0f}",
        )
    return table


def _positions(evaluated: Evaluated) -> Table:
    table = _table("first error at", "solutions", *BECAME)
    several = len(evaluated.figures) > 1
    speaking = {n: parts for n, parts in evaluated.figures.items() if parts[ALL].covered}
    for annotator, parts in speaking.items():
        for place, counts in _gathered(parts[ALL].positions).items():
            named = f"{place} {annotator}" if several else place
            cells = (f"{counts[each]:,}" if counts[each] else "" for each in BECAME)
            table.add_row(named, f"{counts.total():,}", *cells)
    return table


def _gathered(positions: Mapping[str, Mapping[str, int]]) -> dict[str, Counter[str]]:
    """Put far positions together."""
    rows: dict[str, Counter[str]] = {}
    for place, counts in positions.items():
        far = place.isdigit() and int(place) >= FAR
        rows.setdefault(f"{FAR} or later" if far else place, Counter()).update(counts)
    return rows


def _rows(evaluated: Evaluated) -> Iterator[tuple[str, Figures]]:
    several = len(evaluated.figures) > 1
    for annotator, parts in evaluated.figures.items():
        for part, each in parts.items():
            yield f"{annotator} {part}" if several else part, each


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=place > 0)
    return table


def _interval(figure: Estimate | None) -> str:
    value, low, high = (100 * each for each in figure) if figure else (0.0, 0.0, 0.0)
    return f"{value:.0f} [{low:.0f}–{high:.0f}]" if figure else ""


def _percent(figure: Estimate | None) -> str:
    return f"{100 * figure.value:.0f}" if figure else ""


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
