"""The dataset card: README.md of a build, readable by people, the Hub and `load_dataset`.

A reward report: what the labels are for, what they claim, who made them and how, how far they can
be trusted, what is missing. Everything is from the manifest and the recipe; what is not known there
is said to be unknown. After "Reward Reports" (arXiv 2204.10817): a document that goes with the
reward and is written again when the reward changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from storage.front_matter import ExportFacts, front_matter
from storage.manifest import Manifest
from storage.rows import LabelledSolution
from storage.schema import field_docs

SEMANTICS = {
    "potential": (
        "`potential`: a step is `correct` if the reference answer can still be reached from the "
        "prefix that ends with it. Score whole solutions by the last step."
    ),
    "correctness": (
        "`correctness`: a step is `correct` if it is itself right. Score whole solutions by the "
        "product or the minimum."
    ),
    "local": (
        "`local`: a step is `correct` if it follows from its premises, right or wrong. "
        "Score whole solutions by the minimum."
    ),
}
INTENT = (
    "Training and testing process reward models: models that score the steps of a solution. As a "
    "reward for a policy the labels are only as good as the section on noise says; a policy that "
    "is trained against them will find what they do not see."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A recipe's `card:` block: what only its author knows. It changes no label."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    intent: str | None = None
    """What the labels are for; null for a general sentence."""
    license: str | None = None
    """Licence of the data set, as the Hub names it (`mit`, `cc-by-4.0`): the sources decide."""
    gaps: tuple[str, ...] = ()
    """Known gaps, a sentence each."""


def card(
    manifest: Manifest,
    recipe_yaml: str,
    semantics: str,
    about: About | None = None,
    exports: Sequence[ExportFacts] = (),
) -> str:
    """Return the card's Markdown: Hub front matter, and the report.

    Args:
        manifest: of the build.
        recipe_yaml: the recipe as run.
        semantics: what the labels claim.
        about: what the recipe's author says.
        exports: the trainer formats beside the labels.
    """
    about, recipe = about or About(), yaml.safe_load(recipe_yaml)
    made_by, fence = f"Made with Stepmark {manifest.stepmark}.", _fence(recipe_yaml)
    return "\n".join(
        [
            *front_matter(manifest, exports, about.license),
            f"# {manifest.name}",
            "",
            f"Solutions to problems, split into steps, with a label on every step. {made_by}",
            "",
            *_section("Intent", [about.intent or INTENT]),
            *_section(
                "What the labels claim",
                [SEMANTICS[semantics], "`unlabelled` means unknown, never wrong."],
            ),
            *_section("How they were made", _made(manifest, recipe)),
            *_section("What is in it", _contents(manifest)),
            *_section("How far they can be trusted", _trust(manifest)),
            *_section("Decontamination", [_decontamination(recipe)]),
            *_section("Known gaps", _gaps(manifest, about)),
            *_section("Sources and licence", _sources(manifest, about)),
            *_section("Formats", _formats(exports)),
            *_section("Runs", _runs(manifest)),
            *_section("Columns", _bullets(field_docs(LabelledSolution))),
            *_section(
                "Recipe",
                [
                    f"Fingerprint `{manifest.recipe}`.",
                    "",
                    f"{fence}yaml",
                    recipe_yaml.rstrip(),
                    fence,
                ],
            ),
        ]
    )


def _section(title: str, lines: Iterable[str]) -> list[str]:
    body = list(lines)
    return [f"## {title}", "", *body, *([""] if not body or body[-1] else [])]


def _fence(text: str) -> str:
    """Return a run of backticks longer than any in the text: a recipe's prompts may hold some."""
    return "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)


def _made(manifest: Manifest, recipe: Mapping[str, Any]) -> list[str]:
    """Say which annotators labelled, and which policies wrote."""
    annotators = {
        f"`{name}`": " · ".join(_methods(block))
        for name, block in recipe.get("annotators", {}).items()
    }
    policies = {
        f"`{name}`": ", ".join(f"{key} {value}" for key, value in identity.items() if value)
        for name, identity in manifest.policies.items()
    }
    return [*_rows("Annotators", annotators), *_rows("Policies", policies)]


def _methods(block: Mapping[str, Any], within: str = "") -> Iterable[str]:
    """Name the method of a block and of the blocks inside it."""
    if method := block.get("method"):
        yield f"{within} {method}".strip()
    for key, inner in block.items():
        if isinstance(inner, Mapping):
            yield from _methods(inner, key)


def _contents(manifest: Manifest) -> list[str]:
    counts, balance = manifest.counts, manifest.balance
    return [
        *_table("Rows", counts["rows"]),
        *_table("Rows by outcome", balance.get("outcomes", {})),
        *_table("Rows by first error, counted from 0", balance.get("first_errors", {})),
        *_table("Solutions by outcome", counts["solutions"]),
        *(
            line
            for name, verdicts in counts["verdicts"].items()
            for line in _table(f"Step verdicts of `{name}`", verdicts)
        ),
        *(
            line
            for kind in ("critiques", "comparisons")
            for name, reasons in counts.get(kind, {}).items()
            for line in _table(f"Replies of `{name}`, read or why not", reasons)
        ),
        *(
            line
            for name, reasons in counts.get("rationales", {}).items()
            for line in _table(f"Critiques of `{name}`, fit for training or why not", reasons)
        ),
        *_table("Dropped, by reason", counts["dropped"]),
        *_table("Rejected rows of the source, by reason", counts["rejected"]),
    ]


def _trust(manifest: Manifest) -> list[str]:
    """Say how far annotators agree, and what the counts show of their own noise."""
    return [*_agreement(manifest.agreement), *_noise(manifest.noise)]


def _agreement(agreement: Mapping[str, Any] | None) -> list[str]:
    if agreement is None:
        return ["One annotator alone: there is no agreement to report.", ""]
    figures = {"Krippendorff's alpha": agreement["alpha"]}
    figures |= {f"kappa, {pair}": kappa for pair, kappa in agreement["kappa"].items()}
    said = {name: "undefined" if value is None else value for name, value in figures.items()}
    return _rows("Agreement on steps, beyond chance", said)


def _noise(noise: Mapping[str, Any]) -> list[str]:
    if not noise.get("measured"):
        return ["The labels carry no counts of rollouts: their sampling noise cannot be estimated."]
    return [_sampling_noise(noise)]


def _sampling_noise(noise: Mapping[str, Any]) -> str:
    return (
        f"{noise['measured']:,} steps were measured with {noise['graded_rollouts']:,} graded "
        f"rollouts; the standard error of a value is {noise['value_se']} on average. "
        f"{noise['without_success']:,} of them had no successful rollout, and {noise['refuted']:,} "
        "of those are refuted by a success later in the same solution: a lower bound on bad luck "
        "among them. "
        f"{noise['right_accused']:,} of {noise['right']:,} labelled solutions with a right answer "
        "hold a step that is called wrong. (People find a wrong step in 5 % of right answers on "
        "GSM8K and in 43 % on Omni-MATH, arXiv 2501.07301.)"
    )


def _decontamination(recipe: Mapping[str, Any]) -> str:
    methods = [block.get("method") for block in recipe.get("filters") or []]
    if "decontaminate" in methods:
        return "Problems were compared with the benchmarks that the recipe's filter names."
    return (
        "None: the problems were not compared with any benchmark. Do so before you report a score "
        "on one."
    )


def _gaps(manifest: Manifest, about: About) -> list[str]:
    """List what the counts show to be missing, and what the author knows of."""
    verdicts = manifest.counts["verdicts"]
    silent = {
        name: sum(n for verdict, n in of.items() if verdict.startswith("unlabelled"))
        for name, of in verdicts.items()
    }
    dropped = sum(manifest.counts["dropped"].values())
    rejected = sum(manifest.counts["rejected"].values())
    return [
        *(
            f"- `{name}` leaves {n:,} of {sum(verdicts[name].values()):,} steps unlabelled."
            for name, n in silent.items()
            if n
        ),
        *(
            [f"- {dropped:,} solutions or problems are in no row, by the reasons above."]
            * (dropped > 0)
        ),
        *([f"- {rejected:,} rows of the source could not be used."] * (rejected > 0)),
        *(f"- {gap}" for gap in about.gaps),
        _people(manifest),
    ]


def _people(manifest: Manifest) -> str:
    """Say how much people have looked at."""
    reviews = sum(counts["used"] for counts in manifest.counts.get("reviews", {}).values())
    if not reviews:
        return "- No person has checked a label."
    solutions = sum(manifest.counts["solutions"].values())
    return f"- People wrote {reviews:,} reviews; there are {solutions:,} solutions."


def _sources(manifest: Manifest, about: About) -> list[str]:
    licence = (
        f"Licence: {about.license}."
        if about.license
        else "The recipe states no licence. The sources' licences, and the terms of the models "
        "that wrote the solutions, decide what may be done with this."
    )
    return [*_table("Rows by source", manifest.balance.get("sources", {})), licence]


def _formats(exports: Sequence[ExportFacts]) -> list[str]:
    if not exports:
        return ["The labels alone, as the config `default`."]
    return [
        "The labels are the config `default`. The same labels in formats of trainers:",
        "",
        *(f"- `{export.format}`: {_rows_and_losses(export)}" for export in exports),
    ]


def _rows_and_losses(export: ExportFacts) -> str:
    rows = ", ".join(f"{split} {count:,}" for split, count in export.rows.items() if count)
    losses = "; ".join(f"{count:,} {what}" for what, count in export.left_out.items())
    return f"{rows or 'no'} rows" + (f"; left out: {losses}" * bool(losses))


def _runs(manifest: Manifest) -> list[str]:
    """Say which rows came when: the number is in the names of the shards."""
    return _table("Rows by run, oldest first", manifest.rows_by_run())


def _bullets(texts: Mapping[str, str]) -> list[str]:
    return [f"- `{name}`: {text}" for name, text in texts.items()]


def _table(title: str, counts: Mapping[str, int]) -> list[str]:
    return _rows(title, {name: f"{count:,}" for name, count in counts.items()})


def _rows(title: str, cells: Mapping[str, object]) -> list[str]:
    if not cells:
        return []
    rows = [f"| {name} | {cell} |" for name, cell in cells.items()]
    return [f"| {title} | |", "|---|---:|", *rows, ""]
