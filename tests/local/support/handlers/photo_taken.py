"""Returns the keys of the objects that S3 tells of."""

from typing import Any


def handle(event: dict[str, Any]) -> list[str]:
    return [record["s3"]["object"]["key"] for record in event.get("Records", [])]
