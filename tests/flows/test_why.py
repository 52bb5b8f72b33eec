"""show --why: no label without what it rests on, and no text of a model steers the terminal."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from flows.cli import main
from flows.show import coloured, print_group, solutions
from flows.trace import Trace, follows_from, trace
from flows.why import why
from stepmark.errors import StorageError
from tests.fakes.factories import a_label
from tests.flows.arrange import arrange, build


@pytest.fixture(scope="module")
def out(prefect_server, tmp_path_factory) -> Path:
    """One build by both probes; the data carries the labels of the binary one."""
    folder = Path(tmp_path_factory.mktemp("why"))
    block = {"method": "monte_carlo", "policy": "solver", "rule": {"method": "hard"}}
    binary = {"probe": {"method": "binary", "draws": 8}, "right_answers": "assume_correct"}
    both = {
        "every": {**block, "probe": {"method": "exhaustive", "draws": 8}},
        "binary": {**block, **binary},
    }
    for name, labels in (("every", "every"), ("binary", "binary")):
        recipe = arrange(folder, name=name, annotators=both, labels={"from": labels})
        build(recipe, folder / "out")
    return folder / "out"


def traces(out: Path, name: str) -> list[Trace]:
    root = out / name
    return [trace(root, row, out / "ledger") for row in solutions(root)]


def told(traced: Trace, step: int | None = None, *, full: bool = False) -> str:
    screen = io.StringIO()
    print_group(why(traced, step, full=full), Console(file=screen, width=200))
    return screen.getvalue()


@pytest.mark.parametrize("name", ["every", "binary"])
def test_every_label_is_traced_to_what_it_rests_on(out, name):
    found = traces(out, name)
    assert len(found) == 10
    for traced in found:
        assert traced.written_by is not None
        assert traced.written_by.text == "".join(traced.row.steps)
        labels = traced.annotation.labels
        for index, label in enumerate(labels):
            ended = Counter(e.rollout.outcome for e in traced.evidence.get(index + 1, ()))
            if label.interpolated:
                source = follows_from(labels, index)
                by_answer = source is None and traced.row.outcome == "correct"
                assert by_answer or (source is not None and not labels[source].interpolated)
            elif index < len(labels) - 1:
                counts = (label.correct, label.incorrect, label.unknown)
                assert counts == (ended["correct"], ended["incorrect"], ended["unknown"])
                assert sum(counts) > 0


def test_every_rollout_stands_beside_the_completion_that_was_graded(out):
    for traced in traces(out, "every"):
        for evidence in traced.evidence.values():
            for item in evidence:
                assert item.completion is not None
                assert f"The answer is {item.rollout.answer}." in item.completion.text


def test_a_wrong_solution_is_explained_step_by_step(out):
    traced = next(t for t in traces(out, "every") if t.row.outcome == "incorrect")
    screen = told(traced)
    for expected in (
        f"written in draw 1 at {traced.solution.request}, as in the ledger",
        "✓ 0  correct: 6 of 8 rollouts reach the reference",
        "✗ 1  incorrect: 0 of 8 rollouts reach the reference",
        f"its own answer decides, {traced.row.answer} is incorrect",
        f"✗ draw 7: incorrect, answer {traced.row.answer}, the solution's own wrong answer",
        f"rollouts at {traced.evidence[1][0].rollout.request}",
        "first error at step 1 (measured from both sides)",
    ):
        assert expected in screen


def test_the_provers_rollouts_stand_beside_the_policys_own(prefect_server, tmp_path):
    block = {"method": "monte_carlo", "probe": {"method": "exhaustive", "draws": 8, "root": 2}}
    rule = {"method": "advantage", "prover": "seen", "best_of": 1}
    recipe = arrange(
        tmp_path,
        policies={n: {"engine": "scripted", "model": f"{n}.jsonl"} for n in ("script", "weak")},
        solve__policy="script",
        annotators={
            "mc": {**block, "policy": "script", "rule": rule},
            "seen": {**block, "policy": "weak", "rule": {"method": "soft"}},
        },
    )
    shutil.copy(tmp_path / "script.jsonl", tmp_path / "weak.jsonl")
    build(recipe, tmp_path / "out")
    traced = next(t for t in traces(tmp_path / "out", "tiny") if t.row.outcome == "incorrect")
    assert {at: len(found) for at, found in traced.prover.items()} == {0: 2, 1: 8, 2: 8}
    own, others = traced.evidence[1][0].rollout.request, traced.prover[1][0].rollout.request
    assert own != others
    screen = told(traced)
    assert f"prover's rollouts at {others}" in screen
    assert f"prover's rollouts at {own}" not in screen
    assert "from the bare problem, by the prover" in screen
    assert traced.row.rollouts == 2 * (2 + 8 + 8)


def test_an_assumed_label_names_the_right_answer(out):
    traced = next(t for t in traces(out, "binary") if t.row.outcome == "correct")
    assert "not probed: the recipe takes the right answer as proof" in told(traced)


def test_one_step_alone(out):
    traced = next(t for t in traces(out, "every") if t.row.outcome == "incorrect")
    screen = told(traced, 1)
    assert "✗ 1  incorrect" in screen
    assert "✓ 0  correct" not in screen
    with pytest.raises(StorageError, match="has the steps 0 to 2, and no step 3"):
        told(traced, 3)


def with_text(traced: Trace, text: str) -> Trace:
    first = traced.evidence[1][0]
    assert first.completion is not None
    item = replace(first, completion=replace(first.completion, text=text))
    return replace(traced, evidence={1: (item,)})


def test_a_long_text_keeps_its_answer_and_is_whole_when_asked(out):
    long = "a" * 500 + " The answer is 7."
    traced = with_text(traces(out, "every")[0], long)
    assert "[…317 characters…]" in told(traced)
    assert "The answer is 7." in told(traced)
    assert long not in told(traced).replace("\n", "")
    assert "a" * 500 in told(traced, full=True).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("text", ["[bold red]x[/]", "[link=http://a.b]x[/link]", ":smile:"])
def test_what_a_model_wrote_is_not_markup(out, text):
    assert text in told(with_text(traces(out, "every")[0], text))


def test_a_step_does_not_steer_the_terminal_without_why_either(out):
    row = next(iter(solutions(out / "every")))
    row = replace(row, steps=("\x1b[2Jgone", *row.steps[1:]))
    screen = io.StringIO()
    print_group(coloured(row, out / "every"), Console(file=screen, width=200))
    assert r"\x1b[2Jgone" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()


@pytest.mark.parametrize(
    ("rate", "told"), [(0.25, "solve rate 0.25, difficulty 3"), (None, "solve rate not known")]
)
def test_a_solution_is_shown_with_how_hard_its_problem_is(out, rate, told):
    row = replace(next(iter(solutions(out / "every"))), solve_rate=rate, difficulty=3)
    screen = io.StringIO()
    print_group(coloured(row, out / "every"), Console(file=screen, width=200))
    assert told in screen.getvalue()


def test_what_a_model_wrote_does_not_steer_the_terminal(out):
    screen = told(with_text(traces(out, "every")[0], "\x1b[2Jgone \x07\r\u202e"))
    assert r"\x1b[2Jgone \x07\r\u202e" in screen
    assert "\x1b[2J" not in screen


SOUND, BROKEN = a_label(verdict="correct"), a_label(verdict="incorrect")
ASSUMED_SOUND = a_label(verdict="correct", interpolated=True)
ASSUMED_BROKEN = a_label(verdict="incorrect", interpolated=True)
WITHHELD = a_label(verdict="unlabelled", reason="after_first_error")


@pytest.mark.parametrize(
    ("labels", "index", "source"),
    [
        ([ASSUMED_SOUND, SOUND, SOUND, BROKEN], 0, 2),
        ([SOUND, BROKEN, ASSUMED_BROKEN, BROKEN], 2, 1),
        ([ASSUMED_SOUND, BROKEN, WITHHELD], 0, 2),
        ([ASSUMED_SOUND, ASSUMED_SOUND], 1, None),
    ],
)
def test_an_interpolated_label_follows_from_a_measured_one(labels, index, source):
    assert follows_from(labels, index) == source


def test_the_command_line_shows_one_step(out, capsys, monkeypatch):
    row = next(row for row in solutions(out / "every") if row.outcome == "incorrect")
    options = ["stepmark", "show", str(out / "every"), row.id, "--why", "1"]
    monkeypatch.setattr("sys.argv", options)
    with pytest.raises(SystemExit, match="0"):
        main()
    assert "incorrect: 0 of 8" in capsys.readouterr().out


def test_a_step_without_why_is_refused(out, capsys, monkeypatch):
    row = next(iter(solutions(out / "every")))
    monkeypatch.setattr("sys.argv", ["stepmark", "show", str(out / "every"), row.id, "1"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "go with --why" in capsys.readouterr().err
