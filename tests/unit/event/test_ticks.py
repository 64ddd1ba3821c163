from __future__ import annotations

import json

import pytest
from sluice.event.from_message import read_message
from sluice.event.ids import id_of_tick, is_id, time_of_id
from sluice.event.ticks import due_ms, tick_of

from tests.unit.support.cloud import HANDLER
from tests.unit.support.counted import DUE, tick


def test_a_tick_is_recognised_by_its_whole_body() -> None:
    due = int(DUE.timestamp() * 1000)
    assert due_ms(tick(), HANDLER) == due
    assert due_ms(json.dumps({"scheduled_at": "2025-12-01T03:00:00+01:00", "cron": HANDLER}), HANDLER) == due


@pytest.mark.parametrize(
    "body",
    [
        tick(cron="another"),
        tick_of(HANDLER),
        "",
        "null",
        "[]",
        "{}",
        "{" * 299,
        json.dumps({"cron": HANDLER}),
        json.dumps({"cron": HANDLER, "scheduled_at": None}),
        json.dumps({"cron": HANDLER, "scheduled_at": 5}),
        json.dumps({"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "0001-01-01T00:00:00+14:00"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "1969-01-01T00:00:00Z"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z", "and": "more"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z"}) + " " * 300,
    ],
)
def test_another_body_is_an_event_like_any_other(body: str) -> None:
    assert due_ms(body, HANDLER) is None
    text, envelope, _ = read_message(body, None, handler=HANDLER, message_id="m", sent_ms=1)
    assert (text, envelope.key, envelope.emitted_by) == (body, None, None)


def test_a_tick_has_an_id_of_its_cron_and_its_time() -> None:
    due = int(DUE.timestamp() * 1000)
    ids = {id_of_tick(cron, moment) for cron in ("a", "b") for moment in (due, due + 60_000)}
    assert len(ids) == 4
    assert all(map(is_id, ids))
    assert time_of_id(id_of_tick("a", due)) == DUE.timestamp()
    assert id_of_tick("a", due) in ids
