"""The ways around a block that AWS's API has."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.support import console
from tests.aws.support.stage import Credentials, Stage

TAG = "sluice:blocked"

REFUSALS = frozenset({"AccessDenied", "AccessDeniedException"})

SECOND_MAPPING = "make a second mapping"

Way = Callable[[], object]


def ways_around(stage: Stage, handler: str, credentials: Credentials) -> dict[str, Way]:
    """Calls by which a block of a handler would be lifted, or its function run or changed all the same.

    Args:
        stage: the stage.
        handler: the handler's name.
        credentials: of who tries.
    """
    client, function = stage.client("lambda", credentials), stage.names.function(handler)
    arn, mapping_arn = console.function_arn(stage, function), console.mapping_arn(stage, function)
    uuid = mapping_arn.rsplit(":", 1)[-1]
    queue = arn.replace(":lambda:", ":sqs:").replace(":function:", ":")

    def about(call: str, **parameters: Any) -> Way:
        return lambda: getattr(client, call)(FunctionName=function, **parameters)

    return {
        "remove the concurrency": about("delete_function_concurrency"),
        "raise the concurrency": about("put_function_concurrency", ReservedConcurrentExecutions=5),
        "remove the tag": lambda: client.untag_resource(Resource=arn, TagKeys=[TAG]),
        "remove the tag among others": lambda: client.untag_resource(Resource=arn, TagKeys=["team", TAG]),
        "change the tag": lambda: client.tag_resource(Resource=arn, Tags={TAG: ""}),
        "remove the mapping's tag": lambda: client.untag_resource(Resource=mapping_arn, TagKeys=[TAG]),
        "change the mapping's tag": lambda: client.tag_resource(Resource=mapping_arn, Tags={TAG: ""}),
        "enable its mapping": lambda: client.update_event_source_mapping(UUID=uuid, Enabled=True),
        "point its mapping elsewhere": lambda: client.update_event_source_mapping(
            UUID=uuid, FunctionName=stage.names.function("echo"), Enabled=True
        ),
        "delete its mapping": lambda: client.delete_event_source_mapping(UUID=uuid),
        SECOND_MAPPING: about("create_event_source_mapping", EventSourceArn=queue),
        "give another function its queue": lambda: client.create_event_source_mapping(
            FunctionName=stage.names.function("echo"), EventSourceArn=queue
        ),
        "delete the function": about("delete_function"),
        "invoke it": about("invoke", Payload=b"{}"),
        "invoke it and not wait": about("invoke", InvocationType="Event", Payload=b"{}"),
        "change its code": about("update_function_code", ZipFile=_code()),
        "change its configuration": about("update_function_configuration", Timeout=9),
        "give it a URL": about("create_function_url_config", AuthType="NONE"),
        "let others invoke it": about(
            "add_permission", StatementId="any", Action="lambda:InvokeFunction", Principal="*"
        ),
        "publish it": about("publish_version"),
        **_by_records(stage, credentials),
    }


def _by_records(stage: Stage, credentials: Credentials) -> dict[str, Way]:
    """Writing the records of blocks in the trace table, which the reconciler heeds, by every call that writes."""
    client, table = stage.client("dynamodb", credentials), stage.names.trace_table
    key = {"pk": {"S": "#blocks"}, "sk": {"S": "nobody"}}
    item = key | {"expires_at": {"N": "1"}}
    statement = f"INSERT INTO \"{table}\" VALUE {{'pk': '#blocks', 'sk': 'nobody'}}"
    return {
        "put a block's record": lambda: client.put_item(TableName=table, Item=item),
        "update a block's record": lambda: client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET expires_at = :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        ),
        "delete a block's record": lambda: client.delete_item(TableName=table, Key=key),
        "put it in a transaction": lambda: client.transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": item}}]
        ),
        BATCH_WRITE: lambda: client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}}]}),
        PARTIQL: lambda: client.execute_statement(Statement=statement),
    }


BATCH_WRITE = "put it among others"
PARTIQL = "put it by PartiQL"

UNKNOWN_TO_THE_EMULATOR = {"privileged": frozenset({SECOND_MAPPING, "give another function its queue", PARTIQL})}
"""Ways that MiniStack leaves open to a caller with further rights: it knows neither `lambda:FunctionArn` nor the rights
of PartiQL. On AWS they are tried."""


def not_refused(ways: dict[str, Way], *, but: frozenset[str] = frozenset()) -> dict[str, str]:
    """Try every way, and say of those that AWS did not refuse for want of rights what came of them."""
    found = {}
    for name, way in ways.items():
        if name in but:
            continue
        try:
            found[name] = f"done: {way()!r}"[:200]
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSALS:
                found[name] = str(error)
    return found


def set_off_reconciler(stage: Stage, credentials: Credentials) -> None:
    """Call the reconciler, as an operator may, with whatever could be taken for a wish."""
    client = stage.client("lambda", credentials)
    for payload in ({"upkeep": True}, {"unblock": "barred"}, {"detail": {"eventName": "UntagResource20170331v2"}}):
        answer = client.invoke(FunctionName=stage.names.reconciler, Payload=json.dumps(payload))
        assert "FunctionError" not in answer, answer["Payload"].read()


def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sluice/worker/entry.py", "def handle(event, context):\n    return None\n")
    return packed.getvalue()
