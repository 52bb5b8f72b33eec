"""A crew: what its worker processes did is counted, and the flow's word reaches them."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flows.crew import Crew
from flows.intake import Intaken
from flows.mailbox import METER, PROGRESS, Mailbox, Report, Word
from flows.member import Member, Posting, work
from flows.place import keep_policies, prepare
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.shards import Build
from flows.worker import Worker
from stepmark.errors import Interrupted, StorageError
from tests.fakes.factories import a_problem
from tests.flows.arrange import SUMS, arrange, question


class Arranged(NamedTuple):
    """The flow's side of a build of one shard; worker processes are threads of the test."""

    crew: Crew
    worker: Worker
    mailbox: Mailbox
    root: Path


@contextlib.contextmanager
def arranged(tmp_path: Path, *, is_alive: bool = True, **runtime: Any) -> Iterator[Arranged]:
    recipe, base = load_recipe(str(arrange(tmp_path)))
    root = tmp_path / "out" / "tiny"
    root.mkdir(parents=True)
    prepare(root, recipe, replace=False)
    whole = Runtime(out=tmp_path / "out", base=base, task_runner="ray", **runtime)
    problems = [a_problem(question(a, b), reference=str(a + b + 1)) for a, b in SUMS[:2]]
    with Worker(recipe, whole) as worker:
        keep_policies(root, worker.identities)
        Build(root, recipe, worker).take("00000", Intaken.of(problems))
        crew = Crew(root, worker, whole)
        mailbox = Mailbox(root, Posting.of(crew.posting).run)
        with crew if is_alive else contextlib.nullcontext():
            yield Arranged(crew, worker, mailbox, root)


def a_report(**counts: int) -> Report:
    zero = dict.fromkeys([*METER, *PROGRESS, "under_way"], 0)
    return Report(process="other-1", beat=1, notice=None, stops=False, closed=True, **zero | counts)


def wait_for_members() -> None:
    for thread in threading.enumerate():
        if thread.name == "stepmark-member":
            thread.join(60)
            assert not thread.is_alive()


def test_what_worker_processes_do_is_counted(tmp_path):
    with arranged(tmp_path) as (crew, worker, _, root):
        work(crew.posting, Build.draw, "00000")
    assert (root / "solutions" / "00000.parquet").exists()
    assert (worker.progress.problems, worker.progress.solutions) == (2, 4)
    assert worker.meter.bought == 2 * (2 + 3 * 8)
    assert list(crew.processes.values()) == [2]


def test_a_worker_process_opens_a_build_once_and_closes_it_at_the_end(tmp_path):
    with arranged(tmp_path) as (crew, _, _, root):
        seen: list[Build] = []
        for stage in (Build.draw, Build.label):
            work(crew.posting, stage, "00000")
            work(crew.posting, lambda build, _: seen.append(build), "00000")
    assert seen[0] is seen[1]
    assert (root / "labels" / "00000.parquet").exists()
    with pytest.raises(StorageError, match="is closed"):
        seen[0].worker.ledger.find("pb_1", "rq_00", (0,))
    assert not (root / ".workers").exists()


def test_told_to_stop_a_worker_process_orders_nothing_more(tmp_path):
    with arranged(tmp_path) as (crew, _, _, _):
        member = Member(crew.posting)
        member.heed(Word(stop="Enough."))
        with pytest.raises(Interrupted, match="Enough"):
            member.build.draw("00000")


def test_what_is_said_later_adds_to_what_was_said_before(tmp_path):
    with arranged(tmp_path, is_alive=False) as (crew, _, _, _):
        crew.stop("Enough.")
        crew.give_up()
        crew.stop("Something else.")
    assert crew.word == Word(stop="Enough.", give_up=True)


def test_a_budget_is_that_of_all_worker_processes_together(tmp_path):
    with arranged(tmp_path, is_alive=False, max_tokens=50) as (crew, _, mailbox, _):
        mailbox.open()
        mailbox.report(a_report(completion_tokens=60))
        crew.look()
    assert crew.word.stop is not None
    assert "The budget of 50 tokens is spent (60 bought)" in crew.word.stop


def test_a_worker_process_whose_flow_is_gone_closes_what_it_opened(tmp_path):
    with arranged(tmp_path, is_alive=False) as (crew, _, mailbox, _):
        mailbox.open()
        mailbox.say(Word())
        member = Member(crew.posting)
        mailbox.remove()
        wait_for_members()
        with pytest.raises(StorageError, match="is closed"):
            member.build.worker.ledger.find("pb_1", "rq_00", (0,))


def test_another_policy_seen_from_a_worker_process_is_refused(tmp_path):
    with arranged(tmp_path) as (crew, _, _, root):
        path = root / "policies.json"
        others = json.loads(path.read_text())
        others["solver"]["model"] = "another"
        path.write_text(json.dumps(others))
        with pytest.raises(StorageError, match=r"solver\.model: 'another' before"):
            work(crew.posting, Build.draw, "00000")


def test_an_error_leaves_a_worker_process_without_its_trail(tmp_path):
    def fail(_build: Build, _shard: str) -> None:
        try:
            raise ValueError("deep inside")  # noqa: TRY301 (the trail that must not leave)
        except ValueError as error:
            raise StorageError("It failed.") from error

    with arranged(tmp_path) as (crew, _, _, _), pytest.raises(StorageError) as caught:
        work(crew.posting, fail, "00000")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
