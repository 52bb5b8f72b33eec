"""One way of running properties: the same examples every time, and no deadline on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("stepmark", deadline=None, derandomize=True, database=None)
settings.load_profile("stepmark")
