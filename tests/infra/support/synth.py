"""Synthesis of app.py, as the CDK's command line does it, and of small projects in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import SluiceStack
from infra.entries import Entry

# isort: split
from aws_cdk import App
from sluice.stage.names import LOCAL_STAGE, Names, module_of

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Template:
    """A synthesised template."""

    content: dict[str, Any]

    def of_type(self, resource_type: str) -> dict[str, Any]:
        """Return the resources of a type, by their logical ids."""
        resources = self.content["Resources"]
        return {name: found for name, found in resources.items() if found["Type"] == resource_type}

    def properties(self, resource_type: str) -> list[dict[str, Any]]:
        """Return the properties of each resource of a type."""
        return [found["Properties"] for found in self.of_type(resource_type).values()]

    def one(self, resource_type: str, **properties: object) -> dict[str, Any]:
        """Return the properties of the only resource that has these."""
        found = [
            every
            for every in self.properties(resource_type)
            if all(every.get(name) == value for name, value in properties.items())
        ]
        assert len(found) == 1, f"{len(found)} {resource_type} with {properties}"
        return found[0]

    def function(self, name: str) -> dict[str, Any]:
        return self.one("AWS::Lambda::Function", FunctionName=name)

    def queue(self, name: str) -> dict[str, Any]:
        return self.one("AWS::SQS::Queue", QueueName=name)

    def mapping_of(self, function: str) -> dict[str, Any]:
        return next(
            mapping
            for mapping in self.properties("AWS::Lambda::EventSourceMapping")
            if self.resolve(mapping["FunctionName"])["FunctionName"] == function
        )

    def role_of(self, function: str) -> dict[str, Any]:
        return self.resolve(self.function(function)["Role"])

    def resolve(self, reference: dict[str, Any]) -> dict[str, Any]:
        """Return the properties of the resource that a Ref or an Fn::GetAtt names."""
        name = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
        properties: dict[str, Any] = self.content["Resources"][name]["Properties"]
        return properties

    def arn(self, value: object) -> str:
        """Return an ARN, with names in place of the values that a deployment fills in."""
        if isinstance(value, str):
            return value
        assert isinstance(value, dict)
        if "Fn::Join" in value:
            return "".join(map(self.arn, value["Fn::Join"][1]))
        if "Fn::GetAtt" in value:
            return self._name(value["Fn::GetAtt"][0])
        pseudo = {"AWS::Partition": "aws", "AWS::Region": "REGION", "AWS::AccountId": "ACCOUNT"}
        return pseudo.get(value["Ref"]) or self._name(value["Ref"])

    def _name(self, logical_id: str) -> str:
        resource = self.content["Resources"][logical_id]
        if resource["Type"] == "AWS::KMS::Key":
            return f"arn:aws:kms:REGION:ACCOUNT:key/{'k' * 36}"
        properties = resource["Properties"]
        keys = ("QueueName", "TableName", "LogGroupName", "RoleName")
        return self.arn(next(properties[key] for key in keys if key in properties))


def run_app(stage: str, output: Path) -> subprocess.CompletedProcess[str]:
    """Run app.py as the CDK's command line does, on a machine without Node, credentials or network."""
    context = json.loads((PROJECT / "cdk.json").read_text())["context"] | {"stage": stage}
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={
            "PATH": "",
            # The caller's home, because jsii unpacks the CDK there once, but not the caller's credentials.
            "HOME": str(Path.home()),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_OUTDIR": str(output),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_VALIDATION": "false" if stage == LOCAL_STAGE else "true",
            "UV_OFFLINE": "1",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def template_in(output: Path, stage: str) -> Template:
    """Return the template in the directory that it was synthesised into."""
    return Template(json.loads((output / f"{Names(stage).stack}.template.json").read_text()))


def make_project(directory: Path, handlers: Sequence[str]) -> Path:
    """Make a project with a file for each handler, and the packages of this one."""
    files = directory / "functions" / "handlers"
    files.mkdir(parents=True)
    for handler in handlers:
        (files / f"{module_of(handler)}.py").write_text("def handle(event):\n    return event\n")
    (PROJECT / ".sluice").mkdir(exist_ok=True)
    for name in ("pyproject.toml", "uv.lock", ".sluice"):
        (directory / name).symlink_to(PROJECT / name)
    return directory


def stack_of(
    project: Path,
    entries: Sequence[Entry],
    *,
    stage: str = "dev",
    context: Mapping[str, str] | None = None,
    **settings: Any,
) -> SluiceStack:
    """Make the stack of a project with these entries. It synthesises into the project's `cdk.out`."""
    # The CDK's own validation takes seconds. The template of app.py is validated, and checked by cfn-lint.
    app = App(outdir=str(project / "cdk.out"), builtin_cloud_formation_validation=False, context=context)
    return SluiceStack(app, stage=stage, handlers=entries, project=project, **settings)


def make_stack(directory: Path, entries: Sequence[Entry]) -> SluiceStack:
    """Make a project with a file for each of these entries, and its stack."""
    return stack_of(make_project(directory, [entry.name for entry in entries]), entries)


def synthesise(stack: SluiceStack) -> Template:
    """Return the stack's template."""
    app = stack.node.root
    assert isinstance(app, App)
    return Template(app.synth().get_stack_by_name(stack.stack_name).template)


def differences(one: object, other: object, path: str = "") -> Iterator[str]:
    """Yield the paths at which two templates differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            yield from differences(one.get(key), other.get(key), f"{path}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}/{index}")
    elif one != other:
        yield path
