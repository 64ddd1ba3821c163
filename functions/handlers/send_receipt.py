"""Send the customer a receipt."""

import logging
from typing import Any

from sluice import emit

logger = logging.getLogger(__name__)


def handle(event: dict[str, Any]) -> str:
    """Send the receipt; raise if the order has no email address."""
    address = event.get("email")
    if not address:
        raise ValueError(f"order {event['id']} has no email address")

    logger.info("to %s: thank you for your order of %s %s", address, event["total"], event["currency"])
    # A real shop calls its mail service here, with the order's id: an event may run twice, and the id lets the
    # service ignore the second call.
    emit("audit-log", {"what": "receipt sent", "order": event["id"]})
    return f"sent to {address}"
