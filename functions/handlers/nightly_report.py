"""Every night, the day before."""

import logging
from datetime import datetime, timedelta
from typing import Any

logger = logging.getLogger(__name__)


def handle(event: dict[str, Any]) -> dict[str, str]:
    """Report on the day before the one that the cron was due on, whenever it runs in the end."""
    due = datetime.fromisoformat(event["scheduled_at"])
    day = (due - timedelta(days=1)).date()
    logger.info("reporting on %s", day)
    # Here a real shop adds up its orders of that day.
    return {"day": day.isoformat()}
