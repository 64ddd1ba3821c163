"""The value of the tag of a block."""

from __future__ import annotations

import re

from sluice.pausing.block_tag import MAX_VALUE, BlockTag, parse, value_of

NOW = 1_800_000_000_000
SINCE = "2027-01-15T08:00:00.000Z"


def test_a_value_says_when_who_and_why() -> None:
    assert parse(value_of(NOW, "user/ada", "legal hold")) == BlockTag(SINCE, "user/ada", "legal hold")
    assert parse(value_of(NOW, "user/ada", None)) == BlockTag(SINCE, "user/ada", None)


def test_a_value_that_was_written_by_hand_is_all_reason() -> None:
    assert parse("ask ada first") == BlockTag(None, None, "ask ada first")
    assert parse("") == BlockTag(None, None, None)


def test_a_value_has_only_characters_that_aws_allows_in_a_tag_and_is_not_too_long() -> None:
    value = value_of(NOW, "assumed-role/Admin/ada lovelace", "why? <script>\n" + "é" * 300)
    assert re.fullmatch(r"[\w\s.:/=+\-@]{1,256}", value)
    assert len(value) == MAX_VALUE
    assert parse(value).by == "assumed-role/Admin/ada_lovelace"
