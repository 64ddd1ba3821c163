"""Prints, logs, and says what Python the handler runs in."""

import logging
import sys
from typing import Any


def handle(event: Any) -> Any:
    print(event["say"])
    logging.getLogger("printer").warning("logged: %s", event["say"])
    return {"path": sys.path, "executable": sys.executable}
