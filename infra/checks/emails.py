"""The checks of the stage's alarms: who gets a mail, and how long a handler may be stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def problems_with_emails(emails: object) -> list[str]:
    """Return the problems of `alarm_emails`."""
    return [f"alarm_emails: {problem}" for problem in _problems(emails)]


def problems_with_stopped_hours(hours: object) -> list[str]:
    """Return the problems of `alarm_stopped_hours`."""
    # By type, because isinstance takes True for an int.
    if type(hours) is int and hours >= 1:
        return []
    return [f"alarm_stopped_hours: it is {hours!r}; write a whole number of hours, 1 or more"]


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
