"""The check of the addresses that alarms are mailed to."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def problems_with_emails(emails: object) -> list[str]:
    """What is wrong with `alarm_emails`."""
    return [f"alarm_emails: {problem}" for problem in _problems(emails)]


def _problems(emails: object) -> Iterator[str]:
    if not isinstance(emails, list | tuple):
        yield f"it is {emails!r}; write a list, like ['team@example.com']"
        return
    for email in emails:
        if not isinstance(email, str) or not _EMAIL.fullmatch(email):
            yield f"{email!r} is no e-mail address; write one like 'team@example.com'"
        elif emails.count(email) > 1:
            yield f"{email!r} is in it more than once; leave one"
            return
