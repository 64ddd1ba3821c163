"""Output that the docs show is what the commands print."""

from __future__ import annotations

import inspect
import re

import click
import pytest
from sluice.cli import demo
from sluice.cli.status import print_status
from sluice.cli.trace_page import print_trace
from sluice.local.demo import ORDERS
from sluice.operate.status import HandlerStatus
from sluice.traces import Trace

from tests.unit.support.pages import PAGES, PROJECT, README

ROW = HandlerStatus(handler="send-receipt", kind="worker", state="paused", reason="r", by="b", since="s")

RETURNED = Trace(
    id="01a219c4-08a5-72be-84e4-28659447ee49",
    handler="order-placed",
    status="ok",
    event='{"id": "A-1001"}',
    emitted_ms=1_764_192_607_397,
    emitted_by="000000000000",
    started_ms=1_764_192_615_140,
    finished_ms=1_764_192_615_250,
    request_id="bbdf27a7-1522-4d02-884e-028b7231270a",
    log_stream="9ca48756-429f-4cf8-94d5-1164e25f02cf",
    result={"total": "17.80"},
    calls={"fns": [["handle", "handlers/order_placed.py", 17, ["event"]]], "calls": [[0, -1, 0, 108_400, 0]]},
    logs="INFO order A-1001\n",
    emitted=({"id": "01a219c4-26e7-74a4-a0f6-95257be76ffd", "handler": "send-receipt"},),
    emitted_count=1,
)

RAISED = Trace(
    id="01a219c4-2a80-706e-93a0-11575719ba25",
    handler="send-receipt",
    status="error",
    event='{"id": "A-1006"}',
    emitted_ms=1_764_192_616_064,
    emitted_by="order-placed",
    started_ms=1_764_192_622_500,
    finished_ms=1_764_192_622_501,
    parent="01a219c4-08a5-7e1e-ab52-2c598a0f5396",
    request_id="3de96802-f041-47b3-8fc2-84169e06122f",
    log_stream="707929e2-4c67-4dfe-9f63-c8dee6368998",
    error={"type": "ValueError", "message": "m", "traceback": "Traceback (most recent call last):\n"},
)


def shape_of(text: str) -> list[str]:
    """The labels of a trace's facts and sections, in order."""
    return re.findall(r"^  (\w[\w ]*?) {2,}|^  (log stream)|^(\w+)$", click.unstyle(text), flags=re.MULTILINE)


def samples(kind: str) -> list[str]:
    return [block for page in PAGES.values() for language, block in page.blocks if language == "text" and kind in block]


def test_the_status_has_the_columns_that_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (sample,) = samples("in flight")
    print_status([ROW])

    heading, _ = capsys.readouterr().out.splitlines()
    assert re.split(r" {2,}", sample.splitlines()[0]) == re.split(r" {2,}", heading.strip())


@pytest.mark.parametrize("trace", [RETURNED, RAISED], ids=["returned", "raised"])
def test_a_trace_has_the_lines_that_are_shown(trace: Trace, capsys: pytest.CaptureFixture[str]) -> None:
    (sample,) = samples(f"{trace.handler}  {trace.status}\n  id ")
    print_trace(trace)

    printed = capsys.readouterr().out
    assert shape_of(sample) == shape_of(printed)
    assert len(shape_of(sample)) >= 10


def test_the_demo_ends_with_the_words_that_are_quoted() -> None:
    (quoted,) = [span for span in README.spans if span.startswith("done: ")]
    orders, rest = re.findall(r"done: (\d+) orders, (.*)", quoted)[0]

    assert int(orders) == len(ORDERS.read_text(encoding="utf-8").splitlines())
    assert rest in inspect.getsource(demo)


def test_messages_that_are_quoted_are_in_the_code() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "functions" / "sluice").rglob("*.py"))
    quoted = [
        text for cell, _ in PAGES["docs/local-cloud.md"].rows("the message says") for text in cell.split("`")[1::2]
    ]

    assert len(quoted) > 4
    for text in quoted:
        assert text in sources, text
