"""The glossary has every word of Sluice's own, in a sentence each."""

from __future__ import annotations

import re

from sluice.traces import STATUSES

from tests.unit.support.pages import GUIDES, PAGES

WORDS = {
    *("attempt", "block", "cron", "dead letter", "delayed event", "emit", "event", "failure", "handler", "no-handler"),
    *("pause", "redrive", "replay", "run", "trace", "worker"),
}
"""Those that everything else is explained with."""

AWS_WORDS = {
    *("event source mapping", "function", "lock", "log stream", "message", "queue", "receive", "receive count"),
    *("reserved concurrency", "schedule", "tick", "visibility timeout"),
}

NOT_OUR_WORDS = ("DLQ", "consumer", "producer", "subscriber", "cronjob")
"""Other words for the same things."""

GLOSSARY = PAGES["docs/glossary.md"]
ENTRIES = {word.strip("*"): meaning for word, meaning in GLOSSARY.rows("word")}


def test_every_word_is_there() -> None:
    assert set(ENTRIES) >= WORDS
    for word in AWS_WORDS:
        assert word in ENTRIES or re.search(rf"\b{word}\b", GLOSSARY.text.rsplit("AWS's own words", maxsplit=1)[1]), (
            word
        )


def test_the_words_are_in_order() -> None:
    assert list(ENTRIES) == sorted(ENTRIES)


def test_every_meaning_is_one_sentence() -> None:
    for word, meaning in ENTRIES.items():
        assert meaning.endswith("."), word
        assert ". " not in meaning, word
        assert meaning[0].isupper(), word


def test_every_status_that_a_failure_has_is_one() -> None:
    assert set(re.findall(r"`([a-z-]+)`", ENTRIES["failure"])) <= set(STATUSES)


def test_nothing_has_a_second_name() -> None:
    for page in GUIDES:
        for word in NOT_OUR_WORDS:
            assert not re.search(rf"\b{word}s?\b", page.text), (page.path, word)
