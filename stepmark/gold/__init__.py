"""Gold: solutions whose first wrong step people have marked, to measure annotators on.

A layout is a module with `NAME`, `COLUMNS` (what its rows are known by) and `gold_of(row, line)`,
which returns the solution of a row, or None where the row holds none that was judged to its end.
Whatever a layout counts from and however it says "no error", a `Gold` counts from 0 and says null.
"""

from stepmark.gold.read import half_wrong, read_gold
from stepmark.gold.record import Gold

__all__ = ["Gold", "half_wrong", "read_gold"]
