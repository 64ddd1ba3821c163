"""The check of the addresses that get a mail when an alarm begins."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def problems_with_emails(emails: object) -> list[str]:
    """Return the problems of `alarm_emails`."""
    return [f"alarm_emails: {problem}" for problem in _problems(emails)]


def _problems(emails: object) -> Iterator[str]:
    if not isinstance(emails, list | tuple):
        yield f"it is {emails!r}; write a list, like ['team@example.com']"
        return
    for email in emails:
        if not isinstance(email, str) or not _EMAIL.fullmatch(email):
            yield f"{email!r} is not an e-mail address; write one like 'team@example.com'"
        elif emails.count(email) > 1:
            yield f"{email!r} is listed more than once; keep one"
            return
