"""Replays: each event once, however the replay is cut off, and with the two traces naming each other."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.operate.replay import Replayed, Replayer
from sluice.operate.replay_choice import ReplayChoice
from sluice.stage import clients
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import make_visible, poll_until_quiet
from tests.unit.support.traces import a_trace


def fail(event: object) -> None:
    raise ValueError(f"order {event} not found")


def chosen(traces: list[Trace], *, again: bool = False, until: float = 2**33) -> ReplayChoice:
    choice = ReplayChoice(again=again, until=until)
    _opened.append(choice)
    choice.add(traces, lambda _: None)
    return choice


_opened: list[ReplayChoice] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def replay(cloud: Cloud, traces: list[Trace] | None = None, **how: Any) -> Replayed:
    """Replay these traces, or all of the handler's; return how far it came."""
    choice = chosen(traces or cloud.traces(HANDLER), **how)
    return list(Replayer(STAGE, rate=1_000).replay(choice))[-1]


def failed(cloud: Cloud, count: int) -> list[Trace]:
    """Return the traces of runs that raised."""
    emit_many(HANDLER, range(count))
    Function(cloud, fail).poll()
    return cloud.traces(HANDLER)


def test_a_replay_and_its_original_name_each_other(cloud: Cloud) -> None:
    [original] = failed(cloud, 1)
    assert replay(cloud).done == 1
    seen: list[object] = []
    Function(cloud, seen.append).poll()
    again, before = cloud.traces(HANDLER)
    assert (before.id, before.replayed_as, again.replay_of, seen) == (original.id, again.id, original.id, [0])
    assert again.emitted_by == before.emitted_by is not None


def test_an_event_is_replayed_once_unless_it_is_asked_for_again(cloud: Cloud) -> None:
    originals = failed(cloud, 3)
    assert replay(cloud).done == 3
    choice = chosen(cloud.traces(HANDLER))
    assert (choice.count, choice.already) == (0, 3)
    # Another command that chose them before the first one marked them comes too late.
    late = replay(cloud, originals)
    assert (late.done, late.already) == (0, 3)
    assert replay(cloud, again=True).done == 3
    assert len(cloud.messages(HANDLER)) == 6


def test_with_again_what_was_replayed_after_a_time_is_left_out(cloud: Cloud) -> None:
    failed(cloud, 2)
    replay(cloud)
    choice = chosen(cloud.traces(HANDLER), again=True, until=0)
    assert (choice.count, choice.already) == (0, 2)


class CutOffError(BaseException):
    """The command was killed."""


@contextlib.contextmanager
def cut_off(at: int, *, after: bool) -> Any:
    """Kill the command at its n-th write, before or after AWS does it."""
    writes = 0

    def counts(name: str) -> bool:
        nonlocal writes
        writes += name in ("UpdateItem", "SendMessageBatch")
        return writes >= at

    def before(model: Any, **_: Any) -> None:
        if not after and counts(model.name):
            raise CutOffError

    def done(model: Any, **_: Any) -> None:
        if after and counts(model.name):
            raise CutOffError

    used = [clients.dynamodb(STAGE), clients.sqs(STAGE)]
    for client in used:
        client.meta.events.register("before-call", before)
        client.meta.events.register("after-call", done)
    try:
        yield
    finally:
        for client in used:
            client.meta.events.unregister("before-call", before)
            client.meta.events.unregister("after-call", done)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_replay_that_is_cut_off_anywhere_goes_on_and_runs_each_event_once(
    cloud: Cloud, at: int, *, after: bool
) -> None:
    """Three events are seven writes: three marks, one send, three marks."""
    originals = failed(cloud, 3)
    with contextlib.suppress(CutOffError), cut_off(at, after=after):
        replay(cloud)
    replay(cloud, originals)
    runs: Counter[object] = Counter()
    poll_until_quiet(cloud, Function(cloud, lambda event: runs.update([event])))
    assert runs == {0: 1, 1: 1, 2: 1}
    traces = {trace.id: trace for trace in cloud.traces(HANDLER)}
    for original in originals:
        mark = traces[original.id].last_replay
        assert mark is not None
        assert traces[mark].replay_of == original.id
    assert len(traces) == 6


def test_what_sqs_refuses_is_replayed_by_the_next_run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    originals = failed(cloud, 3)
    sqs = clients.sqs(STAGE)
    send = sqs.send_message_batch

    def refuse_one(**asked: Any) -> Any:
        refused, *others = asked["Entries"]
        answer = send(**asked | {"Entries": others})
        return {**answer, "Failed": [{"Id": refused["Id"], "Code": "Broken", "SenderFault": True}]}

    with monkeypatch.context() as broken:
        broken.setattr(sqs, "send_message_batch", refuse_one)
        first = replay(cloud)
    assert (first.done, [each.code for each in first.refused]) == (2, ["Broken"])
    assert replay(cloud, originals).done == 1
    assert sorted(message["Body"] for message in cloud.messages(HANDLER)) == ["0", "1", "2"]


def test_no_more_events_a_second_than_asked_for(cloud: Cloud) -> None:
    now = 0.0
    sleeps: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        sleeps.append(seconds)
        now += seconds

    traces = [a_trace(status="error") for _ in range(7)]
    for trace in traces:
        cloud.store.put(trace)
    for _ in Replayer(STAGE, rate=2, clock=lambda: now, sleep=sleep).replay(chosen(traces)):
        pass
    assert sleeps == [1.0, 1.0, 1.0, 0.5]


def test_an_event_whose_trace_is_gone_or_that_is_not_whole_any_more_is_counted(cloud: Cloud) -> None:
    gone, cut = a_trace(status="error"), a_trace(status="error", cut=("event",))
    cloud.store.put(cut)
    assert replay(cloud, [gone, cut]).skipped == {"gone": 1, "cut": 1}


def no_memory(_: object) -> None:
    raise MemoryError


@pytest.mark.parametrize("during", [False, True])
@pytest.mark.parametrize("end", [str, no_memory])
def test_an_attempt_that_writes_the_trace_anew_keeps_the_mark_of_a_replay(
    cloud: Cloud, end: Callable[[Any], Any], *, during: bool
) -> None:
    function = Function(cloud, no_memory)
    event_id = emit(HANDLER, 1)
    function.poll()
    first: list[Replayed] = []

    def handle(event: object) -> object:
        if during and not first:
            first.append(replay(cloud))
        return end(event)

    if not during:
        first.append(replay(cloud))
    marked = cloud.store.get(HANDLER, event_id)
    function.handle = handle
    make_visible(cloud)
    function.poll()
    now = cloud.store.get(HANDLER, event_id)
    assert now is not None
    assert marked is not None
    assert [attempt.outcome for attempt in now.history] == ["interrupted", "ok" if end is str else "interrupted"]
    assert first[0].ids == {event_id: now.last_replay}
