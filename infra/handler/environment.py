"""The environment variables of a handler's function."""

from __future__ import annotations

from datetime import datetime

from sluice.stage.names import METRICS_NAMESPACE

from ..entries import Cron, Entry


def environment_of(
    entry: Entry, *, stage: str, queue_url_prefix: str, fortnight: datetime | None = None
) -> dict[str, str]:
    """The variables: those that the worker reads, and the entry's own.

    Args:
        entry: the handler's.
        stage: the stage's name.
        queue_url_prefix: what the URLs of the account's queues start with.
        fortnight: for a fortnightly cron, when it is due in one of its weeks.
    """
    crons = {"SLUICE_OVERLAP": entry.overlap} if isinstance(entry, Cron) else {}
    if fortnight:
        crons["SLUICE_FORTNIGHT"] = fortnight.isoformat()
    return {
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **entry.environment,
        "SLUICE_STAGE": stage,
        "SLUICE_HANDLER": entry.name,
        "SLUICE_TIMEOUT": str(entry.timeout),
        "SLUICE_TRACE_DAYS": str(entry.trace_days),
        "SLUICE_MAX_HOPS": str(entry.max_hops),
        "SLUICE_QUEUE_URL_PREFIX": queue_url_prefix,
        **crons,
        "POWERTOOLS_SERVICE_NAME": entry.name,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
    }
