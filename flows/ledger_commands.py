"""`stepmark ledger stats | verify | compact | export | import`: looking after what was paid for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.terminal import say

if TYPE_CHECKING:
    from rich.table import Table

    from stepmark.ledger.check import Holding
    from stepmark.ledger.folder import Identity

console = Console(markup=False, highlight=False)
app = typer.Typer(help="Look after the ledger of completions.", no_args_is_help=True)

LedgerDir = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of the ledger; runs/ledger if not given.")
]
DEFAULT = Path("runs/ledger")
NARROW = 80
"""Columns of a terminal below which figures would be cut."""
WIDEST = 1000
"""Most columns of a table that no terminal bounds."""


@app.command()
def stats(folder: LedgerDir = DEFAULT) -> None:
    """Say what the ledger holds, by policy and by partition."""
    from stepmark.ledger.check import holdings, size_on_disk
    from stepmark.ledger.folder import Folder

    ledger = Folder.open(folder)
    held = holdings(ledger)
    policies = ledger.policies
    _show(_table("policy", held, {h.policy: _name(h.policy, policies) for h in held}))
    _show(_table("partition", held, {h.partition: h.partition for h in held}))
    say(f"{size_on_disk(ledger):,} bytes on disk in {folder}")


@app.command()
def verify(folder: LedgerDir = DEFAULT) -> None:
    """Check files, prompts and addresses; exit with 1 on a fault."""
    from stepmark.ledger import check
    from stepmark.ledger.folder import Folder

    ledger = Folder.open(folder)
    faults = check.verify(ledger)
    for fault in faults:
        say(fault)
    if faults:
        say(
            "Stop the builds that use the ledger and keep a copy. A damaged file can be mended "
            "with sqlite3's .recover, or moved away: what it held is then bought anew."
        )
        raise typer.Exit(1)
    say(f"{len(ledger.there)} partitions in {folder} are sound")


@app.command()
def compact(folder: LedgerDir = DEFAULT) -> None:
    """Fold the write-ahead logs in and rewrite the files densely."""
    from stepmark.ledger import check
    from stepmark.ledger.folder import Folder

    before, after = check.compact(Folder.open(folder))
    say(f"{before:,} bytes before, {after:,} now")


@app.command()
def export(
    destination: Annotated[
        str, typer.Argument(metavar="DEST", help="Folder, or URL as s3://bucket/ledger.")
    ],
    folder: LedgerDir = DEFAULT,
) -> None:
    """Write the ledger as Parquet to a folder or URL."""
    from stepmark.ledger.export import export as write
    from stepmark.ledger.folder import Folder

    moved = write(Folder.open(folder), destination)
    say(f"{moved.completions:,} completions in {moved.files} files written to {destination}")


@app.command("import")
def restore(
    source: Annotated[str, typer.Argument(metavar="SRC", help="Folder or URL of an export.")],
    folder: LedgerDir = DEFAULT,
) -> None:
    """Take an export into the ledger; what is there already stands."""
    from stepmark.ledger.export import restore as read
    from stepmark.ledger.folder import Folder

    moved = read(Folder.make(folder), source)
    say(f"{moved.new:,} of {moved.completions:,} completions were new to {folder}")


def _table(kind: str, held: list[Holding], names: dict[str, str]) -> Table:
    """Sum holdings up by policy or by partition."""
    from rich.table import Column, Table

    figures = ("prompts", "completions", "failed", "refused", "completion_tokens", "text_bytes")
    names_whole = Column(kind, overflow="fold")
    headers = (f.replace("_", " ") for f in figures)
    table = Table(names_whole, *headers, box=None, pad_edge=False)
    for key, name in names.items():
        own = [holding for holding in held if getattr(holding, kind) == key]
        table.add_row(name, *(f"{sum(getattr(h, figure) for h in own):,}" for figure in figures))
    return table


def _show(table: Table) -> None:
    """Print a table, in its whole width where no terminal or a narrow one takes it."""
    if console.is_terminal and console.width >= NARROW:
        console.print(table)
        return
    whole = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    Console(width=whole).print(table)


def _name(policy: str, policies: dict[str, Identity]) -> str:
    known = policies.get(policy)
    return f"{policy} {known['model']}" if known else policy
