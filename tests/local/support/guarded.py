"""A local cloud with IAM on, its users, and all ways around a block that can be tried in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.support.commands import Ran
from tests.local.support.projects import Project

BLOCKED = "sluice-local-barred"
FREE = "sluice-local-paused"
RECONCILER = "sluice-local--reconciler"
TAG = "sluice:blocked"

REFUSALS = {"AccessDenied", "AccessDeniedException"}


@dataclass(frozen=True)
class Guarded:
    """A local cloud with IAM on, and a user for each policy.

    Attributes:
        project: its project.
        keys: each user's access key id and secret.
    """

    project: Project
    keys: dict[str, tuple[str, str]]

    def run(self, kind: str, *arguments: str) -> Ran:
        """Run a command as a user."""
        key, secret = self.keys[kind]
        own = Project(self.project.root, self.project.port, {"SLUICE_LOCAL_KEY_ID": key, "SLUICE_LOCAL_SECRET": secret})
        return own.run(*arguments)

    def client(self, service: str, kind: str | None = None) -> Any:
        """Return a boto3 client of a user; of the root user if no user is named."""
        key, secret = self.project.credentials if kind is None else self.keys[kind]
        return _client(service, self.project.port, key, secret)


@cache
def _client(service: str, port: int, key: str, secret: str) -> Any:
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def arn_of(guarded: Guarded, function: str) -> str:
    """Return a function's ARN."""
    found: str = guarded.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    return found


def mapping_of(guarded: Guarded, function: str) -> str:
    """Return the ARN of a function's event source mapping."""
    (mapping,) = guarded.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    found: str = arn_of(guarded, function).replace(f":function:{function}", f":event-source-mapping:{mapping['UUID']}")
    return found


SECOND_MAPPING = "make a second mapping"


def lifts() -> dict[str, Callable[[Guarded, Any], object]]:
    """Return all ways around a block: calls to Lambda, by what they do."""

    def queue(_: Guarded) -> str:
        return f"arn:aws:sqs:us-east-1:000000000000:{BLOCKED}"

    return {
        "remove the concurrency": lambda _, client: client.delete_function_concurrency(FunctionName=BLOCKED),
        "raise the concurrency": lambda _, client: client.put_function_concurrency(
            FunctionName=BLOCKED, ReservedConcurrentExecutions=5
        ),
        "remove the tag": lambda guarded, client: client.untag_resource(
            Resource=arn_of(guarded, BLOCKED), TagKeys=[TAG]
        ),
        "change the tag": lambda guarded, client: client.tag_resource(
            Resource=arn_of(guarded, BLOCKED), Tags={TAG: ""}
        ),
        "remove the mapping's tag": lambda guarded, client: client.untag_resource(
            Resource=mapping_of(guarded, BLOCKED), TagKeys=[TAG]
        ),
        "change the mapping's tag": lambda guarded, client: client.tag_resource(
            Resource=mapping_of(guarded, BLOCKED), Tags={TAG: ""}
        ),
        SECOND_MAPPING: lambda guarded, client: client.create_event_source_mapping(
            FunctionName=BLOCKED, EventSourceArn=queue(guarded)
        ),
        "enable its mapping": lambda guarded, client: client.update_event_source_mapping(
            UUID=mapping_of(guarded, BLOCKED).rsplit(":", 1)[-1], Enabled=True
        ),
        "delete its mapping": lambda guarded, client: client.delete_event_source_mapping(
            UUID=mapping_of(guarded, BLOCKED).rsplit(":", 1)[-1]
        ),
        "delete the function": lambda _, client: client.delete_function(FunctionName=BLOCKED),
        "invoke it": lambda _, client: client.invoke(FunctionName=BLOCKED, Payload=b"{}"),
        "change its code": lambda _, client: client.update_function_code(FunctionName=BLOCKED, ZipFile=b""),
        "change its configuration": lambda _, client: client.update_function_configuration(
            FunctionName=BLOCKED, Timeout=9
        ),
        "give it a URL": lambda _, client: client.create_function_url_config(FunctionName=BLOCKED, AuthType="NONE"),
        "let others invoke it": lambda _, client: client.add_permission(
            FunctionName=BLOCKED, StatementId="any", Action="lambda:InvokeFunction", Principal="*"
        ),
        "publish it": lambda _, client: client.publish_version(FunctionName=BLOCKED),
    }


def refused(call: Callable[[], object]) -> None:
    """Check that AWS refuses a call for want of rights."""
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] in REFUSALS, caught.value
