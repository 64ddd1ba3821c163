"""Spans of a run that the worker has run: in its trace, where they were made, and without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sluice import emit

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.http_server import http_server
from tests.unit.support.team_code import team_code

SOURCE = """
    import logging
    import urllib.request

    from sluice import emit

    def handle(event):
        logging.getLogger("shop").warning("charging")
        urllib.request.urlopen(f"{event['url']}/charges/{event['password']}?password={event['password']}").read()
        emit("send-receipt", {"id": 7})
"""


def test_a_trace_has_the_calls_to_the_outside_the_emits_and_the_log(cloud: Cloud, tmp_path: Path) -> None:
    with http_server() as url, team_code(tmp_path, SOURCE) as (recorder, handle):
        function = Function(cloud, handle, recorder=recorder)
        emit(HANDLER, {"url": url, "password": "zebra-hunter2"})
        function.poll()
    trace = function.traces()[0]
    assert trace.status == "ok", trace.error
    # Here emit calls SQS by boto3, which is a span too. In a function it does not.
    spans = [span for span in trace.traced_spans if span.kind != "aws"]
    assert [(span.kind, span.service, span.resource, span.status) for span in spans] == [
        ("log", "", "WARNING shop: charging", None),
        ("http", "127.0.0.1", "/charges/[redacted]", 200),
        ("emit", HANDLER, trace.emitted[0]["id"], None),
    ]
    assert "zebra" not in trace.to_json()
    assert json.loads(trace.to_json())["spans"][1]["operation"] == "GET"


def test_a_thread_that_outlives_its_run_adds_nothing_to_the_next(cloud: Cloud, tmp_path: Path) -> None:
    source = """
        import threading, urllib.request
        left = threading.Event()

        def later(url):
            left.wait(60)
            urllib.request.urlopen(url).read()

        def handle(event):
            thread = threading.Thread(target=later, args=(event["url"],))
            thread.start()
            handle.thread = thread
    """
    with http_server() as url, team_code(tmp_path, source) as (recorder, handle):
        function = Function(cloud, handle, recorder=recorder)
        emit(HANDLER, {"url": url})
        function.poll()
        module: Any = handle
        module.__globals__["left"].set()
        module.thread.join()
    assert function.traces()[0].traced_spans == []
