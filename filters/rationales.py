"""Critiques as training data: which replies agree with the labels, and why the others do not.

Papers: the multi-domain reward models' filter of rationales (methods of VersaPRM's data) drops what
is a duplicate, has no end of its reasoning, is in a wrong script, cannot be read, or differs from
the label vector; R-PRM (arXiv 2503.21295) and SPARK (arXiv 2512.03244) keep the critiques that
agree, and R-PRM pairs them with those that do not. Accepted critiques train a generative reward
model; an accepted one and one that `differs`, of the same question, are a preference pair.
A critique is read up to and with the first step that it calls incorrect; correct and neutral do not
differ. A step without a label confirms nothing.
Deviations: `other_script` looks for Chinese, Japanese and Korean characters alone, and only where
the solution has none; no bound on length but the reply's own (`cut_by_length`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark.counts import BoolArray, IntArray
from stepmark.labels import INCORRECT, UNLABELLED, VERDICTS, CodeArray, codes_of

COLUMNS: Final = ("problem_id", "solution_id", "first", "draw", "verdicts", "reason", "text")
"""Columns of critiques that are looked at."""
Rejected = Literal["unreadable", "unconfirmed", "differs", "duplicate", "other_script"]
"""Why a critique is no accepted rationale: it was not read; a step that it speaks of has no label;
it says something else; the judge has written it before about the same steps; its script is none of
the solution's."""
SCRIPT: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def rejections(critiques: pa.Table, solutions: pa.Table, labels: pa.Table) -> pa.Array:
    """Return why each critique is rejected, null where it is accepted; pure.

    Args:
        critiques: with the columns `COLUMNS`, in the order of their draws.
        solutions: with the columns `id` and `steps`.
        labels: the `Annotation` rows of the same solutions, in the same order.
    """
    rows = pc.index_in(critiques["solution_id"], value_set=solutions["id"]).to_numpy()
    labelled = codes_of(pc.struct_field(pc.list_flatten(labels["labels"]), "verdict"), VERDICTS)
    lengths = pc.list_value_length(labels["labels"]).to_numpy()
    starts = np.concatenate(([0], np.cumsum(lengths)))[rows] + critiques["first"].to_numpy()
    spans = pc.list_value_length(critiques["verdicts"]).to_numpy()
    said = codes_of(pc.list_flatten(critiques["verdicts"]), VERDICTS)
    owner = np.repeat(np.arange(len(spans)), spans)
    within = np.arange(len(said)) - np.repeat(np.cumsum(spans) - spans, spans)
    label = labelled[np.repeat(starts, spans) + within]
    heard = (said != UNLABELLED) & _up_to_the_first_error(said, owner, within, len(spans))
    differs = heard & (label != UNLABELLED) & ((said == INCORRECT) != (label == INCORRECT))
    unconfirmed = heard & (label == UNLABELLED)
    texts = critiques["text"].to_pylist()
    reasons = np.select(
        [
            pc.is_valid(critiques["reason"]).to_numpy(),
            _any(differs, owner, len(spans)),
            _any(unconfirmed, owner, len(spans)) | ~_any(heard, owner, len(spans)),
            _seen_before(zip(rows.tolist(), critiques["first"].to_pylist(), texts, strict=True)),
            _in_other_script(texts, rows, solutions),
        ],
        ["unreadable", "differs", "unconfirmed", "duplicate", "other_script"],
        "",
    )
    return pa.array(reasons, type=pa.string(), mask=reasons == "")


def _up_to_the_first_error(
    said: CodeArray, owner: IntArray, within: IntArray, critiques: int
) -> BoolArray:
    """Tell which verdicts come no later than the first `incorrect` one of their critique."""
    error = np.full(critiques, np.iinfo(np.int64).max)
    wrong = said == INCORRECT
    np.minimum.at(error, owner[wrong], within[wrong])
    heard: BoolArray = within <= error[owner]
    return heard


def _any(flags: BoolArray, owner: IntArray, critiques: int) -> BoolArray:
    some: BoolArray = np.bincount(owner[flags], minlength=critiques) > 0
    return some


def _seen_before(texts: Iterable[tuple[int, int, str]]) -> BoolArray:
    seen: set[tuple[int, int, str]] = set()
    repeated = []
    for text in texts:
        repeated.append(text in seen)
        seen.add(text)
    return np.array(repeated, dtype=np.bool_)


def _in_other_script(texts: list[str], rows: IntArray, solutions: pa.Table) -> BoolArray:
    own = [bool(SCRIPT.search("".join(steps))) for steps in solutions["steps"].to_pylist()]
    other = [
        SCRIPT.search(text) is not None and not own[row]
        for text, row in zip(texts, rows.tolist(), strict=True)
    ]
    return np.array(other, dtype=np.bool_)
