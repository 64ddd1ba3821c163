"""The filter of a listing, as it stands in a page's address."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ..cli.parse_time import parse_since
from ..cli.where import parse_where
from ..traces import STATUSES as TRACE_STATUSES
from .listing import ANY_FAILED, Wanted

STATUSES: Mapping[str, str] = {"": "Any", ANY_FAILED: "Failed", "ok": "ok", "interrupted": "interrupted"}
"""The statuses that a page offers, and their words."""

SINCE: Mapping[str, str] = {"": "ever", "15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d"}
"""The ages that a page offers, and their words."""


def parse_wanted(asked: Mapping[str, str]) -> tuple[Wanted, str]:
    """Return what an address asks for, and what is wrong with it in words; empty if nothing is.

    What is wrong is left out of what is asked for.

    Args:
        asked: the address's parameters.
    """
    problems = []
    status = asked.get("status") or None
    if status is not None and status not in (*TRACE_STATUSES, ANY_FAILED):
        problems.append(f"there is no status {status!r}")
        status = None
    since = condition = None
    try:
        since = parse_since("since", asked["since"]) if asked.get("since") else None
    except click.UsageError as error:
        problems.append(error.format_message())
    try:
        condition = parse_where(asked.get("where") or None)
    except click.UsageError as error:
        problems.append(error.format_message().removeprefix("--where "))
    wanted = Wanted(status=status, since=since, condition=condition, after=asked.get("after") or None)
    return wanted, "; ".join(problems)
