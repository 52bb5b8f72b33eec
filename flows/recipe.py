"""Recipes: everything that changes labels, read from YAML, typed, and fingerprinted.

A method's own dataclass is the schema of its block, so a default is written once. Unknown keys
are refused. What does not change labels (addresses, concurrency, paths, progress) is `Runtime`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from annotators.judged import Judged
from annotators.monte_carlo import MonteCarlo
from annotators.searches import Search
from filters.consensus import Consensus
from flows.coherence import check_annotator, check_consensus, check_solving, check_writers
from flows.sampling import Quota
from stepmark.engines.protocol import Sampling
from stepmark.ids import content_id
from stepmark.policy import Continuation
from stepmark.problems import ProblemSource, SolutionSource, check_shares
from stepmark.prompts import SolvePrompt, load
from stepmark.records import Semantics
from stepmark.segment import Segmenter

NAME = r"^[a-z0-9][a-z0-9_.-]{0,63}$"


class Block(BaseModel):
    """A part of a recipe: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyBlock(Block):
    """A model and how it is asked."""

    engine: Literal["vllm", "openai", "scripted"]
    """`vllm` starts or attaches to a vLLM server; `openai` attaches to any compatible one."""
    model: str
    """Hub id or local folder; the served name for `openai`; the script file for `scripted`."""
    revision: str | None = None
    """Revision on the Hub."""
    dtype: str | None = None
    """Number format or quantisation the server runs with."""
    max_model_len: int | None = Field(default=None, ge=16)
    """Longest prompt plus completion, tokens; null for the model's own."""
    continuation: Continuation | None = None
    """How rollouts continue a prefix; null for `completions`, or `instruct` with `openai`."""

    @property
    def continues_by(self) -> Continuation:
        """The continuation with its default filled in."""
        return self.continuation or ("instruct" if self.engine == "openai" else "completions")


class SolveBlock(Block):
    """How solutions are sampled."""

    policy: str | tuple[str, ...] = Field(min_length=1)
    """Policy that writes them, or several that each write as many."""
    samples: int = Field(default=8, ge=1)
    """Draws a problem and policy; with a quota, draws a round."""
    quota: Quota | None = None
    """Draw on, round by round, until there are as many of each outcome; null for one round."""
    solve_rate: tuple[float, float] = (0.0, 1.0)
    """Least and largest solve rate in the first round of problems that are kept."""
    difficulty_edges: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8)
    """Rising solve rates between the bins of difficulty; a rate on an edge is in the easier bin."""
    temperature: float = Field(default=1.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1)
    max_tokens: int = Field(default=1024, ge=1)
    stop: tuple[str, ...] = ()
    prompt: str = "boxed"
    """Name of a shipped prompt, or a text with `{problem}` in it."""
    system: str | None = None
    """System turn; null for none."""
    keep: Literal["all", "both_outcomes"] = "all"
    """`both_outcomes` drops problems that are always or never solved."""
    search: Search | None = None
    """Grows a tree from the samples: solutions that it searched join them; null for none."""

    @model_validator(mode="after")
    def _makes_sense(self) -> SolveBlock:
        check_solving(self)
        return self

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that write, in the recipe's order."""
        return (self.policy,) if isinstance(self.policy, str) else self.policy

    @property
    def most_kept(self) -> int:
        """Most solutions that are kept of a problem."""
        drawn = len(self.policies) * self.samples
        return drawn if self.quota is None else self.quota.correct + self.quota.incorrect

    @property
    def sampling(self) -> Sampling:
        """The sampling parameters alone."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            max_tokens=self.max_tokens,
            stop=self.stop,
        )

    @property
    def ask(self) -> SolvePrompt:
        """How a problem is put."""
        template = self.prompt if "{problem}" in self.prompt else load(self.prompt)
        return SolvePrompt(system=self.system, user=template)


class LabelsBlock(Block):
    """Whose labels the data carries."""

    from_: str | Consensus = Field(alias="from")
    """Name of an annotator, or a consensus of several."""

    @property
    def annotators(self) -> tuple[str, ...]:
        """Names of the annotators that the labels come from."""
        return (self.from_,) if isinstance(self.from_, str) else self.from_.of


class Recipe(Block):
    """A build, as far as it changes labels."""

    name: str = Field(pattern=NAME)
    """Name of the build's folder."""
    problems: ProblemSource | None = None
    """Where problems come from."""
    solutions: SolutionSource | None = None
    """Solutions that exist, to be labelled instead of sampled."""
    policies: Mapping[str, PolicyBlock]
    """Models by the names the other blocks use."""
    solve: SolveBlock
    """How solutions are sampled, and what rollouts continue."""
    segment: Segmenter
    """How a solution is cut into steps."""
    annotators: Mapping[str, MonteCarlo | Judged] = Field(min_length=1)
    """What labels the steps, by name."""
    labels: LabelsBlock
    """Which labels the data carries."""
    splits: Mapping[str, float] = {"train": 1.0}
    """Share of the problems in each split; a problem is in one split only."""
    limit: int | None = Field(default=None, ge=1)
    """Most rows read from the source."""
    shard_problems: int = Field(default=128, ge=1)
    """Problems a shard."""
    max_failed_share: float = Field(default=0.2, ge=0, le=1)
    """Largest share of draws in a shard that may fail for good before the build stops."""

    @model_validator(mode="after")
    def _names_exist(self) -> Recipe:
        if (self.problems is None) == (self.solutions is None):
            raise ValueError("a recipe has either `problems` or `solutions`, and not both")
        used = [("solve.policy", name) for name in self.solve.policies]
        used += [(f"annotators.{n}.policy", a.policy) for n, a in self.annotators.items()]
        for where, policy in used:
            if policy not in self.policies:
                raise ValueError(
                    f"{where} names the policy {policy!r}; policies: {sorted(self.policies)}"
                )
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
        if self.solve.search and self.solutions:
            raise ValueError("solve.search draws its own solutions: give `problems` instead")
        check_shares(self.splits)
        return self

    @property
    def monte_carlo(self) -> dict[str, MonteCarlo]:
        """The annotators that draw rollouts."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, MonteCarlo)}

    @property
    def judges(self) -> dict[str, Judged]:
        """The annotators that ask a judge."""
        return {n: a for n, a in self.annotators.items() if isinstance(a, Judged)}

    @property
    def needing_reference(self) -> list[str]:
        """The annotators that label by a problem's reference answer."""
        judges = [name for name, judged in self.judges.items() if judged.judge.needs_reference]
        return [*self.monte_carlo, *judges]

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
        """Content hash of everything in the recipe (`re_…`)."""
        return content_id("re", as_plain(self))

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
