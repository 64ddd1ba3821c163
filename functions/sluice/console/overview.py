"""The overview: what needs attention, the handlers, the crons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..cli.describe_cron import in_words
from ..operate.crons import Cron
from ..operate.failures import FailureGroup
from ..operate.handlers import closest
from ..operate.status import NO_HANDLER, HandlerStatus
from ..pausing.describe import BLOCKED, PAUSED
from .rendering import NOTHING, count_text, span_text

FAILING, DEAD, WITHOUT, STOPPED = "failing", "dead", "without", "stopped"
"""Why a handler needs attention."""

_CAUSES = 3
"""Causes that are shown of a failing handler."""


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A handler that needs somebody's attention, and why.

    Attributes:
        why: one of the reasons above.
        row: its numbers.
        causes: the causes of its failures, the most frequent first.
        more: causes that are not shown.
        similar: for a name without a handler, the most similar name that has one.
    """

    why: str
    row: HandlerStatus
    causes: Sequence[FailureGroup] = ()
    more: int = 0
    similar: str | None = None


def attention(rows: Sequence[HandlerStatus], causes: Iterable[FailureGroup]) -> list[Attention]:
    """Return what needs attention: failures first, then dead letters, names without a handler, and pauses.

    Args:
        rows: the handlers' numbers.
        causes: the groups of their failures.
    """
    groups: dict[str, list[FailureGroup]] = {}
    for group in causes:
        groups.setdefault(group.handler, []).append(group)
    known = [row.handler for row in rows if row.state != NO_HANDLER]
    failing = sorted((row for row in rows if row.failed), key=lambda row: -(row.failed or 0))
    found = [
        Attention(
            why=FAILING,
            row=row,
            causes=groups.get(row.handler, [])[:_CAUSES],
            more=len(groups.get(row.handler, [])[_CAUSES:]),
        )
        for row in failing
    ]
    found += [Attention(why=DEAD, row=row) for row in rows if row.dead]
    found += [Attention(why=WITHOUT, row=row, similar=closest(row.handler, known)) for row in rows if row.unhandled]
    found += [Attention(why=STOPPED, row=row) for row in rows if row.state in (PAUSED, BLOCKED)]
    return found


def totals(rows: Sequence[HandlerStatus]) -> Mapping[str, int]:
    """Return the sums over all handlers."""
    names = ("waiting", "in_flight", "scheduled", "failed", "dead")
    return {name: sum(getattr(row, name) or 0 for row in rows) for name in names}


_BAD = frozenset({"failed", "dead"})
"""Numbers that are no good unless they are 0."""


def number_cell(name: str, value: int | None) -> list[str]:
    """Return a number as open pages show it: its text, and the class of its colour."""
    return [count_text(value), "zero" if not value else "bad" if name in _BAD else ""]


def row_cells(row: HandlerStatus) -> dict[str, Any]:
    """Return a handler's numbers as open pages show them, by name."""
    names = ("waiting", "in_flight", "delayed", "scheduled", "failed", "dead")
    cells: dict[str, Any] = {name: number_cell(name, getattr(row, name)) for name in names}
    return cells | {"oldest": [NOTHING if row.oldest_s is None else span_text(row.oldest_s), ""], "is": row.state}


@dataclass(frozen=True, kw_only=True)
class CronRow:
    """A cron as it is listed.

    Attributes:
        cron: the cron.
        words: its schedule in words.
        zone_time: its next run by its own zone's clock; empty if that is UTC.
    """

    cron: Cron
    words: str
    zone_time: str


def cron_rows(crons: Iterable[Cron]) -> list[CronRow]:
    """Return the crons as they are listed."""
    return [
        CronRow(
            cron=cron,
            words=in_words(cron.expression, fortnightly=cron.fortnightly),
            zone_time=_zone_time(cron.next[0], cron.timezone) if cron.next and cron.timezone != "UTC" else "",
        )
        for cron in crons
    ]


def _zone_time(moment: datetime, timezone: str) -> str:
    try:
        return moment.astimezone(ZoneInfo(timezone)).strftime("%a %H:%M")
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return ""
