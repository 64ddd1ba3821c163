"""The environments of the programs that make up the local cloud: the caller's own AWS settings are in none of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..stage.clients import LOCAL_REGION

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
"""What MiniStack, and so every handler in it, takes over from the caller. A handler's settings come from app.py."""

RIGHTS = "AUTH"
"""MiniStack's variable that says whether it enforces IAM."""

_NEVER_PROXIED = ("127.0.0.1", "localhost")


def rights(caller: Mapping[str, str]) -> str:
    """Whether IAM's policies count: for trying those that the stack has."""
    return "true" if caller.get("SLUICE_LOCAL_IAM") == "1" else "false"


def for_server(caller: Mapping[str, str], port: int, temporary: Path) -> dict[str, str]:
    """MiniStack's environment: it listens on 127.0.0.1 only, and leaves nothing outside of `temporary`."""
    environment = {name: caller[name] for name in _FOR_SERVER if name in caller}
    return (
        environment
        | local_aws(port)
        | unproxied(caller)
        | {
            RIGHTS: rights(caller),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
            "STATE_DIR": str(temporary / "state"),
            "S3_DATA_DIR": str(temporary / "s3"),
            "LAMBDA_EXECUTOR": "local",
            # MiniStack cleans up containers on the Docker host it finds. Ours has none, and nobody else's are ours.
            "DOCKER_HOST": f"unix://{temporary / 'no-docker'}",
            "HOME": str(temporary),
            "LANG": "C.UTF-8",
            "PYTHONNOUSERSITE": "1",
            "TMPDIR": str(temporary),
            "TZ": "UTC",
        }
    )


def local_aws(port: int) -> dict[str, str]:
    """What makes AWS's own tools and SDKs talk to the local cloud, whatever the caller has configured."""
    return {
        # The address, not `localhost`: S3 is then asked for paths, not for a host name for each bucket.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def without_aws(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment less everything that AWS's tools read."""
    return {name: value for name, value in caller.items() if not name.startswith("AWS_")}


def unproxied(caller: Mapping[str, str]) -> dict[str, str]:
    """What keeps requests to this machine from going through a proxy."""
    told = caller.get("NO_PROXY") or caller.get("no_proxy") or ""
    hosts = [host.strip() for host in told.split(",") if host.strip()]
    both = ",".join([*hosts, *(host for host in _NEVER_PROXIED if host not in hosts)])
    return {"NO_PROXY": both, "no_proxy": both}


def for_cdk(caller: Mapping[str, str], node: Path) -> dict[str, str]:
    """The environment for the CDK's command line and app.py: this Python, that Node, and no calls home."""
    programs = [str(Path(sys.executable).parent), str(node.parent), caller.get("PATH", os.defpath)]
    # Compiling aws_cdk takes several times as long as app.py itself: never more than once.
    return {name: value for name, value in caller.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "PATH": os.pathsep.join(programs),
        "JSII_NODE": str(node),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
