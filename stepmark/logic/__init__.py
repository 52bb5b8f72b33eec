"""First-order logic with linear arithmetic: formulas, ways to write them, and what follows.

`formula` is what a statement says, `syntax` reads it from formal notation, `english` and `ordering`
from two controlled languages. `entailment` is the question whether a conclusion follows, and the
only file that knows Z3.
"""
