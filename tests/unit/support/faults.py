"""An AWS client whose calls fail, and a process that dies at a call, where a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class ProcessDiedError(BaseException):
    """The function's process has died: none of its later calls reaches AWS."""


class Process:
    """One process of a function. Once it has died, none of its calls reaches AWS."""

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
        client: the client that it calls.
        process: the process that makes the calls.
        fault: called with the name of each call before it. Returns None for no fault; "refuse" if AWS is to refuse it;
            "time-out" if AWS does it, and the answer gets lost; "die-before" or "die-after" if the process dies before
            or after it.
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
