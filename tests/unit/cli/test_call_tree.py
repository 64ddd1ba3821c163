from __future__ import annotations

import textwrap
from typing import Any

import pytest
from sluice.cli.brief_value import brief
from sluice.cli.call_tree import call_lines, local_lines

from tests.unit.support.traces import a_trace

FNS = [
    ["handle", "handlers/order_placed.py", 20, ["event"]],
    ["total_of", "handlers/order_placed.py", 5, ["lines", "currency"]],
    ["price_of", "handlers/_prices.py", 3, ["sku"]],
    ["check", "handlers/order_placed.py", 12, ["order"]],
]
ORDER = {"id": "A-1006", "email": None, "lines": [{"sku": "TEA"}, {"sku": "POT"}]}
NO_EMAIL = {"$": "ValueError", "n": 1, "v": {"args": {"$": "tuple", "n": 1, "v": ["no email"]}}}
CALLS = {
    "fns": FNS,
    "calls": [
        [0, -1, 5, 12_300, 0, None, NO_EMAIL, "raised", 24],
        [1, 0, 10, 9_000, 22, [ORDER["lines"], "EUR"], {"$": "Decimal", "v": "14.50"}],
        [2, 1, 15, 850, 8, ["TEA"], {"$": "Decimal", "v": "2.50"}],
        [2, 1, 900, 7_900, 8, ["POT"], {"$": "Decimal", "v": "12.00"}],
        [3, 0, 9_100, 40, 24, [ORDER], NO_EMAIL, "raised", 14],
    ],
}


def lines(calls: Any, *, width: int = 80, full: bool = False) -> str:
    return "\n".join(call_lines(a_trace(calls=calls), width=width, full=full))


def golden(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def test_a_tree_of_80_columns() -> None:
    assert lines(CALLS) == golden(
        """
        x handle raised ValueError("no email") at line 24             12.3 ms ██████████
            total_of(lines=[{sku: "TEA"}, {sku: "POT"}], currency=…    9.0 ms ███████▍
              price_of(sku="TEA") → Decimal 2.50                       850 µs ▊
              price_of(sku="POT") → Decimal 12.00                      7.9 ms ██████▍
        x   check(order={id: "A-1006", email: null, lines: [{sku: …     40 µs
        """
    )


SPANS = [
    ["aws", "dynamodb", "GetItem", 12, 5_000, 200, "orders", 0, 1],
    ["http", "api.stripe.com", "POST", 5_100, 2_000, 402, "/v1/charges", 2, 1],
    ["http", "example.com", "GET", 8_000, -1, None, "/slow", 0, 0],
    ["emit", "audit-log", "emit", 8_500, 300, None, "01a219c4-271e-769f-ab36-b374393d0189", 0, 0],
    ["emit", "audit-log", "emit", 8_600, 300, None, "7 events", 0, 0],
    ["log", "", "", 8_900, 0, None, 1, 0, 0],
    ["log", "", "", 8_950, 0, None, 9, 0, -1],
]
LOGS = "a line before\nINFO handlers.order_placed: order A-1006: 2 items, and so on and so forth until the line ends\n"


def test_spans_stand_in_the_tree_where_they_were_made() -> None:
    trace = a_trace(calls=CALLS | {"spans": SPANS, "more_spans": 3}, logs=LOGS)
    assert "\n".join(call_lines(trace, width=80, full=False)) == golden(
        """
        x handle raised ValueError("no email") at line 24             12.3 ms ██████████
            total_of(lines=[{sku: "TEA"}, {sku: "POT"}], currency=…    9.0 ms ███████▍
              · dynamodb GetItem orders → 200                          5.0 ms ████▏
              price_of(sku="TEA") → Decimal 2.50                       850 µs ▊
              price_of(sku="POT") → Decimal 12.00                      7.9 ms ██████▍
              · POST api.stripe.com /v1/charges → 402 after 2 retr…    2.0 ms █▋
            · GET example.com /slow → no answer                             -
            · emit audit-log                                           300 µs ▎
            · emit audit-log 7 events                                  300 µs ▎
            · INFO handlers.order_placed: order A-1006: 2 items, and so on and so forth…
        x   check(order={id: "A-1006", email: null, lines: [{sku: …     40 µs
          · a line of the log
        3 more calls to the outside or emits are not recorded
        """
    )


def test_spans_are_shown_where_calls_cannot_be_recorded() -> None:
    found = lines({"note": "Python 3.11 cannot record calls; 3.12 and newer can", "spans": [[*SPANS[0][:8], -1]] * 7})
    assert found == golden(
        """
        none: Python 3.11 cannot record calls; 3.12 and newer can
          · dynamodb GetItem orders → 200    5.0 ms ██████████
          · dynamodb GetItem orders → 200    5.0 ms ██████████
          · dynamodb GetItem orders → 200    5.0 ms ██████████
          … 4 more of dynamodb GetItem: --full shows them
        """
    )


def test_a_tree_of_160_columns() -> None:
    """Times stand close to the longest line."""
    assert lines(CALLS, width=160) == golden(
        """
        x handle raised ValueError("no email") at line 24                                                                            12.3 ms ██████████
            total_of(lines=[{sku: "TEA"}, {sku: "POT"}], currency="EUR") → Decimal 14.50                                              9.0 ms ███████▍
              price_of(sku="TEA") → Decimal 2.50                                                                                      850 µs ▊
              price_of(sku="POT") → Decimal 12.00                                                                                     7.9 ms ██████▍
        x   check(order={id: "A-1006", email: null, lines: [{sku: "TEA"}, {sku: "POT"}]}) raised ValueError("no email") at line 14     40 µs
        """  # noqa: E501 - as it is printed
    )
    assert all(len(line) <= 160 for line in lines(CALLS, width=160).splitlines())


def test_a_loops_calls_are_shortened_but_for_those_that_raised() -> None:
    error = {"$": "KeyError", "n": 1, "v": {"args": {"$": "tuple", "n": 1, "v": ["CUP"]}}}
    rows: list[Any] = [[0, -1, 0, 100, 0]] + [[2, 0, n, 1, 8, [f"SKU-{n}"]] for n in range(20)]
    rows[15] += [error, "raised", 4]
    stored = {"fns": FNS, "calls": rows, "more": [2]}
    assert [line[:49].rstrip() for line in lines(stored).splitlines()] == golden(
        """
          handle
            price_of(sku="SKU-0")
            price_of(sku="SKU-1")
            price_of(sku="SKU-2")
        x   price_of(sku="SKU-14") raised KeyError("CUP")
            … 16 more of price_of: --full shows them
        not every call is recorded of: price_of
        """
    ).splitlines()
    assert len(lines(stored, full=True).splitlines()) == 22


def test_full_shows_whole_values() -> None:
    assert '{id: "A-1006", email: null, lines: [{sku: "TEA"}, {sku: "POT"}]}' in lines(CALLS, full=True)


@pytest.mark.parametrize(("state", "words"), [("open", "handle had not ended"), ("lost", "handle")])
def test_a_call_without_an_end(state: str, words: str) -> None:
    assert lines({"fns": FNS, "calls": [[0, -1, 0, -1, 0, None, None, state]]}).split("  ")[1] == words


def test_no_calls_say_why() -> None:
    assert lines({"note": "Python 3.11 cannot record calls"}) == "none: Python 3.11 cannot record calls"


def test_locals_stand_beside_their_lines() -> None:
    frame = {"function": "check", "file": "handlers/order_placed.py", "line": 14}
    trace = a_trace(
        locals=({**frame, "source": 'raise ValueError("no email")', "values": {"order": ORDER, "n": 1}},),
        status="error",
    )
    assert "\n".join(local_lines(trace, width=60, full=False)) == golden(
        """
        handlers/order_placed.py:14 in check
        > raise ValueError("no email")
            order = {id: "A-1006", email: null, lines: [{sku: "TEA"…
            n = 1
        """
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("tea", '"tea"'),
        ([1, {"a": True}], "[1, {a: true}]"),
        ({"$": "str", "n": 1_500, "v": "xy"}, '"xy…" (1500 characters)'),
        ({"$": "list", "n": 9, "v": [1, 2]}, "[1, 2, … of 9]"),
        ({"$": "tuple", "n": 2, "v": [1, 2]}, "(1, 2)"),
        ({"$": "deque", "n": 1, "v": [1]}, "deque [1]"),
        ({"$": "Order", "n": 1, "v": {"id": 7}}, "Order{id: 7}"),
        ({"$": "dict", "n": 1, "v": {}, "kv": [[1, "a"]]}, '{1: "a"}'),
        ({"$": "dict", "n": 9, "v": {"a": 1}}, "{a: 1, … of 9}"),
        ({"$": "Decimal", "v": "8.90"}, "Decimal 8.90"),
        ({"$": "bytes", "n": 3}, "<bytes of 3>"),
        ({"$": "object"}, "<object>"),
        ({"$": "redacted"}, "[redacted]"),
        ({"$": "..."}, "…"),
        ({"$": 1}, "{$: 1}"),
        ({"$": "str", "v": 7}, "str 7"),
    ],
)
def test_how_a_value_reads(value: Any, text: str) -> None:
    assert brief(value) == text
