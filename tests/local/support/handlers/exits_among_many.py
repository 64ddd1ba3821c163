"""Writes down each start, and takes its process down for a poisonous event."""

import os
from pathlib import Path
from typing import Any


def handle(event: dict[str, Any]) -> int:
    with Path(event["starts"]).open("a") as starts:
        starts.write(f"{event['n']}\n")
    if event["poison"]:
        os._exit(1)
    number: int = event["n"]
    return number
