"""Custom resources of the CDK and of a team, such as those of S3 notifications, and what their functions import.

Without this:

- CloudFormation waits for an hour for the answer of a function that has failed, and so does a deployment
- functions without a layer find no boto3, which is part of AWS's Python
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc  # type: ignore[import-untyped]
from ministack.services.cloudformation import custom_resource  # type: ignore[import-untyped]

_OF_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""The packages of AWS's Python: boto3, and what it needs."""

_LAST_CHARACTERS = 1_000
"""Characters of a failed function's log that are told."""

_execute = lambda_svc._execute_function_with_config_scope  # noqa: SLF001 - all custom resources go through it


def install() -> None:
    """Put this into MiniStack. Call it before MiniStack is started."""
    lambda_svc._execute_function_with_config_scope = _execute_and_answer  # noqa: SLF001 - as above


def add_packages_of_runtime(environment: Path) -> None:
    """Give a Python environment the packages that AWS's Python has. A function's layer goes before them.

    Args:
        environment: the environment's directory.
    """
    (packages,) = environment.glob("lib/python*/site-packages")
    for name in _OF_RUNTIME:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = packages / source.name
        if not link.is_symlink():
            link.symlink_to(source)


def _execute_and_answer(function: Any, event: Any) -> Any:
    result = _execute(function, event)
    if isinstance(event, Mapping) and "ResponseURL" in event and isinstance(result, Mapping) and result.get("error"):
        _answer_for(function, str(event["ResponseURL"]).rsplit("/", 1)[-1], result)
    return result


def _answer_for(function: Any, token: str, result: Mapping[str, Any]) -> None:
    """Tell CloudFormation that a function has failed, if it has not answered itself."""
    waiting = custom_resource._pending.get(token)  # noqa: SLF001 - there is no other way to see it
    if waiting is None or waiting["event"].is_set():
        return
    name = (function.get("config") or function).get("FunctionName", "?")
    body = result.get("body")
    message = body.get("errorMessage") if isinstance(body, Mapping) else None
    log = str(result.get("log") or "")[-_LAST_CHARACTERS:].strip()
    reason = f"its function {name} failed: {message or 'it was not run'}" + (f"\n{log}" if log else "")
    custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": reason})
