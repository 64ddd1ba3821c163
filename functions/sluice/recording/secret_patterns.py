"""Secrets that are known by their form, wherever they stand: keys, tokens, passwords in URLs, card numbers.

Each pattern is behind a test that rules it out for most texts, as a pattern costs a hundred times as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .card_numbers import card_numbers, may_hold_card_number

HIDDEN = "[redacted]"
"""Stands in the place of a secret."""

_RUN = b"a" * 16
"""The shortest run of letters and digits that is in every key and token below."""

_LETTERS_AND_DIGITS = bytes(ord("a") if chr(code).isalnum() and code < 128 else ord(" ") for code in range(256))  # noqa: PLR2004 - ASCII

_IN_URL = r"(://[^\s/:@\"'\\]{0,64}:)([^\s/@\"'\\]{1,256})(?=@)"
_KEYS = {
    "eyJ": r"()(\beyJ[\w-]{8,}(?:\.[\w-]*){0,4})",
    "earer ": r"(\b[Bb]earer +)([\w.~+/=-]{16,})",
    "asic ": r"(\b[Bb]asic +)([\w.~+/=-]{16,})",
    "-----BEGIN": r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)((?:(?!-----)[\s\S]){1,20000})(?:(?=-----END)|\Z|(?=-----))",
    "AKIA": r"()(\bAKIA[A-Z0-9]{12,}\b)",
    "ASIA": r"()(\bASIA[A-Z0-9]{12,}\b)",
    "AIza": r"()(\bAIza[\w-]{30,})",
    "SG.": r"()(\bSG\.[\w-]{16,}\.[\w-]{16,})",
    "_live_": r"()(\b[spr]k_live_\w{8,})",
    "_test_": r"()(\b[sr]k_test_\w{8,})",
    "whsec_": r"()(\bwhsec_[\w+/=]{16,})",
    "ghp_": r"()(\bghp_\w{20,})",
    "gho_": r"()(\bgho_\w{20,})",
    "ghs_": r"()(\bghs_\w{20,})",
    "ghu_": r"()(\bghu_\w{20,})",
    "github_pat_": r"()(\bgithub_pat_\w{20,})",
    "glpat-": r"()(\bglpat-[\w-]{16,})",
    "xox": r"()(\bxox[abeprs]-[\w-]{10,})",
    "sk-": r"()(\bsk-(?:proj-|ant-)?[\w-]{20,})",
    "npm_": r"()(\bnpm_[A-Za-z0-9]{30,})",
    "pypi-": r"()(\bpypi-[\w-]{30,})",
}
"""A text that a key's pattern needs, and the pattern: what stays, and the secret. `re` compiles a pattern when a text
needs it, not at every cold start."""


def may_hold_pattern(text: str) -> bool:
    """Return False if none of the patterns is in a text."""
    return (
        ("@" in text and "://" in text and re.search(_IN_URL, text) is not None)
        or (may_hold_card_number(text) and bool(card_numbers(text)))
        or (_may_hold_key(text) and any(hint in text for hint in _KEYS))
    )


def without_patterns(text: str, found: Callable[[str], None]) -> str:
    """Return a text without the secrets that are known by their form.

    Args:
        text: the text.
        found: told each secret, as it may stand elsewhere without its form.
    """

    def hide(match: re.Match[str]) -> str:
        found(match[2])
        return match[1] + HIDDEN

    if "@" in text and "://" in text:
        text = re.sub(_IN_URL, hide, text)
    if _may_hold_key(text):
        for hint, pattern in _KEYS.items():
            if hint in text:
                text = re.sub(pattern, hide, text)
    if may_hold_card_number(text):
        for number in card_numbers(text):
            found(number)
            text = text.replace(number, HIDDEN)
    return text


def _may_hold_key(text: str) -> bool:
    return _RUN in text.encode("utf-8", "replace").translate(_LETTERS_AND_DIGITS)
