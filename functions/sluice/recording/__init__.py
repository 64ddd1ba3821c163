"""Recorded executions: calls, values, and the locals of failed runs, without secrets."""
