"""The settings of an event source mapping as they were deployed, and the call that puts them back.

Whoever may pause a handler may change its mapping: AWS has no finer right. A filter has AWS delete events, and a
mapping of another function takes them away. So a tag of the function has the settings that a deployment made, and what
differs is put back. Depends on nothing, as the template writes the tag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_TAG = re.compile(r"batch_size=(\d+) batch_window=(\d+) max_concurrency=(\d+|none)")

_RESPONSES = ["ReportBatchItemFailures"]
"""The worker answers which messages of a batch failed."""


class MappingSettings(NamedTuple):
    """The settings of a handler's mapping.

    Attributes:
        batch_size: most messages in an invocation.
        batch_window: seconds that messages may wait for their batch.
        max_concurrency: most invocations at the same time; None for AWS's own limits.
    """

    batch_size: int
    batch_window: int
    max_concurrency: int | None

    def to_tag(self) -> str:
        """Return the value of the function's tag."""
        return (
            f"batch_size={self.batch_size} batch_window={self.batch_window}"
            f" max_concurrency={self.max_concurrency or 'none'}"
        )


def from_tag(value: str | None) -> MappingSettings | None:
    """Return the settings in a tag's value; None if there is no tag, or somebody else wrote it."""
    found = _TAG.fullmatch(value or "")
    if not found:
        return None
    size, window, concurrency = found.groups()
    return MappingSettings(int(size), int(window), None if concurrency == "none" else int(concurrency))


class Repair(NamedTuple):
    """The way back to a mapping as it was deployed.

    Attributes:
        arguments: the arguments of `UpdateEventSourceMapping` that put back what differs.
        reason: what differs, in words.
    """

    arguments: Mapping[str, Any]
    reason: str


def repair_of(mapping: Mapping[str, Any], settings: MappingSettings | None, function: str) -> Repair | None:
    """Return what puts a mapping back; None if it is as deployed.

    Args:
        mapping: the mapping as AWS shows it.
        settings: the settings that were deployed; None if nobody knows them.
        function: the ARN of the handler's function.
    """
    arguments: dict[str, Any] = {}
    reasons = []
    if _differs(mapping["FunctionArn"], function):
        arguments["FunctionName"] = function
        reasons.append(f"its function was {mapping['FunctionArn']}")
    if settings is not None:
        for setting, found, wanted, argument in _settings(mapping, settings):
            if found != wanted:
                arguments |= argument
                reasons.append(f"its {setting} was {found or 'none'}")
    return Repair(arguments, f"event source mapping: {', '.join(reasons)}") if arguments else None


def _settings(
    mapping: Mapping[str, Any], settings: MappingSettings
) -> list[tuple[str, object, object, Mapping[str, Any]]]:
    """Return each setting's name, what AWS shows, what was deployed, and the argument that sets that."""
    size, window, concurrency = settings
    scaling = mapping.get("ScalingConfig") or {}
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or None
    pollers = mapping.get("ProvisionedPollerConfig") or None
    return [
        ("filter", filters, None, {"FilterCriteria": {}}),
        # AWS shows no filter to a caller who may not decrypt it.
        ("filter's key", mapping.get("KMSKeyArn") or None, None, {"FilterCriteria": {}, "KMSKeyArn": ""}),
        ("batch size", mapping.get("BatchSize"), size, {"BatchSize": size}),
        (
            "batching window",
            mapping.get("MaximumBatchingWindowInSeconds") or 0,
            window,
            {"MaximumBatchingWindowInSeconds": window},
        ),
        (
            "maximum concurrency",
            scaling.get("MaximumConcurrency"),
            concurrency,
            {"ScalingConfig": {} if concurrency is None else {"MaximumConcurrency": concurrency}},
        ),
        # AWS takes no provisioned pollers beside a maximum concurrency.
        ("provisioned pollers", pollers, None, {"ProvisionedPollerConfig": {}}),
        (
            "response type",
            list(mapping.get("FunctionResponseTypes") or ()),
            _RESPONSES,
            {"FunctionResponseTypes": _RESPONSES},
        ),
    ]


def _differs(shown: str, function: str) -> bool:
    """Return True if a mapping is that of another function, or of a version of this one."""
    return shown.removesuffix(":$LATEST") != function.removesuffix(":$LATEST")
