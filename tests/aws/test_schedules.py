"""Crons, and events that EventBridge Scheduler keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.aws.support.scheduled_events import Later
from tests.aws.support.stage import Stage


def late(moment: str, due: datetime) -> float:
    """Seconds from when something was due to a moment."""
    return (datetime.fromisoformat(moment) - due).total_seconds()


def test_an_event_for_later_is_sent_when_it_is_due(
    stage: Stage, scheduled: Later, answer: Callable[[str], None]
) -> None:
    """`emit(..., at=MOMENT)`: it is listed until it is sent, never runs before its time, and leaves nothing behind."""
    assert {scheduled.wanted, scheduled.cancelled} <= scheduled.listed
    assert (scheduled.trace["status"], scheduled.trace["result"]) == ("ok", "wanted")
    seconds = late(scheduled.trace["started_at"], scheduled.due)
    answer(f"an event that Scheduler kept started {seconds:.1f} s after it was due")
    # Its clock and Lambda's differ by some milliseconds.
    assert seconds > -1
    assert scheduled.wanted not in scheduled.after


def test_a_cancelled_event_is_no_longer_scheduled(stage: Stage, scheduled: Later) -> None:
    """`sluice cancel` takes an event back: its trace says so, and has no start."""
    assert scheduled.cancelled not in scheduled.left | scheduled.after
    (trace,) = [trace for trace in stage.traces("echo") if trace["id"] == scheduled.cancelled]
    assert (trace["status"], trace["started_at"], trace["attempts"]) == ("cancelled", None, 0)


def test_a_cron_runs_with_the_time_that_it_was_due(stage: Stage, answer: Callable[[str], None]) -> None:
    """Crons are handlers that a schedule emits to, on the minute here."""

    def ran() -> dict[str, Any] | None:
        return next((trace for trace in stage.traces("minutely") if trace["status"] == "ok"), None)

    trace = stage.eventually(ran, "a tick has run")

    assert trace["event"]["cron"] == "minutely"
    due = datetime.fromisoformat(trace["event"]["scheduled_at"])
    assert (due.second, due.microsecond) == (0, 0)
    seconds = late(trace["started_at"], due)
    answer(f"a tick started {seconds:.1f} s after it was due")
    assert seconds > -1
