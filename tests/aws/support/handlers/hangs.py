"""Does not end, for the first starts of an event that says for how many."""

import time
from typing import Any

from ._starts import count_start


def handle(event: dict[str, Any]) -> int:
    start = count_start(event["mark"])
    while start <= event["hangs"]:
        time.sleep(60)
    return start
