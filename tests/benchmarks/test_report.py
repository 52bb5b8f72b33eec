"""The build whose report is measured is a finished build with a report."""

from __future__ import annotations

from benchmarks.report import arrange, written
from storage.manifest import read_manifest


def test_the_report_of_a_synthetic_build_is_written(tmp_path):
    arrange(tmp_path, 24)
    assert read_manifest(tmp_path) is not None
    figures = written(tmp_path)
    assert 0 < figures["megabytes"] < 1
    assert (tmp_path / "report.html").read_text().count('<details class="card solution"') == 24
