"""A client for the JSON protocol of DynamoDB and SQS."""

from __future__ import annotations

import base64
import json
import random
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from ..clock import clock
from .certificates import tls_context
from .errors import SERVER_FAULT, CallError, NoTimeLeftError, NotReachedError, QueueDoesNotExistError
from .http1 import Connection, DamagedResponseError, Response
from .sigv4 import Credentials, Signer

TRIES = 5
"""Tries of one call, the first included. boto3's clients elsewhere in this library try once more."""

PATIENT_TRIES = 12
"""Tries of a call that is throttled and has an end: some seven seconds. A table whose traffic grows fast throttles for
longer than five tries take, and a trace that is given up is lost to it."""

TIMEOUT = 5.0
"""Seconds to connect, and for each wait for data. These services answer within milliseconds."""

_MIN_TIMEOUT = 0.001
"""Seconds. To a socket, 0 means not to wait at all."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
"""Seconds before the second try, doubled for each further one, and the most. A random part of them is waited, as boto3
does."""

_THROTTLING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "RequestTimeout",
        "RequestTimeoutException",
        "KmsThrottled",
        "KMS.ThrottlingException",
    }
)
"""Codes that boto3's standard mode retries."""

_MISSING_QUEUE = frozenset({"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"})


@dataclass(frozen=True)
class Service:
    """A service's part of the protocol.

    Attributes:
        name: its name in host names and signatures.
        target: the prefix of its operations in the X-Amz-Target header.
        content_type: the requests' Content-Type.
        headers: further headers of its requests.
    """

    name: str
    target: str
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


SERVICES = {
    "dynamodb": Service("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0"),
    # As boto3 does, asks for the error codes of SQS's older protocol, so that both clients raise the same codes.
    "sqs": Service("sqs", "AmazonSQS", "application/x-amz-json-1.0", {"X-Amzn-Query-Mode": "true"}),
}


class LeanClient:
    """Calls one service. Threads may share it.

    Its methods are boto3's, such as `put_item`, with boto3's arguments and results. They raise `CallError`.

    Args:
        service: `dynamodb` or `sqs`.
        region: the AWS region.
        endpoint: the service's URL.
        credentials: the caller's.
        sleep: waits between tries.
    """

    exceptions = SimpleNamespace(QueueDoesNotExist=QueueDoesNotExistError, ClientError=CallError)

    def __init__(
        self,
        service: str,
        *,
        region: str,
        endpoint: str,
        credentials: Credentials,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = SERVICES[service]
        parts = urlsplit(endpoint)
        self._host = parts.netloc
        self._secure = parts.scheme == "https"
        self._address = parts.hostname or "", parts.port or (443 if self._secure else 80)
        self._aws_authority = True
        if self._secure:
            # Here rather than at the first call: Lambda's init phase has a whole processor.
            tls_context(all_authorities=False)
        self._signer = Signer(credentials, self._service.name, region)
        self._sleep = sleep
        self._end: float | None = None
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        operation = "".join(word.capitalize() for word in name.split("_"))

        def call(**arguments: Any) -> Any:
            return self._call(operation, arguments)

        setattr(self, name, call)
        return call

    def end_by(self, moment: float | None) -> None:
        """Have every call end by a moment, with fewer tries and shorter waits.

        A call without an answer by then raises `NotReachedError`.

        Args:
            moment: seconds on the clock of `time.monotonic`; None for no end.
        """
        self._end = moment

    def close(self) -> None:
        """Close the idle connections. The next call opens a new one."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def forget_connections(self) -> None:
        """Use none of the idle connections any more, in a process that was just forked: they are its parent's."""
        self._lock = threading.Lock()
        self._idle = []

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        body = json.dumps(arguments, default=_base64, separators=(",", ":")).encode()
        target = f"{self._service.target}.{operation}"
        if self._time_left() <= 0:
            raise NoTimeLeftError(operation, "NoTimeLeft", "not called, as no time is left for it")
        for tried in range(PATIENT_TRIES):
            error: CallError
            sends = 1
            try:
                response, content, sends = self._send(target, body)
            except (OSError, DamagedResponseError) as cause:
                error = NotReachedError(operation, type(cause).__name__, str(cause))
                error.__cause__ = cause
            else:
                if response.status == 200:  # noqa: PLR2004 - HTTP's OK
                    return content
                error = _error(operation, response, content)
            error.response["ResponseMetadata"]["RetryAttempts"] = tried + sends - 1
            if not _is_retryable(error):
                raise error
            pause = random.random() * min(_FIRST_PAUSE * 2**tried, _LONGEST_PAUSE)  # noqa: S311 - jitter
            patient = self._end is not None and error.response["Error"]["Code"] in _THROTTLING
            if tried + 1 >= (PATIENT_TRIES if patient else TRIES) or self._time_left() <= pause:
                raise error
            self._sleep(pause)
        raise AssertionError(operation)

    def _time_left(self) -> float:
        """Return for how many seconds a socket may wait from now on."""
        return TIMEOUT if self._end is None else min(TIMEOUT, self._end - clock.monotonic())

    def _timeout(self) -> float:
        """Return the time left as a socket's timeout."""
        return max(self._time_left(), _MIN_TIMEOUT)

    def _send(self, target: str, body: bytes) -> tuple[Response, Any, int]:
        """Return the response, its parsed content, and how often the request was sent for it."""
        headers = self._signer.headers(self._host, target, self._service.content_type, body)
        headers.update(self._service.headers)
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return *self._exchange(connection, body, headers), 1
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                # AWS closed it since it was last used, as in a pause between invocations.
                return *self._exchange(self._connect(), body, headers), 2
        return *self._exchange(self._connect(), body, headers), 1

    def _connect(self) -> Connection:
        if not self._secure:
            return Connection(*self._address, None, self._timeout())
        if self._aws_authority:
            try:
                return Connection(*self._address, tls_context(all_authorities=False), self._timeout())
            except ssl.SSLCertVerificationError:
                self._aws_authority = False
        return Connection(*self._address, tls_context(all_authorities=True), self._timeout())

    def _exchange(self, connection: Connection, body: bytes, headers: dict[str, str]) -> tuple[Response, Any]:
        try:
            connection.set_timeout(self._timeout())
            connection.post(headers, body)
            response = connection.receive()
            parsed = _parsed(response)
        except BaseException:
            # Also if a run's deadline interrupts the call: the next call must not get this one's response.
            connection.close()
            raise
        if response.last:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return response, parsed


def end_calls_by(client: object, moment: float | None) -> None:
    """Have a lean client's calls end by a moment, as `LeanClient.end_by` does. Does nothing to a boto3 client."""
    if isinstance(client, LeanClient):
        client.end_by(moment)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"an AWS call cannot carry a {type(value).__qualname__}")


def _binary(fields: dict[str, Any]) -> dict[str, Any]:
    """Decode DynamoDB's binary values."""
    return {"B": base64.b64decode(fields["B"])} if fields.keys() == {"B"} else fields


def _parsed(response: Response) -> Any:
    expected = response.headers.get(b"x-amz-crc32")
    if expected is not None and expected != b"%d" % zlib.crc32(response.content):
        raise DamagedResponseError("the response was damaged on its way")
    # Most responses are empty, and need no parser.
    if response.content in (b"", b"{}"):
        return {}
    try:
        return json.loads(response.content, object_hook=_binary)
    except ValueError:
        if response.status >= SERVER_FAULT:
            # A proxy's page.
            return {"message": response.content[:200].decode(errors="replace")}
        raise DamagedResponseError("the response is no JSON") from None


def _is_retryable(error: CallError) -> bool:
    status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return isinstance(error, NotReachedError) or status >= SERVER_FAULT or code in _THROTTLING


def _error(operation: str, response: Response, content: Any) -> CallError:
    fields = content if isinstance(content, dict) else {}
    code = str(fields.get("__type") or fields.get("code") or response.status).rpartition("#")[2].partition(":")[0]
    # SQS's older code, followed by a semicolon and `Sender` or `Receiver`.
    code = response.headers.get(b"x-amzn-query-error", b"").partition(b";")[0].decode() or code
    message = str(fields.get("message") or fields.get("Message") or "")
    kind = QueueDoesNotExistError if code in _MISSING_QUEUE else CallError
    return kind(operation, code, message, fields, status=response.status)
