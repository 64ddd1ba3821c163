"""Every message leaves one trace, which holds its body as it was sent."""

from __future__ import annotations

import json
import random
import string
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sluice.stage import clients
from sluice.stage.names import Names
from sluice.traces import Trace, TraceStore

from tests.local.support.projects import Project
from tests.local.support.queues import at_rest
from tests.unit.support.eventually import eventually

MIB = 1_048_576

RANDOM = random.Random(2)

JSON_BODIES = {
    "object": '{"id": 7, "name": "Zoë", "emoji": "🍵"}',
    "empty string": '""',
    "null": "null",
    "false": "false",
    "whitespace around": ' \t\r\n{ "a" : [ 1 , 2 ] }\n ',
    "nested 500 deep": "[" * 500 + "]" * 500,
    "a number of 400 digits": '{"n": ' + "9" * 400 + "}",
    "floats beyond double": "[1e400, -1E-400, 1.7976931348623157e308, 0.1000000000000000055511151231257827, -0.0]",
    "an escaped lone surrogate": r'"half of a pair: \ud83d"',
    "escapes": r'"\u0000 \u001f \" \\ \/ \n é"',
    "duplicate keys": '{"a": 1, "a": 2, "b": {"c": 1, "c": 1}}',
    "separators that split lines": '"\u2028 \u2029 \u0085"',
    "large and compressible": json.dumps({"text": "all work and no play " * 40_000}),
}
"""Bodies that handlers get parsed."""

TEXT_BODIES = {
    "plain text": "hello, world",
    "NaN": "NaN",
    "NaN inside": '{"x": NaN}',
    "half an object": '{"a": 1',
    "two values": "1 2",
    "a space": " ",
    "too long a number for Python": "1" * 5000,
    "too deep for Python": "[" * 100_000 + "]" * 100_000,
    "XML": "<a>&amp;</a>",
    "1 MiB, to the byte": "".join(RANDOM.choices(string.ascii_letters, k=MIB)),
}
"""Bodies that handlers get as text."""

BODIES = JSON_BODIES | TEXT_BODIES


def parsed_exactly(text: str) -> Any:
    """Parse JSON, keep each number as it is written and every key of an object."""
    return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=list)


def send(handler: str, *bodies: str) -> None:
    client = clients.sqs("local")
    url = client.get_queue_url(QueueName=Names("local").queue(handler))["QueueUrl"]
    for body in bodies:
        client.send_message(QueueUrl=url, MessageBody=body)


def traces_of(store: TraceStore, handler: str, since: float, count: int) -> list[Trace]:
    def enough() -> list[Trace]:
        found = store.recent(handler, limit=1000, since=since)
        return found if len(found) >= count else []

    return eventually(enough, f"{count} traces of {handler}")


@pytest.mark.parametrize("handler", ["echo", "echo-ten"])
def test_every_body_leaves_one_trace_and_stops_no_neighbour(store: TraceStore, handler: str, now: float) -> None:
    neighbours = [json.dumps({"neighbour": number}) for number in range(len(BODIES) + 1)]
    sent = [body for pair in zip(neighbours, [*BODIES.values(), "last"], strict=True) for body in pair]
    send(handler, *sent)

    found = traces_of(store, handler, now, len(sent))

    eventually(lambda: at_rest(handler), "an empty queue")
    found = store.recent(handler, limit=1000, since=now)
    assert {trace.status for trace in found} == {"ok"}
    assert {trace.attempts for trace in found} == {1}
    uncut = [trace for trace in found if "event" not in trace.cut]
    cut = [trace for trace in found if "event" in trace.cut]
    assert [trace.event[:100] for trace in cut] == [BODIES["1 MiB, to the byte"][:100]]
    assert Counter(trace.event for trace in uncut) == Counter(sent) - Counter([BODIES["1 MiB, to the byte"]])


@pytest.mark.parametrize("name", JSON_BODIES)
def test_a_trace_prints_the_event_number_for_number(store: TraceStore, project: Project, name: str, now: float) -> None:
    body = JSON_BODIES[name]
    send("echo", body)
    (trace,) = traces_of(store, "echo", now, 1)

    printed = project.run("trace", trace.id, "--json")

    assert printed.code == 0, printed.err
    fields = dict(parsed_exactly(printed.out))
    assert fields["event"] == parsed_exactly(body)
    assert json.loads(printed.out)["result"] is not None or name == "null"
    assert project.run("trace", trace.id).code == 0


@pytest.mark.parametrize("name", sorted(set(TEXT_BODIES) - {"1 MiB, to the byte"}))
def test_text_arrives_as_text(store: TraceStore, project: Project, name: str, now: float) -> None:
    send("echo", TEXT_BODIES[name])
    (trace,) = traces_of(store, "echo", now, 1)

    assert project.run("trace", trace.id, "--json").json["event"] == TEXT_BODIES[name]


def test_the_aws_cli_emits_with_send_message(store: TraceStore, project: Project, tmp_path: Path, now: float) -> None:
    url = project.aws("sqs", "get-queue-url", "--queue-name", "sluice-local-echo")["QueueUrl"]
    large = json.dumps({"letters": "".join(RANDOM.choices(string.ascii_letters, k=250_000))})
    (tmp_path / "large.json").write_text(large)
    bodies = ['{"id": 7}', "no JSON at all", f"file://{tmp_path / 'large.json'}"]

    messages = [project.aws("sqs", "send-message", "--queue-url", url, "--message-body", body) for body in bodies]

    found = traces_of(store, "echo", now, len(bodies))
    assert all(message["MessageId"] for message in messages)
    assert {trace.event for trace in found} == {'{"id": 7}', "no JSON at all", large}
    (parsed,) = [trace for trace in found if trace.event == '{"id": 7}']
    assert parsed.result == {"id": 7}
    assert parsed.parent is None
    printed = project.run("trace", parsed.id, "--json").json
    assert printed["event"] == printed["result"] == {"id": 7}


def test_prints_and_logs_are_in_the_trace(store: TraceStore, project: Project, now: float) -> None:
    send("printer", '{"say": "grüezi"}')
    (trace,) = traces_of(store, "printer", now, 1)

    assert any("grüezi" in line and "logged" not in line for line in trace.log_lines)
    assert any("logged: grüezi" in line for line in trace.log_lines)


def test_handlers_see_the_bundle_and_the_layer_but_nothing_of_this_environment(
    store: TraceStore, project: Project, now: float
) -> None:
    send("printer", '{"say": "where am I?"}')
    (trace,) = traces_of(store, "printer", now, 1)

    assert not [path for path in trace.result["path"] if ".venv" in path or path == "/nowhere"]
    # Its own directory of packages, with those of AWS's Python; not that of the Python which runs these tests.
    packages = [path for path in trace.result["path"] if path.endswith("-packages")]
    assert [path for path in packages if not path.startswith(str(project.files))] == []


def test_an_exception_is_the_traces_error(store: TraceStore, project: Project, now: float) -> None:
    send("raiser", '"such luck"')
    (trace,) = traces_of(store, "raiser", now, 1)

    printed = project.run("trace", trace.id, "--json").json

    assert (printed["status"], printed["attempts"]) == ("error", 1)
    assert printed["error"]["type"] == "LookupError"
    assert printed["error"]["message"] == "no such luck"
    assert "raiser.py" in printed["error"]["traceback"]
    assert "LookupError: no such luck" in project.run("trace", trace.id).out
