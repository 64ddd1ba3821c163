"""JSON objects that hold an event as it was sent."""

from __future__ import annotations

import json

from sluice.cli.event_json import with_raw


def test_raw_fields_stand_in_the_object_as_they_are() -> None:
    event = '{"a":\n 1.50, "a": ' + "9" * 400 + "}"

    text = with_raw({"id": "x", "parent": None}, event=event, trace="null")

    assert f'"event": {event}' in text
    assert json.loads(text.replace(event, "1")) == {"id": "x", "parent": None, "event": 1, "trace": None}


def test_an_object_may_have_raw_fields_only() -> None:
    assert with_raw({}, event="1") == '{"event": 1}'
