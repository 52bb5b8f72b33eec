"""Decontamination: what of a benchmark is found again, and what is not one of its items."""

from __future__ import annotations

import dataclasses
import json

import pytest

from filters.decontaminate import Decontaminate
from filters.shingles import word_hashes
from stepmark.errors import ProblemError, RecipeError
from stepmark.problems import ProblemSource
from tests.fakes.filterable import table, why
from tests.fakes.labelled import a_row

ITEM = (
    "Weng earns $12 an hour for babysitting. Yesterday, she just did 50 minutes of babysitting for "
    "her neighbour in the old house. How much did she earn?"
)
TEN = "Find the sum of all positive divisors of forty four."
SHORT = "What is 6 x 7?"
OTHER = "Tina earns $18 an hour at the shop. How much did she earn in ten hours of work?"
SOURCE = ProblemSource(path="test.jsonl", statement="question")
FILTER = Decontaminate(method="decontaminate", benchmarks={"gsm8k": SOURCE})


@pytest.fixture
def folder(tmp_path):
    lines = (json.dumps({"question": text}) + "\n" for text in (ITEM, TEN, SHORT))
    (tmp_path / "test.jsonl").write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (ITEM, True),
        (ITEM.upper().replace("$", r"\$").replace(". ", ".\n\n"), True),
        (ITEM.replace("babysitting. Yesterday", "gardening. Yesterday"), True),
        (f"Please solve this with care, and show your work. {ITEM} Put the answer in a box.", True),
        (" ".join(ITEM.split()[:20]), True),
        ("what is 6 X 7", True),
        ("What is 6 x 8?", False),
        (f"Hint: {TEN} Solve it.", True),
        (TEN.replace("four", "five"), False),
        (f"{SHORT} And what is 7 x 8?", False),
        ("Tina earns $18 an hour at the shop. How much did she earn in ten hours of work?", False),
        ("Weng earns $12 an hour for babysitting. How old is she?", False),
        ("", False),
    ],
)
def test_items_are_found_in_other_type_in_part_and_inside_other_text(folder, statement, found):
    fitted = FILTER.fit([], folder)
    rows = table(a_row("C", problem=statement), a_row("C", problem="What is 1 + 1?"))
    assert why(FILTER, rows, fitted) == ["in_gsm8k" if found else None, None]


def test_a_shared_beginning_is_not_enough(folder):
    begins = " ".join(ITEM.split()[:14])
    goes_on = "and bought seven red books for each of her four friends at school before going home"
    rows = table(a_row("C", problem=f"{begins} {goes_on} by bus"))
    assert why(FILTER, rows, FILTER.fit([], folder)) == [None]
    looser = dataclasses.replace(FILTER, overlap=0.4)
    assert why(looser, rows, looser.fit([], folder)) == ["in_gsm8k"]


def test_hashes_of_another_build_stand_for_the_benchmark(folder):
    frozen = dataclasses.asdict(FILTER.fit([], folder))
    assert "Weng" not in json.dumps(frozen)
    (folder / "frozen.json").write_text(json.dumps(frozen))
    (folder / "test.jsonl").unlink()
    by_hashes = Decontaminate(method="decontaminate", hashes=("frozen.json",))
    assert why(by_hashes, table(a_row("C", problem=ITEM)), by_hashes.fit([], folder)) == [
        "in_gsm8k"
    ]


def test_benchmarks_of_one_name_are_joined(folder):
    other = {"run": 8, "items": {"gsm8k": [word_hashes(OTHER)]}}
    (folder / "frozen.json").write_text(json.dumps(other))
    both = dataclasses.replace(FILTER, hashes=("frozen.json",))
    rows = table(a_row("C", problem=ITEM), a_row("C", problem=OTHER))
    assert why(both, rows, both.fit([], folder)) == ["in_gsm8k", "in_gsm8k"]


def test_an_item_without_a_reference_is_screened_for(folder):
    (folder / "test.jsonl").write_text(json.dumps({"question": ITEM, "answer": ""}) + "\n")
    with_answers = dataclasses.replace(SOURCE, reference="answer", answer="hash")
    by_answers = dataclasses.replace(FILTER, benchmarks={"gsm8k": with_answers})
    rows = table(a_row("C", problem=ITEM))
    assert why(by_answers, rows, by_answers.fit([], folder)) == ["in_gsm8k"]


def test_an_item_that_cannot_be_read_is_named(folder):
    with (folder / "test.jsonl").open("a") as file:
        file.write('{"question": ""}\n')
    with pytest.raises(ProblemError, match=r"gsm8k cannot be screened for: test.jsonl, line 4"):
        FILTER.read(folder)


def test_a_benchmark_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProblemError, match=r"test\.jsonl"):
        FILTER.read(tmp_path)


@pytest.mark.parametrize("content", ["{}", '{"items": {}}', '{"items": {"gsm8k": []}}', "[]"])
def test_a_file_that_holds_no_hashes_is_refused(tmp_path, content):
    (tmp_path / "frozen.json").write_text(content)
    by_hashes = Decontaminate(method="decontaminate", hashes=("frozen.json",))
    with pytest.raises(RecipeError, match="holds no hashes of benchmarks"):
        by_hashes.read(tmp_path)


@pytest.mark.parametrize("changes", [{"benchmarks": {}}, {"run": 14}, {"run": 0}, {"overlap": 1.5}])
def test_settings_that_check_nothing_are_refused(changes):
    with pytest.raises(ValueError, match=r"needs benchmarks|must be"):
        Decontaminate(**{"method": "decontaminate", "benchmarks": {"gsm8k": SOURCE}, **changes})
