"""The command line. Not shipped to Lambda."""

from .main import main

__all__ = ["main"]
