"""Writes down each start, and never ends for a poisonous event."""

import time
from pathlib import Path
from typing import Any


def handle(event: dict[str, Any]) -> int:
    with Path(event["starts"]).open("a") as starts:
        starts.write(f"{event['n']}\n")
    while event["poison"]:
        time.sleep(60)
    number: int = event["n"]
    return number
