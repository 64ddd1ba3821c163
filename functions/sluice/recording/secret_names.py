"""Names under which secrets stand, such as `apiKey`, `X-Api-Key` or `db_password`.

A name is split into words, so that its spelling does not matter. Few names are in the lists, as an event whose secret
was removed from its trace cannot be replayed: a name is in them only if nearly everyone means a secret by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")

_LONGEST = 120
"""Characters of a name that are looked at."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ANYWHERE = _set("password passwords passwd passphrase passcode pwd secret secrets")
"""Words that make a name secret wherever they stand, unless the name ends in one of `_ABOUT`."""

_ABOUT = _set(
    "action age algorithm arn at attempts change changed changes complexity count counts date days enabled error errors"
    " event expiration expire expired expires expiry field file format generator hint id ids input invalid label length"
    " limit link manager max message method min minutes name names on page path policies policy prompt reason required"
    " requirements reset retries rotation rule rules santa score seconds set size state status strength time timestamp"
    " total ttl type types updated uri url used valid version"
)
"""Last words of names that say something about a secret, without holding it."""

_LAST = _set("apikey authorization cookie cookies credential credentials cvc cvv jwt otp privatekey ssn token totp")
"""Words that make a name secret at its end."""

_LAST_TWO = frozenset(
    {
        ("access", "key"),
        ("api", "key"),
        ("card", "number"),
        ("connection", "string"),
        ("encryption", "key"),
        ("master", "key"),
        ("pass", "code"),
        ("pass", "phrase"),
        ("pass", "word"),
        ("private", "key"),
        ("secret", "key"),
        ("security", "code"),
        ("signing", "key"),
    }
)

_ENDINGS = ("password", "passwd", "apikey", "accesskey", "privatekey", "secretkey", "secret", "token", "cardnumber")
"""Ends of a last word that is several words in one, as in `accesstoken`."""

_PLAIN_TOKENS = _set(
    "apns cancel cancellation client continuation continue cursor dedup deduplication device fcm fencing idempotency"
    " idempotent lock next page pagination paging prev previous push registration request start starting sync"
    " task"
)
"""Words before `token` that make it none: positions in lists, ids of requests and devices, and Step Functions' task
tokens, which are of no use without AWS credentials."""

_QUALIFIERS = _set(
    "again b64 base64 confirm confirmation current dev encoded hash hashed header hex live new old plain plaintext prod"
    " raw repeat staging string test text value"
)
"""Words at a name's end that change nothing about its secret."""

_HINT = re.compile("pass|pwd|secret|token|jwt|cookie|auth|cred|otp|cvv|cvc|ssn|key|number|string|code")
"""Part of each name that can be secret. Names without any are told apart without being split."""

_MAX_KNOWN = 10_000
"""Names that are remembered. Events may have ids for names, so that they never end."""


def words_of(name: str) -> tuple[str, ...]:
    """Return a name's words in lower case: `apiKey`, `API_KEY` and `x-api-key` end in `api` and `key`."""
    return tuple(word.lower() for word in _WORDS.findall(name[-_LONGEST:]))


class SecretNames:
    """Tells names of secrets from others.

    Args:
        more: further names, each of which also stands for every name that ends in its words.
        plain: names that are no secrets, in the same way, whatever the lists say.
    """

    def __init__(self, more: Iterable[str] = (), plain: Iterable[str] = ()) -> None:
        self._more = frozenset(map(words_of, more)) - {()}
        self._plain = frozenset(map(words_of, plain)) - {()}
        self._lengths = sorted({len(words) for words in self._more | self._plain})
        self.known_plain: set[str] = set()
        """Names that were found to be no secrets."""
        self._known_secret: set[str] = set()

    def is_hidden(self, name: str) -> bool:
        """Return True if what stands under this name is secret."""
        if name in self.known_plain:
            return False
        if name in self._known_secret:
            return True
        secret = self._judge(name)
        known = self._known_secret if secret else self.known_plain
        if len(known) >= _MAX_KNOWN:
            known.clear()
        known.add(name)
        return secret

    def _judge(self, name: str) -> bool:
        if not self._lengths and not _HINT.search(name.lower()):
            return False
        words = words_of(name)
        if not words:
            return False
        ends = {words[-length:] for length in self._lengths}
        if ends & self._plain:
            return False
        return bool(ends & self._more) or _is_secret(words)


def _is_secret(words: tuple[str, ...]) -> bool:
    if words[-2:] in _LAST_TWO:
        return True
    end = len(words)
    while end > 1 and (words[end - 1] in _QUALIFIERS or words[end - 1].isdigit()):
        end -= 1
    last, before = words[end - 1], words[end - 2] if end > 1 else ""
    if last in _ABOUT and end > 1:
        return False
    if not _ANYWHERE.isdisjoint(words):
        return True
    if last == "token":
        return before not in _PLAIN_TOKENS
    return last in _LAST or last.endswith(_ENDINGS) or (before, last) in _LAST_TWO
