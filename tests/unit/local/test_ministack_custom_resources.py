"""Custom resources whose functions fail, and the packages of AWS's Python."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest
from ministack.services import lambda_svc  # type: ignore[import-untyped]
from ministack.services.cloudformation import custom_resource  # type: ignore[import-untyped]
from sluice.local import ministack_custom_resources

FAILED = {"body": {"errorMessage": "No module named 'nowhere'"}, "error": True, "log": "before it failed"}


def invoke(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], answer: dict[str, str] | None = None) -> Any:
    """Have MiniStack create a custom resource whose function ends so, after it has answered or not."""

    def execute(_: Any, event: dict[str, Any]) -> dict[str, Any]:
        if answer:
            custom_resource.deliver_response(event["ResponseURL"].rsplit("/", 1)[-1], answer)
        return result

    record = {"config": {"FunctionName": "provider"}}
    monkeypatch.setattr(ministack_custom_resources, "_execute", execute)
    monkeypatch.setattr(
        lambda_svc, "_execute_function_with_config_scope", lambda_svc._execute_function_with_config_scope
    )
    monkeypatch.setattr(lambda_svc, "_get_func_record_for_ref", lambda _: (record, record["config"], "provider"))
    monkeypatch.setattr(lambda_svc, "_execution_record_for_config", lambda *_: record)
    ministack_custom_resources.install()
    return custom_resource.invoke_custom_resource(
        "Create", "Wrong", {"ServiceToken": "arn"}, "stack", "id", "Custom::X"
    )


def test_a_function_that_fails_fails_its_resource_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation would wait for an hour."""
    with pytest.raises(RuntimeError) as failed:
        invoke(monkeypatch, FAILED)
    assert str(failed.value) == "its function provider failed: No module named 'nowhere'\nbefore it failed"


@pytest.mark.parametrize("result", [FAILED, {"body": None, "log": ""}], ids=["fails", "ends"])
def test_the_answer_of_a_function_counts_however_it_ends_after_it(
    monkeypatch: pytest.MonkeyPatch, result: dict[str, Any]
) -> None:
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "made"}
    assert invoke(monkeypatch, result, answer) == ("made", {})


def test_a_python_has_boto3_and_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    venv.EnvBuilder(symlinks=True).create(tmp_path)
    for _ in range(2):
        ministack_custom_resources.add_packages_of_runtime(tmp_path)
    code = "import boto3; print(boto3.__file__); boto3.client('sqs', region_name='eu-central-1'); import click"
    ran = subprocess.run([tmp_path / "bin" / "python", "-I", "-c", code], capture_output=True, text=True, check=False)
    assert Path(ran.stdout.strip()).is_relative_to(tmp_path), ran.stderr
    assert ran.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'click'"
