"""What is believed about one solution after some draws, and what the next draw would tell."""

from __future__ import annotations

import numpy as np

from stepmark.counts import FloatArray, Tally
from stepmark.posterior.grid import Grid, endings, log_rising


class Belief:
    """The joint posterior of first error and node, kept up as draws come in.

    It depends on the tallies alone, not on the order in which they were told.
    """

    def __init__(self, grid: Grid, evidence: FloatArray | None = None) -> None:
        """Start from the prior, times other annotators' likelihoods of each first error.

        Args:
            grid: the model.
            evidence: float64[steps + 1] log likelihoods (stepmark/posterior/verdicts.py).
        """
        self._grid = grid
        self._prior = grid.log_prior if evidence is None else grid.log_prior + evidence[:, None]
        nodes = grid.log_prior.shape[1]
        self._sound = np.zeros((grid.steps, nodes))
        self._broken = np.zeros((grid.steps, nodes))
        self._drawn = np.zeros((grid.steps, 3))
        self._weights = _normalised(self._prior)

    def observe(self, position: int, tally: Tally) -> None:
        """Take in how *all* draws so far from the prefix of `position` < steps steps ended."""
        self._drawn[position] = drawn = endings(tally)
        self._sound[position] = _likelihood(self._grid.sound[position], drawn.tolist())
        self._broken[position] = _likelihood(self._grid.broken[position], drawn.tolist())
        self._weights = _normalised(self._prior + self._log_likelihood())

    def _log_likelihood(self) -> FloatArray:
        """Return float64[E, G]: prefixes up to the first error are sound, longer ones broken."""
        up_to = self._broken.sum(axis=0) + np.cumsum(self._sound - self._broken, axis=0)
        return np.concatenate([up_to, up_to[-1:]])

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

        The mutual information between the draw's ending and the first error, with the node
        averaged out; it is 0 where the answer is known, and shrinks as draws pile up on a prefix.
        """
        joint = self._joint()
        error = joint.sum(axis=2, keepdims=True)
        ending = joint.sum(axis=1, keepdims=True)
        ratio = np.divide(joint, error * ending, out=np.ones_like(joint), where=joint > 0)
        gains: FloatArray = (joint * np.log2(ratio)).sum(axis=(1, 2))
        return np.maximum(gains, 0.0)

    def _joint(self) -> FloatArray:
        """Return float64[steps, E, 3]: each first error together with each ending of a draw."""
        total = self._grid.concentration + self._drawn.sum(axis=1)
        steps, errors = self._grid.steps, self._weights.shape[0]
        is_sound = np.arange(errors) >= np.arange(steps)[:, None]
        by_kind = []
        for alphas in (self._grid.sound, self._grid.broken):
            chances = (alphas + self._drawn[:, :, None]) / total[:, None, None]
            joint = self._weights @ chances.reshape(steps * 3, -1).T
            by_kind.append(joint.reshape(errors, steps, 3).swapaxes(0, 1))
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
