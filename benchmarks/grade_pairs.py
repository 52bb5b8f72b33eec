"""Grade real answers by the cascade: how many a second of one core, and as math-verify would.

A pair is an answer with its reference, or with another answer to the same problem. Rates are by
processor time of this process, from empty caches: over the pairs as they come, and over the
distinct ones alone. Pairs that are left to symbolic algebra are counted, and their verdicts are not
in the rate.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.grading import FILES, Sample
from stepmark.grading import extract_answer
from stepmark.grading.compare import compare
from stepmark.grading.exact import read_quantity
from stepmark.grading.normalise import normalise

NEIGHBOURS = 4
Pair = tuple[str, str]


def graded(folder: Path, sampled: int) -> dict[str, Any]:
    """Return the figures of the grading, or a null with the reason when there are no answers."""
    missing = [name for name in FILES if not (folder / FILES[name].file).exists()]
    if missing:
        print(f"grading: skipped, {folder} has no {', '.join(missing)}")
        return {"graded_per_s": None}
    pairs = real_pairs(folder)
    told, seconds = _compared(pairs)
    distinct = list(dict.fromkeys(pairs))
    distinct_s = _compared(distinct)[1]
    undecided = sum(verdict == "ask" for verdict in told)
    definite = {
        pair: verdict == "same"
        for pair, verdict in zip(pairs, told, strict=True)
        if verdict in ("same", "different")
    }
    exceptions = disagreements(definite, sampled)
    print(f"grading: {len(pairs):,} pairs in {seconds:.1f} s, {undecided:,} left to algebra")
    for pair, ours, theirs in exceptions:
        print(f"  {pair[0]!r} and {pair[1]!r}: {ours} here, {theirs} by math-verify")
    return {
        "graded_per_s": round(len(pairs) / seconds),
        "graded": len(pairs),
        "distinct_graded_per_s": round(len(distinct) / distinct_s),
        "left_to_algebra": undecided,
        "compared_with_math_verify": min(sampled, len(definite)),
        "disagreements": len(exceptions),
    }


def _compared(pairs: Sequence[Pair]) -> tuple[list[str], float]:
    """Return what the fast stages say of each pair, and the seconds it took them."""
    normalise.cache_clear()
    read_quantity.cache_clear()
    started = time.process_time()
    told = [compare(answer, reference, "math") for answer, reference in pairs]
    return list(told), time.process_time() - started


def real_pairs(folder: Path) -> list[Pair]:
    """Return the answers of all files, each with its reference and with its neighbours."""
    pairs: list[Pair] = []
    for source in FILES.values():
        samples = list(source.read(folder))
        answers = [extract_answer(sample.text, "math") for sample in samples]
        for distance in range(NEIGHBOURS + 1):
            pairs += _at_distance(samples, answers, distance)
    return pairs


def _at_distance(
    samples: Sequence[Sample], answers: Sequence[str | None], distance: int
) -> list[Pair]:
    """Pair each answer with the one `distance` further on, 0 for the reference itself."""
    pairs = []
    for at, (sample, answer) in enumerate(zip(samples, answers, strict=True)):
        other = sample.reference if not distance else answers[(at + distance) % len(answers)]
        if answer is not None and other is not None:
            pairs.append((answer, other))
    return pairs


def disagreements(definite: dict[Pair, bool], sampled: int) -> list[tuple[Pair, bool, bool]]:
    """Return the sampled pairs for which math-verify is definite and of another opinion."""
    from math_verify import parse, verify

    pairs = random.Random(0).sample(sorted(definite), min(sampled, len(definite)))
    found = []
    for pair in pairs:
        answer, reference = (parse(f"${text}$") for text in pair)
        if answer and reference:
            theirs = bool(verify(reference, answer))
            if theirs != definite[pair]:
                found.append((pair, definite[pair], theirs))
    return found
