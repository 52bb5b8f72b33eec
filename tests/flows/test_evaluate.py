"""`stepmark evaluate` through the real flow: figures by hand, every kind of annotator, resumed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from tests.fakes.openai_server import FakeServer
from tests.flows.arrange import SUMS, arrange, question, right_steps, write_jsonl, wrong_steps

SUM = "Then 3 + 4 = 7."
FALSE = "Then 7 * 2 = 15."
ROWS = [
    {"id": "gsm8k-0", "problem": "A?", "steps": [SUM, FALSE, "So."], "label": 1},
    {"id": "gsm8k-1", "problem": "B?", "steps": [SUM, "So 8."], "label": 1},
    {"id": "math-0", "problem": "C?", "steps": [SUM, SUM], "label": -1},
    {"id": "math-1", "problem": "D?", "steps": ["So.", "So."], "label": -1},
    {"id": "math-2", "problem": "E?", "steps": [SUM, FALSE], "label": 0},
]
"""Of 3 wrong ones the verifier names 1 exactly, of 2 right ones it clears 1: F1 is 0.4."""


def evaluated(folder: Path, monkeypatch: Any, *arguments: str) -> dict[str, Any]:
    """Run the command line; return what it wrote."""
    json_file = folder / "figures.json"
    options = ["--out", str(folder / "out"), "--json", str(json_file)]
    monkeypatch.setattr(sys, "argv", ["stepmark", "evaluate", *arguments, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    found: dict[str, Any] = json.loads(json_file.read_text(encoding="utf-8"))
    return found


@pytest.mark.usefixtures("prefect_server")
def test_a_verifier_is_measured_by_file_and_subset(tmp_path, monkeypatch, capsys):
    bench = write_jsonl(tmp_path / "bench.jsonl", ROWS)
    wrong = write_jsonl(tmp_path / "wrong.jsonl", ROWS[:2])
    found = evaluated(tmp_path, monkeypatch, "equations", "--gold", str(bench), str(wrong))
    parts = found["gold"]["bench.jsonl"]["annotators"]["equations"]
    assert list(parts) == ["all", "gsm8k", "math"]
    first = parts["all"]["first_errors"]
    assert [first[each][0] for each in ("wrong", "right", "f1")] == [0.3333, 0.5, 0.4]
    assert parts["all"]["positions"] == {
        "none": {"exact": 1, "unlabelled": 1},
        "0": {"later": 1},
        "1": {"exact": 1, "none": 1},
    }
    assert (parts["all"]["named"], parts["all"]["covered"]) == (0.6, 0.8)
    assert parts["math"]["first_errors"]["right"][0] == 0.5
    alone = found["gold"]["wrong.jsonl"]["annotators"]["equations"]["all"]["first_errors"]
    assert (alone["wrong"][0], alone["right"], alone["f1"]) == (0.5, None, None)
    said = capsys.readouterr().out
    assert "bench.jsonl: 5 solutions, 3 of them wrong" in said
    assert "40 [" in said
    again = evaluated(tmp_path, monkeypatch, "equations", "--gold", str(bench), str(wrong))
    assert again == found
    assert "nothing to do" in capsys.readouterr().err


@pytest.mark.usefixtures("prefect_server")
def test_solutions_that_no_build_takes_count_as_silence(tmp_path, monkeypatch, capsys):
    rows = [*ROWS, {"id": "math-3", "problem": "F?", "steps": [SUM, " "], "label": -1}]
    bench = write_jsonl(tmp_path / "bench.jsonl", rows)
    found = evaluated(tmp_path, monkeypatch, "equations", "--gold", str(bench))
    of_file = found["gold"]["bench.jsonl"]
    assert of_file["rejected"] == {"empty_step": 1}
    assert of_file["annotators"]["equations"]["all"]["first_errors"]["right"][0] == 0.3333
    assert "no build takes them: empty_step 1" in capsys.readouterr().out


def a_judge(prompt: str, address: str, draw: int) -> str:
    """Calls the step with the false sum wrong, and is unreadable about one solution."""
    solution = prompt[prompt.index("<solution>") : prompt.index("</solution>")]
    before, wrong, _ = solution.partition(FALSE)
    if "So 8." in solution:
        return "Hm."
    return f"I looked.\n\\boxed{{{before.count('<step_') - 1 if wrong else -1}}}"


@pytest.mark.usefixtures("prefect_server")
def test_a_judge_is_asked_once_and_its_silence_is_a_mistake(tmp_path, monkeypatch):
    bench = write_jsonl(tmp_path / "bench.jsonl", ROWS)
    with FakeServer(model="judge", writer=a_judge) as server:
        asked = ["first_error", "--model", "judge", "--engine", server.url, "--gold", str(bench)]
        found = evaluated(tmp_path, monkeypatch, *asked)
        first = found["gold"]["bench.jsonl"]["annotators"]["first_error"]["all"]["first_errors"]
        assert [first[each][0] for each in ("wrong", "right")] == [0.3333, 1.0]
        assert server.draw_requests == len(ROWS)
        few = evaluated(tmp_path, monkeypatch, *asked, "--limit", "2")
        assert few["gold"]["bench.jsonl"]["annotators"]["first_error"]["all"]["solutions"] == 2
        assert server.draw_requests == len(ROWS)  # the ledger has them


@pytest.mark.usefixtures("prefect_server")
def test_rollouts_are_drawn_from_gold_solutions_with_references(tmp_path, monkeypatch):
    recipe = arrange(tmp_path, segment={"method": "newline"})
    steps = [[each.strip("\n") for each in kind(*SUMS[0])] for kind in (right_steps, wrong_steps)]
    script = tmp_path / "script.jsonl"
    script.write_text(script.read_text(encoding="utf-8").replace(".\\n", ".\\n\\n"))
    rows = [
        {"problem": question(*SUMS[0]), "answer": "4", "steps": given, "first_error": error}
        for given, error in zip(steps, (-1, 1), strict=True)
    ]
    gold = write_jsonl(tmp_path / "gold.jsonl", rows)
    found = evaluated(tmp_path, monkeypatch, f"{recipe}:mc", "--gold", str(gold))
    parts = found["gold"]["gold.jsonl"]["annotators"]["mc"]["all"]
    assert parts["first_errors"]["f1"][0] == 1.0
    assert parts["steps"]["auc"][0] == 1.0


@pytest.mark.usefixtures("prefect_server")
def test_agreement_with_published_scores_is_told_on_gold_and_without(tmp_path, monkeypatch, capsys):
    bench = write_jsonl(tmp_path / "bench.jsonl", ROWS)
    scores = [
        {"problem": row["problem"], "steps": row["steps"], "qwen": [0.9, *rest]}
        for row, rest in zip(ROWS[:3], ([0.1, 0.2], [0.9], [0.9]), strict=True)
    ]
    path = write_jsonl(tmp_path / "scores.jsonl", scores)
    both = ["equations", "--gold", str(bench), "--scores", str(path)]
    on_gold = evaluated(tmp_path, monkeypatch, *both)["gold"]["bench.jsonl"]
    assert on_gold["agreement"]["first_error"]["equations ~ qwen"] == {
        "same": 2,
        "equations earlier": 0,
        "qwen earlier": 0,
        "unknown": 3,
    }
    assert on_gold["annotators"]["qwen"]["all"]["covered"] == 0.6
    assert on_gold["annotators"]["qwen"]["all"]["calibration"]["steps"] == 6
    assert "equations ~ qwen" in capsys.readouterr().out
    alone = evaluated(tmp_path, monkeypatch, "equations", "--scores", str(path))
    assert alone["agreement"]["first_error"]["equations ~ qwen"]["same"] == 2
    low = ([0.1, 0.9, 0.9], [0.1, 0.9], [0.1, 0.9])
    write_jsonl(path, [row | {"qwen": each} for row, each in zip(scores, low, strict=True)])
    again = evaluated(tmp_path, monkeypatch, *both)["gold"]["bench.jsonl"]["agreement"]
    alone = evaluated(tmp_path, monkeypatch, "equations", "--scores", str(path))["agreement"]
    for agreement in (again, alone):
        assert agreement["first_error"]["equations ~ qwen"]["qwen earlier"] == 3


def test_an_annotator_that_needs_references_is_told_which_file_has_none(tmp_path, monkeypatch):
    recipe = arrange(tmp_path)
    bench = write_jsonl(tmp_path / "bench.jsonl", ROWS)
    message = failed(tmp_path, monkeypatch, str(recipe), "--gold", str(bench))
    assert "bench.jsonl: 5 of 5 solutions, 'gsm8k-0' first, have no reference answer" in message
    assert "'mc' labels steps by it" in message


def test_what_is_left_out_or_named_twice_is_told(tmp_path, monkeypatch):
    assert "Give --gold FILE, --scores FILE, or both" in failed(tmp_path, monkeypatch, "equations")
    bench = write_jsonl(tmp_path / "bench.jsonl", ROWS)
    twice = ["--gold", str(bench), str(bench)]
    assert "called alike: bench.jsonl" in failed(tmp_path, monkeypatch, "equations", *twice)
    scores = write_jsonl(tmp_path / "s.jsonl", [{"id": "a", "steps": ["One."], "qwen": [0.5]}])
    alone = ["--scores", str(scores)]
    assert "no `problem` or `question`" in failed(tmp_path, monkeypatch, "equations", *alone)


def failed(folder: Path, monkeypatch: Any, *arguments: str) -> str:
    """Run the command line; return what it says when it fails."""
    out = ["--out", str(folder / "out")]
    monkeypatch.setattr(sys, "argv", ["stepmark", "evaluate", *arguments, *out])
    said: list[str] = []
    monkeypatch.setattr("flows.entry._print", lambda message, **_: said.append(message))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code
    return said[0]
