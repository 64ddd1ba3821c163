"""Promise 5, by the Lambda console's button."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.support.throttling import EVENTS, Throttled


def test_the_throttle_button_pauses_and_releasing_it_starts_all(
    throttled: Throttled, answer: Callable[[str], None]
) -> None:
    """A reserved concurrency of 0 is a pause, whoever sets it: no event starts, none dies, and all start after it."""
    assert throttled.mapping == "Disabled"
    assert (throttled.status["state"], throttled.status["waiting"]) == ("paused", EVENTS)
    assert "reserved concurrency" in throttled.status["reason"]
    assert throttled.started == []
    assert len(throttled.ended) == EVENTS
    assert {trace["status"] for trace in throttled.ended} == {"ok"}
    assert throttled.dead == 0
    assert [change["change"] for change in throttled.history[:2]] == ["unpaused", "paused"]
    lost = sum(trace["attempts"] > 1 for trace in throttled.ended)
    answer(f"paused in the console: {lost} of {EVENTS} events were received, and did not start, before the mapping was")
    answer(f"paused in the console: its history says that it was paused by {throttled.history[1]['by'] or 'nobody'}")
