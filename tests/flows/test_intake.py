"""Intake: a stream of usable problems whose rejects are handed over in bounded stretches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from flows import intake
from flows.engine_loop import EngineLoop
from flows.intake import Intake
from flows.recipe import Recipe
from flows.recipe_file import parse_recipe
from flows.worker import Progress, Worker
from stepmark.errors import ProblemError
from stepmark.records import Problem, Reject
from tests.flows.arrange import recipe_text, write_jsonl


class Hands:
    """The parts of a worker that the intake needs; its grader accepts all references but `?`."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self.loop = EngineLoop()
        self.progress = Progress()
        self.grader = self

    async def rejects_reference(self, problem: Problem) -> str | None:
        if problem.reference is None:
            return "no_reference"
        return "unreadable_reference" if problem.reference == "?" else None


@pytest.fixture
def hands(tmp_path) -> Iterator[Worker]:
    worker = Hands(tmp_path)
    yield cast("Worker", worker)
    worker.loop.close()


def taken_in(rows: Sequence[str], worker: Worker) -> tuple[list[str], dict[int, list[int]]]:
    """Return the statements of usable rows, and the lines refused by stretch."""
    answers = [{"question": f"Q{i}", "answer": answer} for i, answer in enumerate(rows)]
    path = write_jsonl(worker.base / "problems.jsonl", answers)
    kept: dict[int, list[int]] = {}

    def keep(number: int, rejects: Sequence[Reject]) -> None:
        kept[number] = [reject.line for reject in rejects]

    reader = Intake(_recipe(path.name), worker, keep)
    usable = [cast("Problem", item).statement for item in reader]
    reader.close()
    return usable, kept


def _recipe(name: str) -> Recipe:
    changes = {"problems__path": name, "problems__max_bad_share": 1.0}
    return parse_recipe(json.loads(recipe_text(**changes)), "a test")


def test_rejects_are_handed_over_in_stretches_and_the_rest_at_the_end(hands, monkeypatch):
    monkeypatch.setattr(intake, "REJECTS_A_SHARD", 2)
    usable, kept = taken_in(["?", "1", "?", "?", "2", "?", "?"], hands)
    assert usable == ["Q1", "Q4"]
    assert kept == {0: [1, 3], 1: [4, 6], 2: [7]}


def test_a_source_without_rejects_hands_over_that_there_are_none(hands):
    assert taken_in(["1", "2"], hands) == (["Q0", "Q1"], {0: []})


def test_order_is_kept_across_blocks(hands, monkeypatch):
    monkeypatch.setattr(intake, "BLOCK_ROWS", 3)
    usable, _ = taken_in([str(i) for i in range(8)], hands)
    assert usable == [f"Q{i}" for i in range(8)]


def test_judges_alone_need_no_reference_and_rollouts_do(hands):
    write_jsonl(hands.base / "problems.jsonl", [{"question": "Q0"}])
    plain = json.loads(recipe_text(problems__reference=None, problems__max_bad_share=1.0))
    with pytest.raises(ProblemError, match="no usable row"):
        list(Intake(parse_recipe(plain, "a test"), hands, lambda *_: None))
    judge = {"method": "judge", "policy": "solver", "judge": {"method": "first_error"}}
    plain["annotators"] = {"mc": judge}
    (item,) = Intake(parse_recipe(plain, "a test"), hands, lambda *_: None)
    assert cast("Problem", item).statement == "Q0"
