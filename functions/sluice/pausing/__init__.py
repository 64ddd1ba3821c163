"""Pausing and blocking: what stops a handler's events from starting, and loses none of them.

The switch is the function's reserved concurrency, 0, with its event source mapping disabled; a block is a tag on the
function besides. `decision` says what to do about what is seen, `settling` does it, and the reconciler repeats both
every minute.
"""

from .decision import Call, Decision, Observed, Record, decide
from .history import Change

__all__ = ["Call", "Change", "Decision", "Observed", "Record", "decide"]
