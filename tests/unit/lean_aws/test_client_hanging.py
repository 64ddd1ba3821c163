"""AWS that takes a call and never answers: no call may last longer than the invocation."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.lean_aws import Credentials, LeanClient, end_calls_by
from sluice.lean_aws.client import TIMEOUT
from sluice.lean_aws.errors import NotReachedError

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import dead_letters, make_visible


class Abyss:
    """A server that accepts connections and never answers."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self._accepted: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        self.clients: list[LeanClient] = []

    @property
    def connections(self) -> int:
        return len(self._accepted)

    def client(self, service: str) -> Any:
        self.clients.append(
            LeanClient(
                service,
                region="us-east-1",
                endpoint=f"http://127.0.0.1:{self._listener.getsockname()[1]}",
                credentials=Credentials("AKID", "secret"),
            )
        )
        return self.clients[-1]

    def stop(self) -> None:
        for one in (*self._accepted, self._listener):
            one.close()
        for client in self.clients:
            client.close()

    def _accept(self) -> None:
        while True:
            try:
                self._accepted.append(self._listener.accept()[0])
            except OSError:
                return


@pytest.fixture
def abyss() -> Iterator[Abyss]:
    made = Abyss()
    yield made
    made.stop()


class Ticking(Context):
    """A context whose time runs out."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def test_a_call_ends_by_the_moment_that_is_set_and_is_not_tried_again(abyss: Abyss) -> None:
    client = abyss.client("dynamodb")
    began = time.monotonic()
    client.end_by(began + 0.3)
    with pytest.raises(NotReachedError, match="TimeoutError"):
        client.put_item(TableName="t")
    assert 0.25 <= time.monotonic() - began < TIMEOUT / 2
    assert abyss.connections == 1
    with pytest.raises(NotReachedError, match="NoTimeLeft"):
        client.put_item(TableName="t")
    assert abyss.connections == 1


def test_a_kept_connection_waits_no_longer_than_a_new_one() -> None:
    """Its first call was made with all the time there is."""

    class Once(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        asked = 0

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            Once.asked += 1
            if Once.asked > 1:
                never.wait(10)
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - http.server's name
            pass

    never = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Once) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        client: Any = LeanClient(
            "sqs",
            region="us-east-1",
            endpoint=f"http://127.0.0.1:{server.server_address[1]}",
            credentials=Credentials("AKID", "secret"),
        )
        client.send_message(MessageBody="x")
        began = time.monotonic()
        client.end_by(began + 0.3)
        with pytest.raises(NotReachedError, match="TimeoutError"):
            client.send_message(MessageBody="x")
        assert time.monotonic() - began < TIMEOUT / 2
        never.set()
        client.close()
        server.shutdown()


def test_boto3s_clients_are_left_as_they_are(cloud: Cloud) -> None:
    end_calls_by(cloud.sqs, 0)
    emit(HANDLER, 1)
    assert len(cloud.messages(HANDLER)) == 1


def test_an_event_whose_trace_is_not_taken_is_logged_and_acknowledged_in_time(cloud: Cloud, abyss: Abyss) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append, timeout=0.2, dynamodb=abyss.client("dynamodb"))
    event_id = emit(HANDLER, 1)
    context = Ticking(3.2)
    assert function.poll(context)["batchItemFailures"] == []
    assert context.get_remaining_time_in_millis() > 0
    (line,) = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert (line["level"], line["message"], line["event_id"]) == ("ERROR", "trace not written", event_id)
    make_visible(cloud)
    assert (ran, cloud.messages(HANDLER)) == ([1], [])


def test_with_both_services_hanging_the_response_is_still_given_in_time(cloud: Cloud, abyss: Abyss) -> None:
    ran: list[object] = []
    function = Function(
        cloud, ran.append, timeout=0.2, dynamodb=abyss.client("dynamodb"), sqs=abyss.client("sqs"), batch_size=3
    )
    emit_many(HANDLER, range(3))
    context = Ticking(3.2)
    assert len(function.poll(context)["batchItemFailures"]) == 2
    assert context.get_remaining_time_in_millis() > 0
    assert len(ran) == 1


def test_an_event_is_not_started_if_claiming_it_took_its_time(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or Lambda would end it in the middle."""
    ran: list[object] = []
    function = Function(cloud, ran.append, timeout=0.5)
    store = function.worker._store
    real = store.locks.take_key

    def slow(*arguments: Any) -> str:
        time.sleep(0.3)
        return real(*arguments)

    monkeypatch.setattr(store.locks, "take_key", slow)
    emit(HANDLER, 1, key="k")
    assert len(function.poll(Ticking(2.7))["batchItemFailures"]) == 1
    make_visible(cloud)
    assert (ran, dead_letters(cloud)) == ([], [])


def test_the_next_invocation_has_its_own_time(cloud: Cloud, abyss: Abyss) -> None:
    table = abyss.client("dynamodb")
    function = Function(cloud, str, timeout=0.2, dynamodb=table)
    emit(HANDLER, 1)
    function.poll(Ticking(3.2))
    assert table._end is None
