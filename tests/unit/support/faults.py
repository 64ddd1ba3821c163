"""An AWS client that fails, and a process that dies, at calls that the test chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class ProcessDiedError(BaseException):
    """The function's process is gone: nothing after this has any effect."""


class Process:
    """One process of a function. Once it has died, no call of its reaches AWS any more."""

    def __init__(self) -> None:
        self.alive = True

    def die(self) -> None:
        self.alive = False
        raise ProcessDiedError

    def check(self) -> None:
        if not self.alive:
            raise ProcessDiedError


class FaultyClient:
    """A boto3 client some of whose calls fail.

    Args:
        client: the real one.
        process: whose calls these are.
        fault: asked before each call; answers None, or one of "refuse" (it fails), "time-out" (it takes effect, and
            then fails), "die-before" and "die-after" (the process dies around it).
    """

    def __init__(self, client: Any, process: Process, fault: Callable[[str], str | None]) -> None:
        self._client = client
        self._process = process
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name in ("exceptions", "meta"):
            return attribute

        def call(**arguments: Any) -> Any:
            self._process.check()
            fault = self._fault(name)
            if fault == "die-before":
                self._process.die()
            if fault == "refuse":
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "too fast"}}, name)
            answer = attribute(**arguments)
            if fault == "die-after":
                self._process.die()
            if fault == "time-out":
                raise ReadTimeoutError(endpoint_url="https://aws")
            return answer

        return call
