"""Cron expressions that cannot be parsed. test_next_runs.py tests the meaning of the others."""

from __future__ import annotations

import pytest
from sluice.schedules.expression import parse


@pytest.mark.parametrize("text", ["", "0 3 * * *", "60 3 * * ? *", "0 3 ? * MO *"])
def test_a_text_that_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fields|is not"):
        parse(text)
