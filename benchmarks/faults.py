"""Builds against a server in trouble: what passes changes nothing, what stays does not spread.

    python -m benchmarks.faults [--problems 40] [--share 0.3]

Three builds of one recipe against the fake server of the tests, whose texts are a pure function of
prompt and draw: without faults; with `share` of all responses faulty, of every kind in `PASSING`,
and the server restarting in the middle; and the same with faults that stay, chosen by draw address
(prompts that do not fit the context, completions that loop to the token limit). Waits are short by
the policy handed to the engine, which repeats more often than by default: at this share one
request in 5,000 would fail seven times in a row.

Figures: `fault_share` of the responses to draw and tokenizer requests; `labels_identical` of the
build with passing faults; `wrong_labels`, rollouts and step labels of the third build that differ
from the first one's with the affected draws, and only them, made unknown; `hung`.
"""

from __future__ import annotations

import argparse
import email.utils
import hashlib
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from annotators.monte_carlo import MonteCarlo
from flows.recipe_file import load_recipe
from stepmark.engines.retry import RetryPolicy
from stepmark.records import Annotation, Rollout, Solution
from storage.shards import read_shard
from tests.fakes.columns import annotate
from tests.fakes.openai_server import FakeServer, default_writer
from tests.fakes.server_faults import Fault
from tests.flows.arrange import build, files_of, recipe_text, write_jsonl

PATIENT = RetryPolicy(retries=20, base_s=0.002, cap_s=0.02, retry_after_cap_s=0.02)
REQUEST_TIMEOUT_S = 1.0
LASTING_SHARE = 0.04
MAX_TOKENS = 200
RESTARTS = 2
DOWN_S = 0.3

PASSING = {
    "429 with Retry-After in seconds": Fault(status=429, headers={"Retry-After": "1"}),
    "429 with Retry-After as a date": Fault(
        status=429, headers={"Retry-After": email.utils.formatdate(time.time() + 3, usegmt=True)}
    ),
    "500": Fault(status=500, body=b'{"error": {"message": "internal"}}'),
    "502": Fault(status=502, body=b"<html>bad gateway</html>"),
    "503": Fault(status=503),
    "504": Fault(status=504),
    "reset": Fault(reset=True),
    "read time-out": Fault(hangs=True),
    "truncated JSON": Fault(truncated=True),
    "invalid JSON": Fault(body=b'{"choices": [{"ind'),
    "200 with an error body": Fault(body=b'{"error": {"message": "overloaded"}}'),
    "empty choices": Fault(keep_choices=0),
    "fewer choices than asked": Fault(keep_choices=1),
}
"""What a response can suffer; refused connections come with the restarts."""


class Trouble:
    """Chooses which responses are faulty, each kind in turn, and counts them."""

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._rng = random.Random(seed)
        self.responses = 0
        self.faulty = 0

    def __call__(self, _number: int) -> Fault | None:
        """Return what happens to the next response."""
        self.responses += 1
        if self._rng.random() >= self._share:
            return None
        self.faulty += 1
        kinds = list(PASSING.values())
        return kinds[self.faulty % len(kinds)]


def too_long(address: str) -> bool:
    """Tell whether the prompt at an address never fits."""
    return _fraction(address) < LASTING_SHARE


def loops(address: str, draw: int) -> bool:
    """Tell whether a draw always runs to the token limit."""
    return _fraction(f"{address} {draw}") < LASTING_SHARE


def looping_writer(prompt: str, address: str, draw: int) -> str:
    """Write as the fault-free server does, but for the draws that loop."""
    return "and so on " * MAX_TOKENS if loops(address, draw) else default_writer(prompt, "", draw)


def measure(folder: Path, *, problems: int, share: float) -> dict[str, object]:
    """Run the three builds below a folder and compare them."""
    recipe = _arrange(folder, problems)
    with FakeServer(keep=0) as server:
        _build(recipe, folder / "calm", server)
        asked = server.draw_requests
    passing, lasting = Trouble(share, seed=1), Trouble(share, seed=2)
    with (
        FakeServer(keep=0, faults=passing, token_faults=passing) as server,
        _restarting(server, every=asked // (RESTARTS + 1)),
    ):
        _build(recipe, folder / "passing", server)
    with FakeServer(
        keep=0, faults=lasting, token_faults=lasting, too_long=too_long, writer=looping_writer
    ) as server:
        _build(recipe, folder / "lasting", server)
    calm, troubled = folder / "calm" / "faults", folder / "lasting" / "faults"
    affected, wrong = compare(calm, troubled, load_recipe(str(recipe))[0].monte_carlo["mc"])
    responses = passing.responses + lasting.responses
    return {
        "fault_share": round((passing.faulty + lasting.faulty) / responses, 3),
        "labels_identical": files_of(calm) == files_of(folder / "passing" / "faults"),
        "wrong_labels": wrong,
        "responses": responses,
        "affected_draws": affected,
    }


def compare(calm: Path, troubled: Path, annotator: MonteCarlo) -> tuple[int, int]:
    """Return how many draws of `troubled` lasting faults affect, and how many records are wrong."""
    before = {solution.id: solution for solution in _read(calm, "solutions", Solution)}
    after = {solution.id: solution for solution in _read(troubled, "solutions", Solution)}
    wrong = sum(not _is_affected(before[i].request, before[i].draw) for i in before.keys() - after)
    wrong += sum(not _is_affected(after[i].request, after[i].draw) for i in after.keys() - before)
    common = {i: solution for i, solution in before.items() if i in after}
    expected = {
        _key(rollout): _unknown(rollout) if _is_affected(*_address(rollout)) else rollout
        for rollout in _read(calm, "rollouts/mc", Rollout)
        if rollout.solution_id in common
    }
    got = {
        _key(rollout): rollout
        for rollout in _read(troubled, "rollouts/mc", Rollout)
        if rollout.solution_id in common
    }
    keys = expected.keys() | got.keys()
    wrong += sum(not _same(expected.get(key), got.get(key)) for key in keys)
    wrong += _wrong_steps(troubled, annotator, list(common.values()), list(expected.values()))
    return sum(_is_affected(*_address(rollout)) for rollout in got.values()), wrong


def _wrong_steps(
    troubled: Path, annotator: MonteCarlo, solutions: list[Solution], rollouts: list[Rollout]
) -> int:
    """Count the steps whose label is not what the expected rollouts say."""
    labelled = {a.solution_id: a for a in _read(troubled, "annotations/mc", Annotation)}
    return sum(
        one != other
        for annotation in annotate(annotator, "mc", solutions, rollouts)
        for one, other in zip(
            annotation.labels, labelled[annotation.solution_id].labels, strict=True
        )
    )


def _is_affected(address: str, draw: int) -> bool:
    return too_long(address) or loops(address, draw)


def _address(rollout: Rollout) -> tuple[str, int]:
    return rollout.request, rollout.draw


def _key(rollout: Rollout) -> tuple[str, int, int]:
    return rollout.solution_id, rollout.position, rollout.draw


def _unknown(rollout: Rollout) -> Rollout:
    reason = "context_overflow" if too_long(rollout.request) else "cut_by_length"
    return replace(rollout, outcome="unknown", reason=reason, answer=None, own=False)


def _same(one: Rollout | None, other: Rollout | None) -> bool:
    """Compare what two rollouts say, not what they cost."""
    if one is None or other is None:
        return False
    return (one.outcome, one.reason, one.own) == (other.outcome, other.reason, other.own)


def _fraction(text: str) -> float:
    return int(hashlib.blake2b(text.encode(), digest_size=4).hexdigest(), 16) / 2**32


def _read(root: Path, stage: str, record: type) -> Iterator:  # type: ignore[type-arg]
    for path in sorted((root / stage).glob("*.parquet")):
        yield from read_shard(path, record)


def _arrange(folder: Path, problems: int) -> Path:
    """Write a recipe with an answer from 0 to 9 a problem, as the fake server gives."""
    rows = [{"question": f"Guess {i}.", "answer": str(i % 10)} for i in range(problems)]
    write_jsonl(folder / "problems.jsonl", rows)
    path = folder / "recipe.yaml"
    text = recipe_text(
        name="faults",
        policies={"solver": {"engine": "vllm", "model": "fake"}},
        segment={"method": "blank_line"},
        solve__samples=4,
        solve__max_tokens=MAX_TOKENS,
        shard_problems=max(1, problems // 5),
        max_failed_share=1.0,
    )
    path.write_text(text, encoding="utf-8")
    return path


def _build(recipe: Path, out: Path, server: FakeServer) -> None:
    build(
        recipe,
        out,
        addresses={"solver": (server.url,)},
        retry=PATIENT,
        request_timeout_s=REQUEST_TIMEOUT_S,
    )


@contextmanager
def _restarting(server: FakeServer, *, every: int) -> Iterator[None]:
    """Take the server away after so many draw requests, again and again, for a moment each."""
    over = threading.Event()

    def restart() -> None:
        for number in range(1, RESTARTS + 1):
            while server.draw_requests < number * every:
                if over.wait(0.01):
                    return
            server.stop()
            over.wait(DOWN_S)
            server.start()

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def main() -> None:
    """Parse the arguments, measure within a bound of time, and print JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=40, help="problems of each build")
    parser.add_argument("--share", type=float, default=0.3, help="share of faulty responses")
    parser.add_argument("--limit-s", type=int, default=1800, help="when to call it hung")
    arguments = parser.parse_args()

    def hung(*_: object) -> None:
        print(json.dumps({"hung": True}), flush=True)
        sys.exit(1)

    signal.signal(signal.SIGALRM, hung)
    signal.alarm(arguments.limit_s)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), problems=arguments.problems, share=arguments.share)
    print(json.dumps({**figures, "hung": False}))


if __name__ == "__main__":
    main()
