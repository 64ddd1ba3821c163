"""The console's pages, on moto, as a browser gets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sluice import emit
from sluice.console.site import Site
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
