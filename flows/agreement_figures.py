"""Agreement of annotators as figures of a page."""

from __future__ import annotations

from collections.abc import Sequence

from flows.agreeing import Pair
from storage.pages.charts import matrix
from storage.pages.figure import Figure, Section


def agreement(
    names: Sequence[str], found: Sequence[Pair], listed: Sequence[Pair] | None = None
) -> Section | None:
    """Return how far annotators agree, as a matrix and pair by pair; None for a single one.

    Args:
        names: of the annotators.
        found: every two of them.
        listed: those whose first errors are listed; all by default.
    """
    if not found:
        return None
    listed = found if listed is None else listed
    figures = [_kappas(names, found), _first_errors(listed)]
    about = (
        "Agreement beyond chance on the steps that both of a pair label, and whether they name the "
        "same first error. 1 is full agreement, 0 what chance gives."
    )
    return Section(id="agreement", title="Agreement", about=about, figures=figures)


def _kappas(names: Sequence[str], found: Sequence[Pair]) -> Figure:
    kappa: dict[tuple[str, str], float | None] = {(name, name): 1.0 for name in names}
    for each in found:
        kappa[each.one, each.other] = kappa[each.other, each.one] = each.kappa
    met = [each for each in found if each.steps]
    speaking = {name for each in met for name in (each.one, each.other)}
    names = [name for name in names if name in speaking] or list(names)
    return Figure(
        title="Cohen's kappa",
        hint=_apart(len(found) - len(met), "label no step in common"),
        chart=matrix(
            "Cohen's kappa of every two annotators",
            names,
            [[kappa[one, other] for other in names] for one in names],
        ),
        header=("pair", "kappa", "steps both label"),
        rows=[
            (f"{each.one} ~ {each.other}", _figure(each.kappa), f"{each.steps:,}") for each in met
        ],
    )


def _first_errors(found: Sequence[Pair]) -> Figure:
    met = [each for each in found if each.same or each.one_earlier or each.other_earlier]
    about = (
        "Earlier: it calls a step incorrect that the other, with all before it, calls sound. "
        "Unknown: a step is unlabelled that may be the first error."
    )
    apart = _apart(len(found) - len(met), "can be compared on no solution")
    return Figure(
        title="First errors, in solutions",
        hint=f"{about} {apart}".strip(),
        header=("pair", "same", "first earlier", "second earlier", "unknown"),
        rows=[
            (
                f"{each.one} ~ {each.other}",
                *(
                    f"{n:,}"
                    for n in (each.same, each.one_earlier, each.other_earlier, each.unknown)
                ),
            )
            for each in met
        ],
    )


def _apart(pairs: int, how: str) -> str:
    """Say how many pairs are not listed, and why."""
    return f"{pairs:,} pairs {how} and are not listed." if pairs else ""


def _figure(kappa: float | None) -> str:
    return "undefined" if kappa is None else f"{kappa:.3f}"
