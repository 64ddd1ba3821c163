"""Takes five seconds."""

import time
from typing import Any


def handle(event: Any) -> Any:
    time.sleep(5)
    return event
