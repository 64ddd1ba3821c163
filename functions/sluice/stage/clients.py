"""AWS clients for a stage: for AWS with the caller's own credentials, or for the local cloud."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from ..errors import StageNotSetError
from ..lean_aws import Credentials, LeanClient
from .names import LOCAL_STAGE, check_stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

DEFAULT_PORT = 4566
"""The local cloud's port unless SLUICE_PORT says otherwise."""

LOCAL_REGION = "us-east-1"
"""The local cloud's region."""

_CONNECTIONS = 32
"""Connections of a client: one for each thread that this library starts."""

_clients: dict[tuple[str, str, bool], Any] = {}
_lean_clients: dict[str, LeanClient] = {}
_lock = threading.Lock()


def current_stage(stage: str | None = None) -> str:
    """Return the given stage, or else the one that SLUICE_STAGE names, as it does in every handler.

    Raises:
        StageNotSetError: neither names a stage.
        InvalidNameError: a stage cannot have this name.
    """
    chosen = stage or os.environ.get("SLUICE_STAGE")
    if not chosen:
        raise StageNotSetError(
            "which stage? Set the environment variable SLUICE_STAGE, or pass stage='prod' (or 'local')"
        )
    return check_stage(chosen)


def local_endpoint() -> str:
    """Return the local cloud's URL: on 127.0.0.1, at the port SLUICE_PORT."""
    return f"http://127.0.0.1:{_local_port()}"


def _local_port() -> int | str:
    return os.environ.get("SLUICE_PORT") or DEFAULT_PORT


def client(service: str, stage: str) -> Any:
    """Return the process's boto3 client for a service of the stage.

    A program's own AWS_ENDPOINT_URL applies to the local stage too. moto does not see calls of clients that were made
    before it was imported, hence new clients once it is.
    """
    key = (service, stage, "moto" in sys.modules)
    with _lock:
        if key not in _clients:
            _clients[key] = _make(service, stage)
        return _clients[key]


def forget_clients() -> None:
    """Drop all clients, so that new ones are made from a changed environment."""
    with _lock:
        _clients.clear()
        for lean_client in _lean_clients.values():
            lean_client.close()
        _lean_clients.clear()


def forget_clients_in_child() -> None:
    """Drop all clients in a process that was just forked, as their connections are its parent's.

    The locks are new ones: a thread of the parent's may have held them at that moment.
    """
    global _lock  # noqa: PLW0603 - as above
    _lock = threading.Lock()
    for lean_client in _lean_clients.values():
        lean_client.forget_connections()
    _clients.clear()
    _lean_clients.clear()


def sqs(stage: str) -> SQSClient:
    """Return the stage's SQS client: boto3's, or in a handler's function the lean one."""
    made: SQSClient = _lean_client("sqs", stage) or client("sqs", stage)
    return made


def dynamodb(stage: str) -> DynamoDBClient:
    """Return the stage's DynamoDB client: boto3's, or in a handler's function the lean one."""
    made: DynamoDBClient = _lean_client("dynamodb", stage) or client("dynamodb", stage)
    return made


def _lean_client(service: str, stage: str) -> Any:
    """Return the lean client in a handler's function; None elsewhere, and under moto, which sees boto3's calls only."""
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ or "moto" in sys.modules:
        return None
    prefix, key = os.environ.get("SLUICE_QUEUE_URL_PREFIX"), os.environ.get("AWS_ACCESS_KEY_ID")
    if not prefix or not key or "SLUICE_HANDLER" not in os.environ or stage != os.environ.get("SLUICE_STAGE"):
        return None
    with _lock:
        if service not in _lean_clients:
            endpoint = os.environ.get("AWS_ENDPOINT_URL") or prefix.replace("://sqs.", f"://{service}.")
            _lean_clients[service] = LeanClient(
                service,
                region=os.environ["AWS_REGION"],
                endpoint=os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or endpoint,
                credentials=Credentials(
                    key, os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN") or None
                ),
            )
        return _lean_clients[service]


def patient_client(service: str, stage: str, seconds: float) -> Any:
    """Return a new boto3 client that waits this many seconds for an answer, and never retries."""
    return _make(service, stage, read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": 1})


def _make(service: str, stage: str, **settings: Any) -> Any:
    # Imported only where needed: the import takes a quarter of a second, which a handler's first event would wait for.
    import boto3  # noqa: PLC0415 - see above
    from botocore.config import Config  # noqa: PLC0415 - see above

    retries = {"mode": "standard", "max_attempts": 5}
    config = Config(**{"retries": retries, "max_pool_connections": _CONNECTIONS, **settings})
    if stage == LOCAL_STAGE and "AWS_ENDPOINT_URL" not in os.environ:
        from .local_credentials import KEY_ID, read_secret  # noqa: PLC0415 - no function needs it

        local: Any = boto3.Session(botocore_session=_session_without_settings()).client
        return local(
            service,
            endpoint_url=local_endpoint(),
            region_name=LOCAL_REGION,
            # Its own. Others serve to try policies there: see SLUICE_LOCAL_IAM.
            aws_access_key_id=os.environ.get("SLUICE_LOCAL_KEY_ID", KEY_ID),
            aws_secret_access_key=os.environ.get("SLUICE_LOCAL_SECRET") or read_secret(_local_port()) or "none",
            config=config.merge(Config(proxies={})),
        )
    make: Any = boto3.client  # Any, as the stubs take literal service names only
    return make(service, config=config)


def _session_without_settings() -> Any:
    """Return a botocore session that ignores the caller's profile, which may not exist, and their AWS files."""
    from botocore.session import Session  # noqa: PLC0415 - as above

    nowhere = (None, None, os.devnull, None)
    return Session({"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere})
