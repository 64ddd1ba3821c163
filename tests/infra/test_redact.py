"""The names of secrets in app.py."""

from __future__ import annotations

from typing import Any

import pytest

from infra import Worker
from infra.checks.settings import problems_with_settings
from infra.handler.environment import environment_of
from infra.redact import problems_with_redact, with_stage_names


@pytest.mark.parametrize(
    ("stage", "own", "variable"),
    [
        ((), None, None),
        (["iban"], None, '["iban"]'),
        (["iban"], ["!token"], '["iban", "!token"]'),
        (["iban"], True, '["iban"]'),
        (["iban"], False, "false"),
        (False, None, "false"),
        (False, True, None),
        (False, ["iban"], '["iban"]'),
        (True, ("iban",), '["iban"]'),
    ],
)
def test_a_handler_has_its_own_names_and_those_of_the_stage(stage: Any, own: Any, variable: str | None) -> None:
    entry = with_stage_names(Worker("send-receipt", redact=own), stage)
    assert environment_of(entry, stage="dev", queue_url_prefix="").get("SLUICE_REDACT") == variable


@pytest.mark.parametrize("wrong", ["iban", 1, {"iban": 1}, ["", "iban"], ["!"], [1], ["a,b"]])
def test_what_is_no_list_of_names_is_refused_with_the_fix(wrong: Any) -> None:
    (problem,) = problems_with_redact(wrong)
    assert "; write a " in problem
    entry = with_stage_names(Worker("send-receipt", redact=wrong), ["iban"])
    assert problems_with_settings(entry) == [f"handler 'send-receipt': {problem}"]


@pytest.mark.parametrize("right", [None, True, False, [], ["iban", "!token", "X-Api-Key", "card number"]])
def test_names_and_switches_are_taken(right: Any) -> None:
    assert list(problems_with_redact(right)) == []
