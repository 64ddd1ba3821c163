"""Numbers of payment cards.

The check digit is right for one number in ten, so the issuer's prefix has to be right, too. Then one in forty numbers
of 16 random digits looks like a card, and no time since 1970 does. Numbers of 13 digits, which early Visa cards had,
are left out: article numbers and times in milliseconds have as many.
"""

from __future__ import annotations

import re

_ONLY_DIGITS = bytes(ord("0") if chr(code).isdigit() and code < 128 else ord(".") for code in range(256))  # noqa: PLR2004 - ASCII
_FEWEST = b"0" * 14

# `re` compiles these when a text needs them, not at every cold start.
_DIGITS = r"(?<![\w.])[2-6][0-9]{3}(?:[ -]?[0-9]){10,15}(?![\w])"

_ISSUED = (
    r"4\d{15}(?:\d{3})?"  # Visa
    r"|5[1-5]\d{14}|2(?:2[2-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[68]\d)\d{11}"  # Diners Club
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}"  # Discover
    r"|62\d{14,17}"  # UnionPay
    r"|35\d{14}"  # JCB
)


def may_hold_card_number(text: str) -> bool:
    """Return False if a text has no card number. This is much cheaper than looking for one."""
    # A pass over the bytes costs a tenth of a search with a regular expression.
    return _FEWEST in text.encode("utf-8", "replace").translate(_ONLY_DIGITS, b" -")


def card_numbers(text: str) -> list[str]:
    """Return the card numbers in a text, as they stand in it."""
    return [found for found in re.findall(_DIGITS, text) if is_card_number(found.replace(" ", "").replace("-", ""))]


def is_card_number(digits: str) -> bool:
    """Return True if a card may have this number: an issuer's prefix, its length, and the right check digit."""
    return re.fullmatch(_ISSUED, digits) is not None and _has_check_digit(digits)


def _has_check_digit(digits: str) -> bool:
    """Return True if Luhn's sum is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if place % 2 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of its digits
    return total % 10 == 0
