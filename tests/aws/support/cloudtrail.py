"""CloudTrail's records of the calls that a handler's state is changed by."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.aws.support.stage import Stage

CALLS = (
    "PutFunctionConcurrency20171031",
    "DeleteFunctionConcurrency20171031",
    "UpdateEventSourceMapping20150331",
    "TagResource20170331v2",
    "UntagResource20170331v2",
)
"""The names that the reconciler's rule goes by. CloudTrail has them with versions that the API does not show."""

LATEST = 50


def trails(stage: Stage) -> str:
    """Return a line on the trails that log. EventBridge sees calls only if one does."""
    client = stage.client("cloudtrail")
    found = client.describe_trails()["trailList"]
    logging = [one["Name"] for one in found if client.get_trail_status(Name=one["TrailARN"])["IsLogging"]]
    return f"trails that log: {', '.join(logging)}" if logging else "no trail logs, so nothing tells the reconciler"


def records_of(stage: Stage) -> dict[str, dict[str, Any] | None]:
    """The latest record of each call about this stage, from CloudTrail's own history, which needs no trail."""
    wanted: dict[str, dict[str, Any] | None] = dict.fromkeys(CALLS)
    # It takes minutes. By now the first calls were made minutes ago; more of them need not be waited for.
    for name in wanted:
        wanted[name] = _record(stage, name)
    return wanted


def _record(stage: Stage, name: str) -> dict[str, Any] | None:
    found = stage.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}],
        StartTime=datetime.now(UTC) - timedelta(hours=2),
        MaxResults=LATEST,
    )
    records = [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]
    # Of a mapping there is only its number: any stage's looks alike.
    ours = [record for record in records if stage.name in json.dumps(record["requestParameters"]) or "Mapping" in name]
    return ours[0] if ours else None
