"""Rules: what rollout counts mean. Pure functions on arrays, vectorised over many solutions."""

from __future__ import annotations

from annotators.rules.hard import Hard
from annotators.rules.posterior import Posterior
from annotators.rules.soft import Soft

Rule = Hard | Soft | Posterior

__all__ = ["Hard", "Posterior", "Rule", "Soft"]
