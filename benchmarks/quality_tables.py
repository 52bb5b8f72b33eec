"""The figures of `label_quality` or `simulated_quality` as Markdown tables.

python -m benchmarks.label_quality --all | tail -1 > figures.json
python -m benchmarks.quality_tables figures.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

NOT_WORLDS: Final = frozenset({"bound", "builds", "values"})
HEADER: Final = (
    "| probe | first error exact | 95 % | within one | decided | exact if decided | step F1 "
    "| unlabelled | ECE | Brier | rollouts | tokens |\n" + "|---" * 12 + "|"
)


def tables(figures: Mapping[str, Any]) -> str:
    """Return a section for every world."""
    return "\n".join(
        f"{_heading(world, figures.get('bound', {}))}\n\n{HEADER}\n{_rows(by_probe)}\n"
        for world, by_probe in figures.items()
        if world not in NOT_WORLDS
    )


def _heading(world: str, bounds: Mapping[str, float]) -> str:
    name = world.replace("_", " ")
    return f"### {name} (bound: {bounds[world]:.1f} rollouts)" if world in bounds else f"### {name}"


def _rows(by_probe: Mapping[str, Mapping[str, Any]]) -> str:
    return "\n".join(_row(probe, figures) for probe, figures in by_probe.items())


def _row(probe: str, f: Mapping[str, Any]) -> str:
    low, high = f["first_error_exact_95"]
    if_decided = f["exact_if_decided"]
    cells = (
        probe,
        _percent(f["first_error_exact"]),
        f"{100 * low:.0f}–{100 * high:.0f}",
        _percent(f["within_one"]),
        _percent(f["decided"]),
        "none" if if_decided is None else _percent(if_decided),
        f"{f['step_f1']:.2f}",
        _percent(f["unlabelled"]),
        f"{f['ece']:.3f}",
        f"{f['brier']:.3f}",
        f"{f['rollouts_per_solution']:.1f}",
        f"{f['tokens_per_solution']:,.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def main() -> None:
    """Print the tables of a file of figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("figures", type=Path)
    print(tables(json.loads(parser.parse_args().figures.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
