"""Equations that a text asserts: found, read by a grammar of our own, and checked exactly.

One way: `tokens` (signs and words) → `grammar` (to `trees`) → `find` (chains of sides) →
`equality` (does it hold, or is it unclear) → `check` (a step, with the `letters` known so far).
`symbolic` answers what exact fractions cannot, in a worker process.
"""

from __future__ import annotations

from stepmark.equations.check import START, Checked, Equation, State, check, sought_in

__all__ = ["START", "Checked", "Equation", "State", "check", "sought_in"]
