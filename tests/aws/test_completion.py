"""Promise 2: a run that ends is the end of it."""

from __future__ import annotations

import json
from uuid import uuid4

from tests.aws.support.stage import Stage


def test_an_exception_is_the_trace_s_result_and_no_reason_to_run_again(stage: Stage) -> None:
    """Completion is success, also when the handler raised: the exception is in the trace, and nothing is retried."""
    mark = uuid4().hex
    event = json.dumps({"mark": mark, "what": "such luck"})

    event_id = stage.sluice("emit", "raiser", event).out.strip()

    trace = stage.ended("raiser", [event_id])[event_id]
    stage.eventually(lambda: stage.is_idle("raiser"), "an empty queue")
    assert (trace["status"], trace["attempts"]) == ("error", 1)
    assert (trace["error"]["type"], trace["error"]["message"]) == ("LookupError", "no such luck")
    assert stage.starts(mark) == 1
    assert stage.status("raiser")["dead"] == 0
