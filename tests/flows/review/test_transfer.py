"""To review tools and back: what they are given, what their exports say, and what is skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli import app
from flows.review import Tool
from flows.review.choices import (
    CANNOT_TELL,
    NONE_WRONG,
    UNSAID,
    Answer,
    Skipped,
    choices,
    review_of,
)
from flows.review.transfer import READ
from stepmark.errors import ReviewError
from stepmark.records import Review
from stepmark.reviews import add, read_reviews, steps_id
from tests.fakes.factories import a_problem, a_review
from tests.flows.review.arrange import PEOPLE, SUMS, say, solutions, write_build

THREE = solutions(3)
TOOLS: tuple[Tool, ...] = ("argilla", "label-studio")
HOSTILE = "<script>alert(1)</script> ${x} $problem & </View>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    problem = a_problem(HOSTILE, id=THREE[0].problem_id)
    annotators = {"sums": SUMS, "people": PEOPLE}
    root = write_build(tmp_path / "out" / "b", THREE, annotators, problem=problem)
    say(root, "sums", {solution.id: "CIC" for solution in THREE})
    return root


def stepmark(*arguments: object) -> str:
    ended = CliRunner().invoke(app, ["review", *map(str, arguments)])
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return ended.output


def studio_task(annotations: list[Any], **changes: Any) -> dict[str, Any]:
    """A task as Label Studio's JSON export has it."""
    data = {"solution_id": THREE[0].id, "steps_id": steps_id(THREE[0].steps)}
    return {"id": 7, "data": data | changes, "annotations": annotations, "predictions": []}


def studio_answer(choice: str | None, who: Any = 3, note: str = "") -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    if choice is not None:
        said.append({"from_name": "first_error", "type": "choices", "value": {"choices": [choice]}})
    if note:
        said.append({"from_name": "note", "type": "textarea", "value": {"text": [note]}})
    return {"id": 1, "completed_by": who, "was_cancelled": False, "result": said}


def argilla_record(answers: dict[str, str], *, status: str = "completed", **notes: str) -> Any:
    """A record as Argilla's `to_json` writes it."""
    responses = {
        "first_error": [{"value": choice, "user_id": who} for who, choice in answers.items()],
        "note": [{"value": note, "user_id": who} for who, note in notes.items()],
    }
    return {
        "id": THREE[0].id,
        "fields": {},
        "metadata": {"steps_id": steps_id(THREE[0].steps)},
        "responses": {name: said for name, said in responses.items() if said},
        "status": status,
        "_server_id": "1",
    }


def take(root: Path, tool: Tool, content: Any, *options: str) -> tuple[str, list[Review]]:
    """Import an export; return what is said of it and the reviews that stand then."""
    file = root.parent / "export.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    told = stepmark("import", root, file, "--from", tool, *options)
    path = root.parent / "reviews.jsonl"
    return told, [entry.review for entry in read_reviews(path)] if path.exists() else []


def test_label_studio_gets_texts_and_choices_and_no_labels(root, tmp_path):
    stepmark("export", root, "--to", "label-studio", "--out", tmp_path / "ls")
    tasks = json.loads((tmp_path / "ls/tasks.json").read_text())
    data = tasks[0]["data"]
    assert {task["data"]["solution_id"] for task in tasks} == {each.id for each in THREE}
    assert data["problem"] == HOSTILE
    assert [each["value"] for each in data["choices"]] == choices(3)
    assert data["solution"][1] == {
        "step": "1",
        "text": f"Step 1 of {data['solution'][1]['text'][10]}.\n",
    }
    assert HOSTILE not in (tmp_path / "ls/config.xml").read_text()
    assert "incorrect" not in json.dumps(tasks)


def test_argilla_gets_plain_text_fields_and_the_longest_solutions_choices(root, tmp_path):
    stepmark("export", root, "--to", "argilla", "--out", tmp_path / "ar")
    settings = json.loads((tmp_path / "ar/.argilla/settings.json").read_text())
    records = json.loads((tmp_path / "ar/records.json").read_text())
    offered = settings["questions"][0]["settings"]["options"]
    assert [each["value"] for each in offered] == choices(3)
    assert not any(field["settings"]["use_markdown"] for field in settings["fields"])
    assert records[0]["fields"]["problem"] == HOSTILE
    assert records[0]["suggestions"] == records[0]["responses"] == {}


@pytest.mark.parametrize("tool", TOOLS)
def test_what_somebody_reviewed_is_left_out_unless_wanted_again(root, tmp_path, tool):
    add(root.parent / "reviews.jsonl", [a_review(THREE[1], 0)])
    told = stepmark("export", root, "--to", tool, "--out", tmp_path / "x")
    assert told.startswith("2 solutions")
    again = stepmark("export", root, "--to", tool, "--out", tmp_path / "y", "--again")
    assert again.startswith("3 solutions")


def test_a_folder_that_is_in_use_is_not_written_into(root, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").touch()
    with pytest.raises(ReviewError, match="not empty"):
        stepmark("export", root, "--to", "argilla", "--out", tmp_path / "x")


def test_label_studios_answers_become_reviews(root):
    bob = {"id": 4, "email": "bob@example.org"}
    answers = [studio_answer("step 1", note="7·2 is 14"), studio_answer(NONE_WRONG, bob)]
    told, reviews = take(root, "label-studio", [studio_task(answers)])
    assert told.startswith("2 reviews added, 0 were there already")
    assert reviews == [
        a_review(THREE[0], 1, reviewer="label-studio-3", note="7·2 is 14"),
        a_review(THREE[0], reviewer="bob@example.org"),
    ]


def test_argillas_answers_become_reviews(root):
    record = argilla_record({"u1": "step 2", "u2": CANNOT_TELL}, u2="too hard")
    _, reviews = take(root, "argilla", [record])
    assert reviews == [
        a_review(THREE[0], 2, reviewer="u1"),
        a_review(THREE[0], reason="too hard", reviewer="u2"),
    ]


def test_one_persons_export_goes_by_the_name_that_is_given(root):
    task = studio_task([studio_answer("step 0")])
    _, reviews = take(root, "label-studio", [task], "--as", "ann")
    assert reviews == [a_review(THREE[0], 0)]
    two = studio_task([studio_answer("step 0", 1), studio_answer("step 0", 2)])
    with pytest.raises(ReviewError, match="2 people"):
        take(root, "label-studio", [two], "--as", "ann")


def test_the_same_export_again_adds_nothing(root):
    twice = [studio_task([studio_answer("step 0"), studio_answer("step 1")])]
    take(root, "label-studio", twice)
    told, reviews = take(root, "label-studio", twice)
    assert told.startswith("0 reviews added, 1 were there already")
    assert [review.first_error for review in reviews] == [1]


HALF = "\ud83d"
"""Half a character, which JSON can say and no file can hold."""


@pytest.mark.parametrize(
    ("tool", "content"),
    [
        ("label-studio", studio_task([studio_answer("step 1", 3, HALF), studio_answer(HALF, 4)])),
        ("argilla", argilla_record({HALF: "step 1", "u": HALF}, **{HALF: HALF})),
    ],
)
def test_half_a_character_is_written_out_and_the_rest_of_the_export_taken(root, tool, content):
    told, reviews = take(root, tool, [content])
    assert told.startswith("1 reviews added")
    assert "no_such_choice" in told
    assert reviews[0].note == "\\ud83d"
    again, _ = take(root, tool, [content])
    assert again.startswith("0 reviews added, 1 were there already")


@pytest.mark.parametrize(
    ("tool", "content", "why"),
    [
        ("label-studio", studio_task([studio_answer("step 9")]), "beyond_steps"),
        ("label-studio", studio_task([studio_answer("step 1")], steps_id="st_0"), "other_steps"),
        ("label-studio", studio_task([studio_answer("1")], solution_id="so_0"), "not_in_build"),
        ("label-studio", studio_task([studio_answer("step ١")]), "no_such_choice"),
        ("label-studio", studio_task([studio_answer(None)]), "no_answer"),
        ("label-studio", studio_task([{"was_cancelled": True}]), "cancelled"),
        ("label-studio", studio_task([], solution_id=3), "not_ours"),
        ("label-studio", {"data": None}, "not_ours"),
        ("argilla", argilla_record({"u1": "step 1"}, status="pending"), "not_submitted"),
        ("argilla", argilla_record({"u1": ""}), "no_answer"),
        ("argilla", {"id": "so_0"}, "not_ours"),
    ],
)
def test_what_says_nothing_of_the_build_is_counted_with_its_reason(root, tool, content, why):
    if why == "not_in_build":
        content["annotations"] = [studio_answer("step 1")]
    told, reviews = take(root, tool, [content])
    assert "0 reviews added" in told
    assert f"1 skipped: {why}, the first " in told
    assert not reviews


@pytest.mark.parametrize(
    ("content", "message"), [("{", "is not JSON"), ("{}", "holds dict and no list")]
)
def test_a_file_that_is_no_export_is_said_so(root, content, message):
    with pytest.raises(ReviewError, match=message):
        take(root, "label-studio", content)
    with pytest.raises(ReviewError, match="cannot be read"):
        stepmark("import", root, root / "nothing.json", "--from", "argilla")


def test_a_build_that_reads_no_reviews_says_how_it_would(tmp_path):
    root = write_build(tmp_path / "b", THREE, {"sums": SUMS})
    told, _ = take(root, "label-studio", [studio_task([studio_answer("step 1")])])
    assert "add `people: {method: people}`" in told


KEYS = [
    "data",
    "annotations",
    "result",
    "value",
    "choices",
    "responses",
    "id",
    "metadata",
    "steps_id",
    "solution_id",
    "first_error",
    "note",
    "from_name",
    "completed_by",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
)


@given(st.sampled_from(TOOLS), st.lists(JSON, max_size=4))
def test_no_export_breaks_the_reader(tool, content):
    for each in READ[tool](content):
        read = each if isinstance(each, Skipped) else review_of(each)
        assert isinstance(read, Review | Skipped)


@given(st.integers(1, 30), st.data())
def test_every_choice_is_read_as_what_it_offers(steps, data):
    choice = data.draw(st.sampled_from(choices(steps)))
    review = review_of(Answer("so_1", "st_1", "ann", choice, ""))
    assert isinstance(review, Review)
    place = choices(steps).index(choice)
    assert review.first_error == (place if place < steps else None)
    assert review.says == ["incorrect", "correct", "unknown"][max(0, place - steps + 1)]
    assert (review.reason == UNSAID) == (choice == CANNOT_TELL)
