"""Final-answer grading: find the answer a completion states and compare it with the reference.

`extract` finds answers, `compare` decides the easy pairs at once, `symbolic` the hard ones in a
worker process that can be killed, and `Grader` ties the three together. Unknown is never wrong:
whatever cannot be told is `unknown`, with a reason.
"""

from stepmark.grading.compare import same_answer
from stepmark.grading.extract import extract_answer, extract_reference, takes_back
from stepmark.grading.grader import Grade, Grader

__all__ = ["Grade", "Grader", "extract_answer", "extract_reference", "same_answer", "takes_back"]
