"""The entries of the template that most tests read: workers and crons, with default settings and with others."""

from __future__ import annotations

from infra import Cron, Worker

TUNED = Worker(
    "tuned",
    timeout=20,
    memory=1024,
    batch_size=40,
    batch_window=5,
    max_concurrency=7,
    environment={"SHOP": "berlin", "POWERTOOLS_LOG_LEVEL": "DEBUG"},
    trace_days=90,
    max_hops=20,
    failure_threshold=20,
    failure_minutes=60,
)
PLAIN = Worker("plain")
NIGHTLY = Cron("nightly", every="Daily", at="03:05", timezone="Europe/Berlin", timeout=60)
OFTEN = Cron("often", every="Every 1min", missed="queue")
ENTRIES = [TUNED, PLAIN, NIGHTLY, OFTEN]
HANDLERS = [entry.name for entry in ENTRIES]
SCHEDULES_DEAD_LETTERS = "sluice-dev--schedules-dead"
"""The queue for messages that Scheduler could not deliver. No handler can have this name."""
