"""The log of a process that died, or that still runs: a trace has it once its run has ended."""

from __future__ import annotations

import re
from typing import Any

from ..lean_aws.errors import aws_errors, error_code
from ..stage import clients
from ..stage.names import Names
from ..traces import Trace

MAX_LINES = 200
"""Lines that are returned: the last ones."""

_SPARE_MS = 10_000
"""Milliseconds after the moment at which an invocation must be over, in which its last lines may be stored."""

_OF_LAMBDA = re.compile("(START|END|REPORT) RequestId: |INIT_(START|REPORT) |XRAY TraceId: ")
"""The start of the lines that Lambda itself writes."""


def process_log(stage: str, trace: Trace) -> list[str]:
    """Return the last lines that the process of a trace's last attempt wrote to its log.

    Args:
        stage: the stage.
        trace: the trace.

    Raises:
        botocore's errors: the log could not be read.
    """
    if trace.log_stream is None or trace.started_ms is None:
        return []
    asked: dict[str, Any] = {
        "logGroupName": f"/aws/lambda/{Names(stage).function(trace.handler)}",
        # A process has one invocation at a time, so what it writes between these moments is of this one.
        "startTime": trace.started_ms,
        **({"endTime": trace.over_ms + _SPARE_MS} if trace.over_ms else {}),
    }
    client = clients.client("logs", stage)
    try:
        events = client.get_log_events(**asked, logStreamName=trace.log_stream, startFromHead=False, limit=MAX_LINES)[
            "events"
        ]
    except aws_errors() as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        events = _of_request(client, asked, trace.request_id)
    lines = [line for event in events for line in event["message"].splitlines()]
    return [line for line in lines if not _OF_LAMBDA.match(line)][-MAX_LINES:]


def _of_request(client: Any, asked: dict[str, Any], request_id: str | None) -> list[Any]:
    """Return the lines of a request from whichever stream names it: the local cloud's have other names."""
    try:
        events: list[Any] = client.filter_log_events(**asked)["events"]
    except client.exceptions.ResourceNotFoundException:
        # Nothing has been written yet.
        return []
    streams = {event["logStreamName"] for event in events if request_id and request_id in event["message"]}
    return [event for event in events if event["logStreamName"] in streams]
