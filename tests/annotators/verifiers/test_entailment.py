"""The entailment verifier: findings from proofs, and from a translation that is trusted little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pebble import ProcessExpired

from annotators.verifiers import Entailment
from annotators.verifiers.tools import Tools, warm_up
from stepmark.engines.protocol import Completion, Request
from stepmark.errors import ContextOverflow, EngineDown
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.processes import Processes
from stepmark.purchase import Meter, Purchase
from stepmark.records import Finding, Outcome
from tests.fakes.factories import (
    FakeEngine,
    a_completion,
    a_problem,
    a_solution,
    an_identity,
    run,
)

Result = TypeVar("Result")

CATS = a_problem("Every cat is shy. Max is a cat. True or false? Max is shy.")
PROOF = a_problem("hypothesis: {B}{a}\nfact1: (x): {A}x -> {B}x\nfact2: {A}{a}")
ENGLISH = Entailment(method="entailment", language="english")


class Here(Processes):
    """Runs tasks at once in this process."""

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return function(*arguments)


class Broken(Processes):
    """Ends every task with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__(cpu_s=1)
        self._error = error

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        raise self._error


def check(
    verifier: Entailment,
    steps: Sequence[str],
    *,
    problem: Any = CATS,
    processes: Processes | None = None,
    policies: dict[str, Policy] | None = None,
    outcome: Outcome = "correct",
) -> tuple[Finding, ...]:
    tools = Tools(processes=processes or Here(cpu_s=1), policies=policies or {})
    solution = a_solution(steps, problem=problem, outcome=outcome)
    return run(verifier.check(problem, solution, tools))


def test_each_step_gets_a_finding_with_its_evidence():
    findings = check(ENGLISH, ["Max is a cat.", "Every cat is shy.", "Max is not shy.", "Hm."])
    assert [f.step for f in findings] == [0, 1, 2, 3]
    assert [f.verdict for f in findings] == ["correct", "correct", "incorrect", "unlabelled"]
    assert findings[2].evidence == "does not follow: Max is not shy."
    assert findings[3].reason == "unclear"


@pytest.mark.parametrize(
    ("outcome", "verdict", "reason"),
    [
        ("correct", "correct", None),
        ("incorrect", "incorrect", None),
        ("unknown", "unlabelled", "unknown_outcome"),
    ],
)
def test_the_answer_of_a_proof_is_as_good_as_its_grade(
    outcome: Outcome, verdict: str, reason: str | None
):
    proof = Entailment(method="entailment", language="proof")
    steps = ["fact1 & fact2 -> hypothesis;\n", "The final answer is PROVED."]
    findings = check(proof, steps, problem=PROOF, outcome=outcome)
    assert (findings[0].verdict, findings[1].verdict, findings[1].reason) == (
        "correct",
        verdict,
        reason,
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "timed_out"),
        (ProcessExpired("died"), "failed"),  # type: ignore[no-untyped-call]
    ],
)
def test_a_process_that_was_lost_leaves_every_step_unlabelled(error: Exception, reason: str):
    findings = check(ENGLISH, ["Max is a cat.", "So."], processes=Broken(error))
    assert [(f.verdict, f.reason) for f in findings] == [("unlabelled", reason)] * 2


def test_it_works_in_a_process_of_its_own():
    with closing(Processes(cpu_s=60, start=warm_up)) as processes:
        (finding,) = check(ENGLISH, ["Max is a cat."], processes=processes)
    assert finding.verdict == "correct"


REPLY = "given: ∀x (Cat(x) → Shy(x))\ngiven: Cat(max)\nstep 0: Cat(max)\nstep 1: ¬Shy(max)"
STEPS = ["It is plain that Max must be a cat,", "and hence by no means shy Max is, is he."]


def translated(
    folder: Path, writes: Callable[[Request, int], Completion]
) -> tuple[tuple[Finding, ...], FakeEngine]:
    engine = FakeEngine(writes=writes)
    verifier = Entailment(
        method="entailment", language="translated", translator="t", premises="known"
    )
    with closing(Ledger(folder)) as ledger:
        policy = Policy(identity=an_identity(), purchase=Purchase(engine, ledger, "po_0", Meter()))
        return check(verifier, STEPS, policies={"t": policy}), engine


def test_a_model_may_translate_what_is_proved(tmp_path):
    findings, _ = translated(tmp_path, lambda _, draw: a_completion(draw, REPLY))
    assert [f.verdict for f in findings] == ["correct", "incorrect"]


def test_it_is_asked_about_the_problem_and_the_numbered_steps(tmp_path):
    asked: list[str] = []

    def writes(request: Request, draw: int) -> Completion:
        asked.append(request.prompt.messages[-1].content)
        return a_completion(draw, REPLY)

    translated(tmp_path, writes)
    assert CATS.statement in asked[0]
    assert f"<step_1>\n{STEPS[1]}\n</step_1>" in asked[0]


def test_a_translation_that_brings_something_in_labels_nothing(tmp_path):
    reply = REPLY.replace("¬Shy(max)", "¬Dog(max)")
    findings, _ = translated(tmp_path, lambda _, draw: a_completion(draw, reply))
    assert [(f.verdict, f.reason) for f in findings] == [
        ("correct", None),
        ("unlabelled", "unclear"),
    ]


@pytest.mark.parametrize("cut", [True, False])
def test_without_a_whole_translation_nothing_is_labelled(tmp_path, cut: bool):  # noqa: FBT001
    def writes(_: Request, draw: int) -> Completion:
        if cut:
            return a_completion(draw, REPLY, finish_reason="length")
        raise ContextOverflow("too long")

    findings, _ = translated(tmp_path, writes)
    assert [(f.verdict, f.reason) for f in findings] == [("unlabelled", "unclear")] * 2


def test_a_translator_that_is_gone_stops_the_build(tmp_path):
    def writes(_: Request, draw: int) -> Completion:
        raise EngineDown("nobody there")

    with pytest.raises(EngineDown):
        translated(tmp_path, writes)


@pytest.mark.parametrize(
    "block",
    [{"language": "translated"}, {"language": "english", "translator": "t"}],
)
def test_translator_and_language_go_together(block: dict[str, Any]):
    with pytest.raises(ValueError, match="name the policy that translates"):
        Entailment(method="entailment", **block)
