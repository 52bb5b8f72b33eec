"""`stepmark show --why`: every label of a solution beside the completions or findings it rests on.

Problems and completions are shown as plain text, control characters written out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from flows.show import STYLE, closing_line, evidence_line, visible
from flows.trace import Evidence, Trace, follows_from
from stepmark.errors import StorageError
from stepmark.records import Outcome, Review, Verdict
from storage.pages.texts import SIGNS

HEAD, TAIL = 120, 80
"""Characters shown of the beginning and the end of a long text: the answer is at the end."""
OUTCOME_VERDICT: dict[Outcome, Verdict] = {
    "correct": "correct",
    "incorrect": "incorrect",
    "unknown": "unlabelled",
}


def why(trace: Trace, step: int | None, *, full: bool) -> Group:
    """Return the labels of a solution, or of one step, with what is behind them.

    Raises:
        StorageError: the solution has no such step.
    """
    row = trace.row
    if step is not None and not 0 <= step < len(row.steps):
        raise StorageError(f"{row.id} has the steps 0 to {len(row.steps) - 1}, and no step {step}.")
    parts: list[RenderableType] = [*_header(trace, full=full)]
    if step is None and 0 in trace.evidence:
        parts.append(Text("from the bare problem", style="bold"))
        parts += _rollouts(trace.evidence[0], full=full)
    if step is None and 0 in trace.prover:
        parts.append(Text("from the bare problem, by the prover", style="bold"))
        parts += _rollouts(trace.prover[0], full=full, by="prover's ")
    for index in range(len(row.steps)) if step is None else (step,):
        parts += _step(trace, index, full=full)
    return Group(*parts, Text(""), Text(closing_line(row)))


def _header(trace: Trace, *, full: bool) -> Iterator[RenderableType]:
    row, solution = trace.row, trace.solution
    yield Text(f"{row.id}  outcome {row.outcome}", style="bold")
    yield Text(f"answer {_value(row.answer)}, reference {_value(row.reference)}")
    if solution.request:
        same = trace.written_by is not None and _text(trace).endswith(trace.written_by.text)
        stored = "as in the ledger" if same else "not in this ledger"
        yield Text(f"written in draw {solution.draw} at {solution.request}, {stored}", style="dim")
    else:
        yield Text("given with its problem, not sampled", style="dim")
    yield Text(_shown(row.problem, full=full))
    for review in trace.reviews:
        yield Text(_said(review))
    yield Text("")


def _said(review: Review) -> str:
    """Say in a line what a person said."""
    said = {
        "incorrect": f"step {review.first_error} is the first wrong one",
        "correct": "no step is wrong",
        "unknown": f"cannot tell: {review.reason}",
    }[review.says]
    return visible(f"{review.reviewer}: {said}{review.note and f' ({review.note})'}")


def _step(trace: Trace, index: int, *, full: bool) -> Iterator[RenderableType]:
    label = trace.annotation.labels[index]
    style = STYLE[label.verdict]
    yield Text(f"{SIGNS[label.verdict]} {index}  {_basis(trace, index)}", style=style)
    yield Padding(Text(_shown(trace.row.steps[index], full=full), style=style), (0, 0, 0, 4))
    if index in trace.findings and trace.findings[index].evidence:
        found = Text(visible(trace.findings[index].evidence))
        yield Padding(found, (0, 0, 0, 6))
    yield from _rollouts(trace.evidence.get(index + 1, ()), full=full)
    yield from _rollouts(trace.prover.get(index + 1, ()), full=full, by="prover's ")


def _basis(trace: Trace, index: int) -> str:
    """Say in words what a label rests on."""
    row, labels = trace.row, trace.annotation.labels
    label = labels[index]
    if trace.findings or trace.reviews:
        return evidence_line(label)
    if label.interpolated:
        source = follows_from(labels, index)
        if source is None:
            return f"{label.verdict}, not probed: the recipe takes the right answer as proof"
        place = "the first error" if label.verdict == "incorrect" else "later and sound"
        return f"{label.verdict}, not probed: follows from step {source} ({place})"
    if label.reason is not None:
        return f"{label.verdict} ({label.reason}): {_tally(trace, index)}"
    if index == len(row.steps) - 1:
        return f"{label.verdict}: its own answer decides, {_value(row.answer)} is {row.outcome}"
    return evidence_line(label)


def _tally(trace: Trace, index: int) -> str:
    label = trace.annotation.labels[index]
    return f"{label.correct} correct, {label.incorrect} incorrect, {label.unknown} unknown"


def _rollouts(
    evidence: Sequence[Evidence], *, full: bool, by: str = ""
) -> Iterator[RenderableType]:
    address = None
    for item in evidence:
        if item.rollout.request != address:
            address = item.rollout.request
            yield Padding(Text(f"{by}rollouts at {address}", style="dim"), (0, 0, 0, 4))
        yield from _rollout(item, full=full)


def _rollout(item: Evidence, *, full: bool) -> Iterator[RenderableType]:
    rollout = item.rollout
    verdict = OUTCOME_VERDICT[rollout.outcome]
    reason = f" ({rollout.reason})" if rollout.reason else ""
    own = ", the solution's own wrong answer" if rollout.own else ""
    told = f"{rollout.outcome}{reason}, answer {_value(rollout.answer)}{own}"
    note = f"{SIGNS[verdict]} draw {rollout.draw}: {told}"
    yield Padding(Text(note, style=STYLE[verdict]), (0, 0, 0, 6))
    text = "(not in this ledger)" if item.completion is None else item.completion.text
    yield Padding(Text(_shown(text, full=full)), (0, 0, 0, 8))


def _text(trace: Trace) -> str:
    solution = trace.solution
    return solution.lead + "".join(solution.steps) + solution.tail


def _value(answer: str | None) -> str:
    return "none" if answer is None else visible(answer)


def _shown(text: str, *, full: bool) -> str:
    """Return a text without the line breaks around it, its middle left out when it is long."""
    text = text.strip("\n")
    if not full and len(text) > HEAD + TAIL:
        left_out = len(text) - HEAD - TAIL
        text = f"{text[:HEAD]} […{left_out} characters…] {text[-TAIL:]}"
    return visible(text)
