"""What the parts of a recipe must have in common: checks that a single key cannot fail.

Each raises ValueError with the keys, the values seen and the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from annotators.injected import Injected
from annotators.judged import Judged
from annotators.monte_carlo import MonteCarlo
from annotators.preferences import Preferences
from annotators.probes import Exhaustive, Searched
from annotators.searches import OmegaPrm, SelfRewarding
from annotators.verified import Verified
from annotators.verifiers import RewrittenLine
from filters.chain import AnyFilter
from filters.consensus import CONSENSUS, Consensus
from filters.isotonic import Isotonic
from flows.kinds import Annotator
from stepmark.records import Semantics
from storage.export.names import FROM_CRITIQUES, FROM_ROLLOUTS, FormatName

if TYPE_CHECKING:
    from flows.blocks import PolicyBlock, SolveBlock


def check_solving(solve: SolveBlock) -> None:
    """Policies differ by name, rates and edges rise, and a quota leaves room for a round."""
    if len(set(solve.policies)) < len(solve.policies):
        raise ValueError(f"policy names one twice: {list(solve.policies)}")
    least, most = solve.solve_rate
    if not 0 <= least <= most <= 1:
        raise ValueError(f"solve_rate must be two shares in [0, 1], rising: [{least}, {most}]")
    edges = solve.difficulty_edges
    if any(not 0 < edge <= 1 for edge in edges) or list(edges) != sorted(set(edges)):
        raise ValueError(f"difficulty_edges must rise within (0, 1]: {list(edges)}")
    if solve.quota is not None and solve.quota.max_draws < solve.samples:
        raise ValueError(
            f"quota.max_draws is {solve.quota.max_draws}, and the first round alone has "
            f"{solve.samples} (samples)"
        )
    if solve.search is not None and (len(solve.policies) > 1 or solve.quota is not None):
        raise ValueError(
            "a search grows from one round of one policy's draws: name one policy and no quota "
            f"beside it, not {list(solve.policies)} and {solve.quota}"
        )


def check_exports(formats: Sequence[FormatName], annotators: Iterable[Annotator]) -> None:
    """What a format is made from will be there: rollouts for pairs, replies for critiques."""
    kinds = list(annotators)
    draws = any(isinstance(one, MonteCarlo) for one in kinds)
    compares = any(isinstance(one, Preferences) for one in kinds)
    judged = [one.judge.method for one in kinds if isinstance(one, Judged)]
    for name in formats:
        if name in FROM_ROLLOUTS and not draws and not (name == "dpo" and compares):
            raise ValueError(f"export: {name} is made from rollouts, and no annotator draws any")
        if name in FROM_CRITIQUES and not judged:
            raise ValueError(
                f"export: {name} is made from a judge's replies, and there is no judge"
            )
        if name == "pathfinder" and name not in judged:
            raise ValueError(
                f"export: pathfinder is made from the replies of a pathfinder judge: {judged}"
            )


def check_consensus(labels: str | Consensus, annotators: Mapping[str, Annotator]) -> None:
    """A consensus is of several annotators, and what their labels claim is known."""
    if CONSENSUS in annotators:
        raise ValueError(f"annotators.{CONSENSUS}: the name is taken, call it something else")
    if isinstance(labels, str):
        return
    if len(set(labels.of)) < len(labels.of) or len(labels.of) < 2:  # noqa: PLR2004 (a pair)
        raise ValueError(f"labels.from.of names two annotators or more, each once: {labels.of}")
    silent = [name for name in labels.of if isinstance(annotators[name], Preferences)]
    if silent:
        raise ValueError(f"labels.from.of names {silent[0]!r}, which labels no step: leave it out")
    claims = {name: annotators[name].semantics for name in labels.of}
    if labels.semantics is None and len(set(claims.values())) > 1:
        raise ValueError(
            f"labels.from joins annotators that claim different things ({claims}): say what the "
            "labels claim then, `semantics: correctness | potential | local`"
        )


def check_filters(
    filters: Sequence[AnyFilter], *, sampled: bool, drawn: MonteCarlo | None, semantics: Semantics
) -> None:
    """A filter has what it decides by: rates of problems that were sampled, or rollouts.

    Args:
        filters: in their order.
        sampled: whether solutions are sampled.
        drawn: the annotator whose rollouts there are; None if the labels rest on none.
        semantics: what the labels claim.
    """
    for number, each in enumerate(filters):
        if each.needs_solve_rate and not sampled:
            raise ValueError(
                f"filters[{number}] ({each.method}) goes by how often a problem is solved, which "
                "given `solutions` do not say: leave it out, or have solutions sampled"
            )
        if each.needs_draws and drawn is None:
            raise ValueError(
                f"filters[{number}] ({each.method}) goes by rollouts, and the (first) "
                "annotator in labels.from draws none: leave it out"
            )
        if isinstance(each, Isotonic) and drawn and drawn.right_answers != "probe":
            raise ValueError(
                f"filters[{number}] (isotonic) compares values with outcomes, and right answers "
                f"have none that was measured: have them probed (right_answers: "
                f"{drawn.right_answers} now)"
            )
        if isinstance(each, Isotonic) and semantics != "potential":
            raise ValueError(
                f"filters[{number}] (isotonic) makes values the rates at which right answers are "
                f"reached, which is `potential`, and the labels claim `{semantics}`: leave it out, "
                "or have another rule read the rollouts (soft)"
            )


def check_injected(solve: SolveBlock, annotators: Mapping[str, Annotator]) -> None:
    """Labels by construction need something that was constructed, and no tree beside it."""
    if solve.inject is not None and solve.search is not None:
        raise ValueError(
            "solve.inject spoils samples, and solve.search grows a tree: leave one out"
        )
    for name, annotator in annotators.items():
        if isinstance(annotator, Injected) and solve.inject is None:
            raise ValueError(
                f"annotators.{name} labels spoiled solutions, and solve.inject is not set: set it "
                "to {method: versaprm_errors, policy: …}, or choose another annotator"
            )


def check_rewritten(annotators: Mapping[str, Annotator], *, rewrites: bool) -> None:
    """Which line was rewritten is known where lines are."""
    for name, annotator in annotators.items():
        reads = isinstance(annotator, Verified) and isinstance(annotator.verifier, RewrittenLine)
        if reads and not rewrites:
            raise ValueError(
                f"annotators.{name} labels programs of which one line was rewritten, and `rewrite` "
                "is not set: set it to {method: operators}, or choose another verifier"
            )


def check_compared(
    solve: SolveBlock,
    annotators: Mapping[str, Annotator],
    labelling: str,
    filters: Sequence[object],
) -> None:
    """Comparisons are kept by an annotator that has some to keep; filters have labels to see."""
    keeping = [name for name, each in annotators.items() if isinstance(each, Preferences)]
    compares = isinstance(solve.search, SelfRewarding)
    if keeping and not compares:
        raise ValueError(
            f"annotators.{keeping[0]} keeps comparisons, and solve.search makes none: set it to "
            "{method: self_rewarding}, or choose another annotator"
        )
    if compares and not keeping:
        raise ValueError(
            "solve.search self_rewarding buys comparisons, and no annotator keeps them: add one "
            "with {method: preferences}"
        )
    if filters and labelling in keeping:
        raise ValueError(
            f"filters see labelled solutions, and labels.from {labelling!r} labels none, so that "
            "they would drop nothing: leave them out, or take labels from another annotator"
        )


def check_writers(names: Sequence[str], policies: Mapping[str, PolicyBlock]) -> None:
    """Policies that solve are different writers: draws of one writer are the same draws."""
    seen: dict[tuple[object, ...], str] = {}
    for name in names:
        block = policies[name]
        writer = (block.model, block.revision, block.dtype, block.continues_by)
        if writer in seen:
            raise ValueError(
                f"solve.policy names {seen[writer]!r} and {name!r}, which are one and the same "
                f"model ({block.model}): name it once and raise `samples`"
            )
        seen[writer] = name


def check_annotator(
    name: str,
    annotator: MonteCarlo,
    solve: SolveBlock,
    annotators: Mapping[str, MonteCarlo],
    judges: Mapping[str, Judged],
) -> None:
    """An annotator has draws for every bin of difficulty, a search to read, fit companions."""
    if isinstance(annotator.probe, Exhaustive):
        given, bins = len(annotator.probe.by_difficulty), len(solve.difficulty_edges) + 1
        if given not in (1, bins):
            raise ValueError(
                f"annotators.{name}.probe.draws has {given} numbers, and solve.difficulty_edges "
                f"makes {bins} bins: give one number, or one a bin"
            )
    if annotator.needs_logprobs and solve.search is not None:
        raise ValueError(
            f"annotators.{name}: the {annotator.probe.method} probe needs to know how likely the "
            "tokens of a solution were, which is not asked of what a search draws further on: "
            "leave solve.search out, or use another probe"
        )
    if isinstance(annotator.probe, Searched):
        _check_searched(name, annotator, solve)
    for witness in annotator.witnesses:
        _check_witness(name, witness, judges)
    if annotator.prover is not None:
        _check_prover(name, annotator, annotator.prover, annotators)


def _check_witness(name: str, witness: str, judges: Mapping[str, Judged]) -> None:
    """A witness is a judge of steps' correctness: its rates are about that."""
    if witness not in judges:
        raise ValueError(
            f"annotators.{name}.witnesses names {witness!r}; annotators that ask a judge: "
            f"{sorted(judges)}"
        )


def _check_searched(name: str, annotator: MonteCarlo, solve: SolveBlock) -> None:
    """What a search drew is read by its policy's name, drawn as solutions are."""
    grows_a_tree = isinstance(solve.search, OmegaPrm)
    if not grows_a_tree:
        raise ValueError(
            f"annotators.{name}: the probe `searched` reads a tree, and solve.search is not set to "
            "grow one: set it to {method: omegaprm}, or choose another probe"
        )
    as_drawn = annotator.sampling in {None, solve.sampling}
    if (annotator.policy,) != solve.policies or not as_drawn:
        raise ValueError(
            f"annotators.{name}: the probe `searched` reads rollouts that solve.policy "
            f"{solve.policy!r} drew as solutions are drawn: name that policy, and leave "
            "`sampling` out"
        )


def _check_prover(
    name: str, annotator: MonteCarlo, prover: str, annotators: Mapping[str, MonteCarlo]
) -> None:
    """A prover has another policy's draws of the same prefixes and of the bare problem."""
    where = f"annotators.{name}.rule.prover names {prover!r}"
    other = annotators.get(prover)
    if other is None:
        raise ValueError(f"{where}; annotators: {sorted(annotators)}")
    if other.policy == annotator.policy:
        raise ValueError(
            f"{where}, whose policy is {other.policy!r} too: leave the prover out, and best_of is "
            "taken of one's own rollouts"
        )
    if not other.probe.asks_root or other.right_answers != annotator.right_answers:
        raise ValueError(
            f"{where}, which must draw from the bare problem (an exhaustive probe with `root`) and "
            f"treat right answers alike ({annotator.right_answers})"
        )
