"""A handler's settings, as its function and its event source mapping have them."""

from __future__ import annotations

from typing import Any

from ..stage import clients
from ..stage.names import Names

_OF_HANDLER = {
    "SLUICE_TRACE": "trace",
    "SLUICE_REDACT": "redact",
    "SLUICE_MAX_HOPS": "max_hops",
    "SLUICE_OVERLAP": "overlap",
    "SLUICE_TRACE_DAYS": "trace_days",
}
"""The function's environment variables that hold a handler's settings, by their names in app.py."""


def handler_settings(stage: str, handler: str) -> dict[str, str]:
    """Return a handler's settings by name; empty without a function.

    Args:
        stage: the stage.
        handler: the handler's name.

    Raises:
        botocore.exceptions.ClientError: AWS refused a call.
    """
    functions: Any = clients.client("lambda", stage)
    name = Names(stage).function(handler)
    try:
        function = functions.get_function_configuration(FunctionName=name)
    except functions.exceptions.ResourceNotFoundException:
        return {}
    found = {"timeout": f"{function['Timeout']} s", "memory": f"{function['MemorySize']} MB"}
    mappings = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    if mappings:
        found["batch_size"] = str(mappings[0].get("BatchSize", 1))
        most = mappings[0].get("ScalingConfig", {}).get("MaximumConcurrency")
        found |= {"max_concurrency": str(most)} if most else {}
    variables = function.get("Environment", {}).get("Variables", {})
    if "SLUICE_TIMEOUT" in variables:
        # The function's own timeout is that of a whole batch.
        found["timeout"] = f"{variables['SLUICE_TIMEOUT'].removesuffix('.0')} s"
    return found | {label: variables[key] for key, label in _OF_HANDLER.items() if variables.get(key)}
