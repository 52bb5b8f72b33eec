"""What is believed about one solution after some draws, and what the next draw would tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stepmark.counts import FloatArray, IntArray, Passage
from stepmark.posterior.again import chances as chances_of_repeats
from stepmark.posterior.again import evidence_of_repeats
from stepmark.posterior.grid import endings, grid_of, log_rising
from stepmark.posterior.hyper import Hyper
from stepmark.records import Outcome


class Belief:
    """The joint posterior of first error and node, kept up as draws come in.

    It depends on the passages alone, not on the order in which they were told.
    """

    def __init__(
        self, hyper: Hyper, steps: int, outcome: Outcome, evidence: FloatArray | None = None
    ) -> None:
        """Start from the prior, times other annotators' likelihoods of each first error.

        Args:
            hyper: what is believed beforehand.
            steps: how many the solution has, at least 1.
            outcome: how it ended.
            evidence: float64[steps + 1] log likelihoods (stepmark/posterior/verdicts.py).
        """
        self._hyper = hyper
        self._grid = grid = grid_of(hyper, steps, outcome)
        self._prior = grid.log_prior if evidence is None else grid.log_prior + evidence[:, None]
        nodes = grid.log_prior.shape[1]
        self._sound = np.zeros((grid.steps, nodes))
        self._broken = np.zeros((grid.steps, nodes))
        self._passages = [Passage()] * grid.steps
        self._drawn = np.zeros((grid.steps, 3))
        self._weights = _normalised(self._prior)

    def observe(self, passages: Sequence[Passage]) -> None:
        """Take in what *all* draws so far did at each step."""
        for step, (before, now) in enumerate(zip(self._passages, passages, strict=True)):
            if before.left != now.left:
                self._drawn[step] = drawn = endings(now.left)
                self._sound[step] = _likelihood(self._grid.sound[step], drawn.tolist())
                self._broken[step] = _likelihood(self._grid.broken[step], drawn.tolist())
        self._passages = list(passages)
        self._weights = _normalised(self._prior + self._log_likelihood())

    def _log_likelihood(self) -> FloatArray:
        """Return float64[E, G]: prefixes up to the first error are sound, longer ones broken."""
        up_to = self._broken.sum(axis=0) + np.cumsum(self._sound - self._broken, axis=0)
        repeats = evidence_of_repeats(self._hyper, *self._again_and_left())
        likelihood: FloatArray = np.concatenate([up_to, up_to[-1:]]) + repeats[:, None]
        return likelihood

    def _again_and_left(self) -> tuple[IntArray, IntArray]:
        again = np.array([passage.again for passage in self._passages], dtype=np.int64)
        left = np.array([passage.left.total for passage in self._passages], dtype=np.int64)
        return again, left

    @property
    def first_error(self) -> FloatArray:
        """Probability of each first error, float64[steps + 1]; the last entry is for none."""
        return np.asarray(self._weights.sum(axis=1))

    @property
    def sound(self) -> FloatArray:
        """Probability that the prefix ending with each step is sound, float64[steps]."""
        return soundness(self.first_error)

    @property
    def nodes(self) -> FloatArray:
        """Probability of each node of the grid, float64[G]."""
        return np.asarray(self._weights.sum(axis=0))

    def gains(self) -> FloatArray:
        """Return what one more draw from each position would tell of the first error: bits[steps].

        It tells what it does at the next step, and if it writes that one again, what a draw from
        the longer prefix would tell (as things stand now: what the repeat itself has told by then
        is left out).
        """
        at_step, goes_on = self._at_step()
        gains = np.zeros(len(at_step) + 1)
        for step in range(len(at_step) - 1, -1, -1):
            gains[step] = at_step[step] + goes_on[step] * gains[step + 1]
        unknown = -(self.first_error * np.log2(np.maximum(self.first_error, 1e-300))).sum()
        return np.asarray(np.minimum(gains[:-1], unknown))

    def _at_step(self) -> tuple[FloatArray, FloatArray]:
        """Return what a draw tells by what it does at the step it comes to, and its going on.

        The first is the mutual information, in bits, between the first error and four things that
        may happen: the step is written again, or else the draw ends right, in the solution's own
        answer or in another, with the node averaged out. It is 0 where the answer is known, and
        shrinks as draws pile up. The second is the chance of the step being written again.

        Returns:
            float64[steps] each.
        """
        chances = chances_of_repeats(self._hyper, *self._again_and_left())
        errors = self.first_error
        again = (chances * errors)[:, :, None]
        joint = np.concatenate([self._joint() * (1 - chances)[:, :, None], again], axis=2)
        apart = joint.sum(axis=2, keepdims=True) * joint.sum(axis=1, keepdims=True)
        ratio = np.divide(joint, apart, out=np.ones_like(joint), where=joint > 0)
        bits: FloatArray = (joint * np.log2(ratio)).sum(axis=(1, 2))
        return np.maximum(bits, 0.0), again.sum(axis=(1, 2))

    def _joint(self) -> FloatArray:
        """Return float64[steps, E, 3]: each first error together with each ending of a draw."""
        steps, errors = self._grid.steps, self._weights.shape[0]
        is_sound = np.arange(errors) >= np.arange(steps)[:, None]
        total = self._grid.concentration + self._drawn.sum(axis=1)
        seen = self.first_error[:, None, None] * self._drawn
        by_kind = []
        for alphas in (self._grid.sound, self._grid.broken):
            imagined = self._weights @ alphas.reshape(steps * 3, -1).T
            joint = (imagined.reshape(errors, steps, 3) + seen) / total[:, None]
            by_kind.append(joint.swapaxes(0, 1))
        joints: FloatArray = np.where(is_sound[:, :, None], *by_kind)
        return joints


def soundness(first_error: FloatArray) -> FloatArray:
    """Return P(first error > i) for each step i: float64[..., steps] from [..., steps + 1]."""
    return np.asarray(np.cumsum(first_error[..., :0:-1], axis=-1)[..., ::-1])


def _likelihood(alphas: FloatArray, drawn: list[int]) -> FloatArray:
    """Return log likelihoods by node: float64[G]. What all nodes share is left out."""
    return np.asarray(sum(log_rising(a, n) for a, n in zip(alphas, drawn, strict=True)))


def _normalised(log_weights: FloatArray) -> FloatArray:
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray(weights / weights.sum())
