"""Takes a while."""

import time
from typing import Any


def handle(event: Any) -> Any:
    time.sleep(5)
    return event
