"""The first moment at which two runs differ, in the order in which things happened."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.trying.first_difference import first_difference

FNS = [
    ["handle", "handlers/a.py", 1, ["event"]],
    ["total", "handlers/a.py", 5, ["lines"]],
    ["price", "handlers/a.py", 9, ["sku"]],
]
HANDLE: list[Any] = [0, -1, 0, 100, 0]
TOTAL: list[Any] = [1, 0, 10, 50, 3, [["TEA", "POT"]], 14]
PRICE: list[Any] = [2, 1, 20, 10, 6, ["TEA"], 2]


def stored(*calls: list[Any]) -> dict[str, Any]:
    return {"fns": FNS, "calls": list(calls)}


THEN = stored(HANDLE, TOTAL, PRICE)
RAISED = {"$": "ValueError", "n": 1, "v": {"args": ["no price"]}}


@pytest.mark.parametrize(
    ("now", "function", "what"),
    [
        (stored(HANDLE, TOTAL, [2, 1, 25, 99, 7, ["TEA"], 2]), None, None),
        (stored(HANDLE, TOTAL, [*PRICE[:5], ["POT"], 2]), "price", "arguments"),
        # What it returned made its caller return something else, too: the first is told.
        (stored(HANDLE, [*TOTAL[:6], 15], [*PRICE[:6], 3]), "price", "outcome"),
        (stored([*HANDLE, None, RAISED, "raised", 4], [*TOTAL[:6], RAISED, "raised", 6], PRICE), "total", "outcome"),
        (stored(HANDLE, TOTAL, PRICE, [2, 1, 40, 5, 6, ["POT"], 12]), "total", "call"),
        (stored(HANDLE, TOTAL), "price", "call"),
        (stored(HANDLE), "total", "call"),
        (stored(), "handle", "call"),
        # Names and times only.
        (stored(HANDLE, TOTAL[:5], PRICE[:5]), None, None),
        (stored(HANDLE, PRICE[:1] + TOTAL[1:5]), "total", "call"),
        # An end that is not on record.
        (stored(HANDLE, TOTAL, [*PRICE[:6], None, "lost"]), None, None),
    ],
)
def test_the_first_difference(now: dict[str, Any], function: str | None, what: str | None) -> None:
    found = first_difference(THEN, now)
    assert (found and found.then and found.then.function, found and found.what) == (function, what)
    back = first_difference(now, THEN)
    assert (back and back.what) == what
