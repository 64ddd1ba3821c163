"""Runs are followed by the table's stream, each told once, as it ends."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.event.ids import id_of_message
from sluice.operate import follow
from sluice.operate.follow import Follower, NoStreamError
from sluice.operate.replay_marks import ReplayMarks
from sluice.stage import clients
from sluice.traces import Trace
from sluice.traces import item as items

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.function import Function, no_memory
from tests.unit.support.polling import make_visible
from tests.unit.support.traces import a_start, a_trace


class EndedError(Exception):
    """Nothing more happens in this test."""


def followed(*happening: Callable[[], object], handlers: tuple[str, ...] = ()) -> list[Trace]:
    """Return the runs that a follower tells of while these things happen, one between two looks."""
    left = list(happening)

    def sleep(_: float) -> None:
        if not left:
            raise EndedError
        left.pop(0)()

    told: list[Trace] = []
    # The last of these things is looked at, too.
    left.append(lambda: None)
    follower = Follower(STAGE, handlers, sleep=sleep)

    def follow_on() -> None:
        for trace in follower.ended():
            told.append(trace)  # noqa: PERF402 - extend loses what came before an exception

    with pytest.raises(EndedError):
        follow_on()
    return told


def now_ms() -> int:
    return int(time.time() * 1000)


def ended(**fields: Any) -> Trace:
    return a_trace(**{"started_ms": now_ms(), "finished_ms": now_ms()} | fields)


def test_runs_that_end_from_now_on_are_told_however_old_their_events_are(cloud: Cloud) -> None:
    before, new = ended(), ended()
    old = ended(id=id_of_message("m", 10**12), status="error")
    cloud.store.put(before)
    told = followed(lambda: cloud.store.put(new), lambda: cloud.store.put(old))
    assert [(trace.id, trace.status) for trace in told] == [(new.id, "ok"), (old.id, "error")]


def test_only_the_handlers_that_were_named(cloud: Cloud) -> None:
    mine, other = ended(), ended(handler="audit-log")
    happening = (lambda: cloud.store.put(mine), lambda: cloud.store.put(other))
    assert followed(*happening, handlers=(HANDLER,)) == [cloud.store.get(HANDLER, mine.id)]


def test_a_start_a_lock_a_replays_mark_and_a_deletion_are_no_ends(cloud: Cloud) -> None:
    marks = ReplayMarks(cloud.dynamodb, cloud.names.trace_table)
    long_ago = ended(finished_ms=now_ms() - 3_600_000)
    cloud.store.put(long_ago)
    just_now = ended()
    started = a_trace(status="interrupted", history=(a_start(now_ms()),))
    told = followed(
        lambda: cloud.store.put(just_now),
        lambda: marks.begin(just_now, "new"),
        lambda: marks.begin(long_ago, "new"),
        lambda: cloud.store.put_start(started, None),
        lambda: cloud.store.locks.take_event(HANDLER, just_now.id, "m", now_ms()),
        lambda: cloud.dynamodb.delete_item(
            TableName=cloud.names.trace_table, Key={"pk": {"S": f"{HANDLER}#0"}, "sk": {"S": long_ago.id}}
        ),
    )
    assert [trace.id for trace in told] == [just_now.id]


def test_each_attempt_that_ends_is_told(cloud: Cloud) -> None:
    function = Function(cloud, no_memory)

    def again() -> None:
        function.handle = str
        make_visible(cloud)
        function.poll()

    told = followed(lambda: emit(HANDLER, 1), function.poll, again)
    assert [trace.status for trace in told] == ["interrupted", "ok"]


@pytest.mark.usefixtures("cloud")
def test_a_stage_without_a_stream_says_to_deploy_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients.dynamodb(STAGE), "describe_table", lambda **_: {"Table": {}})
    with pytest.raises(NoStreamError, match="Deploy the stage again"):
        followed()


class Stream:
    """A stream whose shard closes, and has a child."""

    def __init__(self, trace: Trace) -> None:
        self.asked: list[tuple[str, str]] = []
        self.expired = True
        self.throttled = True
        self.closed = False
        self.trace = trace

    def describe_stream(self, *, ExclusiveStartShardId: str = "", **_: Any) -> Any:  # noqa: N803 - boto3's names
        shards = ["old", "one", *(["two"] if self.closed else [])]
        rest = shards[shards.index(ExclusiveStartShardId) + 1 :] if ExclusiveStartShardId else shards
        found = {"Shards": [_shard(name) for name in rest[:1]]}
        return {"StreamDescription": found | ({"LastEvaluatedShardId": rest[0]} if len(rest) > 1 else {})}

    def get_shard_iterator(self, *, ShardId: str, ShardIteratorType: str, **_: Any) -> Any:  # noqa: N803 - as above
        self.asked.append((ShardId, ShardIteratorType))
        return {"ShardIterator": ShardId}

    def get_records(self, *, ShardIterator: str, **_: Any) -> Any:  # noqa: N803 - as above
        if ShardIterator == "two":
            if self.throttled:
                self.throttled = False
                raise ClientError({"Error": {"Code": "LimitExceededException"}}, "GetRecords")
            image = {"NewImage": _item(self.trace), "SequenceNumber": "9"}
            return {"Records": [{"eventName": "INSERT", "dynamodb": image}], "NextShardIterator": "two"}
        if self.closed and self.expired:
            self.expired = False
            raise ClientError({"Error": {"Code": "ExpiredIteratorException"}}, "GetRecords")
        return {"Records": [], **({} if self.closed else {"NextShardIterator": "one"})}


def _shard(name: str) -> Any:
    return {"ShardId": name, "SequenceNumberRange": {"EndingSequenceNumber": "1"} if name == "old" else {}}


def _item(trace: Trace) -> Any:
    return items.to_item(trace, 2**33)


@pytest.mark.usefixtures("cloud")
def test_shards_that_close_and_iterators_that_expire_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(dataclasses.replace(ended(), id=id_of_message("m", 1)))
    of_moto = clients.client
    monkeypatch.setattr(
        clients, "client", lambda service, stage: stream if service == "dynamodbstreams" else of_moto(service, stage)
    )
    monkeypatch.setattr(follow, "_SHARDS_EVERY", 2)
    told = followed(lambda: setattr(stream, "closed", True), *[lambda: None] * 5)
    assert [trace.id for trace in told] == [stream.trace.id]
    assert stream.asked == [("one", "LATEST"), ("one", "LATEST"), ("two", "TRIM_HORIZON")]
