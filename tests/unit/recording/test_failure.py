from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from sluice import emit
from sluice.recording.failure import MAX_FRAMES, MAX_LOCALS, MAX_SOURCE, frames_of
from sluice.recording.own_code import OwnCode
from sluice.recording.render import NoSecrets

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.team_code import team_code

ENTRY = """
    from team.prices import price_of

    def handle(event):
        total = 0
        for line in event["lines"]:
            total += price_of(line) * line["count"]
        return total
"""
PRICES = """
    PRICES = {"TEA": 3}

    def price_of(line):
        return look_up(PRICES, line["sku"])

    def look_up(prices, sku):
        return {**prices}[sku]
"""


def failed_trace(cloud: Cloud, folder: Path, entry: str, event: Any, **more: Any) -> Any:
    """The trace of one run, as `--json` prints it."""
    with team_code(folder, entry, **more) as (recorder, handle):
        function = Function(cloud, handle, recorder=recorder, timeout=more.pop("timeout", 5))
        emit(HANDLER, event)
        function.poll()
        (trace,) = function.traces()
    return json.loads(trace.to_json())


def test_a_failed_run_keeps_the_locals_of_the_teams_frames_beside_their_lines(cloud: Cloud, tmp_path: Path) -> None:
    event = {"lines": [{"sku": "TEA", "count": 2}, {"sku": "POT", "count": 1}]}
    trace = failed_trace(cloud, tmp_path, ENTRY, event, prices=PRICES)

    pot = {"sku": "POT", "count": 1}
    assert trace["status"] == "error"
    assert trace["locals"] == [
        {
            "function": "handle",
            "file": "team/entry.py",
            "line": 6,
            "source": 'total += price_of(line) * line["count"]',
            "values": {"event": event, "total": 6, "line": pot},
        },
        {
            "function": "price_of",
            "file": "team/prices.py",
            "line": 4,
            "source": 'return look_up(PRICES, line["sku"])',
            "values": {"line": pot},
        },
        {
            "function": "look_up",
            "file": "team/prices.py",
            "line": 7,
            "source": "return {**prices}[sku]",
            "values": {"prices": {"TEA": 3}, "sku": "POT"},
        },
    ]


def test_a_run_that_ends_well_keeps_none(cloud: Cloud, tmp_path: Path) -> None:
    trace = failed_trace(cloud, tmp_path, ENTRY, {"lines": []}, prices=PRICES)
    assert (trace["status"], trace["locals"]) == ("ok", [])


def test_without_values_only_the_lines_are_kept(cloud: Cloud, tmp_path: Path) -> None:
    trace = failed_trace(cloud, tmp_path, ENTRY, {"lines": [{"sku": "POT"}]}, prices=PRICES, values=False)
    assert [frame["function"] for frame in trace["locals"]] == ["handle", "price_of", "look_up"]
    assert [frame["values"] for frame in trace["locals"]] == [{}] * 3


def test_a_run_that_times_out_shows_where_it_was(cloud: Cloud, tmp_path: Path) -> None:
    entry = """
        import time

        def handle(event):
            done = 0
            while True:
                done = 1
                time.sleep(0.001)
    """
    with team_code(tmp_path, entry) as (recorder, handle):
        function = Function(cloud, handle, recorder=recorder, timeout=0.05)
        emit(HANDLER, 1)
        function.poll()
        (trace,) = function.traces()
    assert trace.status == "timed-out"
    (frame,) = trace.locals
    assert frame["values"]["event"] == 1
    assert frame["file"] == "team/entry.py"


def test_a_module_that_cannot_be_imported_shows_the_line(cloud: Cloud, tmp_path: Path) -> None:
    entry = """
        def handle(event):
            import team.broken
    """
    trace = failed_trace(cloud, tmp_path, entry, 1, broken="1 / 0\n")
    assert [(frame["function"], frame["source"]) for frame in trace["locals"]] == [
        ("handle", "import team.broken"),
        ("<module>", "1 / 0"),
    ]


@pytest.fixture
def own() -> OwnCode:
    """This file as the team's code."""
    code = OwnCode("team.entry", "team")
    code.files[__file__] = "team/entry.py"
    return code


def shown(own: OwnCode, raises: Any) -> list[dict[str, Any]]:
    """The frames of what a function raises."""
    with pytest.raises((ValueError, ZeroDivisionError, RecursionError)) as caught:
        raises()
    frames = frames_of(caught.value, own, values=True)
    return [frame.rendered(NoSecrets()) for frame in frames][1:]


def test_frames_and_locals_are_bounded(own: OwnCode) -> None:
    def many() -> None:
        a = b = c = d = e = f = g = h = i = j = k = m = n = 1
        raise ValueError(a, b, c, d, e, f, g, h, i, j, k, m, n)

    def down(depth: int) -> None:
        if depth:
            down(depth - 1)
        many()

    found = shown(own, lambda: down(100))
    assert len(found) == MAX_FRAMES - 1
    assert found[-1]["function"].endswith("many")
    assert len(found[-1]["values"]) == MAX_LOCALS
    assert [frame["values"]["depth"] for frame in found[:-1]] == [5, 4, 3, 2, 1, 0]


def test_an_endless_recursion_is_shown(own: OwnCode) -> None:
    def down(depth: int) -> None:
        down(depth + 1)

    found = shown(own, lambda: down(0))
    assert len(found) == MAX_FRAMES - 1
    assert found[-1]["values"]["depth"] > 100


def test_frames_of_packages_are_left_out(own: OwnCode) -> None:
    def parse() -> None:
        json.loads("{")

    assert [frame["function"].rpartition(".")[2] for frame in shown(own, parse)] == ["parse"]


def test_a_classs_body_is_not_looked_into(own: OwnCode) -> None:
    looked = []

    class Namespace(dict[str, Any]):
        def __contains__(self, name: object) -> bool:
            looked.append(name)
            return super().__contains__(name)

    class Meta(type):
        @classmethod
        def __prepare__(cls, *_: Any, **__: Any) -> Namespace:
            return Namespace()

    def define() -> None:
        class Broken(metaclass=Meta):
            raised = 1 / 0

    found = shown(own, define)
    assert [frame["values"] for frame in found] == [{"Meta": {"$": "type", "v": Meta.__qualname__}}, {}]
    assert looked == []


def test_a_long_source_line_is_cut(own: OwnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linecache.getline", lambda *_: "x" * 1_000)
    assert len(shown(own, lambda: int("a"))[0]["source"]) == MAX_SOURCE


def test_a_loader_of_somebody_elses_stays(tmp_path: Path) -> None:
    own = OwnCode("json.tool", "json")
    spec = own.find_spec("json.tool", sys.modules["json"].__path__)
    assert spec is not None
    assert own.find_spec("team.entry", None) is None
    assert own.find_spec("json.no_such", sys.modules["json"].__path__) is None
