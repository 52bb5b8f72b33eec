"""Every exception Stepmark raises on purpose.

    StepmarkError
    ├── RecipeError        a recipe that cannot be run as written
    ├── ProblemError       a problem source that cannot be read, or too many bad rows in it
    ├── EngineError        a server that did not answer as asked; carries a short `reason` code
    │   ├── EngineDown     nobody answers at the address
    │   └── ContextOverflow  the prompt does not fit the model's context
    ├── GradingError       the grader itself broke (a hard answer is an `unknown` outcome instead)
    ├── ProcessesError     processes of ours were closed, or do not start
    ├── SandboxError       no sandbox where one is needed, or one that does not work
    ├── StorageError       shards, manifest or ledger are unreadable, full or of another build
    ├── HubError           the Hub refuses, cannot be reached, or holds something else there
    ├── BudgetReached      a stated budget is spent; everything bought is kept, a rerun continues
    ├── ReviewError        a file of reviews that cannot be read, or that fits no build
    ├── FilterError        a filter dropped more than it may; the dropped rows say why
    └── Interrupted        somebody asked to stop; everything bought is kept, a rerun continues

Two kinds of failure never mix. Our own mistakes (a bad recipe, a schema mismatch) raise one of
these before the first token is bought. Failures of the world (time-outs, refusals, text that
cannot be parsed) are recorded on the row they touch, with a reason, as `unknown` or `unlabelled`.

A message says what happened, to which id or line, the value seen, and what to do about it.
"""

from __future__ import annotations


class StepmarkError(Exception):
    """Base of all of them: the command line prints the message and no traceback."""


class RecipeError(StepmarkError):
    """A recipe that cannot be run as written."""


class ProblemError(StepmarkError):
    """A problem source that cannot be read, or that holds too many bad rows."""


class EngineError(StepmarkError):
    """A server that did not answer as asked."""

    def __init__(
        self,
        message: str,
        *,
        reason: str = "engine_error",
        passing: bool = False,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        """Short code that rows and manifests count by, e.g. `timeout` or `bad_response`."""
        self.passing = passing
        """Whether the same request may succeed when it is sent again."""
        self.wait_s = wait_s
        """Seconds that the server asks to wait before that; null when it did not say."""


class EngineDown(EngineError):
    """Nobody answers at the address."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="engine_down", passing=True)


class ContextOverflow(EngineError):
    """The prompt and its completion do not fit the model's context: retrying cannot help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="context_overflow")


class GradingError(StepmarkError):
    """The grader itself broke."""


class ProcessesError(StepmarkError):
    """Processes of ours were closed, or do not start."""


class SandboxError(StepmarkError):
    """A sandbox that is needed and not installed, or that does not work on this machine."""


class StorageError(StepmarkError):
    """Shards, manifest or ledger are unreadable, full, or belong to another build."""


class HubError(StepmarkError):
    """The Hugging Face Hub refuses, cannot be reached, or holds something else under that name."""


class BudgetReached(StepmarkError):
    """A stated budget is spent; everything bought is kept and a rerun continues."""


class ReviewError(StepmarkError):
    """A file of reviews, or of a review tool's export, that cannot be read or fits no build."""


class FilterError(StepmarkError):
    """A filter dropped more of the rows than its recipe allows."""


class Interrupted(StepmarkError):
    """Somebody asked to stop; everything bought is kept and a rerun continues."""
