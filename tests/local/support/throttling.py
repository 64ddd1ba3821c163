"""The Lambda console's Throttle button: pressed while other tests run, and released with events waiting."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import boto3
from sluice.stage.clients import LOCAL_REGION
from sluice.stage.names import Names
from sluice.traces import TraceStore

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually

NAMES = Names("local")
HANDLER = "throttled"
EVENTS = 500


@dataclass
class Throttling:
    """A thread that presses and releases the button, and what it sees.

    It has clients of its own: those of the library are made anew for each test.
    """

    project: Project
    pressed: str = ""
    paused: dict[str, Any] = field(default_factory=dict)
    mapping: str = ""
    ids: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    released: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    failure: BaseException | None = None

    def begin(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ended(self) -> Throttling:
        """Wait until the thread has ended. Raise what it raised."""
        self._thread.join()
        if self.failure is not None:
            raise self.failure
        return self

    def _run(self) -> None:
        try:
            self._press_and_release()
        except BaseException as error:  # noqa: BLE001 - `ended` raises it
            self.failure = error

    def _press_and_release(self) -> None:
        project, function = self.project, ("--function-name", NAMES.function(HANDLER))
        functions, sqs = self._client("lambda"), self._client("sqs")
        store = TraceStore(self._client("dynamodb"), NAMES.trace_table)
        project.aws("lambda", "put-function-concurrency", *function, "--reserved-concurrent-executions", "0")
        self.pressed = self._status()["state"]
        lines = "\n".join(str(number) for number in range(EVENTS))
        self.ids = set(project.run("emit", HANDLER, "--lines", "-", stdin=lines).out.split())

        def disabled() -> bool:
            found = functions.list_event_source_mappings(FunctionName=NAMES.function(HANDLER))
            self.mapping = found["EventSourceMappings"][0]["State"]
            return self.mapping == "Disabled"

        eventually(disabled, "the mapping is disabled")

        def paused() -> dict[str, Any] | None:
            row = self._status()
            return row if row["state"] == "paused" else None

        self.paused = eventually(paused, "status says paused", poll=1)
        project.aws("lambda", "delete-function-concurrency", *function)
        url = sqs.get_queue_url(QueueName=NAMES.queue(HANDLER))["QueueUrl"]

        def empty() -> bool:
            counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
            return not any(map(int, found.values()))

        eventually(empty, f"all {EVENTS} events have run")
        self.started = {trace.id for trace in store.recent(HANDLER, limit=2 * EVENTS)}
        self.released = self._status()
        self.history = project.run("history", HANDLER, "--json").json

    def _status(self) -> dict[str, Any]:
        (row,) = self.project.run("status", HANDLER, "--json").json
        found: dict[str, Any] = row
        return found

    def _client(self, service: str) -> Any:
        make: Any = boto3.client
        key, secret = self.project.credentials
        return make(
            service,
            endpoint_url=f"http://127.0.0.1:{self.project.port}",
            region_name=LOCAL_REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )
