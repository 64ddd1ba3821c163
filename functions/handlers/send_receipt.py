"""Send the customer a receipt."""

import logging
from typing import Any

from sluice import emit

logger = logging.getLogger(__name__)


def handle(event: dict[str, Any]) -> str:
    """Send it, or say why there is nobody to send it to."""
    address = event.get("email")
    if not address:
        raise ValueError(f"order {event['id']} has no email address")

    logger.info("to %s: thank you for your order of %s %s", address, event["total"], event["currency"])
    # Here a real shop calls its mail service. An event may run twice: give that service the order's id, so that
    # it can tell.
    emit("audit-log", {"what": "receipt sent", "order": event["id"]})
    return f"sent to {address}"
