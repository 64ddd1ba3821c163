"""A server in place of AWS, in a process of its own: it accepts every call, as DynamoDB and SQS would.

It stores nothing and only counts the calls, so that the measured work is the caller's.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import urlopen

_IDS = re.compile(rb'"Id": ?"([^"]+)"')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"x-amz-target: \w+\.(\w+)", re.IGNORECASE)

SLOW_SECONDS = 0.005
"""Seconds that the slow endpoint takes to answer: as many as an AWS service in the same region takes."""


class _Answers(asyncio.Protocol):
    calls: ClassVar[Counter[str]] = Counter()

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = _LENGTH.search(head)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < total:
                if b"100-continue" in head:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body, self._buffer = self._buffer[end + 4 : total], self._buffer[total:]
            answer = self._answer(head, body)
            response = (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "
                + str(len(answer)).encode()
                + b"\r\n\r\n"
                + answer
            )
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, response)
            else:
                self._transport.write(response)

    def _answer(self, head: bytes, body: bytes) -> bytes:
        target = _TARGET.search(head)
        if target is None:
            counted = json.dumps(self.calls).encode()
            self.calls.clear()
            return counted
        self.calls[target[1].decode()] += 1
        if target[1] == b"SendMessageBatch":
            sent = b",".join(
                b'{"Id":"%b","MessageId":"m","MD5OfMessageBody":"0"}' % name for name in _IDS.findall(body)
            )
            return b'{"Successful":[' + sent + b"]}"
        return b"{}"


async def _serve(certificate: str) -> None:
    loop = asyncio.get_running_loop()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    fast = await loop.create_server(lambda: _Answers(0), "127.0.0.1", 0)
    slow = await loop.create_server(lambda: _Answers(SLOW_SECONDS), "127.0.0.1", 0)
    secure = await loop.create_server(lambda: _Answers(0), "127.0.0.1", 0, ssl=tls)
    ports = [server.sockets[0].getsockname()[1] for server in (fast, slow, secure)]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


class Server:
    """The server's process, for the length of a `with` block.

    Args:
        certificate: the file with the certificate and its key.

    Attributes:
        fast, slow, secure: the URLs of endpoints that answer at once, after `SLOW_SECONDS`, and at once over TLS.
    """

    def __init__(self, certificate: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(certificate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        fast, slow, secure = json.loads(self._process.stdout.readline())
        self.fast, self.slow = f"http://127.0.0.1:{fast}", f"http://127.0.0.1:{slow}"
        self.secure = f"https://127.0.0.1:{secure}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def calls(self) -> dict[str, int]:
        """Return the number of calls of each operation since the last time."""
        with urlopen(self.fast, timeout=10) as answer:
            counted: dict[str, int] = json.load(answer)
        return counted


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
