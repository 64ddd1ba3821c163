"""The chart of a backlog."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from sluice.planning.capacity import Load
from sluice.planning.drain import drain
from sluice.planning.picture import picture


def test_the_chart_is_svg_with_the_whole_course() -> None:
    drained = drain(Load(pause=86_400))
    drawn = ET.fromstring(picture("a < b", drained.points, unpaused=86_400))
    space = "{http://www.w3.org/2000/svg}"
    (line,) = drawn.iter(f"{space}polyline")
    corners = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert corners[0][1] == corners[-1][1] == max(y for _, y in corners)
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)
    assert {"a < b", "unpaused", "hours", "80M"} <= {text.text for text in drawn.iter(f"{space}text")}


@pytest.mark.parametrize("points", [drain(Load()).points, drain(Load(rate=0, backlog=1)).points])
def test_a_backlog_of_one_or_none_can_be_drawn(points: Any) -> None:
    ET.fromstring(picture("little", points))
