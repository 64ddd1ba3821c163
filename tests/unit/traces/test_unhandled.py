"""An emit to a name without a handler is recorded and warns; it does not fail."""

from __future__ import annotations

import dataclasses
import json
import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit, emit_many
from sluice.cli import program
from sluice.event.ids import new_id
from sluice.stage import clients

from tests.unit.support.cloud import STAGE, Cloud


@pytest.mark.parametrize("known_url", [False, True])
def test_an_event_without_a_handler_is_recorded(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, known_url: bool
) -> None:
    if known_url:
        monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", "https://sqs.eu-central-1.amazonaws.com/123456789012/")
    event_id = emit("not-there", {"a": 1.50})
    emit_many("not-there", ["x"] * 11)
    (warning, second) = [record for record in caplog.records if record.name == "sluice"]
    assert (warning.levelno, second.levelno) == (logging.WARNING, logging.WARNING)
    assert "'not-there', which is not the name of a handler in stage 'test'" in warning.getMessage()
    trace = cloud.store.find(event_id, [])
    assert trace is not None
    assert (trace.status, trace.event, trace.attempts, trace.started_ms) == ("no-handler", '{"a":1.5}', 0, None)
    assert len(cloud.store.recent("not-there", limit=100)) == 12
    assert cloud.store.unhandled.counts() == {"not-there": 12}


def test_once_the_handler_exists_its_events_reach_it(cloud: Cloud) -> None:
    emit("late", 1)
    cloud.create_queue("late")
    emit("late", 2)
    assert [message["Body"] for message in cloud.messages("late")] == ["2"]


def test_a_queue_that_went_away_does_not_fail_the_caller(cloud: Cloud) -> None:
    url = cloud.create_queue("gone")
    emit("gone", 1)
    cloud.sqs.delete_queue(QueueUrl=url)
    emit("gone", 2)
    assert cloud.store.unhandled.counts() == {"gone": 1}


def test_a_large_event_without_a_handler_is_kept_whole(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trace of an event that ran may have its beginning only. Of this one there is no other copy."""
    text = random.Random(1).randbytes(350_000).hex()
    event_id = emit("late", text)
    trace = cloud.store.find(event_id, [])
    assert trace is not None
    assert trace.cut == ("event",)
    assert cloud.store.unhandled.whole_event(trace) == json.dumps(text)

    cloud.create_queue("late")
    assert program.run(["replay", event_id, "--stage", STAGE]) == 0
    assert [message["Body"] for message in cloud.messages("late")] == [json.dumps(text)]
    assert cloud.store.unhandled.whole_event(dataclasses.replace(trace, id=new_id())) is None


def test_an_event_without_a_handler_that_cannot_be_recorded_is_in_the_log(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.dynamodb.delete_table(TableName=cloud.names.trace_table)
    emit("not-there", {"precious": 1})
    assert '{"precious":1}' in caplog.text


def counted(call: Callable[..., Any], name: str, calls: list[str]) -> Callable[..., Any]:
    def counting(**arguments: Any) -> Any:
        calls.append(name)
        return call(**arguments)

    return counting


def test_many_events_without_a_handler_are_one_write_each_and_one_for_the_name(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    client = clients.dynamodb(STAGE)
    for name in ("put_item", "update_item"):
        monkeypatch.setattr(client, name, counted(getattr(client, name), name, calls))
    emit_many("not-there", range(20))
    assert Counter(calls) == {"put_item": 20, "update_item": 1}
    assert cloud.store.unhandled.counts() == {"not-there": 20}


def test_events_without_a_handler_that_cannot_be_recorded_are_in_the_log_among_many(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = clients.dynamodb(STAGE)
    real = client.put_item

    def put(**arguments: Any) -> Any:
        if "precious" in arguments["Item"]["trace"].get("S", ""):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "PutItem")
        return real(**arguments)

    monkeypatch.setattr(client, "put_item", put)
    emit_many("not-there", ["plain", "precious", "plain"])
    (error,) = [record for record in caplog.records if record.name == "sluice"]
    assert error.levelno == logging.ERROR
    assert "kept with" not in error.getMessage()
    assert "1 of them could not be recorded" in error.getMessage()
    assert """their text: ['"precious"']""" in error.getMessage()
    assert len(cloud.store.recent("not-there")) == 2
