"""Judges: what a model is asked about a solution, and how its reply is read. Pure, one idea a file.

A judge is a frozen dataclass with `questions(problem, solution)`, one question about the whole
solution or one about each step, and `parse(text, steps)`, which returns a `Reading`: a verdict for
each step asked about, indexed from 0, or the reason why the reply cannot be read. No text makes
`parse` raise. A judge without questions for a solution cannot judge it: no reference answer.
"""

from __future__ import annotations

from annotators.judges.capo import Capo
from annotators.judges.first_error import FirstError
from annotators.judges.genprm import GenPrm
from annotators.judges.meta_critique import MetaCritique
from annotators.judges.pathfinder import PathFinder
from annotators.judges.question import Question
from annotators.judges.r_prm import RPrm
from annotators.judges.reply import Reading
from annotators.judges.rubric import Dimension, Rubric
from annotators.judges.step_verdicts import StepVerdicts
from annotators.judges.versaprm import VersaPrm

MultiTurn = MetaCritique | GenPrm
"""Judges that hold a conversation: a coroutine `discuss`, which begins with their question and
returns the reply that is read (annotators/turns.py); `prompts` and `turns` are those of it all."""
Judge = FirstError | StepVerdicts | VersaPrm | Capo | RPrm | PathFinder | Rubric | MultiTurn

__all__ = [
    "Capo",
    "Dimension",
    "FirstError",
    "GenPrm",
    "Judge",
    "MetaCritique",
    "MultiTurn",
    "PathFinder",
    "Question",
    "RPrm",
    "Reading",
    "Rubric",
    "StepVerdicts",
    "VersaPrm",
]
