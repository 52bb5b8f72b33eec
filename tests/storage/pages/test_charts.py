"""Charts: well-formed, named, with every number that they are given."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from storage.pages.charts import (
    WIDTH,
    Point,
    Segment,
    Series,
    bands,
    columns,
    lengths,
    matrix,
    reliability,
    stacked,
)

NAME = "<script>&\"'"
counts = st.lists(st.tuples(st.text("abc<", min_size=1), st.integers(0, 10**7)), max_size=30)


def parsed(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))


def every_chart(name: str) -> list[Markup]:
    series = [Series("correct", name, [Point(0, 0.5, 0.2, 0.7)], dashed=True)]
    return [
        stacked(name, [(name, [Segment("correct", 3), Segment("incorrect", 1)])]),
        lengths(name, [(name, 3)]),
        columns(name, [(name, 3)], name, "incorrect"),
        bands(name, series, 3, name),
        reliability(name, [(0.5, 0.6, 3)], name, name),
        matrix(name, [name, name], [[1, None], [None, 1]]),
    ]


@pytest.mark.parametrize("chart", every_chart(NAME))
def test_a_chart_is_an_image_named_by_its_title_and_names_are_text(chart):
    svg = parsed(chart)
    assert svg.get("role") == "img"
    assert svg[0].tag == "title"
    assert svg[0].text == NAME
    assert not list(svg.iter("script"))


@given(counts)
def test_bars_and_columns_stay_inside_the_chart_and_tell_their_counts(rows):
    for chart in (lengths("t", rows), columns("t", rows, "x", "incorrect")):
        svg = parsed(chart)
        bars = list(svg.iter("rect"))
        height = float(svg.get("viewBox", "").split()[-1])
        assert [bar[0].text for bar in bars] == [f"{name}: {count:,}" for name, count in rows]
        for bar in bars:
            assert 0 <= float(bar.get("x", "")) <= WIDTH
            assert float(bar.get("x", "")) + float(bar.get("width", "")) <= WIDTH
            assert 0 <= float(bar.get("y", "")) <= height


@given(st.lists(st.integers(0, 100), min_size=1, max_size=4).filter(any))
def test_the_segments_of_a_bar_fill_it(sizes):
    segments = [Segment("correct", size) for size in sizes]
    bars = list(parsed(stacked("t", [("mc", segments)])).iter("rect"))
    assert sum(float(bar.get("width", "")) for bar in bars) == pytest.approx(WIDTH, abs=0.5)


def test_a_segment_tells_its_verdict_by_sign_too():
    svg = parsed(stacked("t", [("mc", [Segment("correct", 1), Segment("incorrect", 1)])]))
    told = [text.text for text in svg.iter("text")]
    assert told == ["mc", "✓ 50%", "✗ 50%", "✓ correct", "✗ incorrect"]


def test_the_axis_ends_at_a_round_number_above_the_counts():
    svg = parsed(columns("t", [("0", 1234), ("1", 3)], "x", "incorrect"))
    assert [text.text for text in svg.iter("text")][:3] == ["0", "1k", "2k"]


def test_a_pair_without_a_figure_has_a_dash():
    svg = parsed(matrix("t", ["a", "b"], [[1, None], [None, 1]]))
    assert [text.text for text in svg.iter("text")].count("–") == 2


def test_in_a_matrix_of_many_names_figures_are_short_and_names_keep_their_ends():
    names = [f"a-long-name-of-a-build/{letter}" for letter in "abcdefgh"]
    cells = [[1.0 if a == b else 0.25 for b in names] for a in names]
    said = [text.text for text in parsed(matrix("t", names, cells)).iter() if text.text]
    assert {".25", "1"} <= set(said)
    assert "1 …e-of-a-build/a" in said
