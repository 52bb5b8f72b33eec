"""Laws that hold for every rule that labels a step by draws of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from annotators.probes import Binary, Exhaustive
from annotators.rules import (
    Advantage,
    Entropic,
    Hard,
    RelativeProgress,
    RootRelative,
    Rule,
    Scan,
    Soft,
    StepwiseOrm,
    StepWiser,
)
from annotators.rules.reading import Reading
from stepmark.labels import ROOT_NOT_MEASURED
from tests.fakes.counts import Rooted, rooted, rooted_tables
from tests.fakes.factories import a_monte_carlo

RULES: dict[str, Rule] = {
    "hard": Hard(method="hard"),
    "soft": Soft(method="soft"),
    "soft above a half": Soft(method="soft", threshold=0.5),
    "entropic": Entropic(method="entropic"),
    "relative progress": RelativeProgress(method="relative_progress"),
    "relative difference": RelativeProgress(method="relative_progress", form="difference"),
    "stepwiser absolute": StepWiser(method="stepwiser", signal="absolute"),
    "stepwiser ratio": StepWiser(method="stepwiser", signal="ratio"),
    "stepwiser effective": StepWiser(method="stepwiser"),
    "advantage": Advantage(method="advantage"),
    "root relative": RootRelative(method="root_relative", min_root_correct=2),
    "scan": Scan(method="scan", min_confidence=0.25),
    "stepwise orm": StepwiseOrm(method="stepwise_orm"),
}
ROOTED = {name: rule for name, rule in RULES.items() if rule.needs_root}
ABOVE_ZERO = ["soft", "entropic", "stepwiser absolute", "scan", "stepwise orm"]
"""Rules whose verdict is whether their value is above 0."""

law = settings(max_examples=30)  # times every rule
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def plain(reading: Reading) -> list[str]:
    """Values, verdicts and reasons of every step, in a form that NaN equals itself in."""
    reasons = np.zeros(len(reading.values)) if reading.reasons is None else reading.reasons
    return [f"{step}" for step in zip(reading.values, reading.verdicts, reasons, strict=True)]


@every_rule
@law
@given(table=rooted_tables)
def test_nothing_without_graded_draws_has_a_label(rule, table):
    counts = rooted(table)
    reading = rule.read(counts)
    assert (reading.verdicts[counts.graded == 0] == 0).all()


@every_rule
@law
@given(table=rooted_tables)
def test_values_are_chances_and_only_unlabelled_steps_lack_one(rule, table):
    reading = rule.read(rooted(table))
    without = np.isnan(reading.values)
    assert (without == (reading.verdicts == 0)).all()
    assert ((reading.values[~without] >= 0) & (reading.values[~without] <= 1)).all()


@every_rule
@law
@given(table=rooted_tables)
def test_solutions_are_read_apart(rule, table):
    apart = [step for solution in table for step in plain(rule.read(rooted([solution])))]
    assert plain(rule.read(rooted(table))) == apart


@every_rule
@law
@given(table=rooted_tables, more=rooted_tables)
def test_more_solutions_change_nothing_before_them(rule, table, more):
    alone = plain(rule.read(rooted(table)))
    assert plain(rule.read(rooted(table + more)))[: len(alone)] == alone


@every_rule
@law
@given(table=rooted_tables)
def test_reading_changes_no_count(rule, table):
    counts, untouched = rooted(table), rooted(table)
    rule.read(counts)
    for name in ("correct", "incorrect", "unknown", "own", "offsets"):
        assert np.array_equal(getattr(untouched, name), getattr(counts, name))
    assert np.array_equal(counts.root.total, untouched.root.total)
    assert np.array_equal(counts.passages.again, untouched.passages.again)
    assert np.array_equal(counts.passages.left.total, untouched.passages.left.total)


@every_rule
@law
@given(table=rooted_tables)
def test_a_reason_is_given_for_unlabelled_steps_alone(rule, table):
    reading = rule.read(rooted(table))
    if reading.reasons is not None:
        assert (reading.reasons[reading.verdicts != 0] == 0).all()


@pytest.mark.parametrize("name", ABOVE_ZERO)
@law
@given(table=rooted_tables)
def test_correct_is_a_value_above_0(name, table):
    reading = RULES[name].read(rooted(table))
    labelled = reading.verdicts != 0
    assert ((reading.verdicts[labelled] == 1) == (reading.values[labelled] > 0)).all()


@pytest.mark.parametrize("name", ["soft", "entropic", "stepwiser absolute"])
@law
@given(table=rooted_tables)
def test_hard_agrees_wherever_both_decide(name, table):
    counts = rooted(table)
    reading, hard = RULES[name].read(counts), RULES["hard"].read(counts)
    both = (reading.verdicts != 0) & (hard.verdicts != 0)
    assert (reading.verdicts[both] == hard.verdicts[both]).all()


@pytest.mark.parametrize("rule", ROOTED.values(), ids=ROOTED)
@law
@given(table=rooted_tables)
def test_without_draws_from_the_bare_problem_nothing_is_labelled(rule, table):
    unrooted: list[Rooted] = [((0, 0, 0), steps) for _, steps in table]
    counts = rooted(unrooted)
    reading = rule.read(counts)
    assert not reading.verdicts.any()
    measured = counts.unknown <= 0.25 * counts.total
    assert (reading.reasons[measured & (counts.graded > 0)] == ROOT_NOT_MEASURED).all()


@pytest.mark.parametrize("rule", ROOTED.values(), ids=ROOTED)
def test_too_many_unknown_draws_from_the_bare_problem_are_none(rule):
    assert not rule.read(rooted([((5, 0, 3), [(8, 0, 0), (0, 8, 0)])])).verdicts.any()
    assert rule.read(rooted([((6, 0, 2), [(8, 0, 0), (0, 8, 0)])])).verdicts.all()


@pytest.mark.parametrize("rule", ROOTED.values(), ids=ROOTED)
@pytest.mark.parametrize(
    "probe",
    [Exhaustive(method="exhaustive"), Binary(method="binary")],
    ids=["exhaustive", "binary"],
)
def test_a_probe_that_buys_no_draws_of_the_bare_problem_is_refused(rule, probe):
    with pytest.raises(ValueError, match="compares with the bare problem"):
        a_monte_carlo(probe, rule, right_answers="drop")


@every_rule
def test_a_probe_that_buys_them_serves_every_rule(rule):
    a_monte_carlo(Exhaustive(method="exhaustive", root=8), rule)


@every_rule
@pytest.mark.parametrize("share", [-0.01, 1.0])
def test_a_bound_out_of_range_is_refused(rule, share):
    with pytest.raises(ValueError, match=r"max_unknown must be in \[0, 1\), not"):
        type(rule)(method=rule.method, max_unknown=share)
