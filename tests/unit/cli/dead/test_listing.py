"""`sluice dead list`."""

from __future__ import annotations

import json

import pytest
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.dead import bury


def test_the_list_is_json_oldest_first_with_events_as_they_were_sent(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(["dead", "list", HANDLER, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    event_ids = bury(cloud, 25)
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.dead_letter_queue(HANDLER))["QueueUrl"]
    cloud.sqs.send_message(QueueUrl=url, MessageBody='{"a":\n 1.50, "ü": "\u2028"}')
    assert program.run(["dead", "list", HANDLER, "--json"]) == 0
    out = capsys.readouterr().out
    # As it was sent, but for what a terminal would act on: that is escaped, and means the same.
    assert '"event": {"a":\n 1.50, "ü": "\\u2028"}' in out
    assert json.loads(out)[-1]["event"] == {"a": 1.5, "ü": "\u2028"}
    rows = json.loads(out)
    assert [row["event"] for row in rows[:25]] == list(range(25))
    assert [row["id"] for row in rows[:25]] == event_ids
    assert program.run(["dead", "list", HANDLER]) == 0
    out = capsys.readouterr().out
    assert all(event_id in out for event_id in event_ids)
