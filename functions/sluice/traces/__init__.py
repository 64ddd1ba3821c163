"""Traces: what happened to each event, kept in DynamoDB."""

from .store import TraceStore, open_store
from .trace import COMPLETED, STATUSES, Attempt, Trace

__all__ = ["COMPLETED", "STATUSES", "Attempt", "Trace", "TraceStore", "open_store"]
