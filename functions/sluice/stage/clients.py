"""boto3 clients for a stage: AWS with the caller's own credentials, or the local cloud."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from ..errors import StageNotSetError
from ..lean_aws import Credentials, WireClient
from .names import LOCAL_STAGE, check_stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

DEFAULT_PORT = 4566
"""The local cloud's port unless SLUICE_PORT says otherwise."""

LOCAL_REGION = "us-east-1"

_CONNECTIONS = 32
"""Enough for every thread that this library starts to have its own connection."""

_clients: dict[tuple[str, str, bool], Any] = {}
_wire_clients: dict[str, WireClient] = {}
_lock = threading.Lock()


def current_stage(stage: str | None = None) -> str:
    """The stage asked for, or else the one that SLUICE_STAGE names, as it does in every handler.

    Raises:
        StageNotSetError: neither says which.
        InvalidNameError: it is no stage's name.
    """
    chosen = stage or os.environ.get("SLUICE_STAGE")
    if not chosen:
        raise StageNotSetError(
            "which stage? Set the environment variable SLUICE_STAGE, or pass stage='prod' (or 'local')"
        )
    return check_stage(chosen)


def local_endpoint() -> str:
    """Where the local cloud listens: 127.0.0.1, at SLUICE_PORT."""
    return f"http://127.0.0.1:{os.environ.get('SLUICE_PORT') or DEFAULT_PORT}"


def client(service: str, stage: str) -> Any:
    """A boto3 client for a service of the stage's cloud, made once a process.

    A program's own AWS_ENDPOINT_URL is respected also for the local stage. A client made before moto was
    imported would go past moto to AWS, hence a client of its own once moto is there.
    """
    key = (service, stage, "moto" in sys.modules)
    with _lock:
        if key not in _clients:
            _clients[key] = _make(service, stage)
        return _clients[key]


def forget_clients() -> None:
    """Make new clients from here on, for tests and programs that change the environment they are made from."""
    with _lock:
        _clients.clear()
        for wire_client in _wire_clients.values():
            wire_client.close()
        _wire_clients.clear()


def sqs(stage: str) -> SQSClient:
    """The stage's SQS client; in a handler's function, one that knows only the calls made for each event."""
    made: SQSClient = _wire_client("sqs", stage) or client("sqs", stage)
    return made


def dynamodb(stage: str) -> DynamoDBClient:
    """The stage's DynamoDB client; in a handler's function, one that knows only the calls made for each event."""
    made: DynamoDBClient = _wire_client("dynamodb", stage) or client("dynamodb", stage)
    return made


def _wire_client(service: str, stage: str) -> Any:
    """A client without boto3, in the functions that this library is deployed as and nowhere else.

    Not under moto, which sees boto3's calls alone.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ or "moto" in sys.modules:
        return None
    prefix, key = os.environ.get("SLUICE_QUEUE_URL_PREFIX"), os.environ.get("AWS_ACCESS_KEY_ID")
    if not prefix or not key or "SLUICE_HANDLER" not in os.environ or stage != os.environ.get("SLUICE_STAGE"):
        return None
    with _lock:
        if service not in _wire_clients:
            endpoint = os.environ.get("AWS_ENDPOINT_URL") or prefix.replace("://sqs.", f"://{service}.")
            _wire_clients[service] = WireClient(
                service,
                region=os.environ["AWS_REGION"],
                endpoint=os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or endpoint,
                credentials=Credentials(
                    key, os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN") or None
                ),
            )
        return _wire_clients[service]


def patient_client(service: str, stage: str, seconds: float) -> Any:
    """A boto3 client that waits this long for an answer, and doesn't ask twice."""
    return _make(service, stage, read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": 1})


def _make(service: str, stage: str, **settings: Any) -> Any:
    # Imported when it is needed: it takes a quarter of a second, which a handler's first event would wait for.
    import boto3  # noqa: PLC0415 - see above
    from botocore.config import Config  # noqa: PLC0415 - see above

    retries = {"mode": "standard", "max_attempts": 5}
    config = Config(**{"retries": retries, "max_pool_connections": _CONNECTIONS, **settings})
    if stage == LOCAL_STAGE and "AWS_ENDPOINT_URL" not in os.environ:
        local: Any = boto3.Session(botocore_session=_session_without_settings()).client
        return local(
            service,
            endpoint_url=local_endpoint(),
            region_name=LOCAL_REGION,
            # The emulator's, worth nothing. Others are for trying policies there: see SLUICE_LOCAL_IAM.
            aws_access_key_id=os.environ.get("SLUICE_LOCAL_KEY_ID", "test"),
            aws_secret_access_key=os.environ.get("SLUICE_LOCAL_SECRET", "test"),
            config=config.merge(Config(proxies={})),
        )
    make: Any = boto3.client  # the stubs know services by name only
    return make(service, config=config)


def _session_without_settings() -> Any:
    """A botocore session that takes no notice of the caller's profiles, which may not exist, nor of their files."""
    from botocore.session import Session  # noqa: PLC0415 - as above

    nowhere = (None, None, os.devnull, None)
    return Session({"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere})
