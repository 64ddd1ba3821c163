"""Lean clients that are closed after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice.lean_aws import Credentials, LeanClient

NewClient = Callable[..., Any]
"""Makes a lean client from a service, an endpoint, and further arguments."""


@pytest.fixture
def new_client() -> Iterator[NewClient]:
    """Makes lean clients that never wait between tries."""
    made: list[LeanClient] = []

    def make(service: str, endpoint: str, **options: Any) -> LeanClient:
        credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        settings: dict[str, Any] = {"region": "us-east-1", "credentials": credentials, "sleep": lambda _: None}
        made.append(LeanClient(service, endpoint=endpoint, **(settings | options)))
        return made[-1]

    yield make
    for client in made:
        client.close()
