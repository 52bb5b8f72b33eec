"""The recipe blocks that say where problems come from and what their columns mean.

Plain dataclasses: the recipe reader validates YAML into them, and tests build them directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Kind

AnswerForm = Literal["hash", "boxed", "plain", "choice"]

FILE_SUFFIXES: Final = (".jsonl", ".json", ".csv", ".parquet")
"""What a file is read as; `.gz` may follow all but the last."""


def file_suffix(path: str) -> str | None:
    """Return the suffix that says how a file is read, or None for a folder or a Hub id."""
    name = PurePath(path).name.lower()
    suffix = PurePath(name.removesuffix(".gz")).suffix
    if suffix not in FILE_SUFFIXES or name.endswith(".parquet.gz"):
        return None
    return suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemSource:
    """A recipe's `problems:` block: a file or data set, and which column holds what."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    path: str
    """A `.jsonl`, `.json`, `.csv` or `.parquet` file (also `.jsonl.gz`, `.json.gz`, `.csv.gz`),
    relative to the recipe's folder; or a folder or Hub id for `datasets.load_dataset`."""
    statement: str | tuple[str, ...]
    """Column of the statement; several are joined by line breaks, as is a column of lists."""
    reference: str | None = None
    """Column that holds the reference answer; null if the problems have none."""
    answer: AnswerForm = "plain"
    """How the reference is found in that column: after `####`, in the last `\\boxed{}`, as the
    column is, or as the letter of a choice."""
    kind: Kind = "math"
    """How final answers are compared."""
    choices: str | None = None
    """Column with the list of options; they are put under the statement as `(A) …` lines, and a
    whole-number reference is then the index of an option, from 0."""
    tests: str | tuple[str, ...] | None = None
    """Column with the unit tests of `code` problems; several (imports, then tests) are joined by
    line breaks, as is a column of lists."""
    entry_point: str | None = None
    """Column with the name of the function that tests of the form `def check(candidate)` are for;
    the call `check(name)` is then put under them."""
    id: str | None = None
    """Column with the source's own id."""
    name: str | None = None
    """Configuration of a data set; not for files."""
    split: str | None = None
    """Split of a data set, `train` if null; not for files."""
    revision: str | None = None
    """Commit of a Hub data set, so that a rerun reads the same rows; not for files."""
    max_bad_share: float = 0.05
    """Stop when more than this share of the rows is rejected; duplicates do not count."""

    def __post_init__(self) -> None:
        """Reject settings that contradict each other."""
        self._check_columns()
        if not 0 <= self.max_bad_share <= 1:
            message = f"max_bad_share must be between 0 and 1, not {self.max_bad_share!r}"
            raise ValueError(message)
        for option in ("name", "split", "revision"):
            if getattr(self, option) is not None and file_suffix(self.path):
                message = f"{option} is for data sets and {self.path!r} is a file: leave it out"
                raise ValueError(message)

    def _check_columns(self) -> None:
        for column in (self.path, *self.columns):
            if not column.strip():
                message = f"path and columns need a name, not {column!r}"
                raise ValueError(message)
        if not self.statement:
            message = "statement needs at least one column, not an empty list"
            raise ValueError(message)
        if self.answer != "plain" and self.reference is None:
            message = f"answer: {self.answer} needs a reference column"
            raise ValueError(message)
        if (self.kind == "code") != bool(self.tests):
            message = f"kind: code and tests go together, not kind: {self.kind}, {self.tests!r}"
            raise ValueError(message)
        if self.entry_point is not None and self.tests is None:
            message = f"entry_point: {self.entry_point} needs tests"
            raise ValueError(message)
        if self.choices is not None and self.kind != "choice":
            message = f"choices: {self.choices} needs kind: choice, not {self.kind}"
            raise ValueError(message)

    @property
    def statement_columns(self) -> tuple[str, ...]:
        """The columns of the statement, in the order they are joined."""
        return (self.statement,) if isinstance(self.statement, str) else self.statement

    @property
    def test_columns(self) -> tuple[str, ...]:
        """The columns of the tests, in the order they are joined."""
        return (self.tests,) if isinstance(self.tests, str) else self.tests or ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return self.statement_columns + tuple(c for c in self._optional_columns() if c is not None)

    def _optional_columns(self) -> tuple[str | None, ...]:
        return (self.reference, self.choices, *self.test_columns, self.entry_point, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionSource(ProblemSource):
    """A recipe's `solutions:` block: problems with solutions that exist, one solution a row."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    text: str | None = None
    """Column with the text of the solution, which the recipe's segmenter will split."""
    steps: str | None = None
    """Column with the list of its steps, kept as they are; give this or `text`."""

    def __post_init__(self) -> None:
        """Reject settings that contradict each other."""
        ProblemSource.__post_init__(self)
        if (self.text is None) == (self.steps is None):
            message = f"give text or steps, not text: {self.text!r} with steps: {self.steps!r}"
            raise ValueError(message)

    def _optional_columns(self) -> tuple[str | None, ...]:
        # `super()` does not work in a slotted dataclass.
        return (*ProblemSource._optional_columns(self), self.text, self.steps)  # noqa: SLF001
