"""Filters on real solutions: how fast, what goes and why, and whether twins and leaks are found.

    python -m benchmarks.filters --data ../shared/data

16,000 solutions of 500 GSM8K problems by Qwen2.5-7B-Instruct, with the step scores that
Qwen2.5-Math-PRM gave them as values (below 0.5 is incorrect). Near-duplicates are compared with a
brute-force search over words; contamination is planted in six disguises among problems that are in
no benchmark. Seconds are of CPU, one core. The last line is JSON.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from filters.balance import Balance
from filters.chain import Drops
from filters.consistency import Consistency
from filters.decontaminate import Benchmarks, Decontaminate
from filters.hardness import Hardness
from filters.near_duplicate_problems import NearDuplicateProblems
from filters.near_duplicates import NearDuplicates
from filters.rows import COUNT_COLUMNS
from filters.shingles import word_hashes, words
from filters.structure import Structure
from stepmark.gold import read_gold
from stepmark.grading.extract import extract_answer
from stepmark.ids import content_id
from stepmark.problems import ProblemSource
from stepmark.records import first_error
from storage.rows import LabelledSolution
from storage.shards import table_from

SOLUTIONS = "rollouts/strictprm_gsm8k_bon32.jsonl.gz"
SCORES = "rollouts/strictprm_gsm8k_prm_step_scores.jsonl.gz"
SHARD = 128
TWINS = NearDuplicates(method="near_duplicates", max_dropped=1.0)
LEAKS = Decontaminate(
    method="decontaminate",
    benchmarks={"math500": ProblemSource(path="problems/math500_test.jsonl", statement="problem")},
)
CHAIN: tuple[Drops, ...] = (
    Structure(method="structure"),
    LEAKS,
    NearDuplicateProblems(method="near_duplicate_problems"),
    TWINS,
    Hardness(method="hardness"),
    Consistency(method="consistency"),
    Balance(method="balance", by="outcome"),
)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSONL file, packed or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from map(json.loads, file)


def rows_of(data: Path) -> list[LabelledSolution]:
    """Return the labelled solutions, a problem's together."""
    scores = {(row["id"], row["i"]): row for row in read(data / SCORES)}
    return [
        row
        for problem in read(data / SOLUTIONS)
        for row in _rows(problem, [scores[problem["id"], c["i"]] for c in problem["candidates"]])
    ]


def _rows(problem: dict[str, Any], scored: list[dict[str, Any]]) -> Iterator[LabelledSolution]:
    outcomes = [candidate["correct"] for candidate in problem["candidates"]]
    for candidate, score in zip(problem["candidates"], scored, strict=True):
        values = tuple(score["qwen_prm"])
        verdicts = tuple("correct" if value >= 0.5 else "incorrect" for value in values)
        error = first_error(verdicts)  # type: ignore[arg-type]
        yield LabelledSolution(
            id=content_id("so", problem["id"], candidate["i"]),
            problem_id=content_id("pb", problem["id"]),
            problem=problem["question"],
            reference=problem["gold"],
            steps=tuple(score["steps"]),
            verdicts=verdicts,  # type: ignore[arg-type]
            values=values,
            interpolated=(False,) * len(values),
            first_error=error,
            bracketed=None if error is None else False,
            semantics="correctness",
            annotator="qwen_prm",
            answer=extract_answer(candidate["response"], "math"),
            outcome="correct" if candidate["correct"] else "incorrect",
            policy="given",
            step_policies=("given",) * len(values),
            solve_rate=sum(outcomes) / len(outcomes),
            difficulty=None,
            source="gsm8k",
            source_id=problem["id"],
            rollouts=0,
            completion_tokens=0,
        )


def shards_of(rows: list[LabelledSolution]) -> list[pa.Table]:
    """Return the rows as filters see them, so many problems a shard."""
    by_problem = defaultdict(list)
    for row in rows:
        by_problem[row.problem_id].append(row)
    problems = list(by_problem.values())
    tables = []
    for begin in range(0, len(problems), SHARD):
        table = table_from(
            LabelledSolution, [row for its in problems[begin : begin + SHARD] for row in its]
        )
        zeros = [[0] * len(steps) for steps in table["steps"].to_pylist()]
        for name in COUNT_COLUMNS:
            table = table.append_column(name, pa.array(zeros, pa.list_(pa.int64())))
        tables.append(table)
    return tables


def run_chain(shards: list[pa.Table], data: Path) -> tuple[Counter[str], dict[str, float]]:
    """Run the chain; return how many rows went for which reason, and seconds by filter."""
    dropped: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    for block in CHAIN:
        started = time.process_time()
        fitted = block.fit(iter(shards), data) if hasattr(block, "fit") else None
        reasons = [block.decide(shard, fitted) for shard in shards]  # type: ignore[arg-type]
        shards = [s.filter(r.is_null()) for s, r in zip(shards, reasons, strict=True)]
        dropped.update(reason.as_py() for each in reasons for reason in each.drop_null())
        seconds[block.method] = round(time.process_time() - started, 3)
    return dropped, seconds


def twins(shards: list[pa.Table]) -> tuple[set[str], set[str]]:
    """Return the ids that the filter drops, and those that comparing every pair would drop."""
    found, expected = set(), set()
    for shard in shards:
        ids = shard["id"].to_pylist()
        found |= {
            row
            for row, reason in zip(ids, TWINS.decide(shard, None).to_pylist(), strict=True)
            if reason
        }
        kept: dict[tuple[str, str], list[set[tuple[str, ...]]]] = defaultdict(list)
        columns = [shard[name].to_pylist() for name in ("problem_id", "outcome", "steps")]
        for row, problem, outcome, steps in zip(ids, *columns, strict=True):
            said = _five_words("".join(steps))
            others = kept[problem, outcome]
            if any(len(said & o) >= TWINS.similarity * len(said | o) for o in others):
                expected.add(row)
            else:
                others.append(said)
    return found, expected


def _five_words(text: str) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[at : at + 5]) for at in range(max(1, len(said) - 4))}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Benchmarks, what is planted of them by disguise, and problems that are in none."""

    benchmarks: Benchmarks
    planted: dict[str, list[str]]
    clean: list[str]


def trial(data: Path, seed: int = 0) -> Trial:
    """Take half of GSM8K and MATH-500 as benchmarks; the other halves and two more are clean."""
    rng = random.Random(seed)
    gsm8k = [row["question"] for row in read(data / "problems/gsm8k_test.jsonl")]
    math500 = [row["problem"] for row in read(data / "problems/math500_test.jsonl")]
    svamp = [f"{r['Body']} {r['Question']}" for r in read(data / "problems/svamp_test.jsonl")]
    mawps = [row["input"] for row in read(data / "problems/mawps_multiarith.jsonl")]
    items = {"gsm8k": gsm8k[::2], "math500": math500[::2]}
    every = [item for its in items.values() for item in its]
    return Trial(
        benchmarks=Benchmarks(
            run=LEAKS.run,
            items={name: [word_hashes(item) for item in its] for name, its in items.items()},
        ),
        planted={name: [hide(item, rng) for item in every] for name, hide in DISGUISES.items()},
        clean=[*gsm8k[1::2], *math500[1::2], *svamp, *mawps],
    )


def _retyped(item: str, rng: random.Random) -> str:
    text = re.sub(r"[;:?\"]|[.,](?!\d)|(?<!\d)!", "", item).replace(
        "$", rng.choice(("$$", " $ ", ""))
    )
    return re.sub(r"\s+", lambda _: rng.choice((" ", "  ", "\n")), rng.choice((text, text.upper())))


def _one_word_changed(item: str, rng: random.Random) -> str:
    said = item.split()
    said[rng.randrange(len(said))] = "something"
    return " ".join(said)


DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda item, _: item,
    "retyped": _retyped,
    "wrapped": lambda item, _: f"Solve this step by step.\n\n{item}\n\nBox your final answer.",
    "one_word_changed": _one_word_changed,
    "cut": lambda item, _: " ".join(item.split()[: max(1, round(0.8 * len(item.split())))]),
    "two_in_one": lambda item, rng: f"{item} Also: what is {rng.randrange(99)} + 1?",
}


def share_found(texts: Iterable[str], benchmarks: Benchmarks) -> float:
    """Return the share of texts that are found in a benchmark."""
    hits = [LEAKS.found_in(text, benchmarks) is not None for text in texts]
    return sum(hits) / len(hits)


def processbench(data: Path) -> float:
    """Return the share of ProcessBench's GSM8K problems that are found where they come from."""
    gsm8k = [word_hashes(row["question"]) for row in read(data / "problems/gsm8k_test.jsonl")]
    gold = read_gold(data / "gold/processbench_gsm8k.json")
    benchmarks = Benchmarks(run=LEAKS.run, items={"gsm8k": gsm8k})
    return share_found((one.problem for one in gold), benchmarks)


def contamination(made: Trial) -> tuple[float, float]:
    """Print what is found by disguise and what is found wrongly; return both shares."""
    long = [len(words(item)) >= LEAKS.least for item in made.planted["verbatim"]]
    print(f"planted: {len(long):,} items, {sum(long):,} of {LEAKS.least} words or more; found:")
    found = {name: share_found(texts, made.benchmarks) for name, texts in made.planted.items()}
    for name, texts in made.planted.items():
        of_long = share_found(itertools.compress(texts, long), made.benchmarks)
        print(f"  {name}: {found[name]:.4f}, of the long ones {of_long:.4f}")
    false = [text for text in made.clean if LEAKS.found_in(text, made.benchmarks)]
    print(f"found of {len(made.clean):,} clean problems: {len(false)}")
    for text in false:
        print("  ", " ".join(text.split())[:160])
    return sum(found.values()) / len(found), len(false) / len(made.clean)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filters")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    rows = rows_of(data)
    shards = shards_of(rows)
    dropped, seconds = run_chain(shards, data)
    print(f"{len(rows):,} rows; CPU seconds by filter: {seconds}")
    found, expected = twins(shards)
    print(f"near-duplicates: {len(found):,} found, {len(expected):,} by brute force")
    print(f"ProcessBench's GSM8K problems found in GSM8K's test set: {processbench(data):.4f}")
    planted, false = contamination(trial(data))
    both = len(found & expected)
    figures = {
        "rows_per_s": round(len(rows) / sum(seconds.values())),
        "dropped": dict(sorted(dropped.items())),
        "near_duplicate_recall": both / len(expected),
        "near_duplicate_precision": both / len(found),
        "contamination_found": round(planted, 4),
        "contamination_false": round(false, 4),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
