"""The problems of alarm_emails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra import InvalidAppError, Worker
from tests.infra.support.synth import make_project, stack_of


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        ("ops@example.com", "alarm_emails: it is 'ops@example.com'; write a list, like ['team@example.com']"),
        (None, "alarm_emails: it is None; write a list"),
        (["ops"], "alarm_emails: 'ops' is not an e-mail address"),
        (["a@example.com", 7], "alarm_emails: 7 is not an e-mail address"),
        (["a@example.com", "a@example.com"], "alarm_emails: 'a@example.com' is listed more than once; keep one"),
    ],
)
def test_problems_of_addresses_are_listed_with_all_others(tmp_path: Path, emails: Any, expected: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        stack_of(make_project(tmp_path, ["a"]), [Worker("a", timeout=0)], alarm_emails=emails)
    assert len(caught.value.problems) == 2
    assert expected in caught.value.problems[1]


@pytest.mark.parametrize("hours", [0, 1.5, True, None, "24"])
def test_a_stage_without_hours_for_the_alarm_on_stops_is_a_problem(tmp_path: Path, hours: Any) -> None:
    with pytest.raises(
        InvalidAppError, match=r"alarm_stopped_hours: it is .*; write a whole number of hours, 1 or more"
    ):
        stack_of(make_project(tmp_path, ["a"]), [Worker("a")], alarm_stopped_hours=hours)
