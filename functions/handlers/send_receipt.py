"""Send the customer a receipt."""

from typing import Any

from sluice import emit


def handle(event: dict[str, Any]) -> str:
    """Send it, or say why there is nobody to send it to."""
    address = event.get("email")
    if not address:
        raise ValueError(f"order {event['id']} has no email address")

    print(f"to {address}: thank you for your order {event['id']}, {event['total']} {event['currency']} in all")
    # Here a real shop calls its mail service. An event may run twice: give that service the order's id, so that
    # it can tell.
    emit("audit-log", {"what": "receipt sent", "order": event["id"]})
    return f"sent to {address}"
