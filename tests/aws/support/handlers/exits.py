"""Takes its process down, for the first starts of an event that says for how many."""

import os
from typing import Any

from ._starts import count_start


def handle(event: dict[str, Any]) -> int:
    start = count_start(event["mark"])
    if start <= event["exits"]:
        os._exit(1)
    return start
