"""The program of the measured process: it calls the function as Lambda's runtime client does.

It uses the standard library only, as it runs with the bundle's packages and no others. It reads commands from stdin, a
JSON object a line, and answers on the original stdout; the function's own output is discarded.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
import uuid
from typing import Any


class Context:
    """Lambda's context: the attributes that functions use."""

    function_name = "bench"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:bench"
    aws_request_id = str(uuid.uuid4())
    log_stream_name = "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def cpu() -> float:
    """Return the CPU seconds of this process so far: all threads, and the kernel's work for them."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def batch_of(size: int, body: str, envelope: str | None) -> dict[str, Any]:
    """Return an SQS event with new messages."""
    now = str(int(time.time() * 1000))
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": now,
        "SenderId": "AROAEXAMPLE:somebody",
        "ApproximateFirstReceiveTimestamp": now,
    }
    records = []
    for _ in range(size):
        message = {} if envelope is None else {"sluice": {"dataType": "String", "stringValue": envelope % _uuid7()}}
        records.append(
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": uuid.uuid4().hex * 6,
                "body": body,
                "attributes": attributes,
                "messageAttributes": message,
                "md5OfBody": "0" * 32,
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:sluice-bench-bench",
                "awsRegion": "eu-central-1",
            }
        )
    return {"Records": records}


def _uuid7() -> str:
    number = int(time.time() * 1000) << 80 | 7 << 76 | 2 << 62 | (uuid.uuid4().int & ((1 << 62) - 1))
    return str(uuid.UUID(int=number))


def load(path: str) -> Any:
    """Import the object that a dotted path names."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def resident() -> int:
    """Return the process's resident memory in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - without importing pathlib
        return int(file.read().split()[1]) * resource.getpagesize()


class Function:
    """The measured function."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self._handler = load(spec["entry"])
        self._context = Context()

    def run(self, events: int, size: int) -> dict[str, float]:
        """Run events in batches of this size."""
        batches = [batch_of(size, self._spec["body"], self._spec["envelope"]) for _ in range(events // size)]
        begun, wall = cpu(), time.perf_counter()
        for batch in batches:
            answer = self._handler(batch, self._context)
            assert answer == {"batchItemFailures": []}, answer
        return {"cpu": cpu() - begun, "wall": time.perf_counter() - wall, "resident": resident()}

    def send(self, events: int) -> dict[str, float]:
        """Send events with the function's own sender."""
        sender = load(self._spec["sender"])
        bodies = [json.loads(self._spec["body"])] * events
        begun, wall = cpu(), time.perf_counter()
        sender(bodies)
        return {"cpu": cpu() - begun, "wall": time.perf_counter() - wall}


def cold(spec: dict[str, Any]) -> dict[str, float]:
    """Return the CPU seconds of the start after Lambda's runtime client, and of the start with the first event."""
    importlib.import_module("awslambdaric.bootstrap")
    begun = cpu()
    function = Function(spec)
    started = cpu()
    function.run(1, 1)
    return {"init": started - begun, "first": cpu() - begun}


def main() -> None:
    """Execute the commands on stdin until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    spec = json.loads(sys.argv[1])
    if spec["cold"]:
        answers.write(json.dumps(cold(spec)) + "\n")
        answers.flush()
        os._exit(0)
    if spec["core"] is not None:
        os.sched_setaffinity(0, {spec["core"]})
    function = Function(spec)
    for line in sys.stdin:
        asked = json.loads(line)
        answers.write(json.dumps(getattr(function, asked.pop("do"))(**asked)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
