"""JSON objects that hold an event exactly as it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping


def with_raw(fields: Mapping[str, object], **raw: str) -> str:
    """Return a JSON object of fields, and of others that are JSON text already.

    Parsing and printing an event would change it: a number of 400 digits, or an object with a key twice.

    Args:
        fields: fields to convert to JSON.
        raw: fields that stand in the object as they are.
    """
    pairs = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    pairs += [f"{json.dumps(name)}: {text}" for name, text in raw.items()]
    return "{" + ", ".join(pairs) + "}"
