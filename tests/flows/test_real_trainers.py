"""Exports read by the trainers themselves, in the environment that has them (`make trainers`)."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flows.formats import FORMATS
from storage.export.chat import Turn
from storage.export.critiques import CritiqueChat, CritiquePair
from storage.export.preferences import PreferredStep
from storage.export.responses import response_pairs, responses
from storage.export.step_tags import HardTagsRow, openrlhf, openrlhf_soft
from storage.export.trl import TrlRow, trl
from storage.export.written import of_each
from storage.shards import write_shard
from tests.fakes.labelled import a_row

ROOT = Path(__file__).parents[2]
CONSUMERS = ROOT / "tests" / "consumers"
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
PACKAGES = ROOT / ".venv-vllm" / "lib"

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not list(PACKAGES.glob("*/site-packages/trl/experimental/prm")),
        reason="there is no TRL in .venv-vllm: make trainers",
    ),
]

SOLUTIONS = [
    a_row(
        verdicts,
        tuple(
            f"Step {k}: {n} + {k} = {'right' if letter == 'C' else 'wrong'}\n as said.\n\n"
            for k, letter in enumerate(verdicts, start=1)
        ),
        problem=f"What is {n}?",
        id=f"so_{n}",
        values=tuple({"C": 0.75, "I": 0.0}.get(letter) for letter in verdicts),
    )
    for n, verdicts in enumerate(["CCI", "CIC", "C?I", "II", "CCC", "CNI?", "I"] * 8)
]


def consumed(script: str, *arguments: str) -> Any:
    """Return what a consumer wrote on its last line."""
    command = [str(PYTHON), str(CONSUMERS / f"{script}.py"), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CONSUMERS)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])


def written(folder: Path, record: type, rows: tuple[Any, ...]) -> str:
    write_shard(folder, "train-0000-00000.parquet", record, rows)
    (folder / "export.json").write_text("{}")
    return str(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Any:
    """Twenty steps of TRL's PRMTrainer, once for all tests."""
    folder = tmp_path_factory.mktemp("trl")
    return consumed("prm_trainer", written(folder, TrlRow, of_each(trl)(SOLUTIONS).rows), "20")


def test_trl_learns_from_an_export(trained):
    before, after = trained["loss"]
    assert after < before / 2


def test_trl_puts_each_label_on_the_separator_after_its_step(trained):
    for row, read in zip(of_each(trl)(SOLUTIONS).rows, trained["rows"], strict=True):
        text = ["<bos>", *row.prompt]
        labels = [-100] * len(text)
        for completion, label in zip(row.completions, row.labels, strict=True):
            text += [*completion, "\n"]
            labels += [-100] * len(completion) + [label]
        assert read["text"] == text
        assert read["labels"] == labels


def test_trl_is_told_nothing_of_steps_without_a_verdict(trained):
    labels = [label for row in trained["rows"] for label in row["labels"]]
    told = [v for solution in SOLUTIONS for v in solution.verdicts if v in {"correct", "incorrect"}]
    assert labels.count(1) == told.count("correct")
    assert labels.count(0) == told.count("incorrect")
    assert len(labels) == labels.count(1) + labels.count(0) + labels.count(-100)


@pytest.fixture(scope="module")
def read_by_openrlhf(tmp_path_factory) -> Any:
    """What OpenRLHF's reader made of signs and of numbers, in one process for both."""
    folder = tmp_path_factory.mktemp("openrlhf")
    signs = written(folder / "signs", HardTagsRow, of_each(openrlhf)(SOLUTIONS).rows)
    numbers = of_each(openrlhf_soft)(SOLUTIONS).rows
    soft = written(folder / "numbers", FORMATS["openrlhf_soft"].record, numbers)
    return dict(zip(("signs", "numbers"), consumed("openrlhf_dataset", signs, soft), strict=True))


def test_openrlhf_puts_each_sign_on_the_tag_after_its_step(read_by_openrlhf):
    for solution, row in zip(SOLUTIONS, read_by_openrlhf["signs"], strict=True):
        assert signs_by_step(row) == [
            (step.strip(), {"correct": "+", "incorrect": "-"}[verdict])
            for step, verdict in told(solution.steps, solution.verdicts)
        ]


def test_openrlhf_refuses_numbers(read_by_openrlhf):
    """Its last release writes floats into a tensor of integers; no export can mend that."""
    assert "source and destination dtypes match" in read_by_openrlhf["numbers"]


ASKED = (Turn(role="user", content="Which step is wrong?"),)
GOOD, BAD = ((Turn(role="assistant", content=text),) for text in ("the second", "none"))
PAIRS = [*SOLUTIONS[:4], *(a_row("C", id=f"so_{n}", values=(1.0,)) for n in range(90, 94))]
TRAINED_ON: dict[Any, tuple[str, tuple[Any, ...]]] = {
    "orm": ("kto", of_each(responses)(SOLUTIONS).rows),
    "orm_pairs": ("reward", response_pairs(PAIRS).rows),
    "dpo": ("dpo", (PreferredStep(prompt="What?\na\n", chosen="b\n", rejected="c\n"),) * 4),
    "critiques": ("sft", (CritiqueChat(messages=ASKED + GOOD),) * 4),
    "critique_dpo": ("dpo", (CritiquePair(prompt=ASKED, chosen=GOOD, rejected=BAD),) * 4),
}


@pytest.fixture(scope="module")
def losses(tmp_path_factory) -> Any:
    """The losses of two steps on each format, trained in one process."""
    folder = tmp_path_factory.mktemp("trained")
    exports = [
        f"{kind}={written(folder / name, FORMATS[name].record, rows)}"
        for name, (kind, rows) in TRAINED_ON.items()
    ]
    return dict(zip(TRAINED_ON, consumed("preference_trainers", "2", *exports), strict=True))


@pytest.mark.parametrize("name", TRAINED_ON)
def test_trl_trains_language_models_on(name, losses):
    assert len(losses[name]) == 2


def told(steps: tuple[str, ...], verdicts: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(s, v) for s, v in zip(steps, verdicts, strict=True) if v in {"correct", "incorrect"}]


def signs_by_step(row: Any) -> list[tuple[str, str]]:
    """Pair the line before each labelled tag with the sign there; every tag has one."""
    signs = dict(zip((3, 4), row["signs"], strict=True))
    tags = [place for place, token in enumerate(row["text"]) if token == "ки"]
    assert [place for place, label in enumerate(row["labels"]) if label != -100] == tags
    stretches = ["".join(row["text"][a + 1 : b]) for a, b in pairwise([-1, *tags])]
    return [
        ("Step" + stretch.rpartition("Step")[2].rstrip(), signs[row["labels"][place]])
        for stretch, place in zip(stretches, tags, strict=True)
    ]
