"""What can be known to be wrong before anything is deployed."""

from .app import problems_with

__all__ = ["problems_with"]
