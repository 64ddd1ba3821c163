"""The stack: its handlers, its outputs and its size."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sluice.local.interpreter import PYTHON_METADATA

from infra import InvalidAppError, SluiceStack, Worker
from infra.bundle import bytecode, make_bundle, target
from infra.bundle.target import LAMBDA
from infra.problems import UnknownHandlerError
from tests.infra.support.synth import Template, make_project, make_stack, stack_of, synthesise

# isort: split
from aws_cdk import App, Stack


def test_more_handlers_than_fit_in_a_stack_are_a_problem(tmp_path: Path) -> None:
    entries = [Worker(f"handler-{number}") for number in range(40)]
    with pytest.raises(InvalidAppError, match=r"40 handlers need 509 resources, and AWS allows a stack 500"):
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


def test_the_functions_have_the_python_that_app_py_names(tmp_path: Path) -> None:
    stack = stack_of(make_project(tmp_path, ["one"]), [Worker("one")], python="3.12")
    runtimes = {function["Runtime"] for function in synthesise(stack).properties("AWS::Lambda::Function")}
    assert "python3.12" in runtimes
    assert "python3.13" not in runtimes


@pytest.mark.parametrize("python", ["3.11", "3.15", "3", 3.13, None])
def test_another_python_than_lambdas_is_a_problem(tmp_path: Path, python: object) -> None:
    with pytest.raises(InvalidAppError, match=r"SluiceStack: python: it is .*; write one of '3.12', '3.13', '3.14'"):
        stack_of(make_project(tmp_path, ["one"]), [Worker("one")], python=python)


@pytest.mark.parametrize("found", [None, sys.executable])
def test_the_local_template_says_which_python_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str | None
) -> None:
    monkeypatch.setattr(target, "find_interpreter", lambda _: found)
    stack = stack_of(make_project(tmp_path, ["one"]), [Worker("one")], stage="local")
    own = "{}.{}".format(*sys.version_info[:2])
    wanted = None if found or own == "3.13" else {PYTHON_METADATA: {"wanted": "3.13", "used": own}}
    assert synthesise(stack).content.get("Metadata") == wanted
