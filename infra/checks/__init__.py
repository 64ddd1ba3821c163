"""Checks of app.py, its settings and the handlers' files, before anything is deployed."""

from .app import problems_with
from .emails import problems_with_emails

__all__ = ["problems_with", "problems_with_emails"]
