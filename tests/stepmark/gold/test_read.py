"""Gold files: every layout gives the same record, whatever it counts from and calls an error."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from stepmark.errors import ProblemError
from stepmark.gold import Gold, half_wrong, read_gold
from stepmark.gold.read import LAYOUTS
from tests.stepmark.gold.layouts import (
    BIGBENCH,
    DECODED,
    EVERY,
    MR_GSM8K,
    PARC,
    PRM800K,
    PRMBENCH,
    PROCESSBENCH,
    STEPS,
    a_file,
    candidate,
    judged_step,
)
from tests.stepmark.problems.reading import SAMPLES

UNSURE = judged_step(candidate("Yes.", 1), candidate("No.", -1), chosen=None)


def read(folder, row) -> Gold:
    return read_gold(a_file(folder, row))[0]


@pytest.mark.parametrize("name", EVERY)
def test_every_layout_names_the_second_step_of_the_same_problem(tmp_path, name):
    gold = read(tmp_path, EVERY[name])
    assert (gold.problem, gold.first_error) == ("P", 1)
    assert list(gold.steps) == STEPS[: len(gold.steps)]
    assert gold.verdicts[1] == "incorrect"
    assert "incorrect" not in gold.verdicts[:1]


def test_every_layout_has_a_row_here():
    assert {layout.__name__.rsplit(".", 1)[1] for layout in LAYOUTS} == EVERY.keys()


@pytest.mark.parametrize(
    "row",
    [
        PROCESSBENCH | {"label": -1},
        DECODED | {"first_error": -1, "ratings": [1, 0]},
        PRMBENCH | {"error_steps": []},
        BIGBENCH | {"mistake_index": None},
        MR_GSM8K
        | {
            "model_output_solution_correctness": "correct",
            "model_output_solution_first_error_step": "N/A",
        },
        PARC | {"error_annotation": [{"step_number": n, "has_error": False} for n in (1, 2, 3)]},
    ],
)
def test_every_layout_has_its_way_to_say_no_error(tmp_path, row):
    gold = read(tmp_path, row)
    assert gold.first_error is None
    assert "incorrect" not in gold.verdicts


@pytest.mark.parametrize(
    ("row", "index"),
    [
        (PROCESSBENCH | {"label": 0}, 0),
        (BIGBENCH | {"mistake_index": 0}, 0),
        (PRMBENCH | {"error_steps": [3, 1]}, 0),
        (MR_GSM8K | {"model_output_solution_first_error_step": 1}, 0),
        (MR_GSM8K | {"model_output_solution_first_error_step": 3}, 2),
        (PROCESSBENCH | {"label": 2}, 2),
    ],
)
def test_the_first_and_the_last_step_are_where_each_layout_counts_them(tmp_path, row, index):
    assert read(tmp_path, row).first_error == index


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (PROCESSBENCH | {"label": 3}, r"row 1 breaks .* ProcessBench: label is 3, .*\(0 to 2\)"),
        (PROCESSBENCH | {"label": -2}, "label is -2"),
        (PROCESSBENCH | {"label": True}, "label is True"),
        (PROCESSBENCH | {"label": None}, "label is None"),
        (PROCESSBENCH | {"steps": []}, "steps holds no step"),
        (PROCESSBENCH | {"steps": "First."}, "must be a list of texts"),
        (DECODED | {"ratings": [1]}, "ratings is .*, not one for each of 2"),
        (DECODED | {"ratings": [1, 1]}, "first_error is 1, and the ratings are"),
        (DECODED | {"ratings": [1, -2]}, "a rating is -2"),
        (
            PRM800K | {"label": {"steps": [UNSURE], "finish_reason": "found_error"}},
            "finish_reason is 'found_error', and .*'Yes.', is rated correct",
        ),
        (MR_GSM8K | {"model_output_solution_first_error_step": 0}, r"is 0, .*\(1 to 3\)"),
        (MR_GSM8K | {"model_output_solution_first_error_step": "N/A"}, "is 'N/A'"),
        (MR_GSM8K | {"model_output_solution_correctness": "?"}, "is '\\?', not 'correct'"),
        (PRMBENCH | {"error_steps": 2}, "error_steps is 2, not a list"),
        (PRMBENCH | {"error_steps": [0]}, "error_steps is 0"),
        (PRMBENCH | {"error_steps": [7, 9]}, "error_steps is 7"),
        (BIGBENCH | {"mistake_index": 3}, "mistake_index is 3"),
        (PARC | {"error_annotation": PARC["error_annotation"][1:]}, "says nothing of step 3"),
        (PARC | {"error_annotation": [{"step_number": 1}]}, "without has_error"),
    ],
)
def test_a_row_that_breaks_its_layout_is_named_with_its_value(tmp_path, row, message):
    with pytest.raises(ProblemError, match=message):
        read(tmp_path, row)


def test_a_row_of_no_layout_is_told_what_layouts_there_are(tmp_path):
    with pytest.raises(ProblemError, match=r"row 2: .*\['problem', 'steps'\].*ProcessBench: prob"):
        read_gold(a_file(tmp_path, PROCESSBENCH, {"problem": "P", "steps": STEPS}))


def test_the_trodden_path_of_prm800k_ends_with_the_candidate_that_stood_there_first(tmp_path):
    gold = read(tmp_path, PRM800K)
    assert gold.steps == ("First.", "Second.")
    assert gold.step_verdicts == ("correct", "incorrect")
    assert gold.reference == "4"


def test_what_a_rater_wrote_stands_where_no_candidate_was_chosen(tmp_path):
    step: dict[str, Any] = judged_step(chosen=None) | {"human_completion": {"text": "Mine."}}
    label = {"steps": [step], "finish_reason": "solution"}
    gold = read(tmp_path, PRM800K | {"label": label})
    assert (gold.steps, gold.verdicts, gold.first_error) == (("Mine.",), ("correct",), None)


@pytest.mark.parametrize("reason", ["give_up", "bad_problem"])
def test_solutions_that_were_not_judged_to_their_end_are_left_out(tmp_path, reason):
    given_up = PRM800K | {"label": {"steps": [], "finish_reason": reason}}
    assert len(read_gold(a_file(tmp_path, PRM800K, given_up))) == 1
    with pytest.raises(ProblemError, match="holds no judged solution"):
        read_gold(a_file(tmp_path, given_up))


def test_neutral_is_no_error(tmp_path):
    assert read(tmp_path, DECODED).verdicts == ("neutral", "incorrect")


def test_nothing_is_known_of_steps_after_a_first_error_that_nobody_judged(tmp_path):
    assert read(tmp_path, PROCESSBENCH).verdicts == ("correct", "incorrect", "unlabelled")
    assert read(tmp_path, PRMBENCH).verdicts == ("correct", "incorrect", "incorrect")


def test_steps_beyond_the_end_are_passed_over_as_prmbench_does(tmp_path):
    assert read(tmp_path, PRMBENCH | {"error_steps": [2, 4]}).first_error == 1


@pytest.mark.parametrize(
    ("target", "reference", "kind"),
    [("(B)", "B", "choice"), ("-12", "-12", "math"), ("ash elm oak", "ash elm oak", "text")],
)
def test_bigbench_targets_are_options_numbers_or_texts(tmp_path, target, reference, kind):
    gold = read(tmp_path, BIGBENCH | {"target": target})
    assert (gold.reference, gold.kind) == (reference, kind)


def test_references_answers_and_subsets_are_read_where_a_layout_has_them(tmp_path):
    found = {name: read(tmp_path, row) for name, row in EVERY.items()}
    assert {name: gold.subset for name, gold in found.items() if gold.subset} == {
        "processbench": "gsm8k",
        "prmbench": "deception",
        "mr_gsm8k": "reversed",
        "parc": "negatives",
    }
    assert [name for name, gold in found.items() if gold.reference is None] == [
        "processbench",
        "prmbench",
    ]
    said = {name: gold.answer_correct for name, gold in found.items()}
    assert said == dict.fromkeys(EVERY) | {"bigbench_mistake": False}
    assert found["prmbench"].id == "deception_p1_0"


def test_published_rows_are_read():
    bench = read_gold(SAMPLES / "processbench.json")
    mistakes = read_gold(SAMPLES / "bigbench_mistake.jsonl")
    assert all(one.subset == "gsm8k" and one.steps for one in bench)
    assert all(one.kind == "math" and one.reference for one in mistakes)


def test_arrays_and_gzipped_files_are_read_too(tmp_path):
    array = tmp_path / "gold.json"
    array.write_text(json.dumps([PROCESSBENCH]))
    packed = tmp_path / "gold.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(PROCESSBENCH).encode()))
    assert read_gold(array) == read_gold(packed)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProblemError, match=r"nothing\.json: cannot be read: No such file"):
        read_gold(tmp_path / "nothing.json")


def test_half_of_the_solutions_are_wrong_as_far_as_there_are_any(tmp_path):
    right, wrong = (read(tmp_path, PROCESSBENCH | {"label": label}) for label in (-1, 1))
    assert half_wrong([right, right, right, wrong], 2) == (wrong, right)
    assert half_wrong([right, right, right, wrong], 4) == (wrong, right, right, right)
    assert half_wrong([wrong, wrong, wrong, right], 4) == (wrong, wrong, wrong, right)
    assert half_wrong([right, wrong], None) == (right, wrong)
