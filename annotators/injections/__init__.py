"""Injections: a model is asked to spoil a right solution, so that the first error is known.

An injection is a frozen dataclass with `questions(problem, solution)`, one for each kind of error
that is wanted, and `parse(kind, text, solution)`, which returns what became of the solution or the
reason why the reply is no use. No text makes `parse` raise. Nothing is trusted but what the reply
can be held to: steps before the first error are the original's, byte for byte, and an error of a
kind that `changes_answer` did change it.
"""

from __future__ import annotations

from annotators.injections.prmbench import PrmBench
from annotators.injections.reading import Another, Failure, Spoiled
from annotators.injections.socratic import Socratic
from annotators.injections.versaprm_errors import VersaPrmErrors
from annotators.injections.writing import Asked

Injection = VersaPrmErrors | PrmBench | Socratic

__all__ = [
    "Another",
    "Asked",
    "Failure",
    "Injection",
    "PrmBench",
    "Socratic",
    "Spoiled",
    "VersaPrmErrors",
]
