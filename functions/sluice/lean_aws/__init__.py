"""A client for the few AWS calls that a function makes for each event: boto3 takes a quarter of a second to import.

Its methods have boto3's names and arguments, so that the same code works with either.
"""

from .client import LeanClient, end_calls_by
from .errors import CallError, aws_errors, error_code
from .sigv4 import Credentials

__all__ = ["CallError", "Credentials", "LeanClient", "aws_errors", "end_calls_by", "error_code"]
