"""Other people than the suite itself: operators, by the managed policy that the stage has for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.support.stage import Credentials, Stage

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "UnrecognizedClientException"})
"""Error codes of AWS for callers without a right, or whose right has not taken effect yet."""

POLICY = "OperatorPolicy"
"""The output of the stack that has the ARN of the operators' managed policy."""


@dataclass(frozen=True)
class People:
    """The people besides the suite's own identity.

    Attributes:
        operator: has the operators' policy alone.
        privileged: has that policy, and may do everything else.
    """

    operator: Credentials
    privileged: Credentials

    def named(self) -> dict[str, Credentials]:
        """All of them by name."""
        return {"operator": self.operator, "privileged": self.privileged}


def make_people(stage: Stage) -> People:
    """Make them: users where the stage is local, roles on AWS, which the suite assumes."""
    remove_people(stage)
    make = _user if stage.is_local else _role
    operator, privileged = make(stage, "operator"), make(stage, "privileged")
    for credentials in (operator, privileged):
        # IAM takes a while to be the same everywhere. From here on what the policy forbids is forbidden.
        stage.eventually(lambda who=credentials: _may_look(stage, who), "the policy counts")  # type: ignore[misc]
    iam, document = stage.client("iam"), json.dumps(EVERYTHING)
    if stage.is_local:
        iam.put_user_policy(UserName=_name(stage, "privileged"), PolicyName="everything", PolicyDocument=document)
    else:
        iam.put_role_policy(RoleName=_name(stage, "privileged"), PolicyName="everything", PolicyDocument=document)
    stage.eventually(lambda: _may(stage.client("iam", privileged).list_roles), "privileged may do everything")
    return People(operator, privileged)


def remove_people(stage: Stage) -> None:
    """Remove them, as far as there are any: a policy that is attached cannot be removed with its stack."""
    for kind in ("operator", "privileged"):
        (_remove_user if stage.is_local else _remove_role)(stage, _name(stage, kind))


def _name(stage: Stage, kind: str) -> str:
    return f"promises-{stage.name}-{kind}"


def _may_look(stage: Stage, credentials: Credentials) -> bool:
    return _may(lambda: stage.client("lambda", credentials).get_function(FunctionName=stage.names.function("echo")))


def _may(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIALS:
            return False
        raise
    return True


def _user(stage: Stage, kind: str) -> Credentials:
    iam, name = stage.client("iam"), _name(stage, kind)
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=stage.output(POLICY))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _remove_user(stage: Stage, name: str) -> None:
    iam = stage.client("iam")
    try:
        iam.get_user(UserName=name)
    except iam.exceptions.NoSuchEntityException:
        return
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def _role(stage: Stage, kind: str) -> Credentials:
    iam, sts, name = stage.client("iam"), stage.client("sts"), _name(stage, kind)
    _, partition, _, _, account, _ = sts.get_caller_identity()["Arn"].split(":", 5)
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}}
    trust = {"Version": "2012-10-17", "Statement": [trusted | {"Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=stage.output(POLICY))

    def assumed() -> dict[str, Any] | None:
        try:
            given: dict[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName=kind)["Credentials"]
        except ClientError as error:
            # A new role can be assumed some seconds after it was made.
            if error.response["Error"]["Code"] == "AccessDenied":
                return None
            raise
        return given

    given = stage.eventually(assumed, f"the role {name} can be assumed")
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _remove_role(stage: Stage, name: str) -> None:
    iam = stage.client("iam")
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
