"""The trainer formats by name: what a row is, what kind of file it is in, what it is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from annotators.judges import Reading
from annotators.judges.pathfinder import PathFinder, typed
from annotators.preferences import ruling
from flows.export_sources import Part
from stepmark.prefixes import Prefixes
from stepmark.records import Comparison, Solution
from storage.export import benchmark_layouts as layouts
from storage.export import chat, critiques, step_tags
from storage.export.calibration import MeasuredPrefix, measured_prefixes
from storage.export.names import FormatName
from storage.export.omegaprm_pairs import SoftPair, soft_pairs
from storage.export.pqm import TOKEN, PqmRow, pqm_rows
from storage.export.preferences import PreferredStep, preferred_step, preferred_steps
from storage.export.responses import ResponsePair, ResponseRow, response_pairs, responses
from storage.export.rstar_pairs import StepPair, step_pairs
from storage.export.trl import TrlRow, trl
from storage.export.typed import TypedRow, holds_a_token, typed_rows
from storage.export.written import Written, of_each, together
from storage.rows import LabelledSolution
from storage.shards import records_of, table_from

NO_PAIR: Final = {
    "tied": "steps whose candidates tie",
    "unreadable": "steps whose comparison cannot be read",
}
"""Why the candidates at a position are no pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A trainer format."""

    record: type
    """Class of its rows, whose docs describe the columns."""
    suffix: Literal["parquet", "jsonl"]
    """Kind of file: Parquet, or JSON lines where the consumer opens such a file itself."""
    write: Callable[[Part], Written]
    """Makes the rows of a split of a shard."""


def _labels(
    record: type, write: Callable[[LabelledSolution], Written], suffix: Literal["parquet", "jsonl"]
) -> Format:
    """Return a format that writes each data row on its own."""
    every = of_each(write)
    return Format(record=record, suffix=suffix, write=lambda part: every(part.labelled))


def _pqm(part: Part) -> Written:
    rows = records_of(PqmRow, pqm_rows(table_from(LabelledSolution, part.labelled)))
    left = len(part.labelled) - len(rows)
    why = f"solutions with {TOKEN} inside, or not labelled up to their first error"
    return Written(rows, +Counter({why: left}))


def _measured(part: Part, write: Callable[[Prefixes], Written]) -> Written:
    """Write what a split's measured prefixes say; rollouts that are not among them are counted."""
    prefixes, others = part.prefixes()
    return together([write(prefixes), Written((), others)])


def _rstar(part: Part) -> Written:
    return _measured(part, step_pairs)


def _omegaprm(part: Part) -> Written:
    return _measured(part, soft_pairs)


def _calibration(part: Part) -> Written:
    return _measured(part, lambda prefixes: measured_prefixes(prefixes, part.statements))


def _dpo(part: Part) -> Written:
    """Pair what was compared, where the build compared steps; else what was measured."""
    if not part.recipe.preferences:
        pairs = _rstar(part)
        return Written(preferred_steps(pairs.rows, part.statements), pairs.unsaid)
    return together(
        _preferred(part.statements[solution.problem_id], solution, comparisons)
        if part.keeps(solution)
        else Written((), Counter({"compared solutions that are not in the data": 1}))
        for solution, comparisons in part.compared()
    )


def _preferred(
    statement: str, solution: Solution, comparisons: Mapping[int, list[Comparison]]
) -> Written:
    """Pair the best and the worst candidate of each position, as far as the comparisons say so."""
    rulings = {position: ruling(asked) for position, asked in comparisons.items()}
    rows = tuple(
        preferred_step(statement, solution.prefix(position), ruled.best, ruled.worst)
        for position, ruled in rulings.items()
        if ruled.reason is None
    )
    unsaid = Counter(NO_PAIR[ruled.reason] for ruled in rulings.values() if ruled.reason)
    unsaid["steps without another candidate"] = len(solution.steps) - len(rulings)
    return Written(rows, +unsaid)


def _judged(part: Part, written: Written) -> Written:
    """Count the rows that no judge was asked about beside what was written of the others."""
    altered = Counter({"solutions whose steps a filter joined or cut": part.altered()})
    return together([written, Written((), +altered)])


def _critiques(part: Part) -> Written:
    return _judged(part, critiques.critique_chats(exchange for _, exchange in part.exchanges()))


def _critique_dpo(part: Part) -> Written:
    return _judged(part, critiques.critique_pairs(exchange for _, exchange in part.exchanges()))


def _pathfinder(part: Part) -> Written:
    """Type each labelled step by the first readable reply of a PathFinder judge about it."""
    steps = (
        _typed(exchange)
        for name, exchange in part.exchanges()
        if isinstance(part.recipe.judges[name].judge, PathFinder)
    )
    return _judged(part, together(steps))


def _typed(exchange: critiques.Exchange) -> Written:
    """Type a step by its label; only a wrong one needs a reply that can be read."""
    solution = exchange.labelled
    reply = next((r for r in exchange.replies if r.reason is None), exchange.replies[0])
    if holds_a_token(solution):
        return Written((), Counter({"steps of solutions with a token of the trainer inside": 1}))
    verdict = solution.verdicts[reply.first]
    judged = Reading(verdicts=reply.verdicts, scores=reply.scores)
    types = None if reply.reason and verdict == "incorrect" else typed(verdict, judged)
    if types is None:
        why = "unlabelled steps" if verdict == "unlabelled" else "wrong steps of no known type"
        return Written((), Counter({why: 1}))
    return Written(typed_rows(solution, reply.first, types), Counter())


FORMATS: Final[Mapping[FormatName, Format]] = {
    "trl": _labels(TrlRow, trl, "parquet"),
    "math_shepherd": _labels(step_tags.MathShepherdRow, step_tags.math_shepherd, "jsonl"),
    "openrlhf": _labels(step_tags.HardTagsRow, step_tags.openrlhf, "parquet"),
    "openrlhf_soft": _labels(step_tags.SoftTagsRow, step_tags.openrlhf_soft, "parquet"),
    "rlhflow": _labels(chat.RlhflowRow, chat.rlhflow, "parquet"),
    "qwen": _labels(chat.QwenRow, chat.qwen, "parquet"),
    "pqm": Format(record=PqmRow, suffix="parquet", write=_pqm),
    "rstar": Format(record=StepPair, suffix="parquet", write=_rstar),
    "omegaprm": Format(record=SoftPair, suffix="parquet", write=_omegaprm),
    "calibration": Format(record=MeasuredPrefix, suffix="parquet", write=_calibration),
    "dpo": Format(record=PreferredStep, suffix="parquet", write=_dpo),
    "critiques": Format(record=critiques.CritiqueChat, suffix="parquet", write=_critiques),
    "critique_dpo": Format(record=critiques.CritiquePair, suffix="parquet", write=_critique_dpo),
    "pathfinder": Format(record=TypedRow, suffix="parquet", write=_pathfinder),
    "orm": _labels(ResponseRow, responses, "parquet"),
    "orm_pairs": Format(
        record=ResponsePair, suffix="parquet", write=lambda part: response_pairs(part.labelled)
    ),
    "processbench": _labels(layouts.ProcessBenchRow, layouts.processbench, "jsonl"),
    "prmbench": Format(
        record=layouts.PrmBenchRow,
        suffix="jsonl",
        write=lambda part: layouts.prmbench(part.labelled),
    ),
    "prm800k": _labels(layouts.Prm800kRow, layouts.prm800k, "jsonl"),
}
"""Every format, by the name it has on the command line and in recipes."""
