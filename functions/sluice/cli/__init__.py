"""The command line. Not shipped to Lambda."""

from .program import main

__all__ = ["main"]
