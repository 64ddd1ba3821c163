"""The environment variables of a handler's function."""

from __future__ import annotations

from datetime import datetime

from sluice.stage.failure_limit import limit_from_setting
from sluice.stage.names import METRICS_NAMESPACE
from sluice.worker.settings import Settings

from ..entries import Cron, Entry


def environment_of(
    entry: Entry, *, stage: str, queue_url_prefix: str, fortnight: datetime | None = None
) -> dict[str, str]:
    """Return the variables: those that the worker reads, and the entry's own.

    Args:
        entry: the handler's entry.
        stage: the stage's name.
        queue_url_prefix: the start of the URLs of the account's queues.
        fortnight: the due time of a fortnightly cron in one of its weeks.
    """
    limit = limit_from_setting(entry.pause_on_failures)
    settings = Settings(
        stage=stage,
        handler=entry.name,
        timeout=entry.timeout,
        trace_days=entry.trace_days,
        trace=entry.trace,
        trace_values=entry.trace_values,
        max_hops=entry.max_hops,
        queue_url_prefix=queue_url_prefix,
        overlap=entry.overlap if isinstance(entry, Cron) else None,
        fortnight=fortnight,
        redact=_redact(entry),
        pause_on_failures=limit.to_text() if limit else None,
    )
    return {
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **entry.environment,
        **settings.to_environment(),
        "POWERTOOLS_SERVICE_NAME": entry.name,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
    }


def _redact(entry: Entry) -> tuple[str, ...] | bool:
    if entry.redact is None or isinstance(entry.redact, bool):
        return entry.redact is not False
    return tuple(entry.redact)
