"""Functions outside of Sluice's care, on which the suite tries what no document says of AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.aws.support import console
from tests.aws.support.stage import Stage

READS = 10
"""After each write: the first shows whether it is seen at once, the others whether it stays so."""

TAG = "by-hand"

WATCHED_S = 90.0
"""Seconds that a message lies on AWS in the queue of a throttled function: some receives, at 12 s of visibility."""


@dataclass
class Freshness:
    """The time until reads show a write.

    Attributes:
        what: the field that was written and read.
        writes: number of writes.
        stale_first: number of writes that the first read did not show.
        stale_again: number of writes that a later read did not show, after one that did.
        slowest_s: the longest time from a write's answer to the first read that showed it.
    """

    what: str
    writes: int = 0
    stale_first: int = 0
    stale_again: int = 0
    slowest_s: float = 0.0

    def __str__(self) -> str:
        if not self.stale_first and not self.stale_again:
            return f"{self.what}: all of {self.writes} writes were seen by the first read, and by {READS - 1} after it"
        return (
            f"{self.what}: of {self.writes} writes {self.stale_first} were not seen by the first read,"
            f" {self.stale_again} were seen and then not; the slowest took {self.slowest_s:.2f} s"
        )


@dataclass
class Measured:
    """Observations of the function `measured`.

    Attributes:
        reads: the time until reads show each kind of write.
        states: the mapping's states after each change, with the seconds that had passed.
    """

    reads: list[Freshness] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


def name_of(stage: Stage, probe: str) -> str:
    """The name of a probe's function and queue."""
    return f"promises-{stage.name}-{probe}"


def measure(stage: Stage) -> Measured:
    """Write, read back, and note how soon it shows."""
    client, function = stage.client("lambda"), name_of(stage, "measured")
    arn, seen = console.function_arn(stage, function), Measured()
    rounds = 3 if stage.is_local else 10

    def tagged() -> Any:
        return client.list_tags(Resource=arn)["Tags"].get(TAG)

    def tagged_by_get() -> Any:
        return client.get_function(FunctionName=function).get("Tags", {}).get(TAG)

    def throttled_by_get() -> Any:
        return client.get_function(FunctionName=function).get("Concurrency", {}).get("ReservedConcurrentExecutions")

    def set_throttled(wanted: Any) -> None:
        (console.release if wanted is None else console.throttle)(stage, function)

    def set_tag(wanted: Any) -> None:
        if wanted is None:
            client.untag_resource(Resource=arn, TagKeys=[TAG])
        else:
            client.tag_resource(Resource=arn, Tags={TAG: wanted})

    for what, write, read, value in (
        ("reserved concurrency, by GetFunctionConcurrency", set_throttled, _throttled(stage, function), 0),
        ("reserved concurrency, by GetFunction", set_throttled, throttled_by_get, 0),
        ("tags, by ListTags", set_tag, tagged, "x"),
        ("tags, by GetFunction", set_tag, tagged_by_get, "x"),
    ):
        freshness = Freshness(what)
        for wanted in [value, None] * rounds:
            write(wanted)
            _note(stage, freshness, lambda read=read, wanted=wanted: read() == wanted)  # type: ignore[misc]
        seen.reads.append(freshness)
    for enabled in (False, True) * (1 if stage.is_local else 2):
        seen.states.append(_follow(stage, function, enabled=enabled))
    return seen


def _throttled(stage: Stage, function: str) -> Callable[[], Any]:
    return lambda: console.concurrency(stage, function)


def _note(stage: Stage, freshness: Freshness, shows: Callable[[], bool]) -> None:
    written = time.monotonic()
    freshness.writes += 1
    if not shows():
        freshness.stale_first += 1
        stage.eventually(shows, f"{freshness.what}: the write shows")
        freshness.slowest_s = max(freshness.slowest_s, time.monotonic() - written)
    if not all(shows() for _ in range(READS - 1)):
        freshness.stale_again += 1


def _follow(stage: Stage, function: str, *, enabled: bool) -> str:
    """Change a mapping, and write down every state that it is seen in until it comes to rest."""
    goal = "Enabled" if enabled else "Disabled"
    answer = stage.client("lambda").update_event_source_mapping(
        UUID=console.mapping(stage, function)["UUID"], Enabled=enabled
    )
    began = time.monotonic()
    states = [f"answer {answer['State']}"]

    def at_rest() -> bool:
        state = console.mapping(stage, function)["State"]
        if not states[-1].endswith(f" {state}"):
            states.append(f"{time.monotonic() - began:.1f} s {state}")
        return bool(state == goal)

    stage.eventually(at_rest, f"the mapping of {function} is {goal}")
    return f"{'enabling' if enabled else 'disabling'} a mapping: " + ", ".join(states)


def starve(stage: Stage) -> str:
    """Throttle a function whose mapping goes on, send a message, and count how often it was received."""
    function, sqs = name_of(stage, "starved"), stage.client("sqs")
    url = sqs.get_queue_url(QueueName=function)["QueueUrl"]
    console.throttle(stage, function)
    stage.eventually(lambda: console.concurrency(stage, function) == 0, "it is throttled")
    sqs.send_message(QueueUrl=url, MessageBody="1")
    sent = time.monotonic()
    watched = 0.0 if stage.is_local else WATCHED_S
    stage.eventually(lambda: time.monotonic() - sent >= watched, "some time passes")
    console.set_mapping(stage, function, enabled=False)
    stage.eventually(lambda: console.mapping(stage, function)["State"] == "Disabled", "nothing receives any more")
    passed = time.monotonic() - sent

    def received() -> list[Any] | None:
        found: list[Any] | None = sqs.receive_message(
            QueueUrl=url, AttributeNames=["ApproximateReceiveCount"], WaitTimeSeconds=5
        ).get("Messages")
        return found

    (message,) = stage.eventually(received, "the message is there")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    # One of them is this one.
    count = int(message["Attributes"]["ApproximateReceiveCount"]) - 1
    return f"at reserved concurrency 0 with its mapping enabled: {count} receives of a message in {passed:.0f} s"
