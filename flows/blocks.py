"""Blocks of a recipe: a policy, how solutions are sampled, whose labels the data carries."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from annotators.injections import Injection
from annotators.searches import Search
from filters.consensus import Consensus
from flows.coherence import check_solving
from flows.sampling import Quota
from stepmark.engines.protocol import Sampling
from stepmark.policy import Continuation
from stepmark.prompts import SolvePrompt, load


class Block(BaseModel):
    """A part of a recipe: frozen; unknown keys and numbers that are none are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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

    policy: str | tuple[str, ...] = ()
    """Policy that writes them, or several that each write as many; none for given solutions."""
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
    """Grows a tree from the samples, and solutions that it searched join them; or chooses the steps
    of one solution, which takes their place. Null for none."""
    inject: Injection | None = None
    """Has right samples spoiled: solutions with a known first error join them; null for none."""

    @model_validator(mode="after")
    def _makes_sense(self) -> SolveBlock:
        check_solving(self)
        return self

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that write, in the recipe's order."""
        return (self.policy,) if isinstance(self.policy, str) else self.policy

    @property
    def grows(self) -> bool:
        """Whether other solutions join the samples or take their place."""
        return self.search is not None or self.inject is not None

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
