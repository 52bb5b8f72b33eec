"""The synthetic build that the scale benchmark labels is a build like any other."""

from __future__ import annotations

from benchmarks.scale import label_and_write, prepare_folder
from benchmarks.synthetic import STEPS, write_evidence
from flows.show import solutions
from storage.manifest import read_manifest


def test_synthetic_evidence_is_labelled_and_written(tmp_path):
    root = tmp_path / "synthetic"
    prepare_folder(root)
    write_evidence(root, 24)
    label_and_write(root)
    rows = list(solutions(root))
    assert len(rows) == 24
    assert {len(row.verdicts) for row in rows} == {STEPS}
    assert read_manifest(root) is not None
