"""Emit an event to a name: now, after a delay, or at a moment."""
