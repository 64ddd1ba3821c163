"""The console's pages, on moto, as a browser gets them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.console.gathering import Rows
from sluice.console.site import Site
from sluice.operate.status import HandlerStatus
from sluice.traces.failure import failure
from sluice.traces.item import shard_key
from starlette.testclient import TestClient

from tests.unit.support.browsing import opened, post, text_of
from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.deployed import deploy
from tests.unit.support.traces import a_trace

HERE = f"/{STAGE}/handler/{HANDLER}"


@pytest.fixture
def browsing(cloud: Cloud) -> Iterator[tuple[Site, TestClient]]:
    with opened() as both:
        yield both


def test_the_overview_shows_each_handler_and_what_needs_attention(
    cloud: Cloud, browsing: tuple[Site, TestClient]
) -> None:
    emit(HANDLER, {"order": 1})
    deploy(HANDLER)
    emit("send-recepit", {"order": 2})

    page = browsing[1].get("/")

    assert page.status_code == 200
    shown = text_of(page.text)
    assert "1 handler " in shown
    assert "send-recepit has no handler" in shown
    assert "Is send-receipt meant?" in shown


def test_a_handlers_page_lists_its_traces(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    cloud.store.put(a_trace(event='{"order": "A-1"}'))

    page = browsing[1].get(HERE)

    assert page.status_code == 200
    assert "{&#34;order&#34;: &#34;A-1&#34;}" in page.text


def test_an_event_that_was_emitted_from_the_page_is_in_the_queue(
    cloud: Cloud, browsing: tuple[Site, TestClient]
) -> None:
    site, browser = browsing
    told = post(browser, site, f"{HERE}/emit", event='{"order": 7}')

    assert told.status_code == 200
    assert f"Emitted to {HANDLER}." in told.text
    assert [message["Body"] for message in cloud.messages(HANDLER)] == ['{"order": 7}']


def test_what_is_no_json_stays_in_the_box(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    site, browser = browsing
    told = post(browser, site, f"{HERE}/emit", event="{order: 7}")

    assert told.status_code == 400
    assert "The event is no JSON" in told.text
    assert ">{order: 7}</textarea>" in told.text
    assert cloud.messages(HANDLER) == []


def test_a_trace_is_replayed(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    site, browser = browsing
    trace = a_trace(event='{"order": 9}')
    cloud.store.put(trace)

    page = browser.get(f"/{STAGE}/trace/{HANDLER}/{trace.id}")
    told = post(browser, site, f"{HERE}/replay", id=trace.id, back="trace")

    assert "{&#34;order&#34;: 9}" in page.text or "&#34;order&#34;: 9" in page.text
    assert "under a new id" in told.text
    assert [message["Body"] for message in cloud.messages(HANDLER)] == ['{"order": 9}']


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'\u202egnp.exe\u2066\x1b[31m"


def test_text_from_outside_is_shown_as_text(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    """Also where it is in an address, a name, a log, an error or the locals of a run."""
    trace = a_trace(
        status="error",
        event=json.dumps({HOSTILE: HOSTILE}, ensure_ascii=False),
        error={"type": HOSTILE, "message": HOSTILE, "traceback": HOSTILE},
        failure=failure(HANDLER, kind=HOSTILE, message=HOSTILE, where=HOSTILE),
        finished_ms=int(time.time() * 1000),
        logs=HOSTILE,
        emitted=({"id": HOSTILE, "handler": HOSTILE},),
        emitted_count=1,
        emitted_by=HOSTILE,
        parent=HOSTILE,
        log_stream=HOSTILE,
        locals=({"function": HOSTILE, "file": HOSTILE, "line": 1, "source": HOSTILE, "values": {HOSTILE: HOSTILE}},),
        calls={
            "fns": [[HOSTILE, HOSTILE, 1, [HOSTILE]]],
            "calls": [[0, -1, 0, 9, 0, [HOSTILE], HOSTILE, "raised", 1]],
        },
    )
    cloud.store.put(trace)
    emit("send-recepit", HOSTILE)
    _, browser = browsing
    where = quote(HOSTILE)
    paths = [
        f"/{STAGE}",
        f"{HERE}?where={where}&status={where}&since={where}&after={where}&do={where}&note={where}&group={where}",
        f"/{STAGE}/handler/send-recepit",
        f"/{STAGE}/trace/{HANDLER}/{trace.id}",
        f"/{STAGE}/trace/{HANDLER}/{where}",
        f"/{STAGE}/find?q={where}",
        f"/{STAGE}/handler/{where.replace('/', '')}",
    ]

    pages = [browser.get(path) for path in paths]

    assert [page.status_code for page in pages] == [200, 200, 200, 200, 404, 200, 404]
    for page in pages:
        # Its letters are there, but no tag of it is, nor a character that turns text around.
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert not set("\u202e\u2066\x1b") & set(page.text)
    assert "\\u202egnp.exe" in pages[3].text


def test_an_event_of_a_megabyte_makes_no_page_of_a_megabyte(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    trace = a_trace(event=json.dumps("x" * 1_000_000), logs="y" * 250_000)
    cloud.store.put(trace)
    _, browser = browsing

    listed, shown = browser.get(HERE), browser.get(f"/{STAGE}/trace/{HANDLER}/{trace.id}")

    assert len(listed.content) < 60_000
    assert len(shown.content) < 150_000
    assert "xxx" in listed.text
    assert len(browser.get(f"/{STAGE}/trace/{HANDLER}/{trace.id}/json").content) > 100_000


def test_a_damaged_trace_is_shown_as_such(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    trace = a_trace()
    key = {name: {"S": value} for name, value in (("pk", shard_key(HANDLER, trace.id)), ("sk", trace.id))}
    cloud.dynamodb.put_item(TableName=cloud.names.trace_table, Item={**key, "trace": {"S": "no JSON"}})
    _, browser = browsing

    assert "damaged" in text_of(browser.get(HERE).text)
    assert "damaged" in text_of(browser.get(f"/{STAGE}/trace/{HANDLER}/{trace.id}").text)


def test_a_wrong_filter_is_explained_and_the_rest_of_the_page_shown(
    cloud: Cloud, browsing: tuple[Site, TestClient]
) -> None:
    cloud.store.put(a_trace(event='{"order": "A-1"}'))

    page = browsing[1].get(HERE, params={"where": "event ==", "since": "yesterday", "status": "fine"})

    assert page.status_code == 200
    assert "write a JMESPath expression such as" in page.text
    assert "there is no status" in page.text
    assert 'value="event =="' in page.text
    assert "A-1" in page.text


@pytest.mark.parametrize(
    ("wanted", "place"),
    [("receipt", HERE), (HANDLER, HERE), ("no such thing", f"/{STAGE}/find")],
)
def test_find_leads_to_a_handler(cloud: Cloud, browsing: tuple[Site, TestClient], wanted: str, place: str) -> None:
    assert browsing[1].get(f"/{STAGE}/find", params={"q": wanted}).url.path == place


def test_find_leads_to_a_trace(cloud: Cloud, browsing: tuple[Site, TestClient]) -> None:
    trace = a_trace()
    cloud.store.put(trace)

    found = browsing[1].get(f"/{STAGE}/find", params={"q": f" {trace.id} "})

    assert found.url.path == f"/{STAGE}/trace/{HANDLER}/{trace.id}"


def test_what_aws_refuses_is_a_page_that_says_so(
    cloud: Cloud, browsing: tuple[Site, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no policy allows it"}}, "ListQueues")

    monkeypatch.setattr(browsing[0].gathering, "rows", refuse)
    page = browsing[1].get(f"/{STAGE}")

    assert page.status_code == 403
    assert "AWS does not allow you to call ListQueues: no policy allows it" in text_of(page.text)
    assert "aws sts get-caller-identity" in page.text


def test_forty_handlers_fit_into_a_page_of_100_kb(
    cloud: Cloud, browsing: tuple[Site, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        HandlerStatus(
            handler=f"handler-number-{number}",
            kind="worker",
            state="paused",
            waiting=1_000_000,
            in_flight=1_000,
            failed=99_999,
            dead=100,
            reason="the provider is down, see the incident",
            by="assumed-role/operators/ada@example.com",
            since="2026-11-27T10:00:00.000Z",
        )
        for number in range(40)
    ]
    monkeypatch.setattr(browsing[0].gathering, "rows", lambda: Rows(rows=rows, at=time.time()))
    browser = browsing[1]

    page = browser.get(f"/{STAGE}")
    sent = [page, *(browser.get(path) for path in re.findall(r'"(/static/[^"]+)"', page.text))]

    assert len(sent) == 3
    assert all(answer.headers["content-encoding"] == "gzip" for answer in sent)
    assert sum(int(answer.headers["content-length"]) for answer in sent) < 60_000
