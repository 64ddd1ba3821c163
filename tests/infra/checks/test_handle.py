"""The problems of a handler's source."""

from __future__ import annotations

import pytest

from infra.checks.handle import problem_with_handle


@pytest.mark.parametrize(
    "source",
    [
        "def handle(event):\n    return event\n",
        "def handle(event, /): ...",
        "def handle(*events): ...",
        "def handle(event, context=None, *, dry=False): ...",
        "def handle(event=None): ...",
        "handle = print",
        "handle = make_handler()",
        "handle: object = print",
        "handle = lambda event: event",
        "first, handle = pair",
        "from handlers._common import *",
        "match kind:\n    case 1:\n        def handle(event): ...\n    case _:\n        handle = print",
        "try:\n    from a import handle\nexcept* ImportError:\n    pass",
        "from elsewhere import handle",
        "from elsewhere import run as handle",
        "if True:\n    from a import handle\nelse:\n    def handle(event): ...",
        "try:\n    from a import handle\nexcept ImportError:\n    handle = None\n    from b import handle",
        "with_db = 1\n@with_db\ndef handle(event, db): ...",
        "def handle(): ...\ndef handle(event): ...",
        "def handle(event):\n    def inner():\n        yield 1\n    return list(inner())",
        "\ufeffdef handle(event): ...",
        "# -*- coding: utf-8 -*-\ndef handle(event): return 'ä'",
        "print('\\d')\ndef handle(event): ...",
        "async def handle(event): ...",
        "async def process(event): ...\nhandle = process",
        "handle = handle",
        "a = b\nb = a\nhandle = a",
        "from elsewhere import process\nhandle = process",
        "@logger.other\ndef handle(event): ...",
    ],
)
def test_sources_with_a_handle_that_takes_an_event_have_no_problem(source: str) -> None:
    assert problem_with_handle(source.encode(), python="3.13") is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "it has no function `handle` at its top level; write def handle(event): ..."),
        ("def handler(event): ...", "no function `handle`"),
        ("class A:\n    def handle(self, event): ...", "no function `handle`"),
        ("handle: object", "no function `handle`"),
        ("async def handle(event, context): ...", "but needs event, context"),
        ("async def handle(event):\n    yield event", "line 1: `handle` contains yield"),
        ("\ndef process(event):\n    yield event\nhandle = process", "line 2: `handle` contains yield"),
        ("def process(): ...\nrun = process\nhandle = run", "line 1: `handle` is called with one argument"),
        ("process = 3\nhandle = process", "line 1: `handle` is not a function"),
        ("@logger.inject_lambda_context\ndef handle(event): ...", "the decorator inject_lambda_context needs Lambda's"),
        ("@inject_lambda_context(log_event=True)\ndef handle(event, context): ...", "the decorator inject_lambda_con"),
        ("@metrics.log_metrics\n@wrap\nasync def handle(event): ...", "line 3: the decorator log_metrics needs"),
        ("def handle(event):\n    yield event", "line 1: `handle` contains yield"),
        ("def handle(): ...", "line 1: `handle` is called with one argument, the event, but takes none"),
        ("def handle(event, context): ...", "but needs event, context; write def handle(event): ..."),
        ("def handle(event, *, db): ...", "but needs event, db"),
        ("def handle(*, event): ...", "but needs event"),
        ("def handle(**event): ...", "but takes none"),
        ("handle = lambda: None", "but takes none"),
        ("handle = 3", "line 1: `handle` is not a function"),
        ("handle = {}", "`handle` is not a function"),
        ("def handle(event): ...\nhandle = None", "line 2: `handle` is not a function"),
        ("def handle(event):\nreturn 1", "line 2: expected an indented block"),
        ("def handle(event): ...\0", "null bytes"),
    ],
)
def test_sources_without_such_a_handle_have_a_problem(source: str, expected: str) -> None:
    assert expected in (problem_with_handle(source.encode(), python="3.13") or "")


def test_bytes_that_are_not_utf_8_are_a_problem() -> None:
    assert "utf-8" in (problem_with_handle(b"def handle(event): '\xff'", python="3.13") or "")
