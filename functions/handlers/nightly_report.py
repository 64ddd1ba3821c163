"""Report every night on the day before."""

import logging
from datetime import datetime, timedelta
from typing import Any

logger = logging.getLogger(__name__)


def handle(event: dict[str, Any]) -> dict[str, str]:
    """Report on the day before the cron was due, even if it runs late."""
    due = datetime.fromisoformat(event["scheduled_at"])
    day = (due - timedelta(days=1)).date()
    logger.info("reporting on %s", day)
    # A real shop adds up the orders of that day here.
    return {"day": day.isoformat()}
