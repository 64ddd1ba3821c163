"""`sluice crons`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from ..operate.crons import Cron
from ..operate.crons import crons as all_crons
from ..traces import Trace
from ..traces.trace import iso
from .describe_cron import in_words
from .help_text import examples
from .invocation import Invocation, about_stage
from .parse_time import utc_text
from .tables import print_table

_TIME = "%a %Y-%m-%d %H:%M"


@click.command(epilog=examples("sluice crons", "sluice crons --stage prod"))
@about_stage(deployed=True)
def crons(invocation: Invocation) -> None:
    """List the crons: schedule, last run and next three runs.

    Times are in each cron's own time zone. A cron that is paused, blocked or disabled (by sluice up --no-crons) does
    not run at the times shown.
    """
    found = all_crons(invocation.stage)
    if invocation.as_json:
        invocation.print_json([_fields(cron) for cron in found])
        return
    if not found:
        invocation.say("there are no crons; add one to app.py with Cron(...)", then=invocation.command("status"))
        return
    _print_table(found)
    first = next((cron for cron in found if cron.last), found[0])
    invocation.say(then=invocation.command("traces", first.name))


def _fields(cron: Cron) -> dict[str, object]:
    last = cron.last
    return {
        "cron": cron.name,
        "state": cron.state,
        "schedule": in_words(cron.expression, fortnightly=cron.fortnightly),
        "expression": cron.expression,
        "timezone": cron.timezone,
        "overlap": cron.overlap,
        "last": None
        if last is None
        else {
            "id": last.id,
            "status": last.status,
            "started_at": iso(last.started_ms),
            "finished_at": iso(last.finished_ms),
            "skipped": last.skipped,
        },
        "next": [utc_text(run) for run in cron.next],
    }


def _print_table(found: Sequence[Cron]) -> None:
    rows = []
    for cron in found:
        zone = _zone(cron)
        rows.append(
            [
                cron.name,
                cron.state,
                in_words(cron.expression, fortnightly=cron.fortnightly),
                cron.timezone,
                _last_run(cron.last, zone),
                ", ".join(_clock_time(run.timestamp(), zone) for run in cron.next) or "-",
            ]
        )
    print_table(["cron", "state", "schedule", "time zone", "last run", "next runs"], rows)


def _last_run(trace: Trace | None, zone: ZoneInfo) -> str:
    if trace is None:
        return "-"
    ms = trace.started_ms or trace.emitted_ms or 0
    return f"{'skipped' if trace.skipped else trace.status} {_clock_time(ms / 1000, zone)}"


def _clock_time(seconds: float, zone: ZoneInfo) -> str:
    """Return a time by a zone's clock; `?` for one that no calendar has there, as a damaged trace may."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(zone).strftime(_TIME)
    except (OverflowError, OSError, ValueError):
        return "?"


def _zone(cron: Cron) -> ZoneInfo:
    try:
        return ZoneInfo(cron.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
