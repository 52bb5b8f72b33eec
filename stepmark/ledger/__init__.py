"""The ledger: every completion ever paid for, durable before anything is derived from it.

A folder with one SQLite file per partition of problems, in WAL mode. A row is addressed by (address
of policy, prompt and sampling; draw index). The first write of an address wins, also across
processes, and every buyer is handed the row that stands. `docs/ledger.md` says why it is SQLite.

    store     what a build uses: find, keep
    writer    one thread that commits what has queued up
    rows      a completion as a row, and back
    folder    the files and how they are opened
    check     stats, verify, compact
    export    to Parquet at any address, and back
"""

from stepmark.ledger.rows import Entry
from stepmark.ledger.store import Ledger

__all__ = ["Entry", "Ledger"]
