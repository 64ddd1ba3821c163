"""The project's own app.py, run as the CDK's command line runs it: without credentials, network or installed Node."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]
from sluice.local.interpreter import find_interpreter
from sluice.stage.deployed_files import PACKAGES_NOT_DEPLOYED

from infra.bundle.target import LAMBDA
from tests.infra.support.synth import Template, differences


def asset_directories(output: Path) -> list[Path]:
    return [path for path in output.glob("asset.*") if path.is_dir()]


def code_of(output: Path) -> Path:
    return next(path for path in asset_directories(output) if (path / "handlers").is_dir())


@pytest.mark.parametrize("stage", ["dev", "local"])
def test_cfn_lint_finds_nothing(deployed: dict[str, Template], stage: str) -> None:
    # W3005 is about a redundant DependsOn that the CDK itself writes.
    arguments = ManualArgs(ignore_checks=["W3005"], regions=["us-east-1", "eu-central-1"])
    assert lint(json.dumps(deployed[stage].content), config=arguments) == []


def test_local_differs_from_other_stages_only_where_it_must(deployed: dict[str, Template]) -> None:
    local, dev = (
        json.loads(json.dumps(deployed[stage].content).replace(f"sluice-{stage}", "sluice-STAGE"))
        for stage in ("local", "dev")
    )
    # The first two insist on TLS, on AWS only. The logical id of the third has a hash of the stack's name in it.
    left_out = {"AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::Lambda::Permission"}
    for template in (local, dev):
        for name in [name for name, found in template["Resources"].items() if found["Type"] in left_out]:
            del template["Resources"][name]
    found = {re.sub(r"^/Resources/[^/]*", "", path) for path in differences(local, dev)}
    # The same if this machine is like the one that functions run on.
    machine = {
        "/Properties/Architectures/0",
        "/Properties/Runtime",
        # what goes to AWS is compiled if this machine has that Python
        "/Properties/Code/S3Key",
        "/Properties/CompatibleArchitectures/0",
        "/Properties/CompatibleRuntimes/0",
        "/Properties/Content/S3Key",
        "/Metadata/aws:asset:path",
    }
    assert found - machine == {
        # the CDK's place for code
        "/Properties/Code/S3Bucket",
        "/Properties/Content/S3Bucket",
        "/Parameters",
        "/Rules",
        # the name
        "/Description",
        "/Outputs/StageName/Value",
        "/Properties/AlarmDescription",
        "/Properties/Description",
        "/Properties/Dimensions/0/Value",
        "/Properties/Dimensions/1/Value",
        "/Properties/DisplayName",
        "/Properties/Environment/Variables/SLUICE_STAGE",
        "/Properties/Tags/0/Value",
        "/Properties/Policies/0/PolicyDocument/Statement/7/Condition/StringEquals/aws:ResourceTag/sluice:stage",
        # crons can be switched off locally
        "/Properties/State",
        # traces of the local cloud need not be kept
        "/DeletionPolicy",
        "/UpdateReplacePolicy",
    }


def test_only_stages_on_aws_insist_on_tls(deployed: dict[str, Template]) -> None:
    assert deployed["local"].of_type("AWS::SQS::QueuePolicy") == {}
    assert len(deployed["dev"].of_type("AWS::SQS::QueuePolicy")) == len(deployed["dev"].of_type("AWS::SQS::Queue"))


def test_functions_on_aws_run_on_arm64_and_python_3_13(deployed: dict[str, Template]) -> None:
    for function in deployed["dev"].properties("AWS::Lambda::Function"):
        assert (function["Architectures"], function["Runtime"]) == (["arm64"], "python3.13")
    [layer] = deployed["dev"].properties("AWS::Lambda::LayerVersion")
    assert layer["CompatibleArchitectures"] == ["arm64"]


def test_the_local_stage_needs_no_bootstrap(outputs: dict[str, Path], deployed: dict[str, Template]) -> None:
    [layer] = deployed["local"].properties("AWS::Lambda::LayerVersion")
    assert layer["Content"]["S3Bucket"] == "sluice-local-assets"
    manifest = json.loads((outputs["local"] / "manifest.json").read_text())
    properties = manifest["artifacts"]["sluice-local"]["properties"]
    assert not properties.keys() & {"assumeRoleArn", "requiresBootstrapStackVersion"}


def test_the_code_asset_holds_the_handlers_and_the_deployed_packages(outputs: dict[str, Path]) -> None:
    code = code_of(outputs["dev"])
    assert (code / "sluice" / "worker" / "entry.py").is_file()
    assert (code / "handlers" / "order_placed.py").is_file()
    assert {path.name for path in code.iterdir()} == {"handlers", "sluice"}
    assert not {*PACKAGES_NOT_DEPLOYED} & {path.name for path in (code / "sluice").iterdir()}
    assert {path.suffix for path in sources_in(code)} <= {".py", ".typed"}
    assert sum(path.stat().st_size for path in sources_in(code)) < 700_000


def sources_in(directory: Path) -> list[Path]:
    return [path for path in sorted(directory.rglob("*")) if path.is_file() and path.suffix != ".pyc"]


def test_both_stages_have_the_same_code(outputs: dict[str, Path]) -> None:
    contents = []
    for stage in ("dev", "local"):
        code = code_of(outputs[stage])
        contents.append({path.relative_to(code): path.read_bytes() for path in sources_in(code)})
    assert contents[0] == contents[1]


def test_what_goes_to_aws_is_compiled_if_this_machine_has_that_python(outputs: dict[str, Path]) -> None:
    """A deployment without that Python warns: tests/infra/test_stack.py."""
    [layer] = [path for path in asset_directories(outputs["dev"]) if (path / "python").is_dir()]
    has_python = find_interpreter(LAMBDA.python) is not None
    tag = LAMBDA.python.replace(".", "")
    for module in (code_of(outputs["dev"]) / "sluice/worker/entry.py", layer / "python/boto3/session.py"):
        assert (module.parent / "__pycache__" / f"{module.stem}.cpython-{tag}.pyc").is_file() == has_python
    assert not list(code_of(outputs["local"]).rglob("*.pyc"))


def test_the_layer_holds_the_dependencies_and_no_tools(outputs: dict[str, Path]) -> None:
    [layer] = [path for path in asset_directories(outputs["dev"]) if (path / "python").is_dir()]
    packages = {path.name for path in (layer / "python").iterdir()}
    assert {"boto3", "botocore", "aws_lambda_powertools"} <= packages
    assert not packages & {"aws_cdk", "click", "ministack", "moto", "bin", "sluice"}
