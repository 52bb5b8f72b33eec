"""Grade real answers and compare with the outcomes their files state.

    python -m benchmarks.grading --data ../shared/data

Reads three files of the rollouts folder: GSM8K samples of an instruct model that was asked for no
answer format (16,000, flag `correct` = the last number equals the gold), MATH samples in boxes
(800, flag `score`), and GSM8K solutions of fine-tuned models that end in `A: 42` (5,276). Prints
how each outcome meets the flag, examples of each disagreement, what other extraction rules would
have given, and the throughput of the fast stages; the last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from stepmark.grading import Grade, Grader, extract_answer
from stepmark.grading.compare import compare
from stepmark.grading.exact import read_quantity
from stepmark.grading.normalise import normalise
from stepmark.grading.statement import find_statement
from stepmark.records import Problem

_LAST_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_EXAMPLES = 3


class Sample(NamedTuple):
    """A completion with what its file says of it."""

    text: str
    reference: str
    flag: bool


def read_strictprm(folder: Path) -> Iterator[Sample]:
    """Read 500 problems × 32 samples."""
    for row in _rows(folder / "strictprm_gsm8k_bon32.jsonl.gz"):
        for candidate in row["candidates"]:
            yield Sample(candidate["response"], row["gold"], candidate["correct"])


def read_qwen_math(folder: Path) -> Iterator[Sample]:
    """Read 100 problems × 8 samples."""
    for row in _rows(folder / "qwen25math_math100_bon8_rm.jsonl.gz"):
        for text, score in zip(row["code"], row["score"], strict=True):
            yield Sample(text, row["gt"], score)


def read_gsm8k_models(folder: Path) -> Iterator[Sample]:
    """Read 1,319 problems × 4 models."""
    for row in _rows(folder / "gsm8k_example_model_solutions.jsonl"):
        reference = row["ground_truth"].rpartition("A:")[2].strip()
        for solution in row.values():
            if isinstance(solution, dict):
                yield Sample(solution["solution"], reference, solution["is_correct"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines():
        yield json.loads(line)


class Source(NamedTuple):
    """A file of the rollouts folder and how it is read."""

    file: str
    read: Callable[[Path], Iterator[Sample]]


FILES = {
    "strictprm_gsm8k": Source("strictprm_gsm8k_bon32.jsonl.gz", read_strictprm),
    "qwen25_math100": Source("qwen25math_math100_bon8_rm.jsonl.gz", read_qwen_math),
    "gsm8k_models": Source("gsm8k_example_model_solutions.jsonl", read_gsm8k_models),
}


async def measure(name: str, samples: list[Sample], grader: Grader) -> dict[str, object]:
    """Grade the samples of one file and print how the outcomes meet its flags."""
    classes: Counter[str] = Counter()
    examples: defaultdict[str, list[str]] = defaultdict(list)
    start = time.perf_counter()
    for sample in samples:
        grade = await grader.grade(sample.text, "stop", _problem(sample.reference))
        key = _class(grade, flag=sample.flag)
        classes[key] += 1
        if len(examples[key]) < _EXAMPLES and not key.startswith("agree"):
            examples[key].append(
                f"{grade.answer!r} for {sample.reference!r}: …{sample.text[-160:]!r}"
            )
    seconds = time.perf_counter() - start
    print(f"{name}: {len(samples)} samples in {seconds:.1f} s")
    for key, count in sorted(classes.items()):
        print(f"  {key}: {count}", *examples[key], sep="\n    ")
    return {"samples": len(samples), "seconds": round(seconds, 2), "classes": dict(classes)}


def _problem(reference: str) -> Problem:
    return Problem(
        id="pb_benchmark", statement="", reference=reference, tests=None, kind="math",
        source="benchmark", line=1, source_id=None,
    )  # fmt: skip


def _class(grade: Grade, *, flag: bool) -> str:
    if grade.outcome == "unknown":
        return f"unknown {grade.reason}, file says {'correct' if flag else 'incorrect'}"
    if (grade.outcome == "correct") == flag:
        return f"agree {grade.outcome}"
    return f"disagree: ours {grade.outcome}"


def compare_rules(samples: list[Sample]) -> dict[str, dict[str, int]]:
    """Count, against the flags, what narrower and wider extraction rules would give."""
    counts: dict[str, Counter[str]] = {}
    for rule in ("explicit only", "explicit or closing sentence", "last number"):
        counts[rule] = Counter(_rule_outcome(rule, sample) for sample in samples)
        print(f"  rule {rule}: {dict(counts[rule])}")
    return {rule: dict(count) for rule, count in counts.items()}


def _rule_outcome(rule: str, sample: Sample) -> str:
    answer: str | None
    if rule == "explicit only":
        statement = find_statement(sample.text)
        answer = statement and statement.text
    elif rule == "last number":
        numbers = _LAST_NUMBER.findall(sample.text)
        answer = numbers[-1] if numbers else None
    else:
        answer = extract_answer(sample.text, "math")
    flag = "flagged correct" if sample.flag else "flagged incorrect"
    if answer is None:
        return f"none, {flag}"
    return f"{compare(answer, sample.reference, 'math')}, {flag}"


def throughput(samples: list[Sample]) -> dict[str, int]:
    """Time the fast stages by processor time: distinct pairs, all pairs, and extraction."""
    start = time.process_time()
    answers = [extract_answer(sample.text, "math") or "" for sample in samples]
    extraction = len(samples) / (time.process_time() - start)
    pairs = [(answer, sample.reference) for answer, sample in zip(answers, samples, strict=True)]
    distinct = list(dict.fromkeys(pair for pair in pairs if pair[0]))
    cold = _rate(distinct)
    warm = _rate(pairs)
    print(
        f"  pairs/s: {cold:,.0f} distinct, {warm:,.0f} as they come; answers/s: {extraction:,.0f}"
    )
    return {
        "distinct_pairs_per_s": round(cold),
        "pairs_per_s": round(warm),
        "extractions_per_s": round(extraction),
    }


def _rate(pairs: list[tuple[str, str]]) -> float:
    normalise.cache_clear()
    read_quantity.cache_clear()
    start = time.process_time()
    for answer, reference in pairs:
        compare(answer, reference, "math")
    return len(pairs) / (time.process_time() - start)


async def run(folder: Path) -> dict[str, object]:
    """Measure every file."""
    report: dict[str, object] = {}
    async with Grader() as grader:
        for name, source in FILES.items():
            samples = list(source.read(folder))
            report[name] = await measure(name, samples, grader)
            report[f"{name}_rules"] = compare_rules(samples)
            report[f"{name}_throughput"] = throughput(samples)
    return report


def main() -> None:
    """Parse the arguments, measure, and print JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder")
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(run(arguments.data / "rollouts"))))


if __name__ == "__main__":
    main()
