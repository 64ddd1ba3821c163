"""Take an order: check it, have its receipt sent, and record it."""

import logging
from decimal import Decimal
from typing import Any

from sluice import emit

logger = logging.getLogger(__name__)


def total_of(items: list[dict[str, Any]]) -> Decimal:
    """Add up the prices."""
    return sum((Decimal(item["price"]) * item["quantity"] for item in items), Decimal())


def handle(event: dict[str, Any]) -> dict[str, Any]:
    """Check the order, and emit the work that can happen later."""
    if not event["items"]:
        raise ValueError(f"order {event['id']} is empty")
    total = total_of(event["items"])
    logger.info("order %s: %d items, %s %s", event["id"], len(event["items"]), total, event["currency"])

    emit("send-receipt", {**event, "total": str(total)})
    emit("audit-log", {"what": "order placed", "order": event["id"], "total": str(total)})
    return {"total": str(total)}
