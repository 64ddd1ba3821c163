"""Live numbers for open pages: one look at AWS for all of them, and none while no page is open."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from ..cli.command_error import CommandError
from ..cli.explain_error import explain
from ..stage.names import LOCAL_STAGE

EVERY = 5.0
"""Seconds between two looks: `sluice status --watch` looks as often."""

EVERY_LOCALLY = 1.0
"""The same in the local cloud, where a look costs nothing."""

Message = Mapping[str, Any]


class Live:
    """Looks at a stage while somebody listens, and tells all listeners.

    Args:
        stage: the stage.
        look: returns what there is to tell; it may wait for AWS.
        every: seconds between two looks; the stage's usual ones if left out.
    """

    def __init__(self, stage: str, look: Callable[[], Message], every: float | None = None) -> None:
        self._stage = stage
        self._look = look
        usual = EVERY_LOCALLY if stage == LOCAL_STAGE else EVERY
        self._every = usual if every is None else every
        self._listeners = 0
        self._looking: asyncio.Task[None] | None = None
        self._told: asyncio.Future[None] | None = None
        self._news = ""

    async def events(self) -> AsyncIterator[str]:
        """Yield server-sent events: the news at once if there are any, and again after each look."""
        self._listeners += 1
        if self._looking is None:
            self._news = ""
            self._told = asyncio.get_running_loop().create_future()
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            if self._news:
                yield self._news
            while True:
                assert self._told is not None  # noqa: S101 - it is made before anybody listens
                await asyncio.shield(self._told)
                yield self._news
        finally:
            self._listeners -= 1
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _keep_looking(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self._news = f"data: {json.dumps(await self._message())}\n\n"
                told, self._told = self._told, asyncio.get_running_loop().create_future()
                if told is not None and not told.done():
                    told.set_result(None)
                await asyncio.sleep(self._every)

    async def _message(self) -> Message:
        try:
            return await run_in_threadpool(self._look)
        except Exception as error:  # noqa: BLE001 - the pages say so, and the next look may succeed
            problem = error if isinstance(error, CommandError) else explain(error, self._stage)
            return {"problem": problem.message}
