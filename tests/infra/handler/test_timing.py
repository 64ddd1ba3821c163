"""The timeouts of functions and queues."""

from __future__ import annotations

import pytest

from infra import Worker
from infra.handler.timing import timing_of
from tests.infra.support.synth import Template


@pytest.mark.parametrize(
    ("settings", "function_timeout", "visibility_timeout"),
    [
        ({}, 35, 210),
        # 6 * 6 s would let a throttled minute cost more than one receive.
        ({"timeout": 1}, 6, 180),
        ({"timeout": 1, "batch_window": 145}, 6, 181),
        ({"timeout": 895}, 900, 5_400),
        ({"timeout": 8, "batch_size": 100, "batch_window": 300}, 805, 5_130),
    ],
)
def test_timeouts_follow_from_the_settings(
    settings: dict[str, int], function_timeout: int, visibility_timeout: int
) -> None:
    timing = timing_of(Worker("send-receipt", **settings))  # type: ignore[arg-type]
    assert (timing.function_timeout, timing.visibility_timeout) == (function_timeout, visibility_timeout)


@pytest.mark.parametrize(
    ("handler", "function_timeout", "visibility_timeout"),
    [("plain", 35, 210), ("tuned", 805, 4835), ("nightly", 65, 390)],
)
def test_timeouts_reach_the_function_and_the_queue(
    template: Template, handler: str, function_timeout: int, visibility_timeout: int
) -> None:
    assert template.function(f"sluice-dev-{handler}")["Timeout"] == function_timeout
    assert template.queue(f"sluice-dev-{handler}")["VisibilityTimeout"] == visibility_timeout
