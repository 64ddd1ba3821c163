"""The failures at which a handler pauses itself, as a setting and as text."""

from __future__ import annotations

import pytest
from sluice.stage.failure_limit import FailureLimit, limit_from_setting, limit_from_text


@pytest.mark.parametrize(
    ("setting", "seconds", "words"),
    [
        ((20, "5m"), 300, "20 failures in 5 minutes"),
        ((1, "10s"), 10, "1 failures in 10 seconds"),
        ((10_000, "24h"), 86_400, "10000 failures in 1440 minutes"),
    ],
)
def test_a_setting_is_the_same_again_as_text(setting: object, seconds: int, words: str) -> None:
    limit = limit_from_setting(setting)
    assert limit is not None
    assert limit.seconds == seconds
    assert limit.in_words() == words
    assert limit_from_text(limit.to_text()) == limit


@pytest.mark.parametrize(
    "setting",
    [
        (0, "5m"),
        (10_001, "5m"),
        (True, "5m"),
        (2.0, "5m"),
        (20, "9s"),
        (20, "25h"),
        (20, "5"),
        (20, 300),
        (20,),
        20,
        "20",
    ],
)
def test_anything_else_is_no_limit(setting: object) -> None:
    assert limit_from_setting(setting) is None


@pytest.mark.parametrize("text", ["", "20", "20/0", "0/300", "20/5m", "x/300", "20/300\n"])
def test_a_tag_that_somebody_has_set_to_anything_is_no_limit(text: str) -> None:
    assert limit_from_text(text) is None
    assert limit_from_text("20/300") == FailureLimit(20, 300)
