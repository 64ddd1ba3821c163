"""Secrets are in no trace and in no log, while the handler gets its event whole."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from sluice import emit
from sluice.recording.redaction import Redaction, Secrets
from sluice.traces import Trace
from sluice.traces.item import from_item, to_item
from sluice.worker import outcome
from sluice.worker.output import Capture
from sluice.worker.redact_trace import redact_trace
from sluice.worker.run_handler import run_handler

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Function

SECRET = "zebra-hunter2"
EVENT = {"order": 7, "login": {"apiKey": SECRET}}


class Leaky:
    """Puts its event's secret wherever a handler can put one."""

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails
        self.events: list[Any] = []

    def handle(self, event: dict[str, Any]) -> object:
        self.events.append(event)
        secret = event["login"]["apiKey"]
        print("the key is", secret)  # noqa: T201 - it is what this is about
        sys.stderr.write(f"token={secret}; no line's end")
        logging.getLogger("shop").warning("logged %s", secret)
        Logger(service=HANDLER).info("by Powertools", extra={"headers": {"X-Api-Key": secret}})
        if self.fails:
            raise ValueError(f"refused {secret}")
        return {"used": [secret], "order": event["order"]}


def run_leaky(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, *, fails: bool = False, dynamodb: Any = None) -> str:
    """Return the text that a run has written to its streams and its log."""
    leaky = Leaky(fails=fails)
    function = Function(cloud, leaky.handle, dynamodb=dynamodb)
    written = StringIO()
    monkeypatch.setattr(sys, "stdout", function.capture.tee(written))
    monkeypatch.setattr(sys, "stderr", function.capture.tee(written))
    emit(HANDLER, EVENT)
    function.poll()
    assert leaky.events == [EVENT]
    return written.getvalue() + function.log.getvalue()


@pytest.mark.parametrize("fails", [False, True])
def test_a_secret_is_in_no_trace_and_in_no_log(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    written = run_leaky(cloud, monkeypatch, fails=fails)

    (trace,) = cloud.store.recent(HANDLER)
    assert SECRET not in trace.to_json()
    assert SECRET not in written
    for part in ("the key is [redacted]\n", "token=[redacted]; no line's end", "logged [redacted]"):
        assert part in written
        assert part in trace.logs
    assert json.loads(trace.event) == {"order": 7, "login": {"apiKey": "[redacted]"}}
    assert trace.redacted == (("error", "event", "logs") if fails else ("event", "logs", "result"))
    if fails:
        assert trace.error is not None
        assert trace.error["message"] == "refused [redacted]"
    else:
        assert trace.result == {"used": ["[redacted]"], "order": 7}


def test_a_trace_that_is_logged_whole_has_no_secret(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse")
    written = run_leaky(cloud, monkeypatch, fails=True, dynamodb=refusing)

    assert "trace not written" in written
    assert SECRET not in written


def test_the_start_on_record_of_a_redelivered_event_has_no_secret(cloud: Cloud) -> None:
    starts: list[Trace] = []
    function = Function(cloud, lambda _: starts.extend(cloud.store.recent(HANDLER)))
    emit(HANDLER, EVENT)
    (record,) = function.receive()
    record["attributes"]["ApproximateReceiveCount"] = "2"
    function.delete([record], function.worker.handle({"Records": [record]}, _context()))

    assert [SECRET in start.event for start in starts] == [False]
    assert starts[0].redacted == ("event",)


def _context() -> Any:
    from tests.unit.support.function import Context  # noqa: PLC0415

    return Context()


def test_redaction_that_is_off_leaves_all_as_it_is(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    off = Redaction.of(False)
    monkeypatch.setattr("tests.unit.support.function.Capture", lambda: Capture(off))
    written = run_leaky(cloud, monkeypatch)

    (trace,) = cloud.store.recent(HANDLER)
    assert SECRET in written
    assert (json.loads(trace.event), trace.redacted) == (EVENT, ())


def test_an_ordinary_event_is_marked_by_nothing(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: print(event) or event)  # noqa: T201
    emit(HANDLER, {"order": 7, "author": "passer-by"})
    function.poll()

    (trace,) = function.traces()
    assert trace.redacted == ()


def test_a_secret_that_became_known_late_is_removed_from_earlier_logs() -> None:
    secrets = Redaction().of_run()
    trace = Trace(id="1", handler="h", status="ok", event="1", logs=f"{SECRET}\n")
    secrets.note(SECRET)

    redacted = redact_trace(trace, secrets, logs_redacted=False)
    assert (redacted.logs, redacted.redacted) == ("[redacted]\n", ("logs",))
    assert from_item(to_item(redacted, 1)).redacted == ("logs",)


class Recorded:
    """A recording that finds a secret among the local variables of a run that failed."""

    def failed(self, _: BaseException) -> None:
        """Keep nothing."""

    def note_secrets(self, secrets: Secrets) -> None:
        secrets.note(SECRET)


def test_a_local_variables_secret_is_removed_from_the_exceptions_message() -> None:
    def handle(_: object) -> None:
        raise ValueError(SECRET)

    recording: Any = Recorded()
    ended = run_handler(lambda: handle, None, 5, recording, Redaction().of_run())
    assert ended.error is not None
    assert ended.error["message"] == "[redacted]"
    assert SECRET not in ended.error["traceback"]


@pytest.mark.parametrize("before", range(0, 40, 7))
def test_an_exceptions_message_is_redacted_before_it_is_cut(before: int) -> None:
    secrets = Redaction().of_run()
    secrets.note("abcdefghijklmnopqrst")

    def handle(_: object) -> None:
        raise ValueError("x" * (outcome._MAX_MESSAGE - before) + "abcdefghijklmnopqrst" + "y" * 50_000)

    error = run_handler(lambda: handle, None, 5, secrets=secrets).error
    assert error is not None
    assert "abc" not in error["message"] + error["traceback"]
    assert "rst" not in error["message"] + error["traceback"]


def test_parts_of_a_line_are_redacted_together_and_a_flush_writes_them() -> None:
    stream = StringIO()
    tee = Capture().tee(stream)
    tee.write("password")
    tee.write("=")
    tee.write("abc")
    tee.write("def")
    assert stream.getvalue() == ""
    tee.flush()
    assert stream.getvalue() == "password=[redacted]"
    tee.write("one\ntwo")
    assert stream.getvalue() == "password=[redacted]one\n"
    tee.write("x" * 100_000)
    assert stream.getvalue().endswith("two" + "x" * 100_000)
