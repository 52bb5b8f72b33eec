"""Shipped recipes that run programs, built through the real flow in the real sandbox.

The problems are the first of HumanEval and GSM8K (tests/stepmark/problems/samples), the policies
are scripted.
"""

from __future__ import annotations

import gzip
import json
import sys
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import yaml

from annotators.judges import GenPrm
from annotators.rewrites import PrlCoder
from annotators.rewrites.prlcoder import PROMPTS
from flows.cli import main
from flows.recipe_file import find_recipe, load_recipe, parse_recipe, shipped_recipes
from flows.show import solutions
from stepmark.errors import RecipeError
from stepmark.records import Finding, Rollout
from stepmark.segment import Segmenter
from storage.rows import LabelledSolution
from storage.shards import read_shard
from tests.fakes.factories import a_problem, a_solution
from tests.flows.arrange import build, files_of, recipe_text, write_jsonl
from tests.stepmark.problems.reading import SAMPLES

pytestmark = pytest.mark.usefixtures("prefect_server")

HUMANEVAL = json.loads(
    gzip.decompress((SAMPLES / "humaneval.jsonl.gz").read_bytes()).split(b"\n")[0]
)
GSM8K = json.loads((SAMPLES / "gsm8k.jsonl").read_text(encoding="utf-8").split("\n")[0])
OPENED = "Sort them first.\n```python\n"
SOUND = (
    "def has_close_elements(numbers, threshold):\n",
    "    numbers = sorted(numbers)\n",
    "    for a, b in zip(numbers, numbers[1:]):\n",
)
RIGHT = ("        if b - a < threshold:\n", "            return True\n", "    return False\n")
WRONG = ("        if b - a > threshold:\n", *RIGHT[1:])
LETTERS = {"correct": "C", "incorrect": "I", "neutral": "N", "unlabelled": "?"}


@pytest.fixture(autouse=True)
def _short_tests(monkeypatch):
    """An endless program is given up early."""
    monkeypatch.setattr("stepmark.programs.unit_tests.SECONDS", 0.3)


def arrange(
    folder: Path,
    name: str,
    script: list[dict[str, Any]],
    problem: dict[str, Any] = HUMANEVAL,
    **changes: Any,
) -> Path:
    """Write a shipped recipe for a scripted policy that is asked a single problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    plain["policies"] = {
        policy: {"engine": "scripted", "model": "script.jsonl"}
        for policy in plain.get("policies", {})
    }
    if "solve" in plain:
        plain["solve"] |= {"prompt": "bare"}
    for key, value in changes.items():
        plain[key] |= value
    write_jsonl(folder / "problems.jsonl", [problem])
    write_jsonl(folder / "script.jsonl", script)
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return path


def letters_of(row: LabelledSolution) -> str:
    return "".join(LETTERS[verdict] for verdict in row.verdicts)


def program(lines: tuple[str, ...]) -> str:
    return OPENED + "".join(lines) + "```\nThat is all."


def ps_gpo_script() -> list[dict[str, Any]]:
    """Two attempts of eight are wrong, in the same way and in another; their fourth line is."""
    wrong, endless = (*SOUND, *WRONG), (*SOUND[:2], "    while True: pass\n")
    bare = [program((*SOUND, *RIGHT))] * 6 + [program(wrong), program(endless)]
    rows = {"": bare}
    for prefix in accumulate(wrong[:-1]):
        right = "".join((*SOUND, *RIGHT)).removeprefix(prefix)
        goes_on = "".join(wrong).removeprefix(prefix) if WRONG[0] in prefix else right
        rows[OPENED + prefix] = [f"{goes_on}```"] * 20
    user = HUMANEVAL["prompt"]
    return [{"user": user, "prefix": p, "completions": texts} for p, texts in rows.items()]


def test_ps_gpo_finds_the_first_wrong_line_by_running_completions(tmp_path):
    path = arrange(tmp_path, "ps-gpo", ps_gpo_script())
    build(path, tmp_path / "out")
    rows = {row.steps: row for row in solutions(tmp_path / "out" / "ps-gpo")}
    wrong = rows[*SOUND, *WRONG]
    assert (letters_of(wrong), wrong.first_error, wrong.answer) == ("CCCIII", 3, ".F.F..F.")
    assert letters_of(rows[*SOUND, *RIGHT]) == "CCCCCC"
    assert rows[*SOUND[:2], "    while True: pass\n"].answer == "T------T"
    rollouts = read_shard(tmp_path / "out/ps-gpo/rollouts/mc/00000.parquet", Rollout)
    mine = [r for r in rollouts if r.solution_id == wrong.id]
    assert {(r.position, r.outcome, r.own) for r in mine} == {
        (3, "correct", False),
        (4, "incorrect", True),  # it fails the same tests as the solution
    }


def test_a_build_that_runs_programs_is_replayed_without_servers(tmp_path):
    path = arrange(tmp_path, "ps-gpo", ps_gpo_script())
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "ps-gpo")
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "ps-gpo") == before


def code_step(number: int, comment: str, code: str) -> str:
    opens = "<code>\n" if number == 1 else ""
    return f"{opens}# Step {number}: {comment}\n{code}\n<end_of_step>\n"


EGGS = code_step(1, "eggs left each day.", "eggs = 16 - 3 - 4")
PRICE = code_step(2, "what they bring.", "money = 2 * eggs")
BROKEN = code_step(2, "what they bring.", "money = 2 * egg")
DOUBLED = code_step(2, "what they bring.", "money = 2 * eggs * 2")


def last(answer: int) -> str:
    code = "print(money)\n<end_of_code>\n"
    return f"# Step 3: print it.\n{code}<answer>It is \\boxed{{{answer}}}.<end_of_answer>"


def test_rstar_code_counts_a_step_only_where_its_code_runs(tmp_path):
    right, broken = (EGGS, PRICE, last(18)), (EGGS, BROKEN, last(18))
    wrong = (EGGS, DOUBLED, last(36))
    script = {
        "": ["".join(right)] * 10 + ["".join(broken), "".join(wrong)],
        EGGS: [PRICE + last(18)] * 8,
        EGGS + PRICE: [last(18)] * 8,
        EGGS + BROKEN: [last(18)] * 8,  # the policy guesses what the code would have printed
        EGGS + DOUBLED: [last(36)] * 8,
    }
    user = GSM8K["question"]
    rows = [{"user": user, "prefix": p, "completions": texts} for p, texts in script.items()]
    source = {"statement": "question", "reference": "answer", "answer": "hash"}
    build(arrange(tmp_path, "rstar-code", rows, GSM8K, problems=source), tmp_path / "out")
    by_steps = {row.steps: row for row in solutions(tmp_path / "out" / "rstar-code")}
    assert {steps: letters_of(row) for steps, row in by_steps.items()} == {
        right: "CCC",
        broken: "C?C",  # rollouts reach the answer from a step that does not run: no agreement
        wrong: "CII",
    }
    findings = read_shard(tmp_path / "out/rstar-code/findings/runs/00000.parquet", Finding)
    assert "NameError: name 'egg' is not defined" in {f.evidence for f in findings}


def test_mutants_are_labelled_by_the_tests_of_a_real_program(tmp_path):
    build(arrange(tmp_path, "mutants", []), tmp_path / "out")
    rows = list(solutions(tmp_path / "out" / "mutants"))
    told = {("".join(row.steps), letters_of(row)) for row in rows}
    (original,) = [row for row in rows if row.policy == "given"]
    assert letters_of(original) == "CCCCCCC"
    body = HUMANEVAL["canonical_solution"]
    assert (body.replace("idx != idx2", "idx == idx2"), "CCI????") in told
    assert (
        body.replace("distance < threshold", "distance <= threshold"),
        "CCCCCCC",
    ) in told  # passes
    assert (body.replace("return True", "return False"), "CCCCCI?") in told


def teacher_script() -> list[dict[str, Any]]:
    """A teacher that mutates one line well, one in vain, and does not answer about the others."""
    recipe, _ = load_recipe("prlcoder")
    assert isinstance(recipe.rewrite, PrlCoder)
    problem = a_problem(HUMANEVAL["prompt"])
    solution = a_solution(recipe.segment.segment(HUMANEVAL["canonical_solution"]).steps)
    replies = {
        ("mutate", 2): "```python\nif idx == idx2:\n```",
        ("refactor", 2): "```python\nif not idx == idx2:\n```",
        ("mutate", 3): "```python\ndistance = abs(elem2 - elem)\n```",  # no mutation at all
        ("refactor", 3): "```python\ndistance = elem - elem2\n```",  # no refactoring either
    }
    return [
        {
            "user": recipe.rewrite.question(prompt, step, problem, solution)[0].content,
            "prefix": "",
            "completions": [replies.get((prompt, step), "I will not.")],
        }
        for prompt in PROMPTS
        for step in range(len(solution.steps))
    ]


def test_prlcoder_labels_a_teachers_lines_by_what_they_do_and_not_by_what_was_asked(tmp_path):
    path = arrange(tmp_path, "prlcoder", teacher_script())
    manifest = build(path, tmp_path / "out")
    rows = {row.steps: letters_of(row) for row in solutions(tmp_path / "out" / "prlcoder")}
    lines = Segmenter(method="code_lines").segment(HUMANEVAL["canonical_solution"]).steps
    told = {
        (at, steps[at].strip()): letters
        for steps, letters in rows.items()
        for at in [next((i for i, s in enumerate(steps) if s != lines[i]), -1)]
    }
    assert told == {
        (-1, lines[-1].strip()): "CCCCCCC",
        (2, "if idx == idx2:"): "CCI????",
        (2, "if not idx == idx2:"): "CCCCCCC",
        (3, "distance = abs(elem2 - elem)"): "CCCCCCC",
        (3, "distance = elem - elem2"): "CCCI???",
    }
    assert manifest.counts["dropped"] == {"unreadable": 10}


LEFT, LEFT_TOO = "16 - 3 - 4 = 9 eggs are left.\n\n", "She sells 16 - 3 - 4 = 9.\n\n"
SOLD, ILL_SOLD = "9 * 2 = 18, so \\boxed{18}.", "9 * 2 = 36, so \\boxed{36}."


def genprm_script() -> list[dict[str, Any]]:
    """Attempts of three kinds, and a judge that is right about two of them."""
    user = GSM8K["question"]
    kinds = {(LEFT, SOLD): -1, (LEFT, ILL_SOLD): 2, (LEFT_TOO, SOLD): 1}
    right, wrong, other = map("".join, kinds)
    rows = {
        "": [right, wrong, other, *[wrong, right] * 40],
        LEFT: [SOLD] * 64,
        LEFT_TOO: [SOLD] * 64,
    }
    script = [{"user": user, "prefix": p, "completions": texts} for p, texts in rows.items()]
    problem = a_problem(user)
    code = "<verify>\n```python\nprint(9 * 2)\n```\n"
    for steps, error in kinds.items():
        (question,) = GenPrm(method="genprm").questions(problem, a_solution(steps))
        asked = question.messages[0].content
        ran = f"{code}[Code Output]\n\n```\n18\n```\n"
        verdict = f"</verify>\n\\boxed{{{error}}}"
        script += [
            {"user": asked, "prefix": "", "completions": [code]},
            {"user": asked, "prefix": ran, "completions": [verdict]},
        ]
    return script


def test_genprm_keeps_what_the_judge_that_runs_code_does_not_contradict(tmp_path):
    path = arrange(tmp_path, "genprm-consensus", genprm_script(), GSM8K)
    manifest = build(path, tmp_path / "out")
    rows = {row.steps: letters_of(row) for row in solutions(tmp_path / "out/genprm-consensus")}
    assert rows == {(LEFT, SOLD): "CC", (LEFT, ILL_SOLD): "CI"}
    assert manifest.counts["dropped"]["no_consensus"] == 1


def test_the_file_of_given_solutions_is_named_like_one_of_problems(tmp_path, monkeypatch, capsys):
    write_jsonl(tmp_path / "mine.jsonl", [HUMANEVAL])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stepmark", "check", "mutants", "--problems", "mine.jsonl"])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert (left.value.code, said.err) == (0, "")
    assert "1 of the first 1 rows are usable" in said.out
    assert "bwrap" in said.out


def test_a_rewrite_without_solutions_is_refused_when_the_recipe_is_read(tmp_path):
    with pytest.raises(RecipeError, match="rewrite takes solutions that exist"):
        parse_recipe(json.loads(recipe_text(rewrite={"method": "operators"})), "here")


def test_lines_without_a_rewrite_have_none_that_was_rewritten():
    lines = {"method": "verifier", "verifier": {"method": "rewritten"}}
    plain = json.loads(recipe_text(annotators={"lines": lines}, labels={"from": "lines"}))
    with pytest.raises(RecipeError, match="labels programs of which one line was rewritten"):
        parse_recipe(plain, "here")


def test_a_recipe_that_runs_no_program_needs_no_sandbox():
    needing = {name for name in shipped_recipes() if load_recipe(name)[0].needs_sandbox}
    programs = {"genprm-consensus", "mutants", "prlcoder", "ps-gpo", "rstar-code", "verifiers"}
    assert needing == programs
