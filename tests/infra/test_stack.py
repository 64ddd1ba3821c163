"""The stack: its handlers, its outputs and its size."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import InvalidAppError, SluiceStack, Worker
from infra.bundle import bytecode, make_bundle
from infra.bundle.target import LAMBDA
from infra.problems import UnknownHandlerError
from tests.infra.support.synth import Template, make_project, make_stack, synthesise

# isort: split
from aws_cdk import App, Stack


def test_more_handlers_than_fit_in_a_stack_are_a_problem(tmp_path: Path) -> None:
    entries = [Worker(f"handler-{number}") for number in range(40)]
    with pytest.raises(InvalidAppError, match=r"40 handlers need 508 resources, and AWS allows a stack 500"):
        make_stack(tmp_path, entries)


def test_handlers_may_come_from_a_generator(tmp_path: Path) -> None:
    project = make_project(tmp_path, ["one", "two"])
    stack = SluiceStack(
        App(outdir=str(tmp_path / "cdk.out")),
        stage="dev",
        handlers=(Worker(name) for name in ("one", "two")),
        project=project,
    )
    assert stack.handler("two").function.function_name


def test_outputs_name_the_stage_and_the_table(template: Template) -> None:
    outputs = {name: output["Value"] for name, output in template.content["Outputs"].items()}
    assert outputs["StageName"] == "dev"
    assert template.resolve(outputs["TraceTable"])["TableName"] == "sluice-dev-traces"


def test_a_handlers_function_and_queue_can_be_granted_access(tmp_path: Path) -> None:
    stack = make_stack(tmp_path, [Worker("one"), Worker("two")])
    assert stack.stack_name == "sluice-dev"
    stack.handler("one").queue.grant_purge(stack.handler("two").function)
    [policy] = synthesise(stack).properties("AWS::IAM::Policy")
    assert "sqs:PurgeQueue" in policy["PolicyDocument"]["Statement"][0]["Action"]
    with pytest.raises(UnknownHandlerError, match=r"'three'.*it has: one, two"):
        stack.handler("three")


@pytest.mark.parametrize("found", [None, "/usr/bin/python3.13"])
def test_a_machine_that_cannot_compile_is_told_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str | None
) -> None:
    monkeypatch.setattr(bytecode, "find_interpreter", lambda _: found)
    stack = Stack(App(outdir=str(tmp_path / "cdk.out")), "stack")
    make_bundle(stack, project=make_project(tmp_path, ["one"]), target=LAMBDA)
    warnings = [entry.data for entry in stack.node.metadata if entry.type == "aws:cdk:warning"]
    assert [str(warning).split(",")[0] for warning in warnings] == (
        [] if found else ["this machine has no Python 3.13"]
    )
    assert found or "uv python install 3.13" in str(warnings)
