"""How well labels agree with gold: first errors, steps, values; each with its 95 % interval."""

from stepmark.metrics.figures import Figures, measure
from stepmark.metrics.first_errors import Named, first_named, process_bench

__all__ = ["Figures", "Named", "first_named", "measure", "process_bench"]
