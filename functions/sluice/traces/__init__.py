"""Traces: a record of each event and its attempts, kept in DynamoDB."""

from .item import DamagedTraceError
from .store import TraceStore, open_store
from .trace import COMPLETED, STATUSES, Attempt, Trace

__all__ = ["COMPLETED", "STATUSES", "Attempt", "DamagedTraceError", "Trace", "TraceStore", "open_store"]
