"""Calibration figures: who is compared with whom, on which steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from storage.pages.figure import Section
from storage.report.calibrated import calibrations
from storage.report.said import Said
from tests.fakes.said import said

OUTCOMES = pa.array(["correct", "incorrect", "unknown"])
SOFT = (0.8, 0.6, 0.4, 0.2, 0.9, 0.9)


def soft(name: str) -> Said:
    return said("CC", "CC", "CC", values=SOFT, annotator=name)


def titles(section: Section | None) -> list[str]:
    assert section is not None
    return [figure.title for figure in section.figures]


def test_the_labels_annotator_is_compared_with_all_and_others_with_it():
    answers = "the solution's own answer"
    hard = said("CC", "CI", "CC", annotator="hard")
    everybody = [soft("mc"), soft("judge"), hard]
    assert titles(calibrations(everybody, "mc", OUTCOMES)) == [
        f"mc against {answers}", "mc against judge", "mc against hard",
        f"judge against {answers}", "judge against mc",
    ]  # fmt: skip
    assert titles(calibrations(everybody, "hard", OUTCOMES)) == [
        f"mc against {answers}", "mc against hard",
        f"judge against {answers}", "judge against hard",
    ]  # fmt: skip


def test_answers_speak_of_steps_before_the_last_of_solutions_whose_outcome_is_known():
    section = calibrations([soft("mc")], "mc", OUTCOMES)
    assert section is not None
    assert section.figures[0].rows == [("0.400", "0.000", "1"), ("0.800", "1.000", "1")]


def test_interpolated_labels_say_nothing_of_their_answers():
    half = replace(soft("mc"), interpolated=np.array([True, False] * 3))
    assert calibrations([half], "mc", OUTCOMES) is None


def test_claims_of_two_kinds_are_named():
    judge = replace(said("CI", "CC", "CC", annotator="judge"), semantics="correctness")
    section = calibrations([soft("mc"), judge], "mc", OUTCOMES)
    assert section is not None
    assert "Labels claim potential and correctness." in section.figures[1].hint


def test_verdicts_alone_are_not_calibrated():
    assert calibrations([said("CI", "CC", "CC")], "mc", OUTCOMES) is None
