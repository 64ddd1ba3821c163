"""Several programs at once, one call at a time, in an order that follows from a seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

from tests.unit.support.fake_lambda import FakeClient, Pages

STAY = 0.65
"""Probability that the next call is the same program's. Faults need several calls in a row of one program, and then
several of another."""

BETWEEN = 0.1
"""Probability that `between` is called between two calls."""


class Turns:
    """The order of the programs' calls.

    Args:
        seed: the seed of the order.
        between: called now and then between two calls.
    """

    def __init__(self, seed: int, between: Callable[[], None]) -> None:
        self.random = random.Random(seed)
        self._between = between
        self._me = threading.local()
        self._go: dict[str, threading.Semaphore] = {}
        self._done = threading.Semaphore(0)
        self._running: set[str] = set()

    def wait(self) -> None:
        """Wait for one's turn. Threads that run no program need not wait."""
        name = getattr(self._me, "name", None)
        if name is not None:
            self._done.release()
            self._go[name].acquire()

    def run(self, programs: Mapping[str, Callable[[], object]]) -> dict[str, BaseException]:
        """Run programs to their ends.

        Returns:
            The exceptions that they raised, by program.
        """
        raised: dict[str, BaseException] = {}

        def body(name: str, program: Callable[[], object]) -> None:
            self._me.name = name
            self._go[name].acquire()
            try:
                program()
            except BaseException as error:  # noqa: BLE001 - the test decides which are allowed
                raised[name] = error
            finally:
                self._running.discard(name)
                self._done.release()

        threads = [threading.Thread(target=body, args=program, daemon=True) for program in programs.items()]
        self._go = {name: threading.Semaphore(0) for name in programs}
        self._running = set(programs)
        for thread in threads:
            thread.start()
        turn = ""
        while self._running:
            if turn not in self._running or self.random.random() > STAY:
                turn = self.random.choice(sorted(self._running))
            if self.random.random() < BETWEEN:
                self._between()
            self._go[turn].release()
            self._done.acquire()
        for thread in threads:
            thread.join()
        return raised


class InTurns:
    """A client each of whose calls, reads included, waits for its turn.

    Args:
        client: the client.
        turns: the order of the calls.
    """

    exceptions = FakeClient.exceptions

    def __init__(self, client: Any, turns: Turns) -> None:
        self._client = client
        self._turns = turns

    def get_paginator(self, operation: str) -> Pages:
        pages = self._client.get_paginator(operation)

        def page(**arguments: Any) -> Any:
            self._turns.wait()
            return next(pages.paginate(**arguments))

        return Pages(page)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def call(**arguments: Any) -> Any:
            self._turns.wait()
            return real(**arguments)

        return call
