"""A key of the team's own, and what outlives a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra import InvalidAppError
from infra.checks import problems_with_protection
from tests.infra.shared.test_team_policies import MAX_POLICY, longest
from tests.infra.support.entries import HANDLERS, OFTEN, PLAIN
from tests.infra.support.evaluation import MAX_ROLE_POLICIES, TABLE, document, resolved, role
from tests.infra.support.synth import Template, make_project, stack_of, synthesise

ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template of a stage with all protection that there is."""
    return with_settings(tmp_path_factory.mktemp("protected"), own_key=True, deletion_protection=True, keep_logs=True)


def with_settings(directory: Path, *, stage: str = "dev", **settings: Any) -> Template:
    entries = [PLAIN, OFTEN]
    project = make_project(directory, [entry.name for entry in entries])
    return synthesise(stack_of(project, entries, stage=stage, **settings))


def is_the_key(template: Template, reference: Any) -> bool:
    return template.resolve(reference).get("EnableKeyRotation") is True


def test_the_key_encrypts_everything_that_holds_data(protected: Template) -> None:
    queues, logs = protected.properties("AWS::SQS::Queue"), protected.properties("AWS::Logs::LogGroup")
    assert (len(queues), len(logs)) == (5, 3)
    assert all(is_the_key(protected, queue["KmsMasterKeyId"]) for queue in queues)
    assert {queue["KmsDataKeyReusePeriodSeconds"] for queue in queues} == {3_600}
    assert all(is_the_key(protected, log["KmsKeyId"]) for log in logs)
    assert is_the_key(protected, protected.one("AWS::SNS::Topic")["KmsMasterKeyId"])
    encryption = protected.one("AWS::DynamoDB::Table")["SSESpecification"]
    assert encryption["SSEEnabled"] is True
    assert is_the_key(protected, encryption["KMSMasterKeyId"])


def test_the_key_outlives_the_stack_as_the_table_does(protected: Template) -> None:
    for kind in ("AWS::KMS::Key", "AWS::DynamoDB::Table"):
        [found] = protected.of_type(kind).values()
        assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_cloudwatch_may_tell_the_topic_and_write_logs_and_no_other_service_uses_the_key(protected: Template) -> None:
    policy = resolved_key_policy(protected)
    by_service = {
        str(one["Principal"]["Service"]): (one["Action"], one["Condition"])
        for one in policy["Statement"]
        if "Service" in one["Principal"]
    }
    assert by_service == {
        "cloudwatch.amazonaws.com": (
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            {
                "StringEquals": {
                    "kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:REGION:ACCOUNT:sluice-dev-alarms"
                }
            },
        ),
        "logs.REGION.amazonaws.com": (
            ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": (
                        "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/sluice-dev-*"
                    )
                }
            },
        ),
    }


def resolved_key_policy(template: Template) -> Any:
    return resolved(template, template.one("AWS::KMS::Key")["KeyPolicy"])


def key_actions(template: Template, policy: Any) -> set[str]:
    [statement] = [one for one in policy["Statement"] if one.get("Sid") == "UseTheKey"]
    assert is_the_key(template, statement["Resource"])
    assert len(statement["Condition"]["StringEquals"]["kms:ViaService"]) == 2
    return set(statement["Action"])


def test_roles_and_people_may_use_the_key_and_a_viewer_only_to_read(protected: Template) -> None:
    roles = [protected.role_of(f"sluice-dev-{PLAIN.name}"), protected.role_of("sluice-dev--reconciler")]
    roles += [found for found in protected.properties("AWS::IAM::Role") if "scheduler" in str(found.get("RoleName"))]
    assert len(roles) == 3
    documents = [role["Policies"][0]["PolicyDocument"] for role in roles]
    documents += [managed(protected, kind) for kind in ("operator", "admin")]
    for policy in documents:
        assert key_actions(protected, policy) >= {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"}
    assert key_actions(protected, managed(protected, "viewer")) == {"kms:Decrypt", "kms:DescribeKey"}


def managed(template: Template, kind: str) -> Any:
    policies = template.properties("AWS::IAM::ManagedPolicy")
    return next(one for one in policies if f"-{kind}-" in str(one["ManagedPolicyName"]))["PolicyDocument"]


def test_policies_with_the_key_keep_to_iams_size_limits(protected: Template) -> None:
    for kind in ("viewer", "operator", "admin"):
        assert longest(document(protected, kind), table=TABLE) <= MAX_POLICY, kind
    for function in ("sluice-dev--reconciler", f"sluice-dev-{PLAIN.name}"):
        assert longest(role(protected, function), table=TABLE) <= MAX_ROLE_POLICIES


def test_neither_the_table_nor_the_stack_can_be_deleted_and_logs_stay(protected: Template, tmp_path: Path) -> None:
    assert protected.one("AWS::DynamoDB::Table")["DeletionProtectionEnabled"] is True
    assert {found["DeletionPolicy"] for found in protected.of_type("AWS::Logs::LogGroup").values()} == {
        "RetainExceptOnCreate"
    }
    project = make_project(tmp_path, [PLAIN.name])
    assert stack_of(project, [PLAIN], deletion_protection=True).termination_protection is True
    assert not stack_of(project, [PLAIN]).termination_protection


def test_a_stage_has_none_of_it_unless_app_py_says_so(template: Template) -> None:
    assert template.of_type("AWS::KMS::Key") == {}
    assert "DeletionProtectionEnabled" not in template.one("AWS::DynamoDB::Table")
    assert {found["DeletionPolicy"] for found in template.of_type("AWS::Logs::LogGroup").values()} == {"Delete"}
    assert len(HANDLERS) + 1 == len(template.of_type("AWS::Logs::LogGroup"))


def test_a_key_of_the_teams_is_used_as_it_is_and_not_in_the_local_cloud(tmp_path: Path) -> None:
    template = with_settings(tmp_path / "dev", own_key=ARN)
    assert template.one("AWS::DynamoDB::Table")["SSESpecification"]["KMSMasterKeyId"] == ARN
    assert template.of_type("AWS::KMS::Key") == {}
    assert "SSESpecification" not in with_settings(tmp_path / "local", stage="local", own_key=ARN).one(
        "AWS::DynamoDB::Table"
    )


def test_settings_that_make_no_sense_are_problems(tmp_path: Path) -> None:
    for key in ("alias/sluice", "yes", None, 1):
        [problem] = problems_with_protection(key, deletion_protection=True, keep_logs=False)
        assert problem.startswith(f"own_key: it is {key!r}; write True to have a key made, or the ARN of one, such as")
    assert problems_with_protection(ARN, deletion_protection="no", keep_logs=1) == [
        "deletion_protection: it is 'no'; write True or False",
        "keep_logs: it is 1; write True or False",
    ]
    with pytest.raises(InvalidAppError, match="keep_logs"):
        with_settings(tmp_path, keep_logs="yes")
