"""Injections: a model is asked to spoil a right solution, so that the first error is known.

An injection is a frozen dataclass with `questions(problem, solution)`, one for each error that is
wanted, and `parse(text, solution)`, which returns what became of the solution or the reason why the
reply is no use. No text makes `parse` raise. Nothing is trusted but what the reply can be held to:
steps before the first error are the original's, byte for byte.
"""

from __future__ import annotations

from annotators.injections.prmbench import PrmBench
from annotators.injections.spoiled import Failure, Spoiled
from annotators.injections.versaprm_errors import VersaPrmErrors

Injection = VersaPrmErrors | PrmBench

__all__ = ["Failure", "Injection", "PrmBench", "Spoiled", "VersaPrmErrors"]
