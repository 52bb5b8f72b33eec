"""What a recipe block is: a frozen dataclass whose unknown keys are refused.

A method's class is also the schema of its block in a recipe. The recipe reader (flows/recipe.py)
honours this setting; nothing else here knows of it.
"""

from __future__ import annotations

from typing import Final

REFUSE_UNKNOWN_KEYS: Final = {"extra": "forbid"}
"""Set as `__pydantic_config__` on every block."""
