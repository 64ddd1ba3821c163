"""A handler that pauses itself: what it is given for that, and the alarm that tells of it."""

from __future__ import annotations

import pytest

from infra import Worker
from tests.infra.support.evaluation import statements_of
from tests.infra.support.synth import Template, make_project, stack_of, synthesise

TAG = "sluice:pause-on-failures"
RECONCILER = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev--reconciler"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A template with a handler that pauses itself, and one that does not."""
    entries = [Worker("a", pause_on_failures=(20, "5m")), Worker("b")]
    return synthesise(stack_of(make_project(tmp_path_factory.mktemp("made"), ["a", "b"]), entries))


@pytest.mark.parametrize(("handler", "limit"), [("a", "20/300"), ("b", None)])
def test_the_function_knows_the_limit_and_so_does_the_reconciler_by_a_tag(
    made: Template, handler: str, limit: str | None
) -> None:
    function = made.one("AWS::Lambda::Function", FunctionName=f"sluice-dev-{handler}")
    assert function["Environment"]["Variables"].get("SLUICE_PAUSE_ON_FAILURES") == limit
    assert {tag["Key"]: tag["Value"] for tag in function["Tags"]}.get(TAG) == limit


@pytest.mark.parametrize(("handler", "invokes"), [("a", [RECONCILER]), ("b", [])])
def test_it_may_invoke_the_reconciler_and_nothing_else(made: Template, handler: str, invokes: list[str]) -> None:
    statements = statements_of(made, made.role_of(f"sluice-dev-{handler}"))
    assert [resource for _, actions, resource in statements if "lambda:InvokeFunction" in actions] == invokes


def test_an_alarm_tells_that_a_handler_was_paused(made: Template) -> None:
    alarm = made.one("AWS::CloudWatch::Alarm", AlarmName="sluice-dev--paused-itself")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("Sluice", "PausedItself", 1)
    assert alarm["Dimensions"] == [{"Name": "stage", "Value": "dev"}]
