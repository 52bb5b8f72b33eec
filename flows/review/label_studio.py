"""Label Studio: tasks and a labelling configuration that it imports, and its JSON export read back.

Formats: https://labelstud.io/guide/task_format and the tags Text, Paragraphs, Choices (with choices
from the task) and TextArea. Everything a model wrote is task data, never part of the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from flows.review.choices import (
    GUIDELINES,
    Answer,
    Skipped,
    choices,
    objects,
    reference_of,
    text_of,
)
from flows.review.queue import Item
from stepmark.reviews import steps_id
from storage.atomic import write_text_whole

TASKS, CONFIG = "tasks.json", "config.xml"
FIRST_ERROR, NOTE = "first_error", "note"
"""Names of the two controls."""
LABELLING: Final = f"""<View>
  <Header value="Problem"/>
  <Text name="problem" value="$problem"/>
  <Header value="Reference answer"/>
  <Text name="reference" value="$reference"/>
  <Header value="Solution: which step is the first wrong one?"/>
  <Header size="5" value="{GUIDELINES}"/>
  <Paragraphs name="solution" value="$solution" layout="dialogue" nameKey="step" textKey="text"/>
  <Choices name="{FIRST_ERROR}" toName="solution" value="$choices" choice="single-radio"
    required="true"/>
  <Header size="5" value="Note, or why you cannot tell"/>
  <TextArea name="{NOTE}" toName="solution" rows="2" maxSubmissions="1"/>
</View>
"""


def write(items: Sequence[Item], folder: Path) -> None:
    """Write the tasks of a queue and the configuration of a project for them.

    Args:
        items: the queue.
        folder: where.
    """
    tasks = [{"data": _data(item)} for item in items]
    write_text_whole(folder / TASKS, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    write_text_whole(folder / CONFIG, LABELLING)


def read(content: Any) -> Iterator[Answer | Skipped]:
    """Yield the answers of an export of the kind JSON, in its order.

    Args:
        content: the export, decoded.
    """
    for number, task in enumerate(objects(content), start=1):
        found = task.get("data")
        data = found if isinstance(found, dict) else {}
        solution, steps = text_of(data.get("solution_id")), text_of(data.get("steps_id"))
        if solution is None or steps is None:
            yield Skipped(f"task {number}", "not_ours")
            continue
        for annotation in objects(task.get("annotations")):
            yield _answer(solution, steps, annotation)


def _data(item: Item) -> Mapping[str, Any]:
    steps = item.solution.steps
    return {
        "solution_id": item.solution.id,
        "steps_id": steps_id(steps),
        "problem": item.problem.statement,
        "reference": reference_of(item),
        "solution": [{"step": str(index), "text": text} for index, text in enumerate(steps)],
        "choices": [{"value": choice} for choice in choices(len(steps))],
    }


def _answer(solution: str, steps: str, annotation: Mapping[str, Any]) -> Answer | Skipped:
    reviewer = _name(annotation.get("completed_by"))
    if annotation.get("was_cancelled"):
        return Skipped(f"{solution} by {reviewer}", "cancelled")
    said = {
        result.get("from_name"): result.get("value") for result in objects(annotation.get("result"))
    }
    choice = _first(said.get(FIRST_ERROR), "choices")
    if choice is None:
        return Skipped(f"{solution} by {reviewer}", "no_answer")
    return Answer(solution, steps, reviewer, choice, _first(said.get(NOTE), "text") or "")


def _first(value: Any, key: str) -> str | None:
    """Return the one text of a control's value: a list of one, or, of old versions, the text."""
    inside = value.get(key) if isinstance(value, dict) else None
    return text_of(inside[0] if isinstance(inside, list) and inside else inside)


def _name(who: Any) -> str:
    """Return who an annotation is by: an address where the export has one, else a number."""
    if isinstance(who, dict):
        return text_of(who.get("email")) or _name(who.get("id"))
    return f"label-studio-{who}"
