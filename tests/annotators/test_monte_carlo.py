"""Monte Carlo annotation: from tallies to labels, by hand-computed cases and by laws.

A case gives one letter a step: C correct, I incorrect, ? unlabelled; c and i are interpolated.
Where it gives no `options`, the probe is exhaustive and the rule hard; `steps` follows from
`labels`, and `first_error`, `bracketed`, `reason` and `reasons` are null unless given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.monte_carlo import MonteCarlo
from annotators.probes import Binary, Exhaustive
from annotators.rules import Hard, RelativeProgress, Rule, Scan, Soft
from stepmark.counts import Tally
from stepmark.records import Annotation, Outcome, Rollout, Solution, StepLabel
from tests.fakes.columns import annotate
from tests.fakes.factories import FakeSource, a_monte_carlo, a_solution, rollouts_of, run
from tests.fakes.plain_labels import annotate_plainly

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "monte_carlo.jsonl").read_text().splitlines()
]
LETTERS = {"correct": "C", "incorrect": "I", "unlabelled": "?"}


def annotator_of(options: dict[str, Any]) -> MonteCarlo:
    """Return the annotator of a case: `options` names probe and rule, the rest are settings."""
    left = dict(options)
    binary, soft = left.pop("probe", "") == "binary", left.pop("rule", "") == "soft"
    settings = {name: left.pop(name) for name in ("max_unknown", "threshold") if name in left}
    return a_monte_carlo(
        Binary(method="binary") if binary else Exhaustive(method="exhaustive"),
        Soft(method="soft", **settings) if soft else Hard(method="hard", **settings),
        **({"right_answers": "assume_correct"} if binary else {}) | left,
    )


def letter(label: StepLabel) -> str:
    name = LETTERS[label.verdict]
    return name.lower() if label.interpolated else name


def annotate_one(
    annotator: MonteCarlo, solution: Solution, tallies: dict[int, Tally]
) -> Annotation:
    (annotation,) = annotate(annotator, "mc", [solution], rollouts_of(solution, tallies))
    return annotation


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_hand_computed_labels(case):
    solution = a_solution(len(case["labels"]), outcome=case["outcome"])
    tallies = {int(position): Tally(*counts) for position, counts in case["tallies"].items()}
    annotation = annotate_one(annotator_of(case.get("options", {})), solution, tallies)
    labels = annotation.labels
    assert "".join(map(letter, labels)) == case["labels"]
    assert [x.reason for x in labels] == case.get("reasons", [None] * len(labels))
    assert [x.value for x in labels] == case.get("values", [x.value for x in labels])
    assert annotation.first_error == case.get("first_error")
    assert annotation.bracketed == case.get("bracketed")
    assert annotation.reason == case.get("reason")


def test_a_solution_without_steps_is_named_and_has_no_labels():
    annotation = annotate_one(a_monte_carlo(), a_solution(0), {})
    assert (annotation.labels, annotation.reason) == ((), "no_steps")


def test_each_label_shows_the_counts_it_rests_on():
    annotation = annotate_one(
        a_monte_carlo(), a_solution(3), {1: Tally(3, 4, 1), 2: Tally(0, 7, 1)}
    )
    counts = [(x.correct, x.incorrect, x.unknown) for x in annotation.labels]
    assert counts == [(3, 4, 1), (0, 7, 1), (0, 1, 0)]


def test_an_annotation_says_whose_it_is_and_what_it_claims():
    solution = a_solution(2)
    annotation = annotate_one(a_monte_carlo(), solution, {})
    assert (annotation.solution_id, annotation.problem_id) == (solution.id, solution.problem_id)
    assert (annotation.annotator, annotation.semantics) == ("mc", "potential")


def test_costs_add_up_over_the_rollouts_used():
    tallies = {0: Tally(1, 1), 1: Tally(8), 2: Tally(0, 4)}
    annotation = annotate_one(a_monte_carlo(), a_solution(3), tallies)
    assert (annotation.rollouts, annotation.requests) == (14, 3)
    assert (annotation.prompt_tokens, annotation.completion_tokens) == (30, 70)


ROOTED = Exhaustive(method="exhaustive", root=8)


def test_a_rules_own_reason_is_on_the_label():
    annotator = a_monte_carlo(ROOTED, RelativeProgress(method="relative_progress"))
    for root, reason in ((Tally(), "root_not_measured"), (Tally(0, 8), "rarely_solved")):
        annotation = annotate_one(annotator, a_solution(2), {0: root, 1: Tally(8)})
        assert [label.reason for label in annotation.labels] == [reason, reason]


def test_a_step_that_the_rule_withholds_is_not_filled_in():
    annotator = a_monte_carlo(ROOTED, Scan(method="scan"))
    annotation = annotate_one(annotator, a_solution(3), {0: Tally(8), 1: Tally(0, 8)})
    assert "".join(map(letter, annotation.labels)) == "I??"
    assert {label.reason for label in annotation.labels} == {None, "after_first_error"}


def test_no_solutions_have_no_annotations():
    assert annotate(a_monte_carlo(), "mc", [], []) == ()


def test_the_binary_probe_does_not_take_right_answers():
    with pytest.raises(ValueError, match="set right_answers to assume_correct or drop"):
        a_monte_carlo(Binary(method="binary"))


class Gathering(FakeSource):
    """A sampler that keeps what it was asked for as rollouts."""

    @property
    def rollouts(self) -> tuple[Rollout, ...]:
        return rollouts_of(a_solution(4), {p: self._tallies[p] for p in self.positions if p < 4})


@pytest.mark.parametrize(
    ("annotator", "outcome", "positions"),
    [
        (a_monte_carlo(), "correct", [1, 2, 3, 4]),
        (a_monte_carlo(), "unknown", [1, 2, 3, 4]),
        (a_monte_carlo(right_answers="drop"), "correct", []),
        (a_monte_carlo(right_answers="assume_correct"), "correct", []),
        (a_monte_carlo(Binary(method="binary"), right_answers="drop"), "incorrect", [2, 3]),
        (a_monte_carlo(Binary(method="binary"), right_answers="drop"), "unknown", []),
    ],
)
def test_rollouts_are_spent_only_where_they_are_read(annotator, outcome, positions):
    sampler = Gathering({t: Tally(correct=8) for t in range(5)})
    rollouts = run(annotator.gather(a_solution(4, outcome=outcome), sampler))
    assert sampler.positions == positions
    assert {r.position for r in rollouts} == {p for p in positions if p < 4}


tallies = st.sampled_from([Tally(3, 5), Tally(0, 8), Tally(0, 8), Tally(0, 1, 7)]) | st.builds(
    Tally, st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)
)
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(get_args(Outcome))
RULES = [kind(method=get_args(get_type_hints(kind)["method"])[0]) for kind in get_args(Rule)]
with_any_rule = st.builds(
    lambda rule, after: a_monte_carlo(ROOTED, rule, after_first_error=after),
    st.sampled_from(RULES),
    st.sampled_from(["keep", "drop"]),
)
annotators = with_any_rule | st.builds(
    annotator_of,
    st.fixed_dictionaries(
        {
            "probe": st.sampled_from(["binary", "exhaustive"]),
            "rule": st.sampled_from(["hard", "soft"]),
            "right_answers": st.sampled_from(["assume_correct", "drop"]),
            "after_first_error": st.sampled_from(["keep", "drop"]),
        }
    ),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Solution], list[Rollout]]:
    """Return solutions with rollouts from some of their prefixes, in any order."""
    solutions: list[Solution] = []
    rollouts: list[Rollout] = []
    for number in range(draw(st.integers(0, 4))):
        steps = draw(st.integers(0, 8))
        solution = a_solution(steps, outcome=draw(outcomes), id=f"so_{number}")
        probed = st.dictionaries(st.integers(0, steps), tallies)
        solutions.append(solution)
        rollouts += rollouts_of(solution, draw(probed))
    return solutions, draw(st.permutations(rollouts))


@given(worlds(), annotators)
def test_the_order_of_rollouts_and_the_company_of_solutions_do_not_matter(world, annotator):
    solutions, rollouts = world
    together = annotate(annotator, "mc", solutions, rollouts)
    ordered = sorted(rollouts, key=lambda r: (r.solution_id, r.position, r.draw))
    alone = tuple(
        annotation
        for solution in solutions
        for annotation in annotate(
            annotator, "mc", [solution], [r for r in ordered if r.solution_id == solution.id]
        )
    )
    assert together == alone


@given(
    worlds(),
    annotators | st.builds(a_monte_carlo, after_first_error=st.sampled_from(["keep", "drop"])),
)
@settings(max_examples=300)
def test_labels_on_columns_are_those_defined_solution_by_solution(world, annotator):
    assert annotate(annotator, "mc", *world) == annotate_plainly(annotator, "mc", *world)


@given(worlds(), annotators)
def test_labels_say_what_they_rest_on(world, annotator):
    solutions, rollouts = world
    annotations = annotate(annotator, "mc", solutions, rollouts)
    for solution, annotation in zip(solutions, annotations, strict=True):
        verdicts = annotation.verdicts
        assert annotation.first_error == (
            verdicts.index("incorrect") if "incorrect" in verdicts else None
        )
        assert (annotation.bracketed is None) == (annotation.first_error is None)
        for label in annotation.labels:
            assert (label.reason is None) == (label.verdict != "unlabelled")
            graded = label.correct + label.incorrect
            assert label.verdict == "unlabelled" or label.interpolated or graded > 0
            if label.interpolated:
                assert label.value is None
                assert solution.outcome == "correct" or graded + label.unknown == 0


@given(worlds())
def test_nothing_is_kept_after_the_first_error_where_the_recipe_drops_it(world):
    for annotation in annotate(a_monte_carlo(after_first_error="drop"), "mc", *world):
        if annotation.first_error is not None:
            assert set(annotation.verdicts[annotation.first_error + 1 :]) <= {"unlabelled"}
