"""What can be known to be wrong before anything is deployed."""

from .app import problems_with
from .emails import problems_with_emails

__all__ = ["problems_with", "problems_with_emails"]
