"""Readers: from files and data sets to problems, with every bad row accounted for.

A reader streams: `read_problems` yields a `Problem` or a `Reject` for each row, `Intake` counts
them and stops a source with too many bad ones, `split_of` says which split a problem is in.
"""

from stepmark.problems.convert import GivenSolution
from stepmark.problems.intake import Intake
from stepmark.problems.read import read_problems, read_solutions
from stepmark.problems.rows import DUPLICATE
from stepmark.problems.source import ProblemSource, SolutionSource
from stepmark.problems.split import check_shares, split_of

__all__ = [
    "DUPLICATE",
    "GivenSolution",
    "Intake",
    "ProblemSource",
    "SolutionSource",
    "check_shares",
    "read_problems",
    "read_solutions",
    "split_of",
]
