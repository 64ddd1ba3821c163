"""The reconciler's role, evaluated as IAM evaluates it."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.stage.names import BLOCKS, HISTORY, KEEPING, PAUSES

from tests.infra.support.evaluation import FUNCTION, MAPPING, QUEUE, TABLE, decision, document, reconciler
from tests.infra.support.synth import Template


def test_the_reconciler_may_hold_a_block_and_never_lift_it(template: Template) -> None:
    policy = [reconciler(template)]
    keys = ["sluice:blocked"]
    assert decision(policy, "lambda:TagResource", FUNCTION, blocked=True, keys=keys) == "Allow"
    assert decision(policy, "lambda:UntagResource", MAPPING, blocked=True, keys=keys) == "Allow"
    assert decision(policy, "lambda:UntagResource", FUNCTION, blocked=True, keys=keys) == "ImplicitDeny"
    assert decision(policy, "lambda:TagResource", FUNCTION, blocked=False, keys=["other"]) == "ImplicitDeny"


def test_a_late_run_of_the_reconciler_cannot_undo_a_block(template: Template) -> None:
    """The run may have to set concurrency 0 again, so IAM can only deny removing it."""
    policy = [reconciler(template)]
    assert decision(policy, "lambda:DeleteFunctionConcurrency", FUNCTION, blocked=True) == "Deny"
    assert decision(policy, "lambda:DeleteFunctionConcurrency", FUNCTION, blocked=False) == "Allow"
    assert decision(policy, "lambda:UpdateEventSourceMapping", MAPPING, blocked=True) == "Deny"
    assert decision(policy, "lambda:UpdateEventSourceMapping", MAPPING, blocked=False) == "Allow"
    for blocked in (True, False):
        assert decision(policy, "lambda:PutFunctionConcurrency", FUNCTION, blocked=blocked) == "Allow"


@pytest.mark.parametrize("function", ["arn:aws:lambda:REGION:ACCOUNT:function:somebody-elses", None])
def test_a_mapping_of_another_program_is_none_of_ours(template: Template, function: str | None) -> None:
    """AWS documents the key for this call; if it ever left it out, the call would be denied, not allowed."""
    for policy in (reconciler(template), document(template, "operator"), document(template, "admin")):
        call = "lambda:UpdateEventSourceMapping"
        assert decision([policy], call, MAPPING, function=function) == "ImplicitDeny"
        assert decision([policy], call, MAPPING, function=FUNCTION) == "Allow"


def test_the_reconciler_alone_may_change_a_mapping_of_the_stage_that_points_elsewhere(template: Template) -> None:
    """Otherwise somebody who may pause could take a handler's events away for good."""
    call, elsewhere = "lambda:UpdateEventSourceMapping", "arn:aws:lambda:REGION:ACCOUNT:function:somebody-elses"

    def answer(policy: Any, stage: str, *, blocked: bool = False) -> str:
        tags = {"sluice:stage": stage}
        return decision([policy], call, MAPPING, function=elsewhere, tags=tags, blocked=blocked)

    assert answer(reconciler(template), "dev") == "Allow"
    assert answer(reconciler(template), "dev", blocked=True) == "Deny"
    assert answer(reconciler(template), "other") == "ImplicitDeny"
    assert answer(document(template, "operator"), "dev") == "ImplicitDeny"


def test_the_reconciler_may_write_the_partitions_that_nobody_else_may(template: Template) -> None:
    for partition in (PAUSES, BLOCKS, KEEPING, f"{HISTORY}plain"):
        assert decision([reconciler(template)], "dynamodb:PutItem", TABLE, partitions=[partition]) == "Allow"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:InvokeFunction", FUNCTION),
        ("lambda:UpdateFunctionCode", FUNCTION),
        ("lambda:DeleteFunction", FUNCTION),
        ("lambda:PutFunctionConcurrency", "arn:aws:lambda:REGION:ACCOUNT:function:somebody-elses"),
        ("sqs:PurgeQueue", QUEUE),
        ("sqs:ReceiveMessage", "arn:aws:sqs:REGION:ACCOUNT:somebody-elses"),
        ("dynamodb:DeleteItem", TABLE),
        ("dynamodb:PutItem", "arn:aws:dynamodb:REGION:ACCOUNT:table/somebody-elses"),
        ("iam:PassRole", "arn:aws:iam::ACCOUNT:role/somebody-elses"),
    ],
)
def test_the_reconciler_may_do_no_more_than_it_needs(template: Template, action: str, resource: str) -> None:
    assert decision([reconciler(template)], action, resource, blocked=False) == "ImplicitDeny"
