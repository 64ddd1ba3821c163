"""Emit events: now, after a delay, or at a given time."""
