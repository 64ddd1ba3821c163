from __future__ import annotations

import random

import pytest
from sluice.recording.card_numbers import card_numbers, is_card_number, may_hold_card_number

CARDS = [
    "4111111111111111",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
    "6200000000000005",
]
"""Test numbers that payment providers publish."""


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("form", ["{}", "card {}.", '{{"n": {}}}', "a={}&b"])
def test_a_card_number_is_found(card: str, form: str) -> None:
    text = form.format(card)
    assert may_hold_card_number(text)
    assert card_numbers(text) == [card]


@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005"])
def test_a_card_number_in_groups_is_found(card: str) -> None:
    assert may_hold_card_number(f"pay with {card}, please")
    assert card_numbers(f"pay with {card}, please") == [card]


@pytest.mark.parametrize("text", ["4111111111111112", "1795600000000000", "a4111111111111111", "0.4111111111111111"])
def test_other_numbers_are_none(text: str) -> None:
    assert card_numbers(text) == []


@pytest.mark.parametrize(
    ("make", "at_most"),
    [
        (lambda chance: 1_795_600_000_000 + chance.randrange(10**10), 0),
        (lambda chance: 1_795_600_000_000_000 + chance.randrange(10**13), 0),
        (lambda chance: chance.randrange(10**15, 10**16), 0.03),
    ],
    ids=["milliseconds since 1970", "microseconds since 1970", "16 random digits"],
)
def test_few_numbers_that_are_no_cards_look_like_one(make, at_most: float) -> None:  # type: ignore[no-untyped-def]
    chance = random.Random(1)
    alarms = sum(is_card_number(str(make(chance))) for _ in range(2_000))
    assert alarms <= at_most * 2_000


def test_a_text_with_short_numbers_is_ruled_out() -> None:
    assert not may_hold_card_number("2026-11-27T01:13:50.123Z, 1795600000000, 01909a3e-7c5b-7d1e-8f3a-0123456789ab")
