"""Prints, logs, and returns the path of its Python."""

import logging
import sys
from typing import Any


def handle(event: Any) -> Any:
    sys.stdout.write(event["say"] + "\n")
    logging.getLogger("printer").warning("logged: %s", event["say"])
    return {"path": sys.path, "executable": sys.executable}
