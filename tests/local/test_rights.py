"""The team's three policies, with IAM on: what each allows, and every way around a block.

The emulator does not say for which function a mapping is made: a user who may make any mapping may make a second one
for a blocked function. tests/infra/shared/test_team_policies.py evaluates that.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import click
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from sluice.cli.commands import root

from tests.local.support.command_rights import CALLS, OF_NO_POLICY, POLICIES, UNTIL_INTERRUPTED, commands_allowed_to
from tests.local.support.guarded import (
    BLOCKED,
    FREE,
    RECONCILER,
    SECOND_MAPPING,
    TAG,
    Guarded,
    arn_of,
    lifts,
    mapping_of,
    refused,
)
from tests.local.support.restarts import Restarts
from tests.unit.support.eventually import eventually
from tests.unit.support.pages import PAGES

MIGHTY = "mighty"
"""An operator whose other policies allow everything."""


@pytest.fixture(scope="module")
def guarded(restarts: Restarts) -> Guarded:
    root = Guarded(restarts.project, {})
    iam = root.client("iam")
    policies = {found["PolicyName"]: found["Arn"] for found in iam.list_policies(Scope="Local")["Policies"]}
    keys = {}
    for kind, policy in (("viewer", "viewer"), ("operator", "operator"), ("admin", "admin"), (MIGHTY, "operator")):
        iam.create_user(UserName=kind)
        iam.attach_user_policy(UserName=kind, PolicyArn=policies[f"sluice-local-{policy}-us-east-1"])
        key = iam.create_access_key(UserName=kind)["AccessKey"]
        keys[kind] = (key["AccessKeyId"], key["SecretAccessKey"])
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName=MIGHTY, PolicyName="everything", PolicyDocument=json.dumps(everything))
    guarded = Guarded(restarts.project, keys)
    blocked = guarded.run("admin", "block", "barred", "--reason", "legal hold")
    assert blocked.code == 0, blocked.err
    return guarded


def test_a_functions_secret_cannot_be_made_from_what_everyone_knows(guarded: Guarded) -> None:
    found = guarded.client("lambda").get_function_configuration(FunctionName=RECONCILER)
    digest = hashlib.sha256(f"{found['FunctionArn']}:{found['Role']}".encode()).hexdigest()
    make: Any = boto3.client
    guess = make(
        "sqs",
        endpoint_url=f"http://127.0.0.1:{guarded.project.port}",
        region_name="us-east-1",
        aws_access_key_id=f"ASIA{digest[:16].upper()}",
        aws_secret_access_key=hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        aws_session_token=hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(ClientError, match="its credentials are unknown here"):
        guess.list_queues()


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        (kind, way)
        for kind in ("operator", "viewer", MIGHTY)
        for way in sorted(lifts())
        # The emulator does not say for which function a mapping is made.
        if (kind, way) != (MIGHTY, SECOND_MAPPING)
    ],
)
def test_no_way_around_a_block(guarded: Guarded, kind: str, way: str) -> None:
    refused(lambda: lifts()[way](guarded, guarded.client("lambda", kind)))

    function = guarded.client("lambda").get_function(FunctionName=BLOCKED)
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 0
    assert "legal hold" in function["Tags"][TAG]


def test_the_reconciler_cannot_be_talked_into_lifting_it(guarded: Guarded) -> None:
    """An operator may invoke it with any payload, and write any pause into the table."""
    operator = guarded.client("lambda", "operator")
    table = guarded.client("dynamodb", "operator")
    for record in ({}, {"blocking": "unblock"}, {"pending": True}, {"pending": True, "blocking": "unblock"}):
        table.put_item(
            TableName="sluice-local-traces",
            Item={
                "pk": {"S": "#pausing"},
                "sk": {"S": "barred"},
                "record": {"S": json.dumps(record)},
                "revision": {"N": "7"},
            },
        )
        for payload in ({"upkeep": True}, {"unblock": "barred"}, {"detail": {"eventName": "UntagResource"}}):
            answer = operator.invoke(FunctionName=RECONCILER, Payload=json.dumps(payload))
            assert "FunctionError" not in answer, answer["Payload"].read()

    function = guarded.client("lambda").get_function(FunctionName=BLOCKED)
    mappings = guarded.client("lambda").list_event_source_mappings(FunctionName=BLOCKED)["EventSourceMappings"]
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 0
    assert "legal hold" in function["Tags"][TAG]
    assert [mapping["State"] for mapping in mappings] == ["Disabled"]


@pytest.mark.parametrize("kind", ["operator", MIGHTY])
def test_an_operator_cannot_stop_the_reconciler(guarded: Guarded, kind: str) -> None:
    client = guarded.client("lambda", kind)
    for call in (
        lambda: client.put_function_concurrency(FunctionName=RECONCILER, ReservedConcurrentExecutions=0),
        lambda: client.delete_function_concurrency(FunctionName=RECONCILER),
        lambda: client.update_function_configuration(FunctionName=RECONCILER, Timeout=1),
        lambda: client.delete_function(FunctionName=RECONCILER),
        lambda: client.remove_permission(FunctionName=RECONCILER, StatementId="any"),
        lambda: client.add_permission(
            FunctionName=RECONCILER, StatementId="any", Action="lambda:InvokeFunction", Principal="*"
        ),
        lambda: client.tag_resource(Resource=arn_of(guarded, RECONCILER), Tags={"team": "any"}),
    ):
        refused(call)
    assert "FunctionError" not in client.invoke(FunctionName=RECONCILER, Payload=b"{}")
    assert client.get_function(FunctionName=RECONCILER)["Configuration"]["FunctionName"] == RECONCILER


def test_an_operator_with_all_other_rights_blocks_nothing(guarded: Guarded) -> None:
    mighty = guarded.client("lambda", MIGHTY)
    for resource in (arn_of(guarded, FREE), mapping_of(guarded, FREE)):
        for call in (
            lambda resource=resource: mighty.tag_resource(Resource=resource, Tags={TAG: "mine"}),
            lambda resource=resource: mighty.tag_resource(Resource=resource, Tags={"team": "any", TAG: "mine"}),
            lambda resource=resource: mighty.untag_resource(Resource=resource, TagKeys=[TAG]),
        ):
            refused(call)
        mighty.tag_resource(Resource=resource, Tags={"team": "any"})
        mighty.untag_resource(Resource=resource, TagKeys=["team"])


def test_the_docs_say_what_each_policy_may_call(guarded: Guarded) -> None:
    page = {row[0].strip("`").removeprefix("sluice "): row[1:] for row in PAGES["docs/permissions.md"].rows("command")}
    assert page.keys() == CALLS.keys()
    for column, kind in enumerate(POLICIES):
        told = {command for command, cells in page.items() if cells[column] == "yes"}
        assert commands_allowed_to(guarded, kind) == told, kind


def test_every_command_is_tried_with_each_policy() -> None:
    groups = {name.split()[0] for name in CALLS} | OF_NO_POLICY | UNTIL_INTERRUPTED
    assert set(root.list_commands(click.Context(root))) - {"traces delete"} == groups


def test_what_an_operator_changes_of_a_mapping_is_put_back(guarded: Guarded) -> None:
    operator = guarded.client("lambda", "operator")
    # Of a handler that nobody pauses here: what was switched in the last minute is left alone.
    (before,) = operator.list_event_source_mappings(FunctionName="sluice-local-echo")["EventSourceMappings"]
    pattern = {"Filters": [{"Pattern": '{"body": ["nothing"]}'}]}
    operator.update_event_source_mapping(UUID=before["UUID"], FilterCriteria=pattern, BatchSize=before["BatchSize"] + 1)

    def is_back() -> bool:
        # The schedule's run may be under way, or be faster.
        operator.invoke(FunctionName=RECONCILER, Payload=b"{}")
        now = operator.get_event_source_mapping(UUID=before["UUID"])
        return now["BatchSize"] == before["BatchSize"] and not (now.get("FilterCriteria") or {}).get("Filters")

    eventually(is_back, "the mapping is as deployed")
    changes = guarded.run("viewer", "history", "echo", "--json").json
    assert any(change["change"] == "restored" and "its filter was" in change["reason"] for change in changes)


def test_an_operator_pauses_unpauses_emits_runs_redrives_and_replays(guarded: Guarded) -> None:
    def operator(*arguments: str) -> Any:
        ran = guarded.run("operator", *arguments)
        assert ran.code == 0, ran.err
        return ran

    event_id = operator("emit", "paused", "1").out.strip()
    eventually(lambda: guarded.run("viewer", "trace", event_id).code == 0, "it ran")
    paused = operator("pause", "paused", "--reason", "slow", "--json").json[0]
    assert (paused["state"], paused["by"]) == ("paused", "user/operator")
    assert operator("run", "paused", "2", "--json").json["status"] == "ok"
    assert operator("status", "paused", "--json").json[0]["state"] == "paused"
    operator("unpause", "paused")
    operator("replay", event_id)
    assert guarded.run("viewer", "replay", event_id, "--again").code == 4
    later = operator("emit", "paused", "3", "--delay", "3000").out.strip()
    operator("cancel", later)
    operator("dead", "redrive", "paused")
    assert [change["by"] for change in operator("history", "paused", "--limit", "2", "--json").json] == [
        "user/operator"
    ] * 2


def test_an_operator_s_unpause_says_who_blocked(guarded: Guarded) -> None:
    ran = guarded.run("operator", "unpause", "barred")

    assert ran.code == 4
    assert "barred is blocked by user/admin since " in ran.err
    assert "legal hold" in ran.err


@pytest.mark.parametrize(
    "arguments", [("block", "paused"), ("unblock", "barred"), ("dead", "purge", "paused", "--yes")]
)
def test_an_operator_cannot_block_unblock_or_purge(guarded: Guarded, arguments: tuple[str, ...]) -> None:
    ran = guarded.run("operator", *arguments)

    assert ran.code == 4, ran.err
    assert ("does not allow" if arguments[0] == "dead" else f"only an admin may {arguments[0]}") in ran.err
    assert guarded.run("viewer", "status", "barred", "--json").json[0]["state"] == "blocked"
    eventually(
        lambda: guarded.run("viewer", "status", "paused", "--json").json[0]["state"] == "running", "the other runs"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause", "paused"),
        ("unpause", "--all"),
        ("block", "paused"),
        ("unblock", "barred"),
        ("emit", "paused", "1"),
        ("run", "paused", "1"),
        ("run", "twice"),
        ("dead", "redrive", "paused"),
        ("dead", "list", "paused"),
        ("dead", "purge", "paused", "--yes"),
    ],
)
def test_a_viewer_changes_nothing(guarded: Guarded, arguments: tuple[str, ...]) -> None:
    assert guarded.run("viewer", *arguments).code == 4


@pytest.mark.parametrize("arguments", [("status",), ("traces", "paused"), ("history", "barred"), ("crons",)])
def test_a_viewer_sees(guarded: Guarded, arguments: tuple[str, ...]) -> None:
    ran = guarded.run("viewer", *arguments)

    assert ran.code == 0, ran.err


def test_a_handler_s_own_role_cannot_change_its_state(guarded: Guarded) -> None:
    """The calls are made with the credentials that its function runs with."""
    iam, sts = guarded.client("iam"), guarded.client("sts")
    role = guarded.client("lambda").get_function(FunctionName=FREE)["Configuration"]["Role"]
    trust = iam.get_role(RoleName=role.rsplit("/", 1)[-1])["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    policy = trust | {
        "Statement": [*trust["Statement"], {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]
    }
    iam.update_assume_role_policy(RoleName=role.rsplit("/", 1)[-1], PolicyDocument=json.dumps(policy))
    given = sts.assume_role(RoleArn=role, RoleSessionName="try")["Credentials"]
    make: Any = boto3.client

    def client(service: str) -> Any:
        return make(
            service,
            endpoint_url=f"http://127.0.0.1:{guarded.project.port}",
            region_name="us-east-1",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    functions, queues, table = client("lambda"), client("sqs"), client("dynamodb")
    url = f"http://127.0.0.1:{guarded.project.port}/000000000000/"
    for call in (
        lambda: functions.delete_function_concurrency(FunctionName=BLOCKED),
        lambda: functions.put_function_concurrency(FunctionName=FREE, ReservedConcurrentExecutions=1),
        lambda: functions.invoke(FunctionName=RECONCILER),
        lambda: queues.receive_message(QueueUrl=f"{url}{BLOCKED}"),
        lambda: queues.send_message(QueueUrl=f"{url}{FREE}-dead", MessageBody="1"),
        lambda: table.scan(TableName="sluice-local-traces"),
        lambda: table.delete_item(TableName="sluice-local-traces", Key={"pk": {"S": "a"}, "sk": {"S": "b"}}),
        lambda: client("s3").list_buckets(),
    ):
        refused(call)
    for partition in ("#pausing", "#blocks", "#keeping", f"#history#{FREE}"):
        refused(partial(write, table, partition))
    for partition in ("barred#0", "#lease#barred"):
        refused(partial(write, table, partition))
    for partition in ("barred#0", "nobody#0", "#pausing", "#blocks", f"#history#{FREE}"):
        refused(partial(table.get_item, TableName="sluice-local-traces", Key=key(partition)))
    for partition in ("paused#0", "#lease#paused", "nobody#0"):
        write(table, partition)
    table.get_item(TableName="sluice-local-traces", Key=key("paused#0"))


def key(partition: str) -> dict[str, Any]:
    return {"pk": {"S": partition}, "sk": {"S": "nothing"}}


def write(table: Any, partition: str) -> None:
    """Put an item into the trace table, directly and in a transaction."""
    item = key(partition) | {"expires_at": {"N": "1"}}
    table.put_item(TableName="sluice-local-traces", Item=item)
    table.transact_write_items(TransactItems=[{"Put": {"TableName": "sluice-local-traces", "Item": item}}])


@pytest.mark.parametrize(
    ("kind", "partition", "allowed"),
    [
        ("operator", "#blocks", False),
        ("operator", "#keeping", False),
        ("operator", "#history#nobody", True),
        (MIGHTY, "#blocks", False),
        ("admin", "#blocks", True),
        ("admin", "#keeping", False),
        ("viewer", "#history#nobody", False),
    ],
)
def test_the_policies_say_who_writes_which_records(guarded: Guarded, kind: str, partition: str, allowed: bool) -> None:
    table = guarded.client("dynamodb", kind)
    if allowed:
        write(table, partition)
    else:
        refused(lambda: write(table, partition))


def test_a_redeployment_leaves_a_pause_and_a_block(guarded: Guarded) -> None:
    assert guarded.run("operator", "pause", "paused", "--reason", "stays").code == 0
    app = Path(guarded.project.root, "app.py")
    text = app.read_text()
    for name in ("paused", "barred"):
        assert f'Worker("{name}"' in text
        text = text.replace(f'Worker("{name}"', f'Worker("{name}", memory=512, trace_days=20')
    app.write_text(text)

    ran = guarded.project.run("up")

    assert ran.code == 0, ran.err
    rows = {row["handler"]: row for row in guarded.run("viewer", "status", "--json").json}
    assert (rows["paused"]["state"], rows["paused"]["reason"]) == ("paused", "stays")
    assert rows["barred"]["state"] == "blocked"
    configuration = guarded.client("lambda").get_function(FunctionName=BLOCKED)["Configuration"]
    assert configuration["MemorySize"] == 512
    answer = guarded.client("lambda").invoke(FunctionName=RECONCILER, Payload=b'{"upkeep": true}')
    assert "FunctionError" not in answer, answer["Payload"].read()
    rows = {row["handler"]: row for row in guarded.run("viewer", "status", "--json").json}
    assert (rows["paused"]["state"], rows["barred"]["state"]) == ("paused", "blocked")
    assert guarded.run("admin", "unblock", "barred").code == 0
    assert guarded.run("operator", "unpause", "paused").code == 0
    assert guarded.run("viewer", "status", "barred", "--json").json[0]["state"] == "running"
