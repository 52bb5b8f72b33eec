"""A row of every gold layout: one solution of three steps whose second one is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STEPS = ["First.", "Second.", "Third."]


def a_file(folder: Path, *rows: dict[str, Any], name: str = "gold.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def candidate(text: str, rating: int) -> dict[str, Any]:
    return {"text": text, "rating": rating, "flagged": None}


def judged_step(*candidates: dict[str, Any], chosen: int | None = 0) -> dict[str, Any]:
    return {
        "completions": list(candidates),
        "human_completion": None,
        "chosen_completion": chosen,
    }


PROCESSBENCH = {
    "id": "gsm8k-7",
    "generator": "G",
    "problem": "P",
    "steps": STEPS,
    "final_answer_correct": False,
    "label": 1,
}
DECODED = {
    "id": "val-0",
    "problem": "P",
    "answer": "4",
    "steps": STEPS[:2],
    "ratings": [0, -1],
    "first_error": 1,
    "truncated": False,
}
PRM800K = {
    "labeler": "L",
    "is_quality_control_question": False,
    "question": {"problem": "P", "ground_truth_answer": "4"},
    "label": {
        "steps": [
            judged_step(candidate("No.", -1), candidate("First.", 1), chosen=1),
            judged_step(candidate("Second.", -1), candidate("Other.", 0), chosen=None),
        ],
        "finish_reason": "found_error",
    },
}
PRMBENCH = {
    "original_question": "Q",
    "modified_question": "P",
    "original_process": ["Right."],
    "modified_process": STEPS,
    "modified_steps": [1, 2, 3],
    "error_steps": [2, 3],
    "idx": "p1_0",
    "question": "Q",
    "classification": "deception",
}
BIGBENCH = {"input": "P", "steps": STEPS, "target": "(B)", "answer": "(C)", "mistake_index": 1}
MR_GSM8K = {
    "uuid": "u-1",
    "question_type": "reversed",
    "question": "P",
    "ground_truth_answer": "4",
    "model_output_steps": STEPS,
    "model_output_answer_correctness": "wrong",
    "model_output_solution_correctness": "wrong",
    "model_output_solution_first_error_step": 2,
}
PARC = {
    "split": "negatives",
    "question": "P",
    "ground_truth_answer": "4",
    "model_answer": "5",
    "steps": STEPS,
    "error_annotation": [
        {"step_number": 3, "has_error": True, "errors": [{"error_type": "Accumulation_Error"}]},
        {"step_number": 1, "has_error": False, "errors": []},
        {"step_number": 2, "has_error": True, "errors": [{"error_type": "Mathematical_Error"}]},
    ],
}
EVERY: dict[str, dict[str, Any]] = {
    "processbench": PROCESSBENCH,
    "prm800k_decoded": DECODED,
    "prm800k": PRM800K,
    "prmbench": PRMBENCH,
    "bigbench_mistake": BIGBENCH,
    "mr_gsm8k": MR_GSM8K,
    "parc": PARC,
}
