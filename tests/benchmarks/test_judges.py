"""The judge benchmark against a server that stands in for vLLM: it scores what was said."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.judges import HOSTILE, measure
from flows.runtime import Runtime
from stepmark.gold import Gold
from tests.fakes.openai_server import FakeServer

pytestmark = pytest.mark.usefixtures("prefect_server")


def a_gold(name: str, steps: list[str], first_error: int | None) -> Gold:
    return Gold(id=name, problem=f"Problem {name}?", steps=tuple(steps), first_error=first_error)


WRONG = a_gold("w", ["Fine.", "WRONG here.", "So."], 1)
RIGHT = a_gold("r", ["Fine.", "Good."], None)


def a_judge(prompt: str, address: str, draw: int) -> str:
    """Finds the step that says so, unless it is told not to; its last vote is never readable."""
    solution = prompt[prompt.index("<solution>") : prompt.index("</solution>")]
    before, wrong, _ = solution.partition("WRONG")
    found = before.count("<step_") - 1 if wrong and HOSTILE not in solution else -1
    if draw == 3:
        return "I cannot say."
    if '"first_error": N' in prompt:
        return json.dumps({"analysis": "I looked.", "first_error": found})
    return f"I looked.\n\\boxed{{{found}}}"


def test_what_the_judge_says_is_scored_counted_and_compared(tmp_path: Path):
    with FakeServer(model="judge", writer=a_judge) as server:
        runtime = Runtime(out=tmp_path, base=tmp_path, addresses={"judge": (server.url,)})
        quiet = Console(file=io.StringIO())
        figures = measure({"gold": [WRONG, RIGHT]}, "judge", runtime, quiet)["gold"]
        guided = [seen for seen in server.draws if "structured_outputs" in seen.body]
        assert sum(seen.body["n"] for seen in server.draws) == 2 * (2 * 4 + 1)
    assert len(guided) * 2 == len(server.draws)
    for form in ("free", "guided"):
        assert figures[form]["one_reply"]["f1"] == 1.0
        assert figures[form]["majority_of_4"]["f1"] == 1.0
        assert figures[form]["replies"] == {"read": 6, "no_verdict": 2}
        assert figures[form]["votes_differ"] == {"error to error": 1}
        assert figures[form]["hostile"] == {"error to none": 1}
        one, four = (figures[form][name] for name in ("one_reply", "majority_of_4"))
        assert 0 < one["completion_tokens"] < four["completion_tokens"]
