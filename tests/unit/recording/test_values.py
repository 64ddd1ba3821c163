from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import gc
import json
import threading
import uuid
import weakref
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice.recording.redaction import Redaction
from sluice.recording.render import HIDDEN, NoSecrets, note_secrets, render, render_named
from sluice.recording.values import MAX_KEPT, MAX_NODES, MAX_VALUES, Room, freeze

from tests.unit.support.hostile import Hostile
from tests.unit.support.values import JSON


def shown(value: object) -> Any:
    """The value as a trace shows it."""
    return render(freeze(value, Room()), NoSecrets())


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Order:
    id: int
    lines: list[str]
    _cache: str = "not shown"


@dataclasses.dataclass(slots=True)
class Line:
    sku: str
    price: decimal.Decimal


class Shop(dict[str, int]):
    pass


class Name(str):
    __slots__ = ()


def a_function() -> None: ...


SHOWN: list[tuple[Any, Any]] = [
    # As they are.
    (None, None),
    (True, True),
    (17, 17),
    (1.5, 1.5),
    ("tea", "tea"),
    ({"id": 7, "items": [{"sku": "TEA"}]}, {"id": 7, "items": [{"sku": "TEA"}]}),
    ([], []),
    # Shortened.
    ("x" * 500, {"$": "str", "n": 500, "v": "x" * 120}),
    (list(range(10)), {"$": "list", "n": 10, "v": [0, 1, 2, 3, 4, 5, 6, 7]}),
    ([[[[1]]]], [[[{"$": "list", "n": 1}]]]),
    ({f"k{n}": n for n in range(9)}, {"$": "dict", "n": 9, "v": {f"k{n}": n for n in range(8)}}),
    (10**30, {"$": "int", "n": 100}),
    # What JSON has not.
    ((1, 2), {"$": "tuple", "n": 2, "v": [1, 2]}),
    ({1}, {"$": "set", "n": 1, "v": [1]}),
    (collections.deque([1]), {"$": "deque", "n": 1, "v": [1]}),
    (range(3), {"$": "range", "n": 3, "v": [0, 3, 1]}),
    ({1: "a"}, {"$": "dict", "n": 1, "v": {}, "kv": [[1, "a"]]}),
    ({"$": 1}, {"$": "dict", "n": 1, "v": {"$": 1}}),
    (b"abc", {"$": "bytes", "n": 3}),
    (float("nan"), {"$": "float", "v": "nan"}),
    (1 + 2j, {"$": "complex", "v": "(1+2j)"}),
    (decimal.Decimal("8.90"), {"$": "Decimal", "v": "8.90"}),
    (dt.date(2026, 11, 27), {"$": "date", "v": "2026-11-27"}),
    (dt.datetime(2026, 11, 27, tzinfo=dt.UTC), {"$": "datetime", "v": "2026-11-27T00:00:00+00:00"}),
    (dt.timedelta(seconds=90), {"$": "timedelta", "v": "0:01:30"}),
    (uuid.UUID(int=1), {"$": "UUID", "v": "00000000-0000-0000-0000-000000000001"}),
    (a_function, {"$": "function", "v": "a_function"}),
    (Order, {"$": "type", "v": "Order"}),
    # The team's own.
    (Order(7, ["a"]), {"$": "Order", "n": 2, "v": {"id": 7, "lines": ["a"]}}),
    (
        Line("TEA", decimal.Decimal(1)),
        {"$": "Line", "n": 2, "v": {"sku": "TEA", "price": {"$": "Decimal", "v": "1"}}},
    ),
    (Point(1, 2), {"$": "Point", "n": 2, "v": {"x": 1, "y": 2}}),
    (Shop(a=1), {"$": "Shop", "n": 1, "v": {"a": 1}}),
    (Name("Ada"), {"$": "Name", "n": 3, "v": "Ada"}),
    (Colour.RED, {"$": "Colour", "n": 3, "v": "RED"}),
    (Level.LOW, {"$": "Level", "v": 1}),
    (ValueError("no", 1), {"$": "ValueError", "n": 1, "v": {"args": {"$": "tuple", "n": 2, "v": ["no", 1]}}}),
    (object(), {"$": "object"}),
]


@pytest.mark.parametrize(
    ("value", "expected"), SHOWN, ids=[f"{type(value).__name__}-{number}" for number, (value, _) in enumerate(SHOWN)]
)
def test_how_a_value_is_shown(value: object, expected: Any) -> None:
    assert shown(value) == expected
    json.dumps(shown(value), allow_nan=False)


@given(JSON)
def test_small_json_is_shown_as_it_is_and_large_json_is_bounded(value: Any) -> None:
    text = json.dumps(shown(value), allow_nan=False)
    assert len(text) < 200_000
    if text == json.dumps(value):
        return
    assert '"$"' in text


@pytest.mark.parametrize("name", Hostile().values)
def test_no_code_of_a_value_runs(name: str) -> None:
    hostile = Hostile()
    value = hostile.values[name]
    hostile.arm()
    text = json.dumps(shown(value))
    hostile.disarm()

    assert hostile.called == []
    assert len(text) < 2_000


NAMES = st.sampled_from(sorted(Hostile().values))


def with_values(names: Any, hostile: Hostile) -> Any:
    """The structure with hostile values in place of their names."""
    if isinstance(names, str):
        return hostile.values[names]
    if isinstance(names, dict):
        return {key: with_values(item, hostile) for key, item in names.items()}
    return type(names)(with_values(item, hostile) for item in names)


@settings(max_examples=30)
@given(st.recursive(NAMES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner)))
def test_no_code_of_nested_values_runs(names: Any) -> None:
    hostile = Hostile()
    value = with_values(names, hostile)
    hostile.arm()
    shown(value)
    hostile.disarm()
    assert hostile.called == []


def test_a_copy_keeps_what_the_value_was_then() -> None:
    order = {"lines": [1]}
    frozen = freeze(order, Room())
    order["lines"].append(2)
    assert render(frozen, NoSecrets()) == {"lines": [1]}


def test_a_copy_keeps_no_object_alive() -> None:
    order = Order(7, [])
    alive = weakref.ref(order)
    frozen = freeze([order], Room())
    del order
    gc.collect()
    assert alive() is None
    assert frozen


def test_iterators_and_files_are_not_moved() -> None:
    numbers = iter([1, 2])
    shown(numbers)
    assert next(numbers) == 1


def test_the_work_is_bounded_by_count() -> None:
    many = [[[[1]] * 9] * 9] * 1_000_000
    room = Room()
    frozen = freeze(many, room)
    assert str(frozen).count("items") <= MAX_NODES
    for _ in range(MAX_VALUES):
        freeze(many, room)
    assert render(freeze([1], room), NoSecrets()) == render(freeze(1, room), NoSecrets()) == {"$": "..."}


def test_a_dict_that_another_thread_changes_raises_nothing() -> None:
    numbers = {n: n for n in range(50)}
    stop = threading.Event()

    def change() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            numbers[n % 100] = n
            numbers.pop(n * 7 % 100, None)

    thread = threading.Thread(target=change)
    thread.start()
    for _ in range(2_000):
        shown(numbers)
    stop.set()
    thread.join()


class Hides:
    """Hides what is named `token`, and what stood under that name."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def is_hidden(self, name: str) -> bool:
        return name == "token"

    def note(self, value: Any) -> None:
        self.noted.append(str(value))

    def text(self, text: str) -> str:
        for secret in self.noted:
            text = text.replace(secret, "[redacted]")
        return text

    def json(self, value: Any) -> Any:
        return json.loads(self.text(json.dumps(value)))


@dataclasses.dataclass
class Account:
    token: str


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"token": "s3cret", "url": "/?t=s3cret"}, {"token": HIDDEN, "url": "/?t=[redacted]"}),
        ([Account("s3cret"), "s3cret"], [{"$": "Account", "n": 1, "v": {"token": HIDDEN}}, "[redacted]"]),
        ({"token": ["s3cret"], "s3cret": 1}, {"token": HIDDEN, "[redacted]": 1}),
        ({"token": {"a": Name("s3cret")}, "b": Name("s3cret")}, {"token": HIDDEN, "b": "[redacted]"}),
    ],
)
def test_what_stands_under_a_secret_name_is_hidden_everywhere(value: object, expected: Any) -> None:
    secrets = Hides()
    frozen = freeze(value, Room())
    note_secrets("event", frozen, secrets)
    rendered = render(frozen, secrets)
    assert "s3cret" not in json.dumps(rendered)
    if "b" not in expected:
        assert rendered == expected


def test_a_value_with_a_secret_name_is_hidden() -> None:
    secrets = Hides()
    note_secrets("token", freeze(["s3cret"], Room()), secrets)
    assert render_named("token", freeze(["s3cret"], Room()), secrets) == HIDDEN
    assert secrets.noted == ["s3cret"]


def test_a_secret_is_removed_before_the_text_is_cut() -> None:
    secrets = Hides()
    secrets.note("s3cret")
    text = "x" * 117 + "s3cret" + "y" * MAX_KEPT
    assert "s3" not in json.dumps(render(freeze(text, Room()), secrets))


def test_a_card_number_is_hidden_also_if_it_is_an_int() -> None:
    secrets = Redaction().of_run()
    assert render(freeze([4111111111111111, 1795600000000, 7], Room()), secrets) == ["[redacted]", 1795600000000, 7]
