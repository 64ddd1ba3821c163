"""The environment variables of the local cloud's programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sluice.local import environment


def test_ministack_gets_none_of_the_callers_settings(tmp_path: Path) -> None:
    caller = {
        "PATH": "/usr/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "NO_PROXY": "intranet",
        "AWS_PROFILE": "prod",
        "AWS_LAMBDA_FUNCTION_NAME": "x",
        "PERSIST_STATE": "1",
        "AUTH": "true",
        "BIND_HOST": "0.0.0.0",
        "USE_SSL": "1",
        "PYTHONPATH": "/x",
        "HOME": "/home/ada",
        "MINISTACK_REGION": "mars",
    }

    given = environment.for_server(caller, 4567, tmp_path)

    assert {name: given[name] for name in ("PATH", "HTTPS_PROXY", "BIND_HOST", "GATEWAY_PORT", "PERSIST_STATE")} == {
        "PATH": "/usr/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": "4567",
        "PERSIST_STATE": "0",
    }
    assert given["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert given["AUTH"] == "false"
    assert not {"AWS_PROFILE", "AWS_LAMBDA_FUNCTION_NAME", "USE_SSL", "PYTHONPATH", "MINISTACK_REGION"} & set(given)
    for name in ("TMPDIR", "HOME", "STATE_DIR", "S3_DATA_DIR", "DOCKER_HOST"):
        assert str(tmp_path) in given[name]


def test_the_cdk_runs_this_python_and_that_node_without_telemetry(tmp_path: Path) -> None:
    node = tmp_path / "bin" / "node"

    given = environment.for_cdk({"PATH": "/usr/bin", "AWS_PROFILE": "prod", "PYTHONDONTWRITEBYTECODE": "1"}, node)

    assert given["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), str(node.parent), "/usr/bin"]
    assert given["JSII_NODE"] == str(node)
    assert given["CDK_DISABLE_CLI_TELEMETRY"] == "true"
    assert given["CDK_DISABLE_VERSION_CHECK"] == "1"
    assert given["AWS_PROFILE"] == "prod"
    assert "PYTHONDONTWRITEBYTECODE" not in given
