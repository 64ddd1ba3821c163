"""The crons of a stage: states, last runs and next runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from sluice.event.ids import id_of_tick
from sluice.operate import crons
from sluice.operate.status import HandlerStatus
from sluice.stage import clients
from sluice.traces import Trace

from tests.unit.support.cloud import STAGE, Cloud

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)


class Lambda:
    """Lambda with the functions' environment variables."""

    def __init__(self, **variables: dict[str, str]) -> None:
        self.variables = variables

    def get_function(self, *, FunctionName: str) -> Any:  # noqa: N803 - boto3's name
        environment = {"Variables": self.variables.get(FunctionName.removeprefix("sluice-test-"), {})}
        return {"Configuration": {"Environment": environment}}


def listed(monkeypatch: pytest.MonkeyPatch, states: dict[str, str], **variables: dict[str, str]) -> list[crons.Cron]:
    rows = [HandlerStatus(handler=name, kind="cron", state=state) for name, state in states.items()]
    rows.append(HandlerStatus(handler="worker", kind="worker", state="running"))
    monkeypatch.setattr(crons, "statuses", lambda _: rows)
    real = clients.client
    functions = Lambda(**variables)
    monkeypatch.setattr(
        clients, "client", lambda service, stage: functions if service == "lambda" else real(service, stage)
    )
    return crons.crons(STAGE, now=NOW)


def schedule(name: str, expression: str, zone: str = "UTC", state: str = "ENABLED") -> None:
    client: Any = boto3.client("scheduler")
    client.create_schedule_group(Name="sluice-test-crons")
    client.create_schedule(
        GroupName="sluice-test-crons",
        Name=name,
        ScheduleExpression=expression,
        ScheduleExpressionTimezone=zone,
        State=state,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:eu-central-1:123456789012:x", "RoleArn": "arn:aws:iam::123456789012:role/x"},
    )


def test_a_cron_has_its_last_run_and_its_next_three(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule("nightly", "cron(30 2 * * ? *)", "Europe/Berlin")
    for day in (26, 27):
        due = int(datetime(2026, 3, day, 1, 30, tzinfo=UTC).timestamp() * 1000)
        cloud.store.put(
            Trace(id=id_of_tick("nightly", due), handler="nightly", status="ok", event="{}", started_ms=due)
        )

    (cron,) = listed(monkeypatch, {"nightly": "running"}, nightly={"SLUICE_OVERLAP": "skip"})

    assert (cron.name, cron.state, cron.timezone, cron.overlap) == ("nightly", "running", "Europe/Berlin", "skip")
    assert cron.last is not None
    assert cron.last.id == id_of_tick("nightly", due)
    # Daylight saving begins on the 29th, and skips half past two.
    assert [run.isoformat() for run in cron.next] == [
        "2026-03-28T01:30:00+00:00",
        "2026-03-30T00:30:00+00:00",
        "2026-03-31T00:30:00+00:00",
    ]


def test_a_fortnightly_cron_runs_every_second_week(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule("paid", "cron(0 3 ? * MON *)")
    (cron,) = listed(monkeypatch, {"paid": "running"}, paid={"SLUICE_FORTNIGHT": "2026-01-05T03:00:00+00:00"})

    assert cron.fortnightly
    assert [f"{run:%m-%d}" for run in cron.next] == ["03-30", "04-13", "04-27"]


@pytest.mark.parametrize(
    ("handler", "schedule_state", "state"),
    [
        ("running", "ENABLED", "running"),
        ("running", "DISABLED", "disabled"),
        ("paused", "DISABLED", "paused"),
        ("blocked", "ENABLED", "blocked"),
    ],
)
def test_a_disabled_schedule_shows_only_in_a_running_handler(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, handler: str, schedule_state: str, state: str
) -> None:
    schedule("one", "cron(0 3 * * ? *)", state=schedule_state)
    (cron,) = listed(monkeypatch, {"one": handler})
    assert (cron.state, cron.last, len(cron.next)) == (state, None, 3)


@pytest.mark.parametrize(("expression", "zone"), [("rate(5 minutes)", "UTC"), ("cron(0 3 * * ? *)", "No/Where")])
def test_a_schedule_changed_to_something_unknown_has_no_next_runs(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, expression: str, zone: str
) -> None:
    schedule("one", expression, zone)
    (cron,) = listed(monkeypatch, {"one": "running"})
    assert (cron.expression, cron.timezone, list(cron.next)) == (expression, zone, [])
