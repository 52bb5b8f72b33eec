"""Equations that a text asserts: found, read by a grammar of our own, and checked exactly.

One way: `tokens` (signs and words) → `expression` (trees and values) → `find` (chains of sides) →
`equality` (does it hold, or is it unclear) → `check` (a step, with the `letters` known so far).
`symbolic` answers what exact fractions cannot, in a worker process.
"""

from __future__ import annotations

from stepmark.equations.check import Checked, Equation, check, sought_in
from stepmark.equations.letters import Knowledge

__all__ = ["Checked", "Equation", "Knowledge", "check", "sought_in"]
