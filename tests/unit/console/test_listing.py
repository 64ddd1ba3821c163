"""Pages of a handler's traces: each trace on one of them, whatever comes in meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice.console.listing import ANY_FAILED, Page, Wanted, page_of
from sluice.event.ids import first_id_at, id_of_message
from sluice.traces import Trace
from sluice.traces.failure import failure
from sluice.traces.failure_index import FailureIndex
from sluice.traces.search import TraceSearch

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace

NOW = int(time.time() * 1000)


def put(cloud: Cloud, count: int, *, apart_ms: int = 1_000, **fields: object) -> list[str]:
    """Record traces; return their ids, newest first."""
    ids = [id_of_message(str(number), NOW - 60_000 + number * apart_ms) for number in range(count)]
    for number, event_id in enumerate(ids):
        cloud.store.put(a_trace(id=event_id, event=json.dumps({"order": number}), **fields))
    return sorted(ids, reverse=True)


def put_failed(cloud: Cloud, count: int, *, apart_ms: int) -> list[str]:
    """Record failed runs; return their ids, newest failure first."""
    ids = [id_of_message(str(number), NOW - 60_000) for number in range(count)]
    cause = failure(HANDLER, kind="KeyError", message="no")
    for number, event_id in enumerate(ids):
        ended = NOW - 50_000 + number * apart_ms
        cloud.store.put(a_trace(id=event_id, status="error", failure=cause, finished_ms=ended))
    return ids[::-1]


def all_pages(cloud: Cloud, *, rows: int, most: int = 1_000, **wanted: object) -> list[Page]:
    """The pages from the first one on, each by the cursor of the one before."""
    pages = [page_of(cloud.store, HANDLER, Wanted(**wanted), rows=rows, most=most)]  # type: ignore[arg-type]
    while pages[-1].cursor is not None:
        after = Wanted(**wanted, after=pages[-1].cursor)  # type: ignore[arg-type]
        pages.append(page_of(cloud.store, HANDLER, after, rows=rows, most=most))
    return pages


def ids_of(pages: list[Page]) -> list[str]:
    return [trace.id for page in pages for trace in page.traces]


@pytest.mark.parametrize("apart_ms", [0, 1_000])
@pytest.mark.parametrize("rows", [1, 3, 7])
def test_every_trace_is_on_one_page(cloud: Cloud, rows: int, apart_ms: int) -> None:
    ids = put(cloud, 7, apart_ms=apart_ms)

    pages = all_pages(cloud, rows=rows)

    assert ids_of(pages) == ids
    assert [len(page.traces) for page in pages[:-1]] == [rows] * (len(pages) - 1)


def test_what_comes_in_meanwhile_moves_no_page(cloud: Cloud) -> None:
    ids = put(cloud, 6)
    first = page_of(cloud.store, HANDLER, Wanted(), rows=3)
    cloud.store.put(a_trace())

    second = page_of(cloud.store, HANDLER, Wanted(after=first.cursor), rows=3)

    assert ids_of([first, second]) == ids


@pytest.mark.parametrize("rows", [1, 5])
def test_failed_runs_come_in_the_order_of_their_failures(cloud: Cloud, rows: int) -> None:
    ids = put_failed(cloud, 5, apart_ms=10)
    put(cloud, 3)

    assert ids_of(all_pages(cloud, rows=rows, status=ANY_FAILED)) == ids


def test_failures_of_one_millisecond_are_each_on_one_page(cloud: Cloud) -> None:
    ids = put_failed(cloud, 6, apart_ms=0)

    found = ids_of(all_pages(cloud, rows=2, status="error"))

    assert sorted(found) == sorted(ids)


def even(trace: Trace) -> bool:
    return int(json.loads(trace.event)["order"]) % 2 == 0


@pytest.mark.parametrize("most", [1, 3, 100])
def test_a_search_stops_early_and_goes_on_where_it_was(cloud: Cloud, most: int) -> None:
    ids = put(cloud, 9)
    condition: Callable[[Trace], bool] = even

    pages = all_pages(cloud, rows=2, most=most, condition=condition)

    assert ids_of(pages) == ids[::2]
    assert any(page.cut_off for page in pages) == (most < 100)


def test_a_first_page_reads_no_more_of_a_partition_than_it_shows(cloud: Cloud) -> None:
    put(cloud, 60)

    # 32 partitions, and as many rows and one more at most of each of them.
    assert page_of(cloud.store, HANDLER, Wanted(), rows=1).read <= 32 * 2


@pytest.mark.parametrize("after", ["", "x", "9" * 40, "1.2.3", "' OR 1"])
def test_a_wrong_cursor_begins_anew(cloud: Cloud, after: str) -> None:
    ids = put(cloud, 2)

    assert ids_of([page_of(cloud.store, HANDLER, Wanted(after=after))]) == ids
    assert ids_of([page_of(cloud.store, HANDLER, Wanted(after=after, status="dead"))]) == []


@pytest.mark.parametrize("status", [None, "error"])
def test_a_cursor_is_within_its_millisecond_however_seconds_are_rounded(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, status: str | None
) -> None:
    """Of the times in seconds that floats have, some are a little before their millisecond."""
    asked: list[float] = []

    def note(*_: object, until: float | None = None, **__: object) -> Iterator[Any]:
        asked.append(until or 0)
        return iter(())

    monkeypatch.setattr(TraceSearch, "traces", note)
    monkeypatch.setattr(FailureIndex, "runs", note)
    moments = range(NOW, NOW + 300)
    for ms in moments:
        event_id = first_id_at(ms / 1000 + 0.0005)
        after = f"{ms}.{event_id}" if status else event_id
        page_of(cloud.store, HANDLER, Wanted(after=after, status=status))

    assert [int(seconds * 1000) for seconds in asked] == list(moments)
    assert [int((seconds + 0.001) * 1000) for seconds in asked] == [ms + 1 for ms in moments]
