"""A client for the JSON protocol that DynamoDB and SQS share."""

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

from .certificates import trusted
from .errors import SERVER_FAULT, CallError, NoTimeLeftError, NotReachedError, QueueDoesNotExistError
from .http1 import Answer, Connection, DamagedAnswerError
from .sigv4 import Credentials, Signer

TRIES = 5
"""Tries of one call, the first included. boto3's clients elsewhere in this library try once more."""

TIMEOUT = 5.0
"""Seconds for a connection, and for each wait for the other side. These services answer within milliseconds."""

_SHORTEST_TIMEOUT = 0.001
"""Seconds."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
"""Seconds before a further try: doubled each time, and of that a random part, as boto3 does."""

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
"""Codes that pass: those for which boto3's standard mode tries again."""

_MISSING_QUEUE = frozenset({"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"})


@dataclass(frozen=True)
class Service:
    """How a service is spoken to.

    Attributes:
        name: in host names and signatures.
        target: what its operations' names are prefixed with.
        content_type: of requests.
        headers: further headers of requests.
    """

    name: str
    target: str
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


SERVICES = {
    "dynamodb": Service("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0"),
    # Asks for the error codes that SQS had before it spoke JSON, as boto3 does: both clients then tell the same.
    "sqs": Service("sqs", "AmazonSQS", "application/x-amz-json-1.0", {"X-Amzn-Query-Mode": "true"}),
}


class WireClient:
    """Calls one service. Threads may share it.

    Its methods are boto3's, such as `put_item`, with boto3's arguments and answers. They raise `CallError`.

    Args:
        service: `dynamodb` or `sqs`.
        region: the AWS region.
        endpoint: the service's URL.
        credentials: whose calls they are.
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
        self._known_authority = True
        if self._secure:
            # Here rather than at the first call: a function is made in Lambda's init phase, on a whole processor.
            trusted(everybody=False)
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
        """Have every call end by then, with however few tries and little patience; `NotReachedError` tells of it.

        Args:
            moment: on the clock of `time.monotonic`, in seconds; None for as long as all tries take.
        """
        self._end = moment

    def close(self) -> None:
        """Close the connections that wait for a next call, which would open new ones."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        body = json.dumps(arguments, default=_base64, separators=(",", ":")).encode()
        target = f"{self._service.target}.{operation}"
        if self._patience() <= 0:
            raise NoTimeLeftError(operation, "NoTimeLeft", "not called, as no time is left for it")
        for left in reversed(range(TRIES)):
            error: CallError
            sends = 1
            try:
                answer, content, sends = self._send(target, body)
            except (OSError, DamagedAnswerError) as broken:
                error = NotReachedError(operation, type(broken).__name__, str(broken))
                error.__cause__ = broken
            else:
                if answer.status == 200:  # noqa: PLR2004 - HTTP's OK
                    return content
                error = _error(operation, answer, content)
            tried = TRIES - 1 - left
            error.response["ResponseMetadata"]["RetryAttempts"] = tried + sends - 1
            if not _is_retryable(error):
                raise error
            pause = random.random() * min(_FIRST_PAUSE * 2**tried, _LONGEST_PAUSE)  # noqa: S311 - jitter
            if not left or self._patience() <= pause:
                raise error
            self._sleep(pause)
        raise AssertionError(operation)

    def _patience(self) -> float:
        """Seconds to wait for the other side, from now on."""
        return TIMEOUT if self._end is None else min(TIMEOUT, self._end - time.monotonic())

    def _timeout(self) -> float:
        """The same for a socket, to which 0 means something else."""
        return max(self._patience(), _SHORTEST_TIMEOUT)

    def _send(self, target: str, body: bytes) -> tuple[Answer, Any, int]:
        """The answer, its parsed content, and how often the request was sent for it."""
        headers = self._signer.headers(self._host, target, self._service.content_type, body)
        headers.update(self._service.headers)
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return *self._exchange(connection, body, headers), 1
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                # Closed by the other side since it was last used, as after a pause between invocations.
                return *self._exchange(self._connect(), body, headers), 2
        return *self._exchange(self._connect(), body, headers), 1

    def _connect(self) -> Connection:
        if not self._secure:
            return Connection(*self._address, None, self._timeout())
        if self._known_authority:
            try:
                return Connection(*self._address, trusted(everybody=False), self._timeout())
            except ssl.SSLCertVerificationError:
                self._known_authority = False
        return Connection(*self._address, trusted(everybody=True), self._timeout())

    def _exchange(self, connection: Connection, body: bytes, headers: dict[str, str]) -> tuple[Answer, Any]:
        try:
            connection.wait_at_most(self._timeout())
            connection.post(headers, body)
            answer = connection.receive()
            parsed = _parsed(answer)
        except BaseException:
            # Also for a deadline that passes in the middle: its answer must not be taken for the next call's.
            connection.close()
            raise
        if answer.last:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return answer, parsed


def end_calls_by(client: object, moment: float | None) -> None:
    """Have a client's calls end by a moment, as `WireClient.end_by` does. A boto3 client knows no such thing."""
    if isinstance(client, WireClient):
        client.end_by(moment)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__qualname__} is not for AWS")


def _binary(fields: dict[str, Any]) -> dict[str, Any]:
    """DynamoDB's binary values, decoded."""
    return {"B": base64.b64decode(fields["B"])} if fields.keys() == {"B"} else fields


def _parsed(answer: Answer) -> Any:
    expected = answer.headers.get(b"x-amz-crc32")
    if expected is not None and expected != b"%d" % zlib.crc32(answer.content):
        raise DamagedAnswerError("the answer was damaged on its way")
    # Most answers say no more than this, and 2 bytes need no parser.
    if answer.content in (b"", b"{}"):
        return {}
    try:
        return json.loads(answer.content, object_hook=_binary)
    except ValueError:
        if answer.status >= SERVER_FAULT:
            # A proxy's page.
            return {"message": answer.content[:200].decode(errors="replace")}
        raise DamagedAnswerError("the answer is no JSON") from None


def _is_retryable(error: CallError) -> bool:
    status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return isinstance(error, NotReachedError) or status >= SERVER_FAULT or code in _THROTTLING


def _error(operation: str, answer: Answer, content: Any) -> CallError:
    said = content if isinstance(content, dict) else {}
    code = str(said.get("__type") or said.get("code") or answer.status).rpartition("#")[2].partition(":")[0]
    # In the form `CODE;WHOSE FAULT`.
    code = answer.headers.get(b"x-amzn-query-error", b"").partition(b";")[0].decode() or code
    message = str(said.get("message") or said.get("Message") or "")
    kind = QueueDoesNotExistError if code in _MISSING_QUEUE else CallError
    return kind(operation, code, message, said, status=answer.status)
