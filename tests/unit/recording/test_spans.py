"""Spans of calls to the outside, by each of the libraries."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.exceptions
import httpx
import pytest
import requests
import urllib3
from botocore.config import Config
from sluice.recording import spans
from sluice.recording.redaction import Redaction
from sluice.recording.render import NoSecrets
from sluice.recording.span_hooks import HOOKS
from sluice.recording.spans import HOOKED, MAX_SPANS, SpanLog

from tests.unit.support.http_server import http_server
from tests.unit.support.pages import PROJECT

Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http_server() as url:
        yield url


@contextmanager
def recorded() -> Iterator[list[Row]]:
    """Record what happens in the block: kind, service, operation, status, resource and retries of each span."""
    log, found = SpanLog(None), list[Row]()
    spans.begin_run(log)
    try:
        yield found
    finally:
        spans.end_run()
    found += [(*row[:3], *row[5:8]) for row in log.rendered(NoSecrets()).get("spans", [])]


def dynamodb(url: str, **settings: Any) -> Any:
    config = Config(retries={"total_max_attempts": 2}, **settings)
    return boto3.client("dynamodb", endpoint_url=url, region_name="eu-central-1", config=config)


async def get_async(url: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(url)


CALLS: dict[str, tuple[Callable[[str], Any], Row]] = {
    "urllib": (lambda url: urllib.request.urlopen(f"{url}/a?b=1").read(), ("http", "127.0.0.1", "GET", 200, "/a", 0)),
    "urllib3": (
        lambda url: urllib3.PoolManager().request("POST", f"{url}/404"),
        ("http", "127.0.0.1", "POST", 404, "/404", 0),
    ),
    "urllib3, tried again": (
        lambda url: urllib3.PoolManager().request(
            "GET", f"{url}/503/once", retries=urllib3.Retry(3, status_forcelist=[503], backoff_factor=0)
        ),
        ("http", "127.0.0.1", "GET", 200, "/503/once", 1),
    ),
    "requests": (lambda url: requests.get(f"{url}/r?x", timeout=60), ("http", "127.0.0.1", "GET", 200, "/r", 0)),
    "httpx": (lambda url: httpx.get(f"{url}/h?x"), ("http", "127.0.0.1", "GET", 200, "/h", 0)),
    "httpx, asynchronous": (
        lambda url: asyncio.run(get_async(f"{url}/500")),
        ("http", "127.0.0.1", "GET", 500, "/500", 0),
    ),
    "boto3": (
        lambda url: dynamodb(url).describe_table(TableName="orders"),
        ("aws", "dynamodb", "DescribeTable", 200, "orders", 0),
    ),
    "boto3, an error": (
        lambda url: dynamodb(f"{url}/400").describe_table(TableName="orders"),
        ("aws", "dynamodb", "DescribeTable", "ResourceNotFoundException", "orders", 0),
    ),
    "boto3, no answer": (
        lambda url: dynamodb("http://127.0.0.1:1").batch_get_item(RequestItems={"a": {"Keys": [{"k": {"S": "1"}}]}}),
        ("aws", "dynamodb", "BatchGetItem", "EndpointConnectionError", "a", 0),
    ),
    "urllib3, no answer": (
        lambda url: urllib3.PoolManager().request("GET", "http://127.0.0.1:1/x", retries=False),
        ("http", "127.0.0.1", "GET", "NewConnectionError", "/x", 0),
    ),
    "httpx, no answer": (
        lambda url: httpx.get("http://127.0.0.1:1/x"),
        ("http", "127.0.0.1", "GET", "ConnectError", "/x", 0),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_one_span(url: str, name: str) -> None:
    call, span = CALLS[name]
    with recorded() as found, suppress(botocore.exceptions.ClientError, Exception):
        call(url)
    assert found == [span]


def test_a_client_that_was_made_before_counts_too(url: str) -> None:
    client, pool = dynamodb(url), urllib3.PoolManager()
    with recorded() as found:
        client.list_tables()
        pool.request("GET", f"{url}/a")
    assert [(span[1], span[2]) for span in found] == [("dynamodb", "ListTables"), ("127.0.0.1", "GET")]
    pool.request("GET", f"{url}/between-two-runs")
    with recorded() as found:
        pass
    assert found == []


def test_a_call_without_an_answer_stays_open(url: str) -> None:
    log = SpanLog(None)
    spans.begin_run(log)
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", "/a")
    spans.end_run()
    assert [row[4] for row in log.rendered(NoSecrets())["spans"]] == [-1]
    connection.getresponse().read()
    connection.close()


class Deadline(BaseException):
    """As the worker's: no `except Exception` stops it."""


@pytest.mark.parametrize("kind", [Deadline, ValueError, KeyboardInterrupt])
def test_what_a_library_raises_comes_out_and_the_next_call_is_recorded(
    url: str, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind

    with recorded() as found:
        with monkeypatch.context() as patched:
            patched.setattr(urllib3.connectionpool.HTTPConnectionPool, "_get_conn", fail)
            with pytest.raises(kind):
                urllib3.PoolManager().request("GET", f"{url}/a", retries=False)
        urllib3.PoolManager().request("GET", f"{url}/b")
    assert [span[3:5] for span in found] == [(kind.__name__, "/a"), (200, "/b")]


def test_there_is_room_for_so_many_and_the_others_are_counted() -> None:
    log = SpanLog(None)
    for number in range(MAX_SPANS + 7):
        log.note_emit("audit-log", [str(number)], 1)
        log.note_log("a line\n")
    rendered = log.rendered(NoSecrets())
    assert len(rendered["spans"]) == MAX_SPANS
    assert {row[0] for row in rendered["spans"]} == {"emit", "log"}
    assert rendered["more_spans"] == MAX_SPANS + 7 - sum(row[0] == "emit" for row in rendered["spans"])


def test_many_calls_in_many_threads_are_bounded(url: str) -> None:
    pool = urllib3.PoolManager(maxsize=4)
    with recorded() as found:
        for _ in range(MAX_SPANS + 5):
            pool.request("GET", f"{url}/a")
    assert len(found) == MAX_SPANS


def test_lines_of_the_log_and_emits_have_their_place() -> None:
    log = SpanLog(None)
    log.note_log("one\ntwo\n")
    log.note_log("three\n")
    log.note_emit("audit-log", ["7"], 1)
    log.note_emit("audit-log", ["8", "9"], 1)
    found = [(row[0], row[1], row[6]) for row in log.rendered(NoSecrets())["spans"]]
    assert found == [("log", "", 0), ("log", "", 2), ("emit", "audit-log", "7"), ("emit", "audit-log", "2 events")]


def test_secrets_are_in_no_span(url: str) -> None:
    secrets = Redaction().of_run()
    secrets.note("zebra-hunter2")
    log = SpanLog(None)
    spans.begin_run(log)
    with suppress(Exception):
        urllib3.PoolManager().request("GET", f"{url}/zebra-hunter2/{'x' * 97}zebra-hunter2?token=zebra")
    with suppress(Exception):
        urllib.request.urlopen(f"{url}/hooks/AKIAIOSFODNN7EXAMPLE?password=zebra").read()
    with suppress(Exception):
        httpx.get(f"{url.replace('//', '//user:zebra-pass@')}/zebra-hunter2?zebra")
    with suppress(Exception):
        dynamodb(url).describe_table(TableName="zebra-hunter2")
    spans.end_run()
    rendered = f"{log.rendered(secrets)}"
    assert "zebra" not in rendered
    assert "AKIA" not in rendered
    assert rendered.count("[redacted]") == 5


def test_a_resource_that_is_no_text_is_left_out() -> None:
    class Hostile(dict[str, str]):
        def get(self, *_: object) -> Any:
            raise AssertionError("own code ran")

    answer = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}
    module: Any = SimpleNamespace(BaseClient=type("BaseClient", (), {"_make_api_call": lambda *_: answer}))
    HOOKS["botocore.client"](module)
    client = module.BaseClient()
    with recorded() as found:
        assert client._make_api_call("GetItem", Hostile(TableName="a")) is answer
    assert found == []  # a client without a service is none


def test_a_handler_that_calls_nothing_pays_for_nothing() -> None:
    """Neither the hooks nor a library are imported."""
    code = (
        "import sys; from sluice.recording.recorder import make_recorder;"
        " make_recorder('handlers.audit_log').start().stop(); import handlers.audit_log;"
        f" print([name for name in ('sluice.recording.span_hooks', *{sorted(HOOKED)!r}) if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": str(PROJECT / "functions")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_library_that_is_imported_in_the_middle_of_a_run_counts(url: str) -> None:
    code = (
        "import json; from sluice.recording.recorder import make_recorder;"
        " from sluice.recording.render import NoSecrets;"
        " recording = make_recorder('handlers.audit_log').start(); import urllib.request;"
        f" urllib.request.urlopen('{url}/late').read(); recording.stop();"
        " print(json.dumps(recording.calls(NoSecrets())['spans'][0][6]))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": str(PROJECT / "functions")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == '"/late"'
