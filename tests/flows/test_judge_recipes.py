"""Shipped recipes with judges, built through the real flow with scripted policies.

Of three attempts one is right. The other two are wrong at their second step, as rollouts show;
about one the judge says so, and differs a little from vote to vote, about the other it errs. Only
the models and the problem are exchanged: every other line of the recipe does its work.
"""

from __future__ import annotations

import io
import json
from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from annotators.judges import Judge, MetaCritique, MultiTurn
from annotators.judges.meta_critique import criticise, merge
from annotators.judges.r_prm import LABEL
from flows.disagreements import disagreements
from flows.recipe_file import find_recipe, load_recipe
from flows.show import solutions
from flows.trace import trace
from stepmark.errors import EngineError, RecipeError, StorageError
from stepmark.records import Annotation, Critique, Problem, Rollout, Solution
from storage.rows import Dropped, LabelledSolution, Rationale
from storage.shards import read_shard
from tests.fakes.factories import a_problem, a_solution
from tests.flows.arrange import build, files_of, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

QUESTION = "What is 1 + 1?"
RIGHT = ("Step 1: count.\n", "Step 2: 1 + 1 = 2.\n", "Step 3: The answer is 2.")
WRONG = ("Step 1: count.\n", "Step 2: 1 + 1 = 3.\n", "Step 3: The answer is 3.")
OTHER = ("Step 1: count.\n", "Step 2: 1 + 1 = 4.\n", "Step 3: The answer is 4.")
SAYS = {RIGHT: ("CCC",), WRONG: ("CIC", "CII", "III", "CIC"), OTHER: ("CCI",)}
"""What the judge says of each attempt, vote after vote, over and over. Asked for the first error
alone, it finds that of OTHER."""
DRAWS = 32

JUDGED: dict[str, tuple[str, list[float | None]]] = {
    "qwen-consensus": ("CI?", [1, 0, None]),
    "capo": ("CIC", [0.75, 0, 0.5]),
    "spark": ("CI?", [0.75, 0, None]),
    "fusion": ("CII", [0.9819, 0.0737, 0.0]),
    "spark-meta": ("CIC", [1, 0, 1]),
    "versaprm": ("CII", [1, 0, 0]),
    "multi-rm": ("CII", [1, 0, 0]),
    "r-prm": ("CI?", [1, 0, None]),  # its first question is that of every attempt
    "pathfinder": ("CI?", [1, 0, None]),
    "rubric": ("CIC", [1, 0, 1]),
}
"""What is said of WRONG; of OTHER the consensus recipes say something else than the judge."""
OTHERS = {"qwen-consensus": None, "multi-rm": None, "pathfinder": "C?I", "fusion": "CII"}
LETTERS = {"correct": "C", "incorrect": "I", "neutral": "N", "unlabelled": "?"}


def reply(judge: Judge, letters: str) -> str:
    """Return what a judge writes that finds these verdicts."""
    error = letters.find("I")
    words = {"C": "correct", "I": "incorrect"}
    grades = {"C": "GOOD", "I": "BAD"}
    if judge.method == "first_error":
        guided = json.dumps({"analysis": "I looked.", "first_error": error})
        return guided if judge.structured else f"I looked.\n\\boxed{{{error}}}"
    if judge.method in {"step_verdicts", "meta_critique"}:
        lines = [f"step_{step}: {words[letter]}" for step, letter in enumerate(letters)]
        return "\n".join(["I looked.", "Verdicts:", *lines])
    if judge.method == "versaprm":
        lines = [f"step_{step}: {grades[letter]}" for step, letter in enumerate(letters)]
        return "\n".join(["I looked.", "Grades:", *lines, f"\\boxed{{{error}}}"])
    if judge.method == "capo":
        wrong = [str(step + 1) for step, letter in enumerate(letters) if letter == "I"]
        return f"I looked.\nWrong steps: {', '.join(wrong) or 'none'}"
    if judge.method == "r_prm":
        return f"Conclusion: so.\n{LABEL} {'No' if letters == 'I' else 'Yes'}"
    best, worst = (1, 0) if judge.method == "pathfinder" else (5, 1)
    mark = worst if letters == "I" else best
    return "\n".join(["Scores:", *(f"{name}: {mark}" for name in judge.dimensions)])


def arrange(folder: Path, name: str, **changes: Any) -> Path:
    """Write a shipped recipe for scripted policies that are asked a single problem."""
    plain: dict[str, Any] = yaml.safe_load(find_recipe(name).read_text(encoding="utf-8"))
    if "reference" in plain["problems"]:
        plain["problems"]["answer"] = "plain"
    plain["policies"] = {
        policy: {"engine": "scripted", "model": f"{policy}.jsonl"} for policy in plain["policies"]
    }
    plain["solve"] |= {"prompt": "bare", "samples": 3}
    plain["segment"] = {"method": "step_markers"}
    plain |= changes
    write_jsonl(folder / "problems.jsonl", [{"question": QUESTION, "answer": "2"}])
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    write_jsonl(folder / "solver.jsonl", solver_script())
    recipe, _ = load_recipe(str(path))
    judges = [judged.judge for judged in recipe.judges.values()]
    write_jsonl(folder / "judge.jsonl", [row for judge in judges for row in judge_script(judge)])
    return path


def solver_script() -> list[dict[str, Any]]:
    """The attempts, and from each prefix whether the answer is still reached."""
    bare = ["".join(steps) for steps in (RIGHT, WRONG, OTHER)]
    rows = [{"user": QUESTION, "prefix": "", "completions": bare * 4}]
    prefixes = {p for steps in (RIGHT, WRONG, OTHER) for p in accumulate(steps[:-1])}
    for prefix in sorted(prefixes):
        lost = "= 3" in prefix or "= 4" in prefix
        end = "The answer is 5." if lost else "The answer is 2."
        rows.append({"user": QUESTION, "prefix": prefix, "completions": [end] * DRAWS})
    return rows


def judge_script(judge: Judge) -> list[dict[str, Any]]:
    """Its replies about every attempt, question by question."""
    problem = a_problem(QUESTION, reference="2")
    says = SAYS | ({OTHER: ("CIC",)} if judge.method == "first_error" else {})
    if isinstance(judge, MultiTurn):
        return [row for steps, votes in says.items() for row in talk_script(problem, steps, votes)]
    return [
        {
            "user": question.messages[-1].content,
            "prefix": "",
            "completions": [
                reply(judge, letters[question.first : question.first + question.steps])
                for letters in islice(cycle(votes), DRAWS)
            ],
        }
        for steps, votes in says.items()
        for question in judge.questions(problem, a_solution(steps, problem=problem))
    ]


def talk_script(
    problem: Problem, steps: tuple[str, ...], votes: tuple[str, ...]
) -> list[dict[str, Any]]:
    """A verification that finds nothing, a critique of it, and the verdicts that follow."""
    judge, solution = MetaCritique(method="meta_critique"), a_solution(steps, problem=problem)
    (question,) = judge.questions(problem, solution)
    blind, critique = reply(judge, "CCC"), "It did not compute."
    turns = (
        (question.messages, [blind] * DRAWS),
        (criticise(problem, solution, blind), [critique] * DRAWS),
        (
            merge(problem, solution, blind, critique),
            [reply(judge, letters) for letters in islice(cycle(votes), DRAWS)],
        ),
    )
    return [
        {"user": messages[-1].content, "prefix": "", "completions": texts}
        for messages, texts in turns
    ]


def built(folder: Path, name: str) -> dict[tuple[str, ...], LabelledSolution]:
    """Build a shipped recipe and return its data rows by their steps."""
    build(arrange(folder, name), folder / "out")
    return {row.steps: row for row in solutions(folder / "out" / name)}


def letters_of(row: LabelledSolution) -> str:
    return "".join(LETTERS[verdict] for verdict in row.verdicts)


def test_critiques_are_sorted_into_those_that_may_train_and_those_that_may_not(tmp_path):
    """The consensus has no labels for OTHER, whose critique is confirmed by nothing."""
    manifest = build(arrange(tmp_path, "qwen-consensus"), tmp_path / "out")
    assert manifest.counts["rationales"] == {"critic": {"accepted": 2, "unconfirmed": 1}}
    root = tmp_path / "out" / "qwen-consensus"
    rationales = read_shard(root / "rationales/critic/00000.parquet", Rationale)
    critiques = read_shard(root / "critiques/critic/00000.parquet", Critique)
    assert [r.solution_id for r in rationales] == [c.solution_id for c in critiques]


@pytest.mark.parametrize("name", JUDGED)
def test_a_shipped_recipe_labels_as_its_paper_does(tmp_path, name):
    rows = built(tmp_path, name)
    values = [None if value is None else round(value, 4) for value in rows[WRONG].values]
    assert (letters_of(rows[WRONG]), values) == JUDGED[name]
    assert letters_of(rows[RIGHT]) == "CCC"
    other = rows.get(OTHER)
    assert (letters_of(other) if other else None) == OTHERS.get(name, "CCI")


def test_no_two_recipes_say_the_same():
    said = {str((*JUDGED[name], OTHERS.get(name, "CCI"), votes(name))) for name in JUDGED}
    assert len(said) == len(JUDGED)


def votes(name: str) -> list[tuple[str, int]]:
    """What is asked how often, where the labels alone do not tell recipes apart."""
    recipe, _ = load_recipe(name)
    return [(judged.judge.method, judged.votes.n) for judged in recipe.judges.values()]


def test_a_solution_without_consensus_is_dropped_with_its_reason(tmp_path):
    built(tmp_path, "qwen-consensus")
    root = tmp_path / "out" / "qwen-consensus"
    (dropped,) = read_shard(root / "dropped/label-00000.parquet", Dropped)
    other = next(
        s for s in read_shard(root / "solutions/00000.parquet", Solution) if s.steps == OTHER
    )
    assert (dropped.solution_id, dropped.reason) == (other.id, "no_consensus")


def test_labels_of_a_consensus_say_so_and_add_their_costs_up(tmp_path):
    row = built(tmp_path, "qwen-consensus")[WRONG]
    root = tmp_path / "out" / "qwen-consensus"
    assert (row.annotator, row.semantics) == ("consensus", "correctness")
    mine = [
        next(a for a in read_shard(root / path, Annotation) if a.solution_id == row.id)
        for path in ("annotations/mc/00000.parquet", "annotations/critic/00000.parquet")
    ]
    assert row.rollouts == sum(annotation.rollouts for annotation in mine) == 16 + 1


def test_the_manifest_says_how_far_annotators_agree_and_what_could_be_read(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["critiques"] == {"critic": {"read": 3}}
    said = manifest.agreement
    assert said is not None
    # They differ on one of the seven steps that both label; mc withholds what follows its errors.
    pair = "mc ~ critic"
    assert said["first_error"][pair] == {
        "same": 2,
        "mc earlier": 1,
        "critic earlier": 0,
        "unlabelled": 0,
    }
    assert said["kappa"][pair] == pytest.approx((6 / 7 - 32 / 49) / (1 - 32 / 49), abs=1e-4)
    assert 0 < said["alpha"] < 1


def test_the_solutions_that_annotators_disagree_on_are_listed(tmp_path):
    build(arrange(tmp_path, "qwen-consensus"), tmp_path / "out")
    root = tmp_path / "out" / "qwen-consensus"
    other = next(
        s for s in read_shard(root / "solutions/00000.parquet", Solution) if s.steps == OTHER
    )
    screen = io.StringIO()
    Console(width=120, file=screen).print(disagreements(root))
    head, row, told = screen.getvalue().splitlines()
    assert head.split() == ["solution", "mc", "critic"]
    assert row.split()[0] == other.id
    assert told.startswith("1 of 3 solutions")


def test_one_annotator_has_nobody_to_agree_with(tmp_path):
    assert build(arrange(tmp_path, "capo"), tmp_path / "out").agreement is None


def test_a_reply_that_cannot_be_read_is_counted_by_its_reason(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    rows = [json.loads(line) for line in (tmp_path / "judge.jsonl").read_text().splitlines()]
    for row in rows:
        row["completions"] = ["I would rather not say."] * DRAWS
    write_jsonl(tmp_path / "judge.jsonl", rows)
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["critiques"] == {"critic": {"no_verdict": 3}}
    assert manifest.counts["dropped"] == {"first_error_unknown": 3}
    assert manifest.costs["critic"]["completion_tokens"] > 0


@pytest.mark.parametrize(("bound", "stops"), [(0.2, True), (1.0, False)])
def test_a_judge_whose_replies_are_never_readable_stops_the_build(tmp_path, bound, stops):
    path = arrange(tmp_path, "spark", max_failed_share=bound)
    rows = [json.loads(line) for line in (tmp_path / "judge.jsonl").read_text().splitlines()]
    for row in rows:
        row["completions"] = ["7"] * DRAWS
    write_jsonl(tmp_path / "judge.jsonl", rows)
    if stops:
        with pytest.raises(EngineError, match=r"None of 48 replies of the judge 'verifier'"):
            build(path, tmp_path / "out")
    else:
        build(path, tmp_path / "out")


def test_why_says_where_the_evidence_of_a_judge_is(tmp_path):
    row = built(tmp_path, "capo")[WRONG]
    with pytest.raises(StorageError, match="are from critic, which drew no rollouts"):
        trace(tmp_path / "out" / "capo", row, tmp_path / "out" / "ledger")


def test_another_consensus_asks_nobody(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    build(path, tmp_path / "out")
    for script in ("solver.jsonl", "judge.jsonl"):
        (tmp_path / script).write_text("")
    plain = json.loads(path.read_text())
    plain["labels"]["from"] = {
        "method": "same_steps",
        "of": ["critic", "mc"],
        "semantics": "potential",
    }
    path.write_text(json.dumps(plain))
    build(path, tmp_path / "out")
    rows = {row.steps: row for row in solutions(tmp_path / "out" / "qwen-consensus")}
    assert letters_of(rows[OTHER]) == "C??"
    assert rows[OTHER].semantics == "potential"


def test_another_vote_asks_nobody(tmp_path):
    path = arrange(tmp_path, "capo")
    build(path, tmp_path / "out")
    (tmp_path / "judge.jsonl").write_text("")
    plain = json.loads(path.read_text())
    plain["annotators"]["critic"]["votes"]["rule"] = "union"
    path.write_text(json.dumps(plain))
    build(path, tmp_path / "out")
    rows = {row.steps: row for row in solutions(tmp_path / "out" / "capo")}
    assert letters_of(rows[WRONG]) == "III"


def test_a_build_with_a_judge_is_replayed_without_servers(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "qwen-consensus")
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "qwen-consensus") == before


def test_critiques_are_kept_with_their_text_and_their_cost(tmp_path):
    built(tmp_path, "capo")
    critiques = read_shard(tmp_path / "out/capo/critiques/critic/00000.parquet", Critique)
    assert [critique.draw for critique in critiques] == [0, 1, 2, 3] * 3
    assert all(critique.text.startswith("I looked.") for critique in critiques)
    assert all(critique.completion_tokens > 0 for critique in critiques)


def fused(folder: Path, **rates: float) -> Path:
    """The fusion recipe, whose judge has these rates."""
    plain = yaml.safe_load(find_recipe("fusion").read_text(encoding="utf-8"))
    plain["annotators"]["mc"]["witnesses"]["critic"] |= rates
    return arrange(folder, "fusion", annotators=plain["annotators"])


def rollouts_past_the_problem(root: Path) -> int:
    drawn = read_shard(root / "rollouts/mc/00000.parquet", Rollout)
    return sum(rollout.position > 0 for rollout in drawn)


def test_a_trusted_judge_saves_rollouts_and_its_cost_is_on_the_row(tmp_path):
    spent = []
    for name, rates in (("doubted", (0.4, 0.5, 0.4)), ("trusted", (0.01, 0.98, 0.02))):
        folder = tmp_path / name
        folder.mkdir()
        before, at, after = rates
        build(fused(folder, before=before, at=at, after=after), folder / "out")
        root = folder / "out" / "fusion"
        spent.append(rollouts_past_the_problem(root))
        rows = {row.steps: row for row in solutions(root)}
        assert letters_of(rows[WRONG]) == "CII"
        critiques = read_shard(root / "critiques/critic/00000.parquet", Critique)
        drawn = read_shard(root / "rollouts/mc/00000.parquet", Rollout)
        row = rows[WRONG]
        of_row = [each.solution_id for each in critiques] + [each.solution_id for each in drawn]
        assert row.rollouts == of_row.count(row.id)
    doubted, trusted = spent
    assert trusted < doubted


def test_fusion_buys_the_judges_replies_once_and_is_replayed_without_servers(tmp_path):
    path = fused(tmp_path)
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "fusion")
    runs = (tmp_path / "out/fusion/runs.jsonl").read_text().splitlines()
    drawn = read_shard(tmp_path / "out/fusion/rollouts/mc/00000.parquet", Rollout)
    distinct = {(rollout.request, rollout.draw) for rollout in drawn}
    attempts = {(s.request, s.draw) for s in solutions_of(tmp_path / "out/fusion")}
    assert json.loads(runs[-1])["bought"] == len(distinct | attempts) + 3
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "fusion") == before


def test_votes_of_a_witness_steer_what_is_bought_and_are_no_change_of_labels_alone(tmp_path):
    path = fused(tmp_path)
    build(path, tmp_path / "out")
    plain = json.loads(path.read_text())
    plain["annotators"]["critic"]["votes"] = {"n": 1, "rule": "majority"}
    path.write_text(json.dumps(plain))
    with pytest.raises(StorageError, match=r"critic\.votes\.rule"):
        build(path, tmp_path / "out")


def solutions_of(root: Path) -> tuple[Solution, ...]:
    return read_shard(root / "solutions/00000.parquet", Solution)


@pytest.mark.parametrize(
    ("witnesses", "rule", "message"),
    [
        ({"nobody": {"before": 0.1, "at": 0.5, "after": 0.1}}, "posterior", "names 'nobody'"),
        ({"mc": {"before": 0.1, "at": 0.5, "after": 0.1}}, "posterior", "names 'mc'"),
        ({"critic": {"before": 0.1, "at": 1.0, "after": 0.1}}, "posterior", "at must be between"),
        ({"critic": {"before": 0.1, "at": 0.5, "after": 0.1}}, "hard", "no use for witnesses"),
    ],
)
def test_witnesses_that_cannot_be_are_refused_when_the_recipe_is_read(
    tmp_path, witnesses, rule, message
):
    plain = yaml.safe_load(find_recipe("fusion").read_text(encoding="utf-8"))
    plain["annotators"]["mc"] |= {"witnesses": witnesses, "rule": {"method": rule}}
    with pytest.raises(RecipeError, match=message):
        arrange(tmp_path, "fusion", annotators=plain["annotators"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"from": {"method": "same_labels", "of": ["mc", "nobody"]}}}, "names 'nobody'"),
        ({"labels": {"from": {"method": "same_labels", "of": ["mc"]}}}, "two annotators or more"),
        (
            {"labels": {"from": {"method": "same_labels", "of": ["mc", "critic"]}}},
            "claim different",
        ),
    ],
)
def test_a_consensus_that_cannot_be_is_refused_when_the_recipe_is_read(tmp_path, changes, message):
    with pytest.raises(RecipeError, match=message):
        arrange(tmp_path, "qwen-consensus", **changes)
