"""Several programs at once, one call at a time, in an order that a seed decides."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

from tests.unit.support.fake_lambda import Caller, Pages

STAY = 0.65
"""How often the program whose turn it is has the next one, too: faults take several calls in a row of one, and then
several of the other."""


class Turns:
    """Who may make a call.

    Args:
        seed: what the order follows from.
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
        """Wait for one's turn. Who is no program here has it always."""
        name = getattr(self._me, "name", None)
        if name is not None:
            self._done.release()
            self._go[name].acquire()

    def run(self, programs: Mapping[str, Callable[[], object]]) -> dict[str, BaseException]:
        """Run programs to their ends.

        Returns:
            What they raised.
        """
        raised: dict[str, BaseException] = {}

        def body(name: str, program: Callable[[], object]) -> None:
            self._me.name = name
            self._go[name].acquire()
            try:
                program()
            except BaseException as error:  # noqa: BLE001 - the test tells which it may be
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
            if self.random.random() < 0.1:
                self._between()
            self._go[turn].release()
            self._done.acquire()
        for thread in threads:
            thread.join()
        return raised


class InTurns:
    """A client each of whose calls waits for its turn.

    Args:
        client: the client.
        turns: whose turn it is.
        check: called with each call's name, when it is; may raise.
    """

    exceptions = Caller.exceptions

    def __init__(self, client: Any, turns: Turns, check: Callable[[str], None] = lambda _: None) -> None:
        self._client = client
        self._turns = turns
        self._check = check

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
            self._check(name)
            return real(**arguments)

        return call
