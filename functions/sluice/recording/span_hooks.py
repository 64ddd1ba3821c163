"""Functions of libraries that call the outside, replaced by ones that also record a span.

They are attributes of classes, looked up at each call, so clients that were made before count, too. Nothing of the
recording reaches the handler: what a replaced function returns or raises is what the library's own does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from .spans import AWS, HTTP, Span, open_log

_RESOURCES = (
    *("TableName", "Bucket", "QueueUrl", "FunctionName", "TopicArn", "stateMachineArn", "SecretId", "StreamName"),
    *("EventBusName", "LogGroupName", "logGroupName", "KeyId", "ModelId", "modelId", "Name", "ScheduleName"),
)
"""Parameters that name what an AWS call is about."""

_MAX_TABLES = 3
_SPAN = "_sluice_span"


def _hook_botocore(module: Any) -> None:
    original = module.BaseClient._make_api_call  # noqa: SLF001 - the one function that all calls go through

    @functools.wraps(original)
    def make_api_call(client: Any, operation_name: Any, api_params: Any) -> Any:
        span = _begin_aws(client, operation_name, api_params)
        if span is None:
            return original(client, operation_name, api_params)
        try:
            answer = original(client, operation_name, api_params)
        except BaseException as error:
            _fail_aws(span, error)
            raise
        finally:
            span.leave()
        _end_aws(span, answer)
        return answer

    module.BaseClient._make_api_call = make_api_call  # noqa: SLF001 - as above


def _begin_aws(client: Any, operation: Any, parameters: Any) -> Span | None:
    log = open_log()
    if log is None:
        return None
    try:
        service = str(client.meta.service_model.service_name)
        return log.begin(AWS, service, str(operation), _resource(parameters), whole=True)
    except Exception:  # noqa: BLE001 - it must not reach the handler
        return None


def _end_aws(span: Span, answer: Any) -> None:
    try:
        metadata = answer["ResponseMetadata"]
        span.finish(_number(metadata.get("HTTPStatusCode")), _number(metadata.get("RetryAttempts")) or 0)
    except Exception:  # noqa: BLE001 - as above
        span.finish()


def _fail_aws(span: Span, error: BaseException) -> None:
    span.failed(error)
    try:
        # As botocore's ClientError has it. Its classes are botocore's own, so nobody else is asked.
        response: Any = vars(error)["response"] if type(error).__module__.startswith("botocore.") else {}
        code = response["Error"]["Code"]
        if type(code) is str:
            span.status = code
        span.retries = _number(response["ResponseMetadata"].get("RetryAttempts")) or 0
    except Exception:  # noqa: BLE001 - as above
        return


def _resource(parameters: Any) -> str | None:
    if type(parameters) is not dict:
        return None
    for name in _RESOURCES:
        value = parameters.get(name)
        if type(value) is str:
            return value.rpartition("/")[2] if name == "QueueUrl" else value
    tables = parameters.get("RequestItems")
    return ", ".join(list(map(str, tables))[:_MAX_TABLES]) if type(tables) is dict else None


def _hook_urllib3(module: Any) -> None:
    original = module.HTTPConnectionPool.urlopen

    @functools.wraps(original)
    def urlopen(pool: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        span = _begin_http(pool, method, url, whole=True)
        if span is None:
            return original(pool, method, url, *args, **kwargs)
        try:
            answer = original(pool, method, url, *args, **kwargs)
        except BaseException as error:
            span.failed(error)
            raise
        finally:
            span.leave()
        try:
            span.finish(_number(answer.status), len(answer.retries.history) if answer.retries else 0)
        except Exception:  # noqa: BLE001 - as above
            span.finish()
        return answer

    module.HTTPConnectionPool.urlopen = urlopen


def _hook_http_client(module: Any) -> None:
    put, get = module.HTTPConnection.putrequest, module.HTTPConnection.getresponse

    @functools.wraps(put)
    def putrequest(connection: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        span = _begin_http(connection, method, url, whole=False)
        if span is not None:
            vars(connection)[_SPAN] = span
        return put(connection, method, url, *args, **kwargs)

    @functools.wraps(get)
    def getresponse(connection: Any, *args: Any, **kwargs: Any) -> Any:
        span = vars(connection).pop(_SPAN, None)
        if span is None:
            return get(connection, *args, **kwargs)
        try:
            answer = get(connection, *args, **kwargs)
        except BaseException as error:
            span.failed(error)
            raise
        span.finish(_number(answer.status))
        return answer

    module.HTTPConnection.putrequest, module.HTTPConnection.getresponse = putrequest, getresponse


def _hook_httpx(module: Any) -> None:
    original, original_async = module.Client.send, module.AsyncClient.send

    @functools.wraps(original)
    def send(client: Any, request: Any, **kwargs: Any) -> Any:
        span = _begin_httpx(request)
        if span is None:
            return original(client, request, **kwargs)
        try:
            answer = original(client, request, **kwargs)
        except BaseException as error:
            span.failed(error)
            raise
        span.finish(_number(answer.status_code))
        return answer

    @functools.wraps(original_async)
    async def send_async(client: Any, request: Any, **kwargs: Any) -> Any:
        span = _begin_httpx(request)
        if span is None:
            return await original_async(client, request, **kwargs)
        try:
            answer = await original_async(client, request, **kwargs)
        except BaseException as error:
            span.failed(error)
            raise
        span.finish(_number(answer.status_code))
        return answer

    module.Client.send, module.AsyncClient.send = send, send_async


def _begin_http(connection: Any, method: Any, url: Any, *, whole: bool) -> Span | None:
    log = open_log()
    if log is None or type(method) is not str or type(url) is not str:
        return None
    try:
        return log.begin(HTTP, str(connection.host), method, _path(url), whole=whole)
    except Exception:  # noqa: BLE001 - it must not reach the handler
        return None


def _begin_httpx(request: Any) -> Span | None:
    log = open_log()
    if log is None:
        return None
    try:
        return log.begin(HTTP, str(request.url.host), str(request.method), str(request.url.path), whole=False)
    except Exception:  # noqa: BLE001 - as above
        return None


def _path(url: str) -> str:
    """Return a URL's path. Its query may hold anything."""
    path = url.partition("?")[0].partition("#")[0]
    if "://" in path:
        # By a proxy. What stands before the host may be a password.
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


HOOKS: Mapping[str, Callable[[ModuleType], None]] = {
    "botocore.client": _hook_botocore,
    "urllib3.connectionpool": _hook_urllib3,
    "http.client": _hook_http_client,
    "httpx._client": _hook_httpx,
}
"""The functions that replace those of each module of `HOOKED`."""
