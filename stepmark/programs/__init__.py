"""Programs: found in completions, run with their tests in the sandbox, never outside it."""

from stepmark.programs.unit_tests import Ran, UnitTests

__all__ = ["Ran", "UnitTests"]
