"""Checks of app.py, its settings and the handlers' files, before anything is deployed."""

from .app import problems_with
from .emails import problems_with_emails, problems_with_stopped_hours
from .protection import problems_with_protection
from .python_version import problems_with_python
from .warm_writes import problems_with_warm_writes

__all__ = [
    "problems_with",
    "problems_with_emails",
    "problems_with_protection",
    "problems_with_python",
    "problems_with_stopped_hours",
    "problems_with_warm_writes",
]
