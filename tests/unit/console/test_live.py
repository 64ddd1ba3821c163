"""Live numbers: one look for all that listen, and none while nobody does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from sluice.console.live import Live
from sluice.operate.handlers import NotDeployedError


class Looks:
    """Counts looks, and answers each with its number."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> dict[str, Any]:
        self.count += 1
        return {"look": self.count}


def told(event: str) -> Any:
    assert event.startswith("data: ")
    assert event.endswith("\n\n")
    return json.loads(event.removeprefix("data: "))


async def some(events: AsyncIterator[str], count: int) -> list[Any]:
    return [told(await anext(events)) for _ in range(count)]


def test_ten_listeners_cost_what_one_does() -> None:
    async def listen() -> tuple[list[Any], int]:
        looks = Looks()
        live = Live("prod", looks, every=0.01)
        listeners = [live.events() for _ in range(10)]
        first = await asyncio.gather(*(some(events, 1) for events in listeners))
        count = looks.count
        for events in listeners:
            await events.aclose()  # type: ignore[attr-defined]
        return [message for messages in first for message in messages], count

    messages, looks = asyncio.run(listen())

    assert messages == [{"look": 1}] * 10
    assert looks <= 2


def test_nobody_looks_while_nobody_listens() -> None:
    async def listen() -> tuple[int, int, list[Any]]:
        looks = Looks()
        live = Live("prod", looks, every=0)
        async with aclosing(live.events()) as events:  # type: ignore[type-var]
            await some(events, 3)
        await asyncio.sleep(0)
        count = looks.count
        for _ in range(50):
            await asyncio.sleep(0)
        later = looks.count
        async with aclosing(live.events()) as again:  # type: ignore[type-var]
            return count, later, await some(again, 1)

    count, later, again = asyncio.run(listen())

    # The look that was under way is the last one.
    assert later - count <= 1
    assert again[0]["look"] > later - 1


def test_a_look_that_fails_is_told_and_the_next_one_made() -> None:
    answers: list[Any] = [NotDeployedError("prod"), {"fine": True}]

    def look() -> Any:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def listen() -> list[Any]:
        async with aclosing(Live("prod", look, every=0).events()) as events:  # type: ignore[type-var]
            return await some(events, 2)

    first, second = asyncio.run(listen())

    assert "is not deployed" in first["problem"]
    assert second == {"fine": True}
