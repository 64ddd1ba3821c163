"""A run of one event in a process of its own."""

from __future__ import annotations

from pathlib import Path

from tests.unit.support.http_server import http_server
from tests.unit.support.working_copy import a_function, try_here

CALLS = """
    import os
    from handlers.parts import double
    from sluice import emit, emit_many, retry

    def handle(event):
        print("got", event["n"])
        emit("audit-log", {"n": double(event["n"])}, delay=5)
        emit_many("audit-log", [1, 2])
        retry(event, delay=3_600)
        return {"doubled": double(event["n"]), "mode": os.environ.get("MODE")}
"""
PARTS = "def double(number):\n    return number * 2\n"


def test_a_run_has_its_result_logs_calls_and_the_events_that_were_not_sent(tmp_path: Path) -> None:
    (tmp_path / "functions" / "handlers").mkdir(parents=True)
    (tmp_path / "functions" / "handlers" / "parts.py").write_text(PARTS)

    run = try_here(tmp_path, CALLS, '{"n": 2}', function=a_function(environment={"MODE": "quick"}))

    assert (run.trace.status, run.trace.result) == ("ok", {"doubled": 4, "mode": "quick"})
    assert run.trace.log_lines == ["got 2"]
    assert [(one["handler"], one["event"], one["delay"], bool(one["at"])) for one in run.emitted] == [
        ("audit-log", '{"n":4}', 5, False),
        ("audit-log", "1", 0, False),
        ("audit-log", "2", 0, False),
        ("send-receipt", '{"n":2}', 0, True),
    ]
    assert [(call["function"], call["arguments"], call["result"]) for call in run.trace.call_list or ()] == [
        ("handle", None, None),
        ("double", {"number": 2}, 4),
        ("double", {"number": 2}, 4),
    ]


def test_emits_log_lines_and_calls_to_the_outside_stand_in_the_tree(tmp_path: Path) -> None:
    source = """
        import urllib.request
        from sluice import emit

        def handle(event):
            print("begun")
            tell(event)
            fetch(event)

        def tell(event):
            emit("audit-log", event)

        def fetch(url):
            print("fetching")
            urllib.request.urlopen(url + "/a?token=7").read()
    """
    with http_server() as url:
        run = try_here(tmp_path, source, f'"{url}"')
    assert run.trace.status == "ok", run.trace.error
    names = [call["function"] for call in run.trace.call_list or ()]
    assert [(span.kind, names[span.parent or 0], span.resource) for span in run.trace.traced_spans] == [
        ("log", "handle", "begun"),
        ("emit", "tell", run.emitted[0]["id"]),
        ("log", "fetch", "fetching"),
        ("http", "fetch", "/a"),
    ]


def test_an_exception_ends_it_with_the_local_variables_of_its_frames(tmp_path: Path) -> None:
    run = try_here(
        tmp_path, "def handle(event):\n    order = event['order']\n    raise ValueError('no address')\n", '{"order": 7}'
    )

    assert run.trace.status == "error"
    assert run.trace.error is not None
    assert run.trace.error["message"] == "no address"
    (frame,) = run.trace.locals
    assert (frame["function"], frame["line"], frame["values"]["order"]) == ("handle", 3, 7)


def test_calls_that_change_aws_are_refused_before_they_are_sent(tmp_path: Path) -> None:
    source = """
        import boto3

        def handle(event):
            client = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", region_name="eu-central-1")
            client.put_item(TableName="orders", Item={"pk": {"S": "1"}})
    """
    aws = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1"}

    refused = try_here(tmp_path, source, aws=aws)
    assert refused.refused == [{"service": "dynamodb", "operation": "PutItem"}]
    assert refused.trace.error is not None
    assert "dynamodb PutItem was not called" in refused.trace.error["message"]

    allowed = try_here(tmp_path, source, aws=aws, allow_writes=True)
    assert allowed.refused == []
    assert allowed.trace.error is not None
    assert allowed.trace.error["type"] == "botocore.exceptions.EndpointConnectionError"


def test_secrets_of_the_event_and_the_function_are_in_nothing_that_comes_out(tmp_path: Path) -> None:
    source = """
        import os
        from sluice import emit

        def handle(event):
            print("the password is", event["password"], os.environ["STRIPE_API_KEY"])
            emit("audit-log", {"note": event["password"]})
            raise ValueError(event["password"])
    """
    function = a_function(environment={"STRIPE_API_KEY": "zebra-key"})

    run = try_here(tmp_path, source, '{"password": "zebra-hunter2"}', function=function)

    assert run.trace.error is not None
    assert "zebra" not in f"{run}"
    assert run.trace.log_lines == ["the password is [redacted] [redacted]"]


def test_the_handlers_deadline_ends_it(tmp_path: Path) -> None:
    run = try_here(tmp_path, "def handle(event):\n    while True:\n        pass\n", function=a_function(timeout=0.2))
    assert run.trace.status == "timed-out"


def test_a_process_that_dies_is_told_with_what_it_printed(tmp_path: Path) -> None:
    run = try_here(tmp_path, "import os\ndef handle(event):\n    print('on my way')\n    os._exit(3)\n")

    assert run.trace.status == "interrupted"
    assert run.trace.history[-1].reason == "its process ended with exit code 3"
    assert "on my way" in run.trace.logs


def test_a_module_that_cannot_be_imported_is_told_with_its_error(tmp_path: Path) -> None:
    run = try_here(tmp_path, "def handle(event)\n    pass\n")

    assert run.trace.status == "interrupted"
    assert run.trace.error is not None
    assert run.trace.error["type"] == "SyntaxError"


def test_a_coroutine_and_an_event_that_is_no_json_run_too(tmp_path: Path) -> None:
    run = try_here(tmp_path, "async def handle(event):\n    return event.upper()\n", "hello there")
    assert (run.trace.status, run.trace.result) == ("ok", "HELLO THERE")
