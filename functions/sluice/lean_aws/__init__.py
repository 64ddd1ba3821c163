"""The few AWS calls that a function makes for each event, without boto3's quarter of a second to import.

Its clients answer to boto3's names with boto3's arguments, so that code can be given either.
"""

from .client import WireClient, end_calls_by
from .errors import CallError, aws_errors, error_code
from .sigv4 import Credentials

__all__ = ["CallError", "Credentials", "WireClient", "aws_errors", "end_calls_by", "error_code"]
