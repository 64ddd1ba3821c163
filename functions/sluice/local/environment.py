"""The environment variables of the local cloud's programs. The caller's AWS settings are in none of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..stage.clients import LOCAL_REGION
from ..stage.local_credentials import KEY_ID, read_secret

_FOR_SERVER = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "https_proxy",
    "http_proxy",
)
"""Variables that MiniStack, and so every handler in it, gets from the caller. A handler's settings come from app.py."""

IAM_VARIABLE = "AUTH"
"""MiniStack's variable that turns IAM on or off."""

_NEVER_PROXIED = ("127.0.0.1", "localhost")


def iam_setting(caller: Mapping[str, str]) -> str:
    """Return MiniStack's setting for IAM: on if the caller has set SLUICE_LOCAL_IAM=1, to try the stack's policies."""
    return "true" if caller.get("SLUICE_LOCAL_IAM") == "1" else "false"


def for_server(caller: Mapping[str, str], port: int, temporary: Path) -> dict[str, str]:
    """Return MiniStack's environment.

    Args:
        caller: the caller's environment.
        port: the port to listen at, on 127.0.0.1 only.
        temporary: the directory for all of MiniStack's files.
    """
    environment = {name: caller[name] for name in _FOR_SERVER if name in caller}
    return (
        environment
        | local_aws(port)
        | unproxied(caller)
        | {
            IAM_VARIABLE: iam_setting(caller),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
            "STATE_DIR": str(temporary / "state"),
            "S3_DATA_DIR": str(temporary / "s3"),
            "LAMBDA_EXECUTOR": "local",
            # MiniStack removes containers on the Docker host that it finds. This keeps it from finding the user's.
            "DOCKER_HOST": f"unix://{temporary / 'no-docker'}",
            "HOME": str(temporary),
            "LANG": "C.UTF-8",
            "PYTHONNOUSERSITE": "1",
            "TMPDIR": str(temporary),
            "TZ": "UTC",
        }
    )


def local_aws(port: int) -> dict[str, str]:
    """Return variables that make AWS's tools and SDKs talk to the local cloud, whatever the caller has configured."""
    return {
        # The address, not `localhost`: SDKs then put a bucket's name into the path, not into the host name.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": KEY_ID,
        # Without a running local cloud there is no secret, and nothing that would take one.
        "AWS_SECRET_ACCESS_KEY": read_secret(port) or "none",
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def without_aws(caller: Mapping[str, str]) -> dict[str, str]:
    """Return the caller's environment without the variables that AWS's tools read."""
    return {name: value for name, value in caller.items() if not name.startswith("AWS_")}


def unproxied(caller: Mapping[str, str]) -> dict[str, str]:
    """Return variables that keep requests to this machine from going through the caller's proxy."""
    listed = caller.get("NO_PROXY") or caller.get("no_proxy") or ""
    hosts = [host.strip() for host in listed.split(",") if host.strip()]
    both = ",".join([*hosts, *(host for host in _NEVER_PROXIED if host not in hosts)])
    return {"NO_PROXY": both, "no_proxy": both}


def for_cdk(caller: Mapping[str, str], node: Path) -> dict[str, str]:
    """Return the environment of the CDK's command line and of app.py: this Python, that Node, and no telemetry.

    Args:
        caller: the caller's environment.
        node: the Node program.
    """
    programs = [str(Path(sys.executable).parent), str(node.parent), caller.get("PATH", os.defpath)]
    # Python has to keep compiled modules: compiling aws_cdk takes several times as long as running app.py.
    return {name: value for name, value in caller.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "PATH": os.pathsep.join(programs),
        "JSII_NODE": str(node),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
