"""The figures of `benchmarks.consensus` as a picture: exactness against cost, by condition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

MARKS: Final = {
    "judge": ("o", "tab:blue"),
    "second judge": ("o", "tab:cyan"),
    "judge, votes at equal cost": ("D", "tab:blue"),
    "judge, independent votes": ("D", "tab:pink"),
    "rollouts, hard": ("s", "tab:gray"),
    "adaptive": ("^", "tab:green"),
    "adaptive at equal cost": ("^", "tab:olive"),
    "consensus of both judges": ("X", "tab:cyan"),
    "consensus of judge and rollouts": ("X", "tab:gray"),
    "fusion": ("*", "tab:red"),
    "fusion of both judges": ("*", "tab:purple"),
}


def draw(figures: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw a panel for each world and condition: filled what is exact, hollow what is precise."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels: dict[str, dict[str, Mapping[str, float]]] = {}
    for name, its in figures.items():
        place, _, source = name.partition(": ")
        panels.setdefault(place, {})[source] = its
    rows = len({place.partition(", ")[0] for place in panels})
    figure, axes = plt.subplots(
        rows,
        len(panels) // rows,
        figsize=(12, 1.2 + 3.4 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axis, (place, by_source) in zip(axes.flat, panels.items(), strict=True):
        for source, its in by_source.items():
            mark, colour = MARKS[source]
            cost = its["cost_tokens_per_solution"]
            axis.scatter(
                cost, its["first_error_exact"], marker=mark, color=colour, s=70, label=source
            )
            axis.scatter(
                cost, its["precision"], marker=mark, facecolors="none", edgecolors=colour, s=70
            )
        axis.set_title(place.replace("_", " "), fontsize=10)
        axis.set_xscale("log")
        axis.grid(alpha=0.3)
    for axis in axes[-1]:
        axis.set_xlabel("tokens a solution")
    for axis in axes[:, 0]:
        axis.set_ylabel("exact: of all (filled),\nof those kept (hollow)")
    handles, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncol=4, fontsize=8)
    figure.tight_layout(rect=(0, 0.12, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)
