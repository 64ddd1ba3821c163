"""Notes on what app.py asks for beyond the quotas of a new AWS account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NEW_CONCURRENCY = 10
"""Functions that a new account may run at a time, until AWS raises it; 1,000 is the usual quota (Lambda guide,
quotas: "new accounts have reduced concurrency and memory quotas")."""

NEW_MEMORY = 3_008
"""MB that a function of a new account may have, in practice, until AWS raises it; 10,240 is the usual quota."""


def notes_on(templates: Sequence[Any]) -> list[str]:
    """Return what a new account may not allow, a sentence each; an empty list if it allows all.

    Args:
        templates: the synthesised CloudFormation templates.
    """
    resources = [found for template in templates for found in template["Resources"].values()]
    return [*_about_memory(resources), *_about_concurrency(resources)]


def _about_memory(resources: Sequence[Any]) -> list[str]:
    large = {
        found["Properties"]["FunctionName"]: found["Properties"]["MemorySize"]
        for found in resources
        if found["Type"] == "AWS::Lambda::Function" and found["Properties"].get("MemorySize", 0) > NEW_MEMORY
    }
    if not large:
        return []
    listed = ", ".join(f"{name} ({memory:,} MB)" for name, memory in sorted(large.items()))
    return [
        f"a new account may be limited to {NEW_MEMORY:,} MB a function, and then AWS refuses {listed}: ask AWS Support"
        " to raise the limit, or lower memory"
    ]


def _about_concurrency(resources: Sequence[Any]) -> list[str]:
    limits = [
        found["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency")
        for found in resources
        if found["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    limited = sum(limit for limit in limits if limit)
    if None not in limits and limited <= NEW_CONCURRENCY:
        return []
    free = limits.count(None)
    wanted = [f"max_concurrency adds up to {limited:,}"] if limited else []
    wanted += [f"{free} handler{' has' if free == 1 else 's have'} none"] if free else []
    return [
        f"a new account may run {NEW_CONCURRENCY} functions at a time, all handlers together; here"
        f" {' and '.join(wanted)}. Ask for a higher quota of concurrent executions in Service Quotas"
    ]
