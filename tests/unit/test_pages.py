"""The parts of which pages for people are made."""

import itertools
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline
from pipeline.pages import numbers
from pipeline.pages.axes import name_axis, number_axis, round_ticks, share_axis
from pipeline.pages.charts import HEIGHT, WIDTH, Bars, Dots, Line, Rule, drawing, thinned
from pipeline.pages.document import Chart, Fact, Notes, Page, Section, Table, Text, document

NASTY = '<script>alert("1")</script> & more'


def picture(says: str = "It rises.") -> Chart:
    table = Table(("x", "y"), [("0", "1"), ("1", "2")])
    layers = (Line([0, 1], [0.2, 0.7], 0, "model"), Dots([0, 1], [0.2, 0.7], [0.1, 0.6], [0.3, 0.8], 1, NASTY))
    return Chart(NASTY, says, number_axis("x", [0, 1]), share_axis(NASTY), layers, table)


def page(*blocks: Text | Notes | Table | Chart) -> str:
    return document(Page("Title", "sub", [Section("First things", blocks)], [Fact("0.9", "AUC")]))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_hold_both_ends_and_are_evenly_spaced(low: float, span: float) -> None:
    ticks = round_ticks(low, low + span)
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    slack = 1e-6 * max(span, abs(low) * 1e-6)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + span - slack
    assert 2 <= len(ticks) <= 9
    assert max(steps) - min(steps) <= slack + 1e-9 * max(abs(low), span)


@pytest.mark.parametrize("values", [[], [math.nan], [3.0], [0.0, 0.0], [-5.0, -5.0]])
def test_an_axis_of_few_or_unknown_values_still_has_a_length(values: list[float]) -> None:
    axis = number_axis("y", values)
    assert axis.high > axis.low


def test_a_long_list_of_names_is_not_written_in_full() -> None:
    axis = name_axis("snapshot", [f"2024-{n:02d}-01" for n in range(60)])
    assert 3 <= len(axis.ticks) <= 4
    assert (axis.low, axis.high) == (-0.5, 59.5)


def test_a_chart_is_well_formed_and_stays_inside_its_frame() -> None:
    x, y = name_axis("decile", ["1", "2", "3"]), number_axis("lift", [5.0, 2.0, 0.1])
    layers = [Bars([0, 1, 2], [5.0, 2.0, 0.1]), Rule((-0.5, 1.0), (2.5, 1.0)), Line([0, 1, 2], [5.0, math.nan, 0.1])]
    svg = drawing(layers, x, y, title="Lift", says="It falls.")
    parts = ElementTree.fromstring(svg)
    for bar in parts.iter("rect"):
        assert 0 <= float(bar.attrib["x"]) <= WIDTH - float(bar.attrib["width"])
        assert 0 <= float(bar.attrib["y"]) <= HEIGHT - float(bar.attrib["height"])
    heights = [float(bar.attrib["height"]) for bar in parts.iter("rect")]
    assert heights == sorted(heights, reverse=True)


def test_a_thinned_line_keeps_its_ends_and_few_points() -> None:
    kept = thinned([(n / 100, n / 100) for n in range(10_001)])
    assert (kept[0], kept[-1]) == ((0.0, 0.0), (100.0, 100.0))
    assert len(kept) < 150
    assert thinned([]) == []


def test_texts_from_data_cannot_inject_anything_into_a_page() -> None:
    html = page(Text(NASTY), Notes([NASTY]), Table((NASTY,), [(NASTY,)], caption=NASTY), picture(NASTY))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 6


def test_a_page_loads_nothing_from_outside_and_runs_no_script() -> None:
    assert not re.search(r"src=|<link (?!rel=.icon. href=.data:,.>)|@import|url\(|<script|http", page(picture()))


def test_a_chart_comes_with_its_description_and_the_numbers_behind_it() -> None:
    html = page(picture())
    assert "<desc>It rises.</desc>" in html
    assert html.index("The numbers behind the chart") < html.index("<table>")


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-Hans")])
def test_a_page_tells_browsers_its_language(language: str, tag: str) -> None:
    assert f'<html lang="{tag}">' in document(Page("Title", "sub", [], language=language))


def test_every_template_of_a_page_stands_in_the_one_shell() -> None:
    templates = list(Path(pipeline.__path__[0]).rglob("*.html.j2"))
    assert len(templates) >= 4
    assert [path.name for path in templates if "<html" in path.read_text(encoding="utf-8")] == ["shell.html.j2"]


def test_neighbouring_charts_share_a_row_and_sections_can_be_reached() -> None:
    html = page(picture(), picture(), Text("between"), picture())
    assert html.count('<div class="charts">') == 2
    assert '<a href="#first-things">' in html
    assert '<section id="first-things">' in html


def test_what_is_not_known_is_a_dash() -> None:
    shown = (numbers.count, numbers.share, numbers.figure, numbers.times, numbers.money)
    assert {write(math.nan) for write in shown} == {numbers.UNKNOWN}
    assert numbers.between(math.nan, math.nan, numbers.figure) == ""
