"""Recipes: everything that changes labels, read from YAML, typed, and fingerprinted.

A method's own dataclass is the schema of its block, so a default is written once. Unknown keys
are refused. What does not change labels (addresses, concurrency, paths, progress) is `Runtime`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import Field, model_validator

from annotators.judged import Judged
from annotators.judges import GenPrm
from annotators.monte_carlo import MonteCarlo
from annotators.preferences import Preferences
from annotators.reviewed import Reviewed
from annotators.rewrites import Rewrite
from annotators.scored import Scored
from annotators.verified import Verified
from annotators.verifiers import RUNS_CODE
from filters.chain import AnyFilter
from flows.blocks import Block, LabelsBlock, PolicyBlock, SolveBlock
from flows.coherence import (
    check_annotator,
    check_compared,
    check_consensus,
    check_exports,
    check_filters,
    check_injected,
    check_rewritten,
    check_writers,
)
from flows.kinds import Annotator, needs_reference
from stepmark.engines.protocol import Sampling
from stepmark.ids import content_id
from stepmark.problems import ProblemSource, SolutionSource, check_shares
from stepmark.records import Semantics
from stepmark.segment import Segmenter
from storage.card import About
from storage.export.names import FormatName

NAME = r"^[a-z0-9][a-z0-9_.-]{0,63}$"
UNLABELLING = {"export", "card"}
"""Keys of a recipe that change no label, and are in no fingerprint."""


class Recipe(Block):
    """A build, as far as it changes labels."""

    name: str = Field(pattern=NAME)
    """Name of the build's folder."""
    problems: ProblemSource | None = None
    """Where problems come from."""
    solutions: SolutionSource | None = None
    """Solutions that exist, to be labelled instead of sampled."""
    policies: Mapping[str, PolicyBlock] = {}
    """Models by the names the other blocks use."""
    solve: SolveBlock = SolveBlock()
    """How solutions are sampled, and what rollouts continue."""
    segment: Segmenter
    """How a solution is cut into steps."""
    rewrite: Rewrite | None = None
    """Adds to each given solution that is right siblings with one step rewritten; null for none."""
    annotators: Mapping[str, Annotator] = Field(min_length=1)
    """What labels the steps, by name."""
    labels: LabelsBlock
    """Which labels the data carries."""
    filters: tuple[AnyFilter, ...] = ()
    """What drops labelled solutions, each seeing what those before it let through."""
    export: tuple[FormatName, ...] = ()
    """Trainer formats that the build is written in at its end; changes no label."""
    card: About = About()
    """What the card says that only the author knows; changes no label."""
    splits: Mapping[str, float] = {"train": 1.0}
    """Share of the problems in each split; a problem is in one split only."""
    limit: int | None = Field(default=None, ge=1)
    """Most usable rows taken from the source; refused ones do not count."""
    shard_problems: int = Field(default=128, ge=1)
    """Problems a shard."""
    max_failed_share: float = Field(default=0.2, ge=0, le=1)
    """Largest share of draws in a shard that may fail for good before the build stops."""

    @model_validator(mode="after")
    def _names_exist(self) -> Recipe:
        if (self.problems is None) == (self.solutions is None):
            raise ValueError("a recipe has either `problems` or `solutions`, and not both")
        if self.problems is not None and not self.solve.policies:
            raise ValueError("solve.policy names nobody, and somebody must solve the `problems`")
        self._policies_exist()
        for name in self.labels.annotators:
            if name not in self.annotators:
                raise ValueError(
                    f"labels.from names {name!r}; annotators: {sorted(self.annotators)}"
                )
        check_consensus(self.labels.from_, self.annotators)
        check_writers(self.solve.policies, self.policies)
        for name, annotator in self.monte_carlo.items():
            check_annotator(name, annotator, self.solve, self.monte_carlo, self.judges)
            if self.solutions is not None and annotator.needs_logprobs:
                raise ValueError(
                    f"annotators.{name}: the {annotator.probe.method} probe needs to know how "
                    "likely the policy found each token, which solutions from a file do not say: "
                    "have them sampled, or use another probe"
                )
        if self.solve.grows and self.solutions:
            raise ValueError(
                "solve.search and solve.inject start from solutions they have drawn: give "
                "`problems` instead"
            )
        check_injected(self.solve, self.annotators)
        check_rewritten(self.annotators, rewrites=self.rewrite is not None)
        check_compared(self.solve, self.annotators, self.labels.annotators[0], self.filters)
        check_filters(
            self.filters,
            sampled=self.solutions is None,
            drawn=self.monte_carlo.get(self.labels.annotators[0]),
            semantics=self.semantics,
        )
        check_exports(self.export, self.annotators.values())
        check_shares(self.splits)
        return self

    @model_validator(mode="after")
    def _rewrites_what_is_given(self) -> Recipe:
        if self.rewrite is not None and self.solutions is None:
            raise ValueError("rewrite takes solutions that exist: give `solutions`")
        return self

    def _policies_exist(self) -> None:
        used = [("solve.policy", name) for name in self.solve.policies]
        if self.solve.inject is not None:
            used.append(("solve.inject.policy", self.solve.inject.policy))
        if self.rewrite is not None:
            used += [("rewrite.policy", name) for name in self.rewrite.policies]
        used += [
            (f"annotators.{name}.policy", policy)
            for name, annotator in self.annotators.items()
            for policy in annotator.policies
        ]
        for where, policy in used:
            if policy not in self.policies:
                raise ValueError(
                    f"{where} names the policy {policy!r}; policies: {sorted(self.policies)}"
                )

    @property
    def monte_carlo(self) -> dict[str, MonteCarlo]:
        """The annotators that draw rollouts."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, MonteCarlo)}

    @property
    def judges(self) -> dict[str, Judged]:
        """The annotators that ask a judge."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, Judged)}

    @property
    def preferences(self) -> dict[str, Preferences]:
        """The annotators that keep comparisons."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, Preferences)}

    @property
    def reviewed(self) -> dict[str, Reviewed]:
        """The annotators that are people."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, Reviewed)}

    @property
    def scored(self) -> dict[str, Scored]:
        """The annotators that are published step scores."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, Scored)}

    @property
    def needs_sandbox(self) -> bool:
        """Whether programs are run that a model wrote."""
        annotators = self.annotators.values()
        tools = [a.verifier for a in annotators if isinstance(a, Verified)]
        judges = [judged.judge for judged in self.judges.values()]
        writes_code = any(isinstance(one, (*RUNS_CODE, GenPrm)) for one in (*tools, *judges))
        return writes_code or self.source.kind == "code"

    @property
    def needing_reference(self) -> list[str]:
        """The annotators that label by a problem's reference answer."""
        return [name for name, each in self.annotators.items() if needs_reference(each)]

    @property
    def semantics(self) -> Semantics:
        """What the labels of the data claim."""
        if not isinstance(self.labels.from_, str) and self.labels.from_.semantics:
            return self.labels.from_.semantics
        return self.annotators[self.labels.annotators[0]].semantics

    @property
    def source(self) -> ProblemSource:
        """Where problems come from, whether or not solutions come with them."""
        source = self.problems or self.solutions
        assert source is not None
        return source

    @property
    def fingerprint(self) -> str:
        """Content hash of everything in the recipe that changes labels (`re_…`)."""
        plain = as_plain(self)
        return content_id("re", {key: plain[key] for key in plain.keys() - UNLABELLING})

    @property
    def sampling(self) -> Sampling:
        """How solutions are drawn: with log-probabilities if an annotator needs theirs."""
        needed = any(annotator.needs_logprobs for annotator in self.monte_carlo.values())
        return dataclasses.replace(self.solve.sampling, logprobs=needed)

    def sampling_of(self, annotator: MonteCarlo) -> Sampling:
        """How an annotator's rollouts are drawn."""
        return annotator.sampling or self.sampling


def as_plain(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as plain data, every default spelled out."""
    return recipe.model_dump(mode="json", by_alias=True)


def as_yaml(recipe: Recipe) -> str:
    """Return the recipe as YAML, every default spelled out."""
    return yaml.safe_dump(as_plain(recipe), sort_keys=False, allow_unicode=True, width=100)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return one line for each dotted key whose value differs between two plain recipes."""
    old, new = dict(_flat(before)), dict(_flat(now))
    return [
        f"{key}: {old.get(key, '(none)')!r} before, {new.get(key, '(none)')!r} now"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, value
