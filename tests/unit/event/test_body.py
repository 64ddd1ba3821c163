from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice import EventNotSerializableError
from sluice.event.body import decode, encode, is_json

from tests.unit.support.values import JSON


@given(JSON)
def test_an_event_that_json_carries_is_decoded_unchanged(event: Any) -> None:
    assert decode(encode(event)) == event


@given(st.text(st.characters(categories=["Cs", "Cc", "Co", "Lu", "So", "Cn"]), min_size=1))
def test_every_text_is_encoded_in_characters_that_sqs_accepts(text: str) -> None:
    sent = encode({text: text})
    sent.encode()  # no lone surrogates
    for character in sent:
        code = ord(character)
        assert code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_letters_beyond_ascii_are_not_escaped() -> None:
    assert encode("größe 日本") == '"größe 日本"'


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ({"a": [1, {"when": datetime(2026, 1, 1, tzinfo=UTC)}]}, "event['a'][1]['when'] is of type datetime"),
        ({"price": Decimal("1.1")}, "event['price'] is of type Decimal"),
        ([1, {2}], "event[1] is of type set"),
        (math.nan, "event is nan"),
        ({"x": {"y": math.inf}}, "event['x']['y'] is inf"),
        ({(1, 2): 3}, "a key of event is of type tuple"),
        (object(), "event is of type object"),
    ],
)
def test_a_value_that_json_cannot_carry_is_refused_with_its_path(event: object, where: str) -> None:
    with pytest.raises(EventNotSerializableError) as caught:
        encode(event)
    assert str(caught.value).startswith(where)
    assert "emit text, numbers" in str(caught.value)


def test_an_event_that_contains_itself_is_refused() -> None:
    event: list[Any] = []
    event.append(event)
    with pytest.raises(EventNotSerializableError, match="contains itself"):
        encode(event)


def test_nesting_beyond_what_python_writes_is_refused() -> None:
    event: Any = []
    for _ in range(100_000):
        event = [event]
    with pytest.raises(EventNotSerializableError, match="nested too deeply"):
        encode(event)


@pytest.mark.parametrize(
    "body",
    ["", "hello", "NaN", "-Infinity", "{'a': 1}", "[1,]", "[" * 200_000, "9" * 5_000, "{", '"\t"', "\ufeff1"],
)
def test_a_body_that_is_not_json_stays_text(body: str) -> None:
    assert not is_json(body)
    assert decode(body) == body


@pytest.mark.parametrize(
    "body",
    ['""', " 1 ", "1e400", "9" * 400, '{"a":1,"a":2}', '"\\ud800"', "[" * 500 + "]" * 500, '{"":null}', "-0.0"],
)
def test_json_is_parsed(body: str) -> None:
    assert is_json(body)
    assert decode(body) == json.loads(body)
