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
