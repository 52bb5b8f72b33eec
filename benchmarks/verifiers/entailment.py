"""The entailment verifier on gold proofs, on spoilt ones, and on problems with gold labels.

    python -m benchmarks.verifiers.entailment --data ../shared/data

Proofs: ProntoQA's 500 gold proofs, and every one that comes of spoiling one step; a spoilt step
that is still stated or still follows by truth tables is counted apart. Problems: if ProofWriter,
FOLIO and logical_deduction can be read, and whether the prover says what their labels say. First
errors: BIG-Bench-Mistake's solutions to ordering puzzles, by halves of the file. Hostile texts: how
many were answered and how many killed at their limit. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from annotators.verifiers.tools import warm_up as warm
from benchmarks.verifiers.hostile import hostile
from benchmarks.verifiers.prontoqa import Spoilt, said, spoilt, supported
from flows.worker import CHECK_S
from stepmark.gold import Gold, read_gold
from stepmark.logic import english
from stepmark.logic.checking import Checked, check_steps
from stepmark.logic.entailment import Answer, Entailment, decide, warm_up
from stepmark.logic.formula import Formula, Not
from stepmark.logic.ordering import find_row
from stepmark.logic.syntax import parse
from stepmark.logic.unreadable import UnreadableError
from stepmark.processes import Processes

Row = dict[str, Any]
_SENTENCE: Final = re.compile(r"(?<=\.)\s+")
_LABELS: Final = {"A": "true", "B": "false", "C": "unknown", "True": "true", "False": "false"}


class Posed(NamedTuple):
    """A problem read: what is given, what is asked, and the gold label."""

    premises: tuple[Formula, ...]
    conclusion: Formula
    label: str


def measure(data: Path, limit: int | None = None) -> Row:
    """Return all figures, of at most so many rows a file."""
    warm_up()
    problems = data / "problems"
    return {
        "prontoqa": _prontoqa(_json(problems / "prontoqa_dev.json")[:limit]),
        "entailment": {
            "labels": {
                "prontoqa": _labels(_json(problems / "prontoqa_dev.json")[:limit], _english),
                "proofwriter": _labels(_json(problems / "proofwriter_dev.json")[:limit], _english),
                "folio": _labels(_lines(problems / "folio_validation.jsonl")[:limit], _folio),
                "logical_deduction": _ordering(
                    _json(problems / "logical_deduction_dev.json")[:limit]
                ),
            },
            "bigbench_mistake_logical_deduction": _first_errors(
                read_gold(data / "gold" / "bigbench_mistake_logical_deduction.jsonl")[:limit]
            ),
            "hostile": asyncio.run(_hostile()),
        },
    }


def _prontoqa(rows: list[Row]) -> Row:
    began = time.process_time()
    gold = [check_steps(_statement(row), tuple(row["explanation"]), "english") for row in rows]
    seconds = time.process_time() - began
    verdicts = Counter(checked.verdict for proof in gold for checked in proof)
    began = time.process_time()
    for row in rows:
        check_steps(_statement(row), tuple(row["explanation"]), "english", "known")
    return {
        "gold_steps": verdicts.total(),
        "gold_valid": round(verdicts["correct"] / verdicts.total(), 4),
        "steps_per_s": round(verdicts.total() / seconds),
        "steps_per_s_known": round(verdicts.total() / (time.process_time() - began)),
        **_corruptions(rows),
    }


def _corruptions(rows: list[Row]) -> Row:
    """Spoil every step in every way, and count what becomes of those that should be wrong."""
    chance = random.Random(6)
    made: dict[str, Counter[str]] = {}
    for row in rows:
        stated = _SENTENCE.split(row["context"])
        kinds = sorted({said(sentence).about for sentence in stated if said(sentence).rule})
        for one in spoilt(row["explanation"], kinds, chance):
            made.setdefault(one.kind, Counter())[_became(one, row, stated)] += 1
    wrong = sum(c.total() - c["still_supported"] for c in made.values())
    return {
        "corruptions_caught": round(sum(c["incorrect"] for c in made.values()) / wrong, 4),
        "corruptions": {kind: dict(counts) for kind, counts in made.items()},
    }


def _became(one: Spoilt, row: Row, stated: list[str]) -> str:
    if supported(one.steps[one.at], stated, one.steps[: one.at]):
        return "still_supported"
    return check_steps(_statement(row), one.steps[: one.at + 1], "english")[-1].verdict


def _labels(rows: list[Row], read: Callable[[Row], Posed]) -> Row:
    """Compare what the prover says of each problem with its label."""
    counts: Counter[str] = Counter()
    for row in rows:
        try:
            posed = read(row)
        except UnreadableError:
            counts["unread"] += 1
            continue
        counts[_compared(_proved(posed), posed.label)] += 1
    return dict(counts)


def _compared(found: str, label: str) -> str:
    if found == label:
        return "agree"
    return f"{found}, labelled {label}"


def _proved(posed: Posed) -> str:
    yes, no = decide(
        [
            Entailment(premises=posed.premises, conclusion=conclusion)
            for conclusion in (posed.conclusion, Not(part=posed.conclusion))
        ]
    )
    if Answer("unknown", "contradictory_premises") in {yes, no}:
        return "contradictory"
    if yes.verdict == "valid":
        return "true"
    return "false" if no.verdict == "valid" else "unknown"


def _english(row: Row) -> Posed:
    asked = row["question"].rsplit("? ", 1)[1]
    premises = tuple(map(english.read, _SENTENCE.split(row["context"].strip())))
    return Posed(premises, english.read(asked), _LABELS[row["answer"]])


def _folio(row: Row) -> Posed:
    premises = tuple(map(parse, row["premises-FOL"]))
    return Posed(premises, parse(row["conclusion-FOL"]), _LABELS.get(row["label"], "unknown"))


def _ordering(rows: list[Row]) -> Row:
    """Count puzzles of which exactly the right option follows."""
    counts: Counter[str] = Counter()
    for row in rows:
        said_, *given = _SENTENCE.split(row["context"].split("\n\n", 1)[1])
        try:
            places = find_row(said_)
            premises = (*places.rules(), *map(places.read, given))
            options = [places.read(option.split(") ", 1)[1]) for option in row["options"]]
        except UnreadableError:
            counts["unread"] += 1
            continue
        answers = decide([Entailment(premises=premises, conclusion=o) for o in options])
        follow = [o[0] for o, a in zip(row["options"], answers, strict=True) if a[0] == "valid"]
        counts["agree" if follow == [row["answer"]] else "differ"] += 1
    return dict(counts)


def _first_errors(rows: Sequence[Gold]) -> Row:
    half = len(rows) // 2
    return {"first_half": _half(rows[:half]), "second_half": _half(rows[half:])}


def _half(rows: Sequence[Gold]) -> Row:
    """Compare the first step called incorrect with the human's first mistake."""
    counts: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for row in rows:
        checked = check_steps(row.problem, row.steps, "ordering", "known")
        verdicts.update(one.verdict for one in checked)
        counts[_place(_first(checked), row.first_error)] += 1
    called = sum(counts[k] for k in ("exact", "late", "early", "in_a_right_one"))
    at_or_after = counts["exact"] + counts["late"]
    return {
        "solutions": len(rows),
        "with_a_mistake": sum(row.first_error is not None for row in rows),
        "called_incorrect": called,
        "precision_at_or_after": round(at_or_after / called, 4) if called else None,
        "first_exact": round(counts["exact"] / called, 4) if called else None,
        "coverage": round(1 - verdicts["unlabelled"] / verdicts.total(), 4),
        **counts,
    }


def _place(found: int | None, gold: int | None) -> str:
    if found is None:
        return "none_called" if gold is not None else "right_one_left_alone"
    if gold is None:
        return "in_a_right_one"
    return "exact" if found == gold else "late" if found > gold else "early"


def _first(checked: Iterable[Checked]) -> int | None:
    return next((i for i, one in enumerate(checked) if one.verdict == "incorrect"), None)


async def _hostile() -> Row:
    """Count what becomes of texts made to stop a prover, in processes that are killed."""
    became: Counter[str] = Counter()
    late = []
    with closing(Processes(cpu_s=CHECK_S, start=warm)) as processes:
        await processes.run(check_steps, "", (), "english")
        for one in hostile():
            began = time.perf_counter()
            try:
                await processes.run(check_steps, one.statement, one.steps, one.language)
                became["answered"] += 1
            except TimeoutError:
                became["killed"] += 1
            if time.perf_counter() - began > CHECK_S + 1:
                late.append(one.name)
    return {"texts": len(hostile()), **became, "late": late}


def _statement(row: Row) -> str:
    return f"{row['context']}\n{row['question']}"


def _json(path: Path) -> list[Row]:
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder")
    parser.add_argument("--limit", type=int, help="rows of each file; all unless given")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.data, arguments.limit)))
