"""The checks of one entry's settings against AWS's limits, and against each other."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sluice.stage.failure_limit import MAX_COUNT, MAX_SECONDS, MIN_SECONDS, limit_from_setting
from sluice.stage.names import MAX_STAGE
from sluice.worker.settings import TRACE_LEVELS

from ..entries import Cron, Entry
from ..handler.environment import environment_of
from ..handler.timing import RECORDING_MARGIN
from ..redact import problems_with_redact

MAX_FUNCTION_TIMEOUT = 900
"""Seconds. Lambda's limit."""

MAX_BATCH_WITHOUT_WINDOW = 10
"""Lambda's limit for SQS."""

MAX_ENVIRONMENT = 4096
"""Bytes. Lambda's limit for all variables of a function, as JSON."""

_LONGEST_PREFIX = "https://sqs.ap-northeast-99.amazonaws.com.cn/123456789012/"
"""A prefix as long as the longest that a deployment can fill in."""

_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_LOG_LEVEL = "POWERTOOLS_LOG_LEVEL"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_RESERVED = re.compile(r"AWS_.*|LAMBDA_.*|SLUICE_.*|_X_AMZN_.*|_HANDLER|POWERTOOLS_(SERVICE_NAME|METRICS_NAMESPACE)")


@dataclass(frozen=True)
class Limit:
    """The limits of a whole number.

    Attributes:
        low: the least that it may be.
        high: the most that it may be.
        unit: its unit.
        why: the source of the limit.
    """

    low: int
    high: int
    unit: str
    why: str

    def __str__(self) -> str:
        return f"{self.low} to {self.high:,} {self.unit} ({self.why})"


LIMITS: Mapping[str, Limit] = {
    "timeout": Limit(
        1,
        MAX_FUNCTION_TIMEOUT - RECORDING_MARGIN,
        "seconds",
        f"AWS allows a function {MAX_FUNCTION_TIMEOUT}, and {RECORDING_MARGIN} are kept to record the outcome",
    ),
    "memory": Limit(128, 10_240, "MB", "AWS's limits for a function"),
    "batch_size": Limit(1, 10_000, "events", "AWS's limits for a batch"),
    "batch_window": Limit(0, 300, "seconds", "AWS's limits"),
    "max_concurrency": Limit(2, 1_000, "machines", "AWS's limits; leave it out for no limit"),
    "trace_days": Limit(
        15, 36_500, "days", "SQS keeps an event for 14, and only its trace keeps a redelivered event from running again"
    ),
    "failure_threshold": Limit(1, 1_000_000, "failures", "the alarm fires at that many"),
    "failure_minutes": Limit(1, 1_440, "minutes", "CloudWatch's limit for an alarm is a day"),
    "max_hops": Limit(1, 1_000_000, "emits", "a chain of handlers that emit to each other ends there"),
}


def problems_with_settings(entry: Entry) -> list[str]:
    """Return the problems of an entry's settings, without those of its name."""
    return [
        f"handler {entry.name!r}: {problem}"
        for problem in (
            *_numbers(entry),
            *_switches(entry),
            *_trace(entry),
            *_pause_on_failures(entry),
            *_redact_and_environment(entry),
        )
    ]


def _numbers(entry: Entry) -> Iterator[str]:
    wrong = set()
    for setting, limit in LIMITS.items():
        value = getattr(entry, setting)
        if setting == "max_concurrency" and value is None:
            continue
        # By type, because isinstance takes True for an int.
        if type(value) is not int:
            yield f"{setting} is {value!r}; write a whole number, {limit}"
        elif not limit.low <= value <= limit.high:
            yield f"{setting} is {value:,}; it may be {limit}"
        else:
            continue
        wrong.add(setting)
    if not wrong & {"batch_size", "batch_window"}:
        yield from _batch_without_window(entry)
    if not wrong & {"timeout", "batch_size"}:
        yield from _batch_too_long(entry)


def _switches(entry: Entry) -> Iterator[str]:
    # Checked at run time, because app.py may not be type-checked.
    for setting in ("alarm_on_failure", "trace_values"):
        value: Any = getattr(entry, setting)
        if type(value) is not bool:
            yield f"{setting} is {value!r}; write True or False"


def _trace(entry: Entry) -> Iterator[str]:
    value: Any = entry.trace
    if value not in TRACE_LEVELS:
        yield f"trace is {value!r}; it may be {', '.join(map(repr, TRACE_LEVELS))}"


def _pause_on_failures(entry: Entry) -> Iterator[str]:
    value: Any = entry.pause_on_failures
    if value is not None and limit_from_setting(value) is None:
        yield (
            f'pause_on_failures is {value!r}; write a number of failures and a time, such as (20, "5m"): 1 to'
            f" {MAX_COUNT:,} failures, in {MIN_SECONDS}s to {MAX_SECONDS // 3_600}h"
        )


def _batch_without_window(entry: Entry) -> Iterator[str]:
    if entry.batch_size > MAX_BATCH_WITHOUT_WINDOW and entry.batch_window == 0:
        yield (
            f"batch_size is {entry.batch_size:,} and batch_window 0; AWS makes batches of more than"
            f" {MAX_BATCH_WITHOUT_WINDOW} only with batch_window=1 or more"
        )


def _batch_too_long(entry: Entry) -> Iterator[str]:
    room = MAX_FUNCTION_TIMEOUT - RECORDING_MARGIN
    together = entry.timeout * entry.batch_size
    if together > room:
        yield (
            f"timeout * batch_size is {entry.timeout} * {entry.batch_size:,} = {together:,} seconds, but a batch has"
            f" {room} ({LIMITS['timeout'].why}); lower batch_size to {room // entry.timeout}"
            + (f" or timeout to {room // entry.batch_size}" if entry.batch_size <= room else "")
        )


def _redact_and_environment(entry: Entry) -> Iterator[str]:
    problems = list(problems_with_redact(entry.redact))
    yield from problems
    # What is no list of names has no size.
    yield from _environment(dataclasses.replace(entry, redact=None) if problems else entry)


def _environment(entry: Entry) -> Iterator[str]:
    # Checked at run time, because app.py may not be type-checked.
    environment: Any = entry.environment
    if not isinstance(environment, Mapping):
        yield f"environment is {environment!r}; write a dict of text to text"
        return
    sound = True
    for key, value in environment.items():
        problem = _problem_with_variable(key, value)
        if problem:
            sound = False
            yield problem
    if sound:
        yield from _environment_too_large(entry)


def _problem_with_variable(key: object, value: object) -> str | None:
    if isinstance(key, str) and _RESERVED.fullmatch(key):
        return f"environment sets {key}, which is reserved for AWS and Sluice; choose another name"
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return (
            f"environment has the name {key!r}; AWS allows letters, digits and _, starting with a letter, two"
            " characters or more"
        )
    if not isinstance(value, str):
        return f"environment sets {key} to {value!r}; AWS takes text only: write {str(value)!r}"
    if key == _LOG_LEVEL and value.upper() not in _LOG_LEVELS:
        # On any other, Powertools raises, and the function can't start.
        return f"environment sets {key} to {value!r}; it may be {', '.join(_LOG_LEVELS)}"
    return None


def _environment_too_large(entry: Entry) -> Iterator[str]:
    fortnight = datetime.min.replace(tzinfo=UTC) if isinstance(entry, Cron) else None
    variables = environment_of(entry, stage="s" * MAX_STAGE, queue_url_prefix=_LONGEST_PREFIX, fortnight=fortnight)
    size = len(json.dumps(variables, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace"))
    if size > MAX_ENVIRONMENT:
        yield (
            f"environment is {size:,} bytes with the variables that Sluice adds; AWS allows a function"
            f" {MAX_ENVIRONMENT:,}. Move long values to a file or to Parameter Store"
        )
