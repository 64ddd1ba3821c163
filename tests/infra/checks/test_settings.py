"""The problems of settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from infra import Worker
from infra.checks.settings import problems_with_settings
from infra.handler.environment import environment_of
from infra.handler.timing import timing_of


def problems(**settings: Any) -> str:
    """Return the problems of a worker with these settings, a line each."""
    return "\n".join(problems_with_settings(Worker("send-receipt", **settings)))


def test_the_defaults_have_no_problem() -> None:
    assert problems() == ""


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 1},
        {"timeout": 895},
        {"memory": 128},
        {"memory": 10_240},
        {"batch_size": 10, "timeout": 89},
        {"batch_size": 895, "batch_window": 1, "timeout": 1},
        {"batch_window": 300},
        {"max_concurrency": 2},
        {"max_concurrency": 1_000},
        {"trace_days": 15},
        {"max_hops": 1_000_000},
        {"failure_threshold": 1_000_000, "failure_minutes": 1_440, "alarm_on_failure": False},
        {"trace": "basic", "trace_values": False},
        {"trace": "off"},
        {"environment": {"KEY": "x" * 3_500}},
        {"environment": {"POWERTOOLS_LOG_LEVEL": "debug"}},
        {"environment": {"LD_LIBRARY_PATH": "", "K1": "täglich"}},
    ],
)
def test_limits_can_be_reached(settings: dict[str, Any]) -> None:
    assert problems(**settings) == ""


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"trace": True}, "trace is True; it may be 'calls', 'basic', 'off'"),
        ({"trace_values": "no"}, "trace_values is 'no'; write True or False"),
        ({"timeout": 0}, "timeout is 0; it may be 1 to 895 seconds"),
        ({"timeout": 896}, "timeout is 896; it may be 1 to 895 seconds (AWS allows a function 900"),
        ({"timeout": "25"}, "timeout is '25'; write a whole number, 1 to 895"),
        ({"timeout": 2.5}, "timeout is 2.5; write a whole number"),
        ({"timeout": None}, "timeout is None; write a whole number"),
        ({"memory": True}, "memory is True; write a whole number, 128 to 10,240 MB"),
        ({"memory": 127}, "memory is 127; it may be 128 to 10,240 MB"),
        ({"memory": 10_241}, "memory is 10,241; it may be 128 to 10,240 MB"),
        ({"batch_size": 0}, "batch_size is 0; it may be 1 to 10,000 events"),
        ({"batch_size": 10_001, "batch_window": 1}, "batch_size is 10,001; it may be 1 to 10,000"),
        ({"batch_size": 11}, "batch_size is 11 and batch_window 0; AWS makes batches of more than 10 only with"),
        ({"batch_window": -1}, "batch_window is -1; it may be 0 to 300 seconds"),
        ({"batch_window": 301}, "batch_window is 301; it may be 0 to 300 seconds"),
        ({"max_concurrency": 1}, "max_concurrency is 1; it may be 2 to 1,000 machines"),
        ({"max_concurrency": 1_001}, "max_concurrency is 1,001; it may be 2 to 1,000 machines"),
        ({"max_concurrency": False}, "max_concurrency is False; write a whole number"),
        ({"trace_days": 14}, "trace_days is 14; it may be 15 to 36,500 days (SQS keeps an event for 14"),
        ({"trace_days": 36_501}, "trace_days is 36,501; it may be 15 to 36,500 days"),
        ({"environment": {"POWERTOOLS_LOG_LEVEL": "LOUD"}}, "POWERTOOLS_LOG_LEVEL to 'LOUD'; it may be DEBUG, INFO"),
        ({"failure_threshold": 0}, "failure_threshold is 0; it may be 1 to 1,000,000 failures"),
        ({"failure_minutes": 1_441}, "failure_minutes is 1,441; it may be 1 to 1,440 minutes"),
        ({"alarm_on_failure": 0}, "alarm_on_failure is 0; write True or False"),
        (
            {"pause_on_failures": 20},
            'pause_on_failures is 20; write a number of failures and a time, such as (20, "5m")',
        ),
        ({"pause_on_failures": (20, "5")}, "1 to 10,000 failures, in 10s to 24h"),
        ({"max_hops": 0}, "max_hops is 0; it may be 1 to 1,000,000 emits"),
        ({"max_hops": 1_000_001}, "max_hops is 1,000,001; it may be 1 to 1,000,000 emits"),
        (
            {"timeout": 90, "batch_size": 10},
            "timeout * batch_size is 90 * 10 = 900 seconds, but a batch has 895 (AWS allows a function 900, and 5 are"
            " kept to record the outcome); lower batch_size to 9 or timeout to 89",
        ),
        (
            {"timeout": 1, "batch_size": 10_000, "batch_window": 1},
            "timeout * batch_size is 1 * 10,000 = 10,000 seconds",
        ),
        ({"environment": None}, "environment is None; write a dict of text to text"),
        ({"environment": [("A", "b")]}, "write a dict of text to text"),
        ({"environment": {"PORT": 80}}, "environment sets PORT to 80; AWS takes text only: write '80'"),
        ({"environment": {"my-key": "x"}}, "environment has the name 'my-key'; AWS allows letters, digits and _"),
        ({"environment": {"X": "x"}}, "environment has the name 'X'; AWS allows"),
        ({"environment": {"1X": "x"}}, "environment has the name '1X'; AWS allows"),
        ({"environment": {1: "x"}}, "environment has the name 1; AWS allows"),
        ({"environment": {"KEY": "x" * 4_096}}, "AWS allows a function 4,096"),
        ({"environment": {"KEY": "ä" * 2_000}}, "AWS allows a function 4,096"),
    ],
)
def test_a_setting_beyond_its_limit_is_a_problem_that_names_the_limit(settings: dict[str, Any], expected: str) -> None:
    assert problems(**settings).startswith("handler 'send-receipt': ")
    assert expected in problems(**settings)


def test_an_environment_without_a_problem_fits_in_any_stage_and_region() -> None:
    """The limit holds to the byte, for the longest names that a deployment can fill in."""
    stage, prefix = "s" * 32, "https://sqs.ap-northeast-99.amazonaws.com.cn/123456789012/"

    def size(length: int) -> int:
        worker = Worker("send-receipt", environment={"KEY": "x" * length})
        return len(json.dumps(environment_of(worker, stage=stage, queue_url_prefix=prefix), separators=(",", ":")))

    room = 4_096 - size(0)

    assert problems(environment={"KEY": "x" * room}) == ""
    assert "AWS allows a function 4,096" in problems(environment={"KEY": "x" * (room + 1)})


@pytest.mark.parametrize(
    "name",
    [
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "LAMBDA_TASK_ROOT",
        "SLUICE_STAGE",
        "_X_AMZN_TRACE_ID",
        "_HANDLER",
        "POWERTOOLS_SERVICE_NAME",
        "POWERTOOLS_METRICS_NAMESPACE",
    ],
)
def test_variables_of_lambda_and_of_sluice_are_reserved(name: str) -> None:
    assert f"environment sets {name}, which is reserved" in problems(environment={name: "x"})


def test_all_problems_are_listed_at_once() -> None:
    text = problems(timeout="x", memory=1, batch_size=11, environment={"AWS_X": "", "b": ""})
    assert len(text.splitlines()) == 5


@hypothesis_settings(deadline=None)
@given(
    timeout=st.integers(-5, 1_000),
    batch_size=st.integers(-5, 11_000),
    batch_window=st.integers(-5, 320),
)
def test_settings_without_a_problem_keep_to_the_limits_and_rules_of_aws(
    timeout: int, batch_size: int, batch_window: int
) -> None:
    entry = Worker("send-receipt", timeout=timeout, batch_size=batch_size, batch_window=batch_window)
    if problems_with_settings(entry):
        return
    timing = timing_of(entry)
    assert 1 <= timing.function_timeout <= 900
    assert timing.function_timeout > timeout * batch_size
    assert 180 <= timing.visibility_timeout <= 43_200
    assert timing.visibility_timeout >= 6 * timing.function_timeout + batch_window
    assert batch_size <= 10 or batch_window >= 1
