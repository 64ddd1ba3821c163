"""A guard before MiniStack: it refuses calls from browsers and calls that are not signed with our credentials.

MiniStack itself takes every call. Without the guard, a page in the developer's browser and every user of the machine
could run code in the local cloud as the developer. Three checks keep them out:

- the Host has to be a loopback name, so that a page cannot reach the port by a name of its own (DNS rebinding)
- an Origin has to be the local cloud's own: browsers name the page's origin in calls that a page makes
- the signature has to be made with a secret that only the owner's programs can read

AWS's own tools pass all three. Answers carry no `Access-Control-` headers, so that no page can read one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

HEALTH = "/_ministack/health"
"""The path that tells that the local cloud is up. It is answered without credentials, and says nothing else."""

_TOKEN_PATHS = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
"""CloudFormation's own addresses for answers of custom resources. Each ends in a random token, as AWS's do."""

_LOOPBACK = re.compile(r"(127\.0\.0\.1|([\w-]+\.)*localhost)(:\d+)?", re.IGNORECASE | re.ASCII)
"""Hosts that reach this machine. Names that end in `.localhost` belong to nobody (RFC 6761)."""

_FORBIDDEN = 403

_XML_SERVICES = frozenset({"autoscaling", "cloudformation", "ec2", "iam", "monitoring", "rds", "s3", "sns", "sts"})
"""The services whose clients read errors as XML."""


@dataclass(frozen=True)
class Call:
    """A call to the local cloud.

    Attributes:
        method: the HTTP method.
        raw_path: the path as it was sent.
        query: the values of each of the query's fields.
        headers: the headers, by their names in lower case.
        body: the body.
    """

    method: str
    raw_path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


class Guard:
    """An ASGI application that passes on to another one only what it may have.

    Args:
        app: the other application.
        refusal: returns why a call's signature is wrong; None if it is right.
    """

    def __init__(self, app: App, refusal: Callable[[Call], str | None]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a call, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            # A WebSocket's handshake carries no signature that could be checked here.
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        reason = foreign(headers)
        if reason is not None:
            await _refuse(send, headers, reason)
            return
        if scope["path"] == HEALTH:
            await _reply(send, 200, b"{}", "application/json")
            return
        if scope["method"] == "PUT" and scope["path"].startswith(_TOKEN_PATHS):
            await self._app(scope, receive, _without_cors(send))
            return
        if not _claims_a_signature(headers, scope["query_string"]):
            # Before the body is read: nobody without credentials fills this process's memory.
            await _refuse(send, headers, "it is not signed")
            return
        body = await _read(receive)
        if body is None:
            return
        call = Call(
            scope["method"],
            (scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers,
            body,
        )
        reason = self._refusal(call)
        if reason is not None:
            await _refuse(send, headers, reason)
            return
        await self._app(scope, _again(body, receive), _without_cors(send))


def headers_of(scope: Message) -> dict[str, str]:
    """Return a call's headers by their names in lower case; values of one name are joined as SigV4 joins them."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), _text(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def foreign(headers: Mapping[str, str]) -> str | None:
    """Return why a call comes from a page in a browser or under a foreign name; None if it does not.

    Args:
        headers: the call's headers.
    """
    host = headers.get("host", "")
    if not _LOOPBACK.fullmatch(host):
        return f"the Host {host[:100]!r} is not this machine"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"the Origin {origin[:100]!r} is another page"
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return "another page in a browser sent it"
    return None


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _claims_a_signature(headers: Mapping[str, str], query: bytes) -> bool:
    return headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ") or b"signature=" in query.lower()


async def _read(receive: Receive) -> bytes | None:
    """Return a call's body; None if the caller has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body first."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return first.pop() if first else await receive()

    return receive_again


def _without_cors(send: Send) -> Send:
    """Return a `send` that leaves out the headers that would let a page read the answer."""

    async def send_rest(message: Message) -> None:
        if "headers" in message:
            kept = [(name, value) for name, value in message["headers"] if not _is_cors(name)]
            message = {**message, "headers": kept}
        await send(message)

    return send_rest


def _is_cors(name: bytes) -> bool:
    return name.lower().startswith(b"access-control-")


async def _refuse(send: Send, headers: Mapping[str, str], reason: str) -> None:
    """Answer as AWS does to a caller whom it doesn't know, in the form that the called service's clients read."""
    message = (
        f"the local cloud refuses this call: {reason}. Its credentials change with each start; other AWS tools find"
        " them as the docs' page on the local cloud says"
    )
    code = "InvalidClientTokenId"
    scope = headers.get("authorization", "").split("/")
    if scope[3:4] and scope[3] in _XML_SERVICES:
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        wrapped = f"<Error>{error}</Error>"
        text = wrapped if scope[3] == "s3" else f"<ErrorResponse>{wrapped}</ErrorResponse>"
        await _reply(send, _FORBIDDEN, text.encode(), "text/xml")
        return
    await _reply(
        send,
        _FORBIDDEN,
        json.dumps({"__type": code, "message": message}).encode(),
        "application/json",
        (b"x-amzn-errortype", code.encode()),
    )


async def _reply(send: Send, status: int, body: bytes, kind: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
