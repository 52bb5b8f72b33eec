"""Read problems, and solutions that exist, from a recipe's source: one pass, in little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from stepmark.errors import ProblemError
from stepmark.problems.convert import GivenSolution, to_problem, to_solution
from stepmark.problems.open_source import open_rows, source_name
from stepmark.problems.rows import DUPLICATE, BadRow, Row
from stepmark.problems.source import ProblemSource, SolutionSource
from stepmark.records import Problem, Reject

HOPELESS_ROWS: Final = 200
"""A source without a usable row among this many is given up: its columns are not as named."""

_ADVICE: Final = {
    "bad_reference": ". Say how the column holds it, e.g. --set {block}.answer=plain if it is the "
    "answer itself",
    "broken_json": ". A .jsonl file holds one JSON object a line; name a table .csv",
    "missing_column": ". Name the columns that there are, e.g. --set {block}.statement=…",
}
"""What to do where a whole source has one fault."""

_T = TypeVar("_T")


def read_problems(
    source: ProblemSource, base: Path, limit: int | None = None
) -> Iterator[Problem | Reject]:
    """Yield the problems of the source, and a Reject for each bad row.

    A relative path is looked for in `base`, then in the current directory. `limit` counts
    problems. A row with the statement, reference, tests and kind of an earlier one is rejected as
    a duplicate. ProblemError when the source cannot be read as a whole or has no usable row.
    """
    name = source_name(source)
    seen: set[bytes] = set()

    def convert(row: Row) -> Problem:
        problem = to_problem(source, row, name)
        digest = bytes.fromhex(problem.id.partition("_")[2])
        if digest in seen:
            raise BadRow(
                reason=DUPLICATE, detail=f"an earlier row is the same problem, {problem.id}"
            )
        seen.add(digest)
        return problem

    return _converted(source, base, convert, limit)


def read_solutions(
    source: SolutionSource, base: Path, limit: int | None = None
) -> Iterator[GivenSolution | Reject]:
    """Yield the solutions of the source, and a Reject for each bad row.

    Steps given as a list are joined by a blank line, which ends the step before it; a step that
    ends with a line break is kept as it is. Rows with the same problem or the same text are
    solutions of their own. Everything else is as in `read_problems`.
    """
    name = source_name(source)
    return _converted(source, base, lambda row: to_solution(source, row, name), limit)


def _converted(
    source: ProblemSource, base: Path, convert: Callable[[Row], _T], limit: int | None
) -> Iterator[_T | Reject]:
    """Yield what `convert` makes of the rows, until there are `limit` good ones."""
    name = source_name(source)
    good = 0
    bad: Counter[str] = Counter()
    first = None
    for row in open_rows(source, base):
        if good == limit:
            return
        try:
            value = convert(row)
        except BadRow as trouble:
            reject = Reject(
                source=name, line=row.line, reason=trouble.reason, detail=trouble.detail
            )
            first = first or reject
            bad[trouble.reason] += 1
            yield reject
        else:
            good += 1
            yield value
        if not good and bad.total() == HOPELESS_ROWS:
            break
    if not good:
        block = "solutions" if isinstance(source, SolutionSource) else "problems"
        raise _hopeless(name, bad, first, block)


def _hopeless(name: str, bad: Counter[str], first: Reject | None, block: str) -> ProblemError:
    if first is None:
        return ProblemError(f"{name}: it holds no rows")
    reasons = ", ".join(f"{reason} {count}" for reason, count in bad.most_common())
    advice = _ADVICE.get(first.reason, "").format(block=block)
    return ProblemError(
        f"{name}: none of the first {bad.total()} rows can be used ({reasons}); the first, line "
        f"{first.line}: {first.detail}{advice}"
    )
