"""The Lambda console's Throttle button, pressed while other tests run, and taken back with events waiting."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sluice.traces import TraceStore

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually

FUNCTION = "sluice-local-throttled"
EVENTS = 500
LIMIT = 75.0
"""Seconds that the reconciler has, which runs every minute."""


@dataclass
class Throttling:
    """What was seen, step by step, in a thread of its own."""

    project: Project
    store: TraceStore
    status: dict[str, Any] = field(default_factory=dict)
    mapping: str = ""
    ids: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    dead: int | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    failure: BaseException | None = None

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ended(self) -> Throttling:
        self._thread.join(4 * LIMIT)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure
        return self

    def _run(self) -> None:
        try:
            self._press_and_release()
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self.failure = error

    def _press_and_release(self) -> None:
        project = self.project
        concurrency = ("--function-name", FUNCTION)
        project.aws("lambda", "put-function-concurrency", *concurrency, "--reserved-concurrent-executions", "0")
        pressed = time.monotonic()
        lines = "\n".join(str(number) for number in range(EVENTS))
        self.ids = set(project.run("emit", "throttled", "--lines", "-", stdin=lines).out.split())

        def paused() -> bool:
            (mapping,) = project.aws("lambda", "list-event-source-mappings", *concurrency)["EventSourceMappings"]
            self.mapping = mapping["State"]
            return self.mapping == "Disabled"

        eventually(paused, "the mapping is disabled", limit=LIMIT)
        self.status = eventually(
            lambda: next(
                (row for row in project.run("status", "throttled", "--json").json if row["state"] == "paused"), None
            ),
            "status says paused",
            limit=LIMIT - (time.monotonic() - pressed),
        )
        project.aws("lambda", "delete-function-concurrency", *concurrency)

        def all_started() -> bool:
            self.started = {trace.id for trace in self.store.recent("throttled", limit=2 * EVENTS)}
            return self.started >= self.ids

        eventually(all_started, f"all {EVENTS} events have started", limit=LIMIT)
        (row,) = project.run("status", "throttled", "--json").json
        self.dead = row["dead"]
        self.history = project.run("history", "throttled", "--json").json
