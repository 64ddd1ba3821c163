"""An order came in: see that it is one, have its receipt sent, and put it on record."""

import logging
from decimal import Decimal
from typing import Any

from sluice import emit

logger = logging.getLogger(__name__)


def handle(event: dict[str, Any]) -> dict[str, Any]:
    """Check the order, and hand on what does not have to happen right now."""
    if not event["items"]:
        raise ValueError(f"order {event['id']} is empty")
    total = sum(Decimal(item["price"]) * item["quantity"] for item in event["items"])
    logger.info("order %s: %d items, %s %s", event["id"], len(event["items"]), total, event["currency"])

    emit("send-receipt", {**event, "total": str(total)})
    emit("audit-log", {"what": "order placed", "order": event["id"], "total": str(total)})
    return {"total": str(total)}
