"""An engine that sells nothing: behind the ledger, it makes a build a replay."""

from __future__ import annotations

from stepmark.engines.protocol import Completion, Request
from stepmark.errors import EngineError, StorageError
from stepmark.ledger import Ledger


class Refusing:
    """Refuses as the servers did; ends the replay at the first draw that nobody was asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        """Refuse.

        Raises:
            EngineError: as the server did that was asked for these draws.
            StorageError: no server was, naming the first of them.
        """
        refused = self._ledger.refusals(request.problem_id, request.address, request.draws)
        unknown = [draw for draw in request.draws if draw not in refused]
        if not unknown:
            reason = refused[request.draws[0]]
            raise EngineError(f"A server refused these draws: {reason}.", reason=reason)
        raise StorageError(
            f"Draw {unknown[0]} at {request.address} for the problem {request.problem_id} "
            "is not in the ledger, and an offline build asks no server. Run the same command "
            "without --offline to buy what is missing, or name the ledger that the build was made "
            "with (--ledger)."
        )
