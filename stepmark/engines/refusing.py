"""An engine that sells nothing: behind the ledger, it makes a build a replay."""

from __future__ import annotations

from stepmark.engines.protocol import Completion, Request
from stepmark.errors import StorageError


class Refusing:
    """Ends the replay at the first draw that the ledger does not have."""

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Refuse.

        Raises:
            StorageError: always, naming the first of the draws asked.
        """
        raise StorageError(
            f"Draw {request.draws[0]} at {request.address} for the problem {request.problem_id} "
            "is not in the ledger, and an offline build asks no server. Run the same command "
            "without --offline to buy what is missing, or name the ledger that the build was made "
            "with (--ledger)."
        )
