"""One handler: its queues, function, role, environment and schedule."""
