"""Argilla 2: a folder that `rg.Dataset.from_disk` imports, and the records of an export read back.

Format: the folder that `rg.Dataset.to_disk` writes (argilla 2.8): `.argilla/dataset.json`,
`.argilla/settings.json`, and `records.json` as `dataset.records.to_json` writes it. An export does
not say which answers are drafts; records that nobody has submitted (`pending`) are left alone.
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

RECORDS: Final = "records.json"
FIRST_ERROR, NOTE = "first_error", "note"
"""Names of the two questions."""
DISTRIBUTION: Final = {"strategy": "overlap", "min_submitted": 1}


def write(items: Sequence[Item], folder: Path, name: str) -> None:
    """Write a data set of a queue's solutions, with the questions about them.

    Args:
        items: the queue.
        folder: where.
        name: of the data set.
    """
    most = max((len(item.solution.steps) for item in items), default=0)
    dataset = {
        "name": f"{name}-review",
        "guidelines": GUIDELINES,
        "allow_extra_metadata": False,
        "distribution": DISTRIBUTION,
    }
    files = {
        ".argilla/dataset.json": dataset,
        ".argilla/settings.json": _settings(choices(most)),
        RECORDS: [_record(item) for item in items],
    }
    for path, content in files.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        write_text_whole(folder / path, text)


def read(content: Any) -> Iterator[Answer | Skipped]:
    """Yield the answers in exported records, in their order.

    Args:
        content: `records.json`, decoded.
    """
    for number, record in enumerate(objects(content), start=1):
        metadata, responses = record.get("metadata"), record.get("responses")
        steps = text_of(metadata.get("steps_id")) if isinstance(metadata, dict) else None
        solution = text_of(record.get("id"))
        if solution is None or steps is None or not isinstance(responses, dict):
            yield Skipped(f"record {number}", "not_ours")
        elif record.get("status") == "pending":
            yield from [Skipped(solution, "not_submitted")] * bool(responses)
        else:
            yield from _answers(solution, steps, responses)


def _answers(solution: str, steps: str, responses: Mapping[str, Any]) -> Iterator[Answer | Skipped]:
    notes = {text_of(n.get("user_id")): n.get("value") for n in objects(responses.get(NOTE))}
    for each in objects(responses.get(FIRST_ERROR)):
        who, choice = text_of(each.get("user_id")), text_of(each.get("value"))
        if who is None or choice is None:
            yield Skipped(solution, "no_answer")
        else:
            yield Answer(solution, steps, who, choice, text_of(notes.get(who)) or "")


def _record(item: Item) -> Mapping[str, Any]:
    steps = item.solution.steps
    numbered = "\n\n".join(f"[step {index}]\n{step.strip()}" for index, step in enumerate(steps))
    return {
        "id": item.solution.id,
        "fields": {
            "problem": item.problem.statement,
            "reference": reference_of(item),
            "solution": numbered,
        },
        "metadata": {"steps_id": steps_id(steps)},
        "suggestions": {},
        "responses": {},
        "vectors": {},
    }


def _settings(options: Sequence[str]) -> Mapping[str, Any]:
    plain = {"type": "text", "use_markdown": False}  # a model's text is text
    chosen = {
        "type": "label_selection",
        "options": [{"value": each, "text": each} for each in options],
        "visible_options": None,
    }
    return {
        "guidelines": GUIDELINES,
        "fields": [
            {"name": name, "title": title, "required": True, "settings": plain}
            for name, title in (
                ("problem", "Problem"),
                ("reference", "Reference answer"),
                ("solution", "Solution"),
            )
        ],
        "questions": [
            {
                "name": FIRST_ERROR,
                "title": "Which step is the first wrong one?",
                "required": True,
                "settings": chosen,
            },
            {
                "name": NOTE,
                "title": "Note, or why you cannot tell",
                "required": False,
                "settings": plain,
            },
        ],
        "metadata": [
            {
                "name": "steps_id",
                "title": "steps_id",
                "visible_for_annotators": False,
                "settings": {"type": "terms", "values": None, "visible_for_annotators": False},
            }
        ],
        "vectors": [],
        "allow_extra_metadata": False,
        "distribution": DISTRIBUTION,
        "mapping": None,
    }
