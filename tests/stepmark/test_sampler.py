"""The sampler: graded draws of a solution's prefixes, and never the solution as its witness."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from stepmark.counts import Tally
from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.errors import ContextOverflow, EngineDown, EngineError, StorageError
from stepmark.ledger import Entry, Ledger
from stepmark.policy import Policy
from stepmark.prompts import SolvePrompt
from stepmark.purchase import Meter, Purchase
from stepmark.records import Solution
from stepmark.sampler import Sampler
from tests.fakes.factories import (
    FakeEngine,
    FakeGrader,
    a_completion,
    a_problem,
    a_solution,
    an_identity,
    run,
)

ASK = SolvePrompt(system=None, user="{problem}")
SAMPLING = Sampling(max_tokens=64)


def sample(
    folder: Path,
    work: Callable[[Sampler], Awaitable[None]],
    *,
    engine: FakeEngine | None = None,
    solution: Solution | None = None,
    grader: FakeGrader | None = None,
    own_draw: int | None = None,
    sampling: Sampling = SAMPLING,
) -> None:
    """Do some work with a sampler; `own_draw` is the draw that wrote the solution, if from here."""
    with closing(Ledger(folder)) as ledger:
        purchase = Purchase(engine or FakeEngine(writes=answers("42")), ledger, "po_0", Meter())
        policy = Policy(identity=an_identity(), purchase=purchase)
        solution = solution or a_solution(3)
        if own_draw is not None:
            solution = replace(solution, request=address(policy), draw=own_draw)
        sampler = Sampler(
            problem=a_problem(),
            solution=solution,
            policy=policy,
            ask=ASK,
            sampling=sampling,
            grader=grader or FakeGrader(),  # type: ignore[arg-type]
        )
        run(_all(work, sampler))


async def _all(work: Callable[[Sampler], Awaitable[None]], sampler: Sampler) -> None:
    await work(sampler)


def address(policy: Policy) -> str:
    """Return the address of the solve prompt, as the solve stage asks it."""
    prompt = policy.prompt(ASK.messages(a_problem().statement), "")
    request = Request(problem_id="", prompt=prompt, sampling=SAMPLING, draws=())
    return policy.purchase.address(request)


def answers(*texts: str) -> Callable[[Request, int], Completion]:
    """Return a writer that answers the texts in turn, draw by draw."""
    return lambda _, draw: a_completion(draw, texts[draw % len(texts)])


def draws(sampler: Sampler) -> list[tuple[int, int]]:
    return [(rollout.position, rollout.draw) for rollout in sampler.rollouts]


def test_a_tally_counts_right_wrong_and_unknown(tmp_path):
    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(1, 6) == Tally(correct=2, incorrect=2, unknown=2, own=2)

    sample(tmp_path, work, engine=FakeEngine(writes=answers("42", "41", "…")))


def test_a_draw_that_lands_on_the_solutions_own_wrong_answer_is_told_apart(tmp_path):
    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(1, 4) == Tally(correct=1, incorrect=3, own=2)
        assert [rollout.own for rollout in sampler.rollouts] == [False, True, False, True]

    wrong = a_solution(3, outcome="incorrect", answer="41")
    sample(
        tmp_path, work, solution=wrong, engine=FakeEngine(writes=answers("42", "41", "40", "41.0"))
    )


def test_a_rollout_that_writes_the_solutions_next_steps_again_reaches_beyond_its_prefix(tmp_path):
    solution = a_solution(("Step 1.\n", "Step 2.\n", "Step 3.\n"))
    texts = ["Step 2.\nOther.", "Other."]
    engine = FakeEngine(writes=lambda request, draw: a_completion(draw, text=texts[draw]))

    async def work(sampler: Sampler) -> None:
        await sampler.tally(1, 2)
        assert [rollout.reach for rollout in sampler.rollouts] == [2, 1]

    sample(tmp_path, work, engine=engine, solution=solution)


def test_a_right_solution_has_no_wrong_answer_of_its_own(tmp_path):
    async def work(sampler: Sampler) -> None:
        assert (await sampler.tally(1, 2)).own == 0

    right = a_solution(3, outcome="correct", answer="42")
    sample(tmp_path, work, solution=right, engine=FakeEngine(writes=answers("42", "41")))


def test_the_engine_continues_the_prefix_and_the_grader_reads_both(tmp_path):
    engine, grader = FakeEngine(writes=answers("so 42")), FakeGrader()
    solution = a_solution(["a\n", "b\n", "c"], lead="<think>")

    async def work(sampler: Sampler) -> None:
        await sampler.tally(2, 1)

    sample(tmp_path, work, engine=engine, grader=grader, solution=solution)
    assert engine.asked[0].prompt.prefix == "<think>a\nb\n"
    assert grader.graded == [("<think>a\nb\nso 42", "stop")]


def test_the_whole_solution_is_judged_by_its_own_answer_without_draws(tmp_path):
    engine = FakeEngine()

    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(3, 8) == Tally(incorrect=1, own=1)
        assert sampler.rollouts == ()

    sample(tmp_path, work, engine=engine)
    assert engine.asked == []


@pytest.mark.parametrize("outcome", ["correct", "incorrect", "unknown"])
def test_each_outcome_is_the_tally_of_its_full_prefix(tmp_path, outcome):
    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(2, 8) == Tally(**{outcome: 1}, own=int(outcome == "incorrect"))

    sample(tmp_path, work, solution=a_solution(2, outcome=outcome))


def test_the_draw_that_wrote_the_solution_is_no_evidence_about_it(tmp_path):
    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(0, 4) == Tally(correct=4)
        assert draws(sampler) == [(0, 0), (0, 2), (0, 3), (0, 4)]

    sample(tmp_path, work, own_draw=1)


def test_other_solutions_draws_of_the_same_prompt_are_evidence(tmp_path):
    """They are the same draws: nothing is bought that solving has bought already."""
    engine = FakeEngine(writes=answers("42"))

    async def work(sampler: Sampler) -> None:
        await sampler.tally(0, 3)

    sample(tmp_path, work, own_draw=0, engine=engine)
    sample(tmp_path, work, own_draw=2, engine=engine)
    assert engine.draws == [(1, 2, 3), (0,)]


def test_past_the_bare_problem_the_solutions_draw_index_is_a_draw_like_any_other(tmp_path):
    async def work(sampler: Sampler) -> None:
        await sampler.tally(1, 3)
        assert draws(sampler) == [(1, 0), (1, 1), (1, 2)]

    sample(tmp_path, work, own_draw=1)


def test_a_solution_sampled_otherwise_skips_no_draw_of_the_bare_problem(tmp_path):
    async def work(sampler: Sampler) -> None:
        await sampler.tally(0, 2)
        assert draws(sampler) == [(0, 0), (0, 1)]

    sample(tmp_path, work, solution=a_solution(3, draw=0, request=""))


def test_asking_again_costs_nothing_and_asking_for_more_buys_the_rest(tmp_path):
    engine = FakeEngine(writes=answers("42", "41"))

    async def work(sampler: Sampler) -> None:
        first = await sampler.tally(1, 2)
        assert await sampler.tally(1, 2) == first
        assert await sampler.tally(1, 4) == Tally(correct=2, incorrect=2, own=2)

    sample(tmp_path, work, engine=engine)
    assert engine.draws == [(0, 1), (2, 3)]


def test_fewer_draws_than_taken_are_the_first_of_them(tmp_path):
    async def work(sampler: Sampler) -> None:
        await sampler.tally(1, 4)
        assert await sampler.tally(1, 1) == Tally(correct=1)

    sample(tmp_path, work, engine=FakeEngine(writes=answers("42", "41")))


def test_prompt_tokens_are_counted_once_a_prompt_even_if_it_is_asked_twice(tmp_path):
    async def work(sampler: Sampler) -> None:
        await sampler.tally(1, 2)
        await sampler.tally(1, 4)
        await sampler.tally(2, 1)
        assert [r.prompt_tokens for r in sampler.rollouts] == [7, 0, 0, 0, 7]

    sample(tmp_path, work)


def test_rollouts_come_by_position_and_draw_however_they_were_asked(tmp_path):
    async def work(sampler: Sampler) -> None:
        await asyncio.gather(sampler.tally(2, 2), sampler.tally(0, 1), sampler.tally(1, 2))
        assert draws(sampler) == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]

    sample(tmp_path, work)


def test_two_who_ask_for_a_position_at_once_share_its_draws(tmp_path):
    engine = FakeEngine(writes=answers("42", "41"))

    async def work(sampler: Sampler) -> None:
        one, two = await asyncio.gather(sampler.tally(1, 4), sampler.tally(1, 4))
        assert one == two == Tally(correct=2, incorrect=2, own=2)
        assert [r.prompt_tokens for r in sampler.rollouts] == [7, 0, 0, 0]

    sample(tmp_path, work, engine=engine)
    assert engine.draws == [(0, 1, 2, 3)]


def reasons(sampler: Sampler) -> list[tuple[str, str | None]]:
    return [(rollout.outcome, rollout.reason) for rollout in sampler.rollouts]


def test_draws_that_failed_are_unknown_with_the_engines_reason(tmp_path):
    engine = FakeEngine(fails=lambda call: ContextOverflow("too long"))

    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(1, 2) == Tally(unknown=2)
        assert reasons(sampler) == [("unknown", "context_overflow")] * 2

    sample(tmp_path, work, engine=engine)


def test_draws_that_were_left_out_are_unknown_as_undelivered(tmp_path):
    engine = FakeEngine(writes=answers("42"), leaves_out=lambda call, draw: draw == 1)

    async def work(sampler: Sampler) -> None:
        assert await sampler.tally(1, 2) == Tally(correct=1, unknown=1)
        assert reasons(sampler) == [("correct", None), ("unknown", "undelivered")]

    sample(tmp_path, work, engine=engine)


def test_a_kept_failure_is_unknown_with_its_reason(tmp_path):
    lost = a_completion(text="", finish_reason="failed", reason="context_overflow")

    async def work(sampler: Sampler) -> None:
        await sampler.tally(1, 1)
        assert reasons(sampler) == [("unknown", "context_overflow")]

    sample(tmp_path, work, engine=FakeEngine(writes=lambda _, draw: lost))


def test_prompt_tokens_go_to_the_first_draw_that_came(tmp_path):
    engine = FakeEngine(writes=answers("42"), leaves_out=lambda call, draw: draw == 0)

    async def work(sampler: Sampler) -> None:
        await sampler.tally(1, 3)
        assert [r.prompt_tokens for r in sampler.rollouts] == [0, 7, 0]

    sample(tmp_path, work, engine=engine)


@pytest.mark.parametrize("error", [EngineDown("nobody there"), ValueError("our own mistake")])
def test_what_no_row_can_record_stops_the_build(tmp_path, error):
    async def work(sampler: Sampler) -> None:
        with pytest.raises(type(error)):
            await sampler.tally(1, 2)

    sample(tmp_path, work, engine=FakeEngine(fails=lambda call: error))


def test_replaying_from_the_ledger_alone_gives_the_same_rollouts(tmp_path):
    seen: list[Iterable[object]] = []

    async def work(sampler: Sampler) -> None:
        for position in range(3):
            await sampler.tally(position, 4)
        seen.append(sampler.rollouts)

    refuses = FakeEngine(fails=lambda call: EngineError("refused"))
    sample(tmp_path, work, own_draw=0, engine=FakeEngine(writes=answers("42", "41", "…")))
    sample(tmp_path, work, own_draw=0, engine=refuses)
    assert seen[0] == seen[1]
    assert refuses.asked == []


def test_the_solutions_own_draw_says_how_likely_its_tokens_were(tmp_path):
    solution = a_solution(["One.\n", "Two."], request="rq_" + "0" * 32, draw=3)
    own = a_completion(3, "One.\nTwo.", logprobs=(-1.0, -0.5, -2.0), token_starts=(0, 3, 5))
    with closing(Ledger(tmp_path)) as ledger:
        run(ledger.keep(Entry(solution.problem_id, solution.request, {}, (own,))))
    said: list[object] = []

    async def work(sampler: Sampler) -> None:
        said.append(await sampler.logprobs())

    sample(tmp_path, work, solution=solution)
    assert said == [((-1.0, -0.5), (-2.0,))]


def test_a_draw_without_log_probabilities_is_named(tmp_path):
    async def work(sampler: Sampler) -> None:
        await sampler.logprobs()

    with pytest.raises(StorageError, match=r"does not say how likely .* solution so_"):
        sample(tmp_path, work)


def test_only_the_bare_problem_is_asked_with_log_probabilities(tmp_path):
    asked: dict[bool, bool] = {}

    def note(request: Request, draw: int) -> Completion:
        asked[bool(request.prompt.prefix)] = request.sampling.logprobs
        return a_completion(draw)

    async def work(sampler: Sampler) -> None:
        await sampler.tally(0, 2)
        await sampler.tally(1, 2)

    sampling = replace(SAMPLING, logprobs=True)
    sample(tmp_path, work, engine=FakeEngine(writes=note), sampling=sampling)
    assert asked == {False: True, True: False}
