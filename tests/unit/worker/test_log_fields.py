"""The fields of a structured log are in the trace's lines."""

from __future__ import annotations

import json
import logging

import pytest
from aws_lambda_powertools import Logger
from sluice import emit, emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function


def logs_of(cloud: Cloud, log: object) -> list[str]:
    """Run a handler that logs, and return the lines of its trace."""
    function = Function(cloud, log)  # type: ignore[arg-type]
    emit(HANDLER, "A-4711")
    function.poll()
    (trace,) = function.traces()
    assert trace.status == "ok", trace.error
    return trace.logs.splitlines()


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"amount": 12}, "amount=12"),
        ({"amount": 12.5, "currency": "EUR"}, 'amount=12.5 currency="EUR"'),
        ({"address": {"city": "Zürich", "lines": ["a b", None]}}, 'address={"city": "Zürich", "lines": ["a b", null]}'),
        ({"kind": int}, "kind=\"<class 'int'>\""),
        ({}, ""),
    ],
    ids=["a number", "two", "a dict", "a value that JSON can't carry", "none"],
)
@pytest.mark.parametrize("how", ["powertools", "extra"])
def test_fields_stand_behind_the_message(cloud: Cloud, how: str, fields: dict[str, object], shown: str) -> None:
    def handle(_: object) -> None:
        if how == "powertools":
            Logger(service=HANDLER).info("paid", **fields)  # type: ignore[arg-type]
        else:
            logging.getLogger("shop").info("paid", extra=fields)

    name = HANDLER if how == "powertools" else "shop"
    assert logs_of(cloud, handle) == [f"INFO {name}: paid  {shown}".rstrip()]


def test_fields_that_a_run_appends_are_in_its_lines_and_in_no_others(cloud: Cloud) -> None:
    def handle(event: int) -> None:
        logger = Logger(service=HANDLER)
        if event == 0:
            logger.append_keys(customer="ada")
        logger.info("seen")
        logging.getLogger("shop").info("sold", extra={"customer": "bob"} if event == 0 else {})

    function = Function(cloud, handle, batch_size=10)
    emit_many(HANDLER, [0, 1])
    function.poll()
    lines = {trace.event: trace.logs.splitlines() for trace in function.traces()}
    assert lines == {
        "0": [f'INFO {HANDLER}: seen  customer="ada"', 'INFO shop: sold  customer="bob"'],
        "1": [f"INFO {HANDLER}: seen", "INFO shop: sold"],
    }


def test_a_traceback_follows_the_fields(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        try:
            prices: dict[str, int] = {}
            prices["no such article"]
        except KeyError:
            Logger(service=HANDLER).exception("refused", article=7)

    first, second, *_, last = logs_of(cloud, handle)
    assert first == f"ERROR {HANDLER}: refused  article=7"
    assert second == "Traceback (most recent call last):"
    assert last == "KeyError: 'no such article'"


def test_a_field_that_cannot_be_printed_costs_no_line(cloud: Cloud) -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise ZeroDivisionError

    def handle(_: object) -> None:
        circle: list[object] = []
        circle.append(circle)
        logging.getLogger("shop").info("one", extra={"hostile": Hostile(), "circle": circle, "keys": {(1, 2): 3}})

    (line,) = logs_of(cloud, handle)
    assert line.startswith("INFO shop: one  hostile=")
    assert "whose repr raises ZeroDivisionError" in line
    assert line.endswith('circle="[[...]]" keys="{(1, 2): 3}"')


def test_secrets_in_fields_are_removed(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        Logger(service=HANDLER).info("logged in", password="correct horse", token={"jwt": "abcdefgh"})

    (line,) = logs_of(cloud, handle)
    assert "correct" not in line
    assert "abcdefgh" not in line
    assert json.dumps("[redacted]") in line
