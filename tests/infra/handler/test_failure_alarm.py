"""The alarm on a handler's failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from sluice.planning.cost import STAGE_ALARMS

from infra import Worker
from tests.infra.support.synth import Template, make_project, stack_of, synthesise


@pytest.mark.parametrize(("handler", "threshold", "minutes"), [("plain", 1, 5), ("nightly", 1, 5), ("tuned", 20, 60)])
def test_an_alarm_fires_when_runs_fail(template: Template, handler: str, threshold: int, minutes: int) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", AlarmName=f"sluice-dev-{handler}-failing")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sluice", "Failed", "Sum")
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    # Those that the worker writes: tests/unit/worker/test_telemetry.py.
    assert dimensions == {"stage": "dev", "service": handler}
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (threshold, 60 * minutes, 1)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert f"sluice failures {handler} --stage dev" in alarm["AlarmDescription"]


def test_a_handler_can_be_without_it(tmp_path: Path) -> None:
    made = synthesise(stack_of(make_project(tmp_path, ["a"]), [Worker("a", alarm_on_failure=False)]))
    names = [alarm["AlarmName"] for alarm in made.properties("AWS::CloudWatch::Alarm")]
    assert len(names) == 3 + STAGE_ALARMS
    assert "sluice-dev-a-failing" not in names
