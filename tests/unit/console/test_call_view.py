"""A trace's calls beside the source, as a page shows them."""

from __future__ import annotations

import textwrap
from typing import Any

from sluice.console.call_view import Block, CallView, Line
from sluice.console.source_view import read_source
from sluice.console.waterfall import waterfall

from tests.unit.support.traces import a_trace

FILE = "handlers/order_placed.py"
SOURCE = textwrap.dedent(
    '''
    def price_of(sku):
        """A price."""
        return {"TEA": 3}[sku]


    def handle(event):
        total = 0
        for line in event["lines"]:
            total += price_of(line)
        return total
    '''
)
KEY_ERROR = {"$": "KeyError", "n": 1, "v": {"args": {"$": "tuple", "n": 1, "v": ["POT"]}}}
FNS = [["handle", FILE, 7, ["event"]], ["price_of", FILE, 2, ["sku"]]]
CALLS = {
    "fns": FNS,
    "calls": [
        [0, -1, 0, 9_000, 0, [{"lines": ["TEA", "POT"]}], KEY_ERROR, "raised", 10],
        [1, 0, 100, 50, 10, ["TEA"], 3],
        [1, 0, 200, 40, 10, ["POT"], KEY_ERROR, "raised", 4],
    ],
}
FRAMES = (
    {"function": "handle", "file": FILE, "line": 10, "source": "total += price_of(line)", "values": {"total": 3}},
    {
        "function": "price_of",
        "file": FILE,
        "line": 4,
        "source": 'return {"TEA": 3}[sku]',
        "values": {"other": 1, "sku": "POT"},
    },
)


def blocks(*, source: str = SOURCE, calls: Any = CALLS, **fields: Any) -> list[Block]:
    files = {FILE: read_source(source)} if source else {}
    return CallView(a_trace(calls=calls, locals=FRAMES, status="error", **fields), files).blocks()[0]


def text(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces)


def test_a_lines_calls_are_opened_in_place_with_their_values() -> None:
    (handle,) = blocks()

    assert [line.number for line in handle.lines] == [7, 8, 9, 10, 11]
    assert handle.arguments == [("event", '{lines: ["TEA", "POT"]}')]
    assert handle.raised
    line = handle.lines[3]
    assert (text(line), line.level) == ("total += price_of(line)", 2)
    assert [(call.function, call.arguments, call.raised) for call in line.calls] == [
        ("price_of", [("sku", '"TEA"')], False),
        ("price_of", [("sku", '"POT"')], True),
    ]
    assert line.is_open
    assert line.us == 90


def test_the_raising_line_has_the_locals_with_those_on_it_first() -> None:
    (handle,) = blocks()
    failed = handle.lines[3].calls[1]

    (line,) = [line for line in failed.lines if line.raised]
    assert (line.number, text(line)) == (4, 'return {"TEA": 3}[sku]')
    assert line.value is not None
    assert (line.value.mark, line.value.text) == ("✕", 'KeyError("POT")')
    assert line.locals is not None
    assert [(local.name, local.used) for local in line.locals] == [("sku", True), ("other", False)]


def test_without_the_source_names_and_values_are_shown() -> None:
    (handle,) = blocks(source="")

    (line,) = handle.lines
    assert (line.number, text(line), len(line.calls)) == (10, "total += price_of(line)", 2)
    (raised,) = line.calls[1].lines
    assert text(raised) == 'return {"TEA": 3}[sku]'


def test_source_of_another_version_is_not_shown_beside_values() -> None:
    """A function that does not begin where the call says is another one."""
    (handle,) = blocks(source="\n\n\n" + SOURCE)

    assert [line.number for line in handle.lines] == [10]


def test_many_calls_of_one_function_are_a_few_and_a_number() -> None:
    rows = [[1, 0, 100 + number, 1, 10, ["TEA"], 3] for number in range(500)]
    (handle,) = blocks(calls={"fns": FNS, "calls": [[0, -1, 0, 9_000, 0, [{}], 0], *rows]})

    line = handle.lines[3]
    assert (len(line.calls), line.more) == (3, "497 more of price_of")


def test_a_long_function_is_shown_around_its_calls() -> None:
    source = "\n" + "def price_of(sku):\n    return 1\n\n\n\n" + "def handle(event):\n" + "    x = 1\n" * 200
    (handle,) = blocks(source=source)

    numbers = [line.number for line in handle.lines]
    assert numbers == [7, 8, 9, 10, 11, 12, 13, None]


def test_calls_without_end_or_with_one_that_was_not_seen_say_so() -> None:
    (handle,) = blocks(calls={"fns": FNS, "calls": [[0, -1, 0, -1, 0, [{}], None, "open"]]})

    assert handle.outcome is not None
    assert handle.outcome.text == "had not ended"


def test_bars_stand_where_the_calls_were() -> None:
    found = waterfall(CallView(a_trace(calls=CALLS), {}).calls)

    assert found is not None
    assert [(bar.name, bar.depth, bar.failed) for bar in found.bars] == [
        ("handle", 0, True),
        ("price_of", 1, False),
        ("price_of", 1, True),
    ]
    assert (found.bars[0].start, found.bars[0].width) == (0, 100)
    assert all(bar.start >= 0 and bar.start + bar.width <= 100 for bar in found.bars)


def test_no_calls_have_no_bars() -> None:
    assert waterfall([]) is None
