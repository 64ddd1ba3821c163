"""Small runs, and the trees of calls that recording them should give. One process of a newer Python runs them all."""

from __future__ import annotations

import textwrap
from typing import Any

RUNS: dict[str, dict[str, Any]] = {}
"""Every run by its name: what record_runs.py is given."""

TREES: dict[str, str] = {}
"""The tree of the last event of a run."""


def run(name: str, entry: str, tree: str = "", *, events: list[Any] | None = None, **more: Any) -> None:
    RUNS[name] = {"entry": textwrap.dedent(entry).lstrip(), "events": events or [None], **more}
    if tree:
        TREES[name] = textwrap.dedent(tree).strip()


run(
    "an order",
    """
    from team.prices import price_of

    class Till:
        def __init__(self, currency):
            self.currency = currency
            self.total = 0

        def add(self, line, *, count=1):
            self.total += price_of(line["sku"]) * count

    def handle(event):
        till = Till("EUR")
        for line in event["lines"]:
            till.add(line, count=2)
        return till.total
    """,
    """
    handle()
      Till.__init__(self={"$": "Till"}, currency="EUR")
      Till.add(self={"$": "Till", "n": 2, "v": {"currency": "EUR", "total": 0}}, line={"sku": "TEA"}, count=2)
        price_of(sku="TEA") -> 3
      Till.add(self={"$": "Till", "n": 2, "v": {"currency": "EUR", "total": 6}}, line={"sku": "POT"}, count=2)
        price_of(sku="POT") -> 12
    """,
    events=[{"lines": [{"sku": "TEA"}, {"sku": "POT"}]}],
    modules={"prices": "def price_of(sku):\n    return {'TEA': 3, 'POT': 12}[sku]\n"},
)
run(
    "an exception that is caught, and one that is not",
    """
    def check(n):
        if n > 1:
            raise ValueError("too many", n)
        return n

    def safely(n):
        try:
            return check(n)
        except ValueError:
            return 0

    def handle(event):
        safely(1)
        safely(2)
        check(3)
    """,
    """
    handle() ! ValueError('too many', 3)
      safely(n=1) -> 1
        check(n=1) -> 1
      safely(n=2) -> 0
        check(n=2) ! ValueError('too many', 2)
      check(n=3) ! ValueError('too many', 3)
    """,
)
run(
    "generators",
    """
    def numbers(limit):
        for n in range(limit):
            yield double(n)

    def double(n):
        return n * 2

    def add(a, b):
        return a + b

    def handle(event):
        total = 0
        for n in numbers(3):
            total = add(total, n)
        unfinished = numbers(9)
        next(unfinished)
        kept.append(unfinished)
        return total

    kept = []
    """,
    """
    handle()
      numbers(limit=3)
        double(n=0) -> 0
        double(n=1) -> 2
        double(n=2) -> 4
      add(a=0, b=0) -> 0
      add(a=0, b=2) -> 2
      add(a=2, b=4) -> 6
      numbers(limit=9) ?
        double(n=0) -> 0
    """,
)
run(
    "coroutines",
    """
    import asyncio

    async def fetch(name):
        await asyncio.sleep(0)
        return clean(name)

    def clean(name):
        return name.strip()

    async def both():
        return await asyncio.gather(fetch(" a"), fetch(" b"))

    def handle(event):
        return asyncio.run(both())
    """,
    """
    handle()
      both() -> ["a", "b"]
      fetch(name=" a") -> "a"
        clean(name=" a") -> "a"
      fetch(name=" b") -> "b"
        clean(name=" b") -> "b"
    """,
)
run(
    "threads",
    """
    from concurrent.futures import ThreadPoolExecutor

    def square(n):
        return multiply(n, n)

    def multiply(a, b):
        return a * b

    def spread(numbers):
        with ThreadPoolExecutor(1) as pool:
            return list(pool.map(square, numbers))

    def handle(event):
        return spread([2, 3])
    """,
    """
    handle()
      spread(numbers=[2, 3]) -> [4, 9]
        square(n=2) -> 4
          multiply(a=2, b=2) -> 4
        square(n=3) -> 9
          multiply(a=3, b=3) -> 9
    """,
)
run(
    "arguments of every kind, lambdas, and the frames of packages between",
    """
    import json

    def every(a, /, b, *rest, c, **more):
        def inner():
            return a, b
        return json.loads("1", object_hook=None), inner()

    def handle(event):
        every(1, 2, 3, c=4, d=5)
        return sorted([2, 1], key=lambda n: -n)
    """,
    """
    handle()
      every(a=1, b=2, c=4, rest={"$": "tuple", "n": 1, "v": [3]}, more={"d": 5}) -> \
{"$": "tuple", "n": 2, "v": [1, {"$": "tuple", "n": 2, "v": [1, 2]}]}
        every.<locals>.inner() -> {"$": "tuple", "n": 2, "v": [1, 2]}
      handle.<locals>.<lambda>(n=2) -> -2
      handle.<locals>.<lambda>(n=1) -> -1
    """,
)
run(
    "a module that is imported late",
    "def handle(event):\n    from team.late import work\n    return work(1)\n",
    "handle()\n  work(n=1) -> 2",
    modules={"late": "def work(n):\n    return n + 1\n"},
)
run(
    "without values",
    "def work(n):\n    return n\n\ndef handle(event):\n    return work(1)\n",
    "handle()\n  work()",
    values=False,
)
