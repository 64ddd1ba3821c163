"""The local cloud refuses browsers, strangers and other users of the machine. All against a real MiniStack."""

from __future__ import annotations

import http.client
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from sluice.local import server
from sluice.local.files import Files
from sluice.local.health import answers
from sluice.stage import clients
from sluice.stage.local_credentials import credentials_file, read_secret

PATH = "/000000000000/open"

# The server outlives the call that starts it, and here the process that made the call goes on.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    with pytest.MonkeyPatch.context() as monkeypatch, socket.socket() as probe:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        probe.bind(("127.0.0.1", 0))
        made = Files(tmp_path_factory.mktemp("project"), probe.getsockname()[1])
        probe.close()
        server.start(made)
        yield made
        server.stop(made)
        assert read_secret(made.port) is None


def client(files: Files, service: str, secret: str | None = None, key: str = "test", **settings: str) -> Any:
    make: Any = boto3.client
    merged: Any = {"retries": {"total_max_attempts": 1}, "proxies": {}, **settings}
    return make(
        service,
        endpoint_url=f"http://127.0.0.1:{files.port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret or read_secret(files.port),
        aws_session_token=None,
        config=Config(**merged),
    )


BODY = "Action=ListQueues&Version=2012-11-05"


def signed(files: Files) -> dict[str, str]:
    """The headers of a call with the body above."""
    request: Any = AWSRequest("POST", f"http://127.0.0.1:{files.port}/", data=BODY)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials("test", owned(files)), "sqs", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def answer(
    files: Files, method: str, path: str, headers: dict[str, str], body: str = ""
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", files.port, timeout=30)
    try:
        connection.request(method, path, body.encode(), headers)
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode()
    finally:
        connection.close()


def status(files: Files, method: str, path: str, headers: dict[str, str], body: str = "") -> int:
    return answer(files, method, path, headers, body)[0]


def owned(files: Files) -> str:
    secret = read_secret(files.port)
    assert secret is not None
    return secret


@pytest.mark.parametrize("service", ["sqs", "dynamodb", "lambda", "s3", "cloudformation", "iam", "sns", "scheduler"])
def test_every_services_calls_need_our_secret(files: Files, service: str) -> None:
    calls: dict[str, Any] = {
        "sqs": lambda client: client.list_queues(),
        "dynamodb": lambda client: client.list_tables(),
        "lambda": lambda client: client.list_functions(),
        "s3": lambda client: client.list_buckets(),
        "cloudformation": lambda client: client.list_stacks(),
        "iam": lambda client: client.list_users(),
        "sns": lambda client: client.list_topics(),
        "scheduler": lambda client: client.list_schedules(),
    }

    assert calls[service](client(files, service))
    for key, secret in (("test", "test"), ("000000000000", "test"), ("AKIANOBODY", owned(files)), ("test", "0" * 64)):
        with pytest.raises(ClientError) as caught:
            calls[service](client(files, service, secret, key))
        assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"
        assert "the local cloud refuses this call" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_ministack/sqs/messages"),
        ("GET", "/_ministack/lambda-code/any"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/ready"),
        ("GET", "/_localstack/health"),
        ("GET", "/_localstack/info"),
        ("POST", "/_ministack/rds/iam-auth"),
        ("GET", "/health"),
        ("GET", "/"),
        ("POST", "/"),
        ("PUT", "/bucket"),
        ("GET", PATH + "?Action=SendMessage&MessageBody=1"),
        ("GET", "/?X-Amz-Signature=0&X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request"),
        ("GET", "/?AWSAccessKeyId=test&Signature=x&Expires=99999999999"),
        ("POST", "/2015-03-31/functions"),
        ("OPTIONS", "/"),
        ("DELETE", "/_ministack/cfn-response/x"),
    ],
)
def test_nothing_is_open_without_a_signature(files: Files, method: str, path: str) -> None:
    code, headers, _ = answer(files, method, path, {"Content-Type": "text/plain"}, "x")

    assert code == 403
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "foreign",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:4566"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "notlocalhost"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_in_a_browser_is_refused_even_with_our_credentials(files: Files, foreign: dict[str, str]) -> None:
    headers = signed(files)

    assert status(files, "POST", "/", headers, BODY) == 200
    assert status(files, "POST", "/", headers | foreign, BODY) == 403
    assert status(files, "GET", "/_ministack/health", foreign) == 403


def test_no_answer_lets_a_page_read_it(files: Files) -> None:
    code, headers, _ = answer(files, "POST", "/", signed(files), BODY)

    assert code == 200
    assert not [name for name in headers if name.startswith("access-control-")]


def test_a_changed_body_is_refused(files: Files) -> None:
    assert status(files, "POST", "/", signed(files), "Action=CreateQueue&QueueName=x&Version=2012-11-05") == 403


@pytest.mark.parametrize("settings", [{}, {"signature_version": "s3v4"}])
def test_a_presigned_url_works_until_it_expires(files: Files, settings: dict[str, str]) -> None:
    s3 = client(files, "s3", **settings)
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="a b/ü", Body=b"content")

    def path(seconds: int) -> str:
        url: str = s3.generate_presigned_url("get_object", {"Bucket": "signed", "Key": "a b/ü"}, ExpiresIn=seconds)
        return url.split(str(files.port), 1)[1]

    assert answer(files, "GET", path(60), {})[::2] == (200, "content")
    assert status(files, "GET", path(-1), {}) == 403
    assert status(files, "GET", path(60).replace("signed", "others"), {}) == 403


def test_sessions_made_in_the_local_cloud_may_call_it(files: Files) -> None:
    session = client(files, "sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/any", RoleSessionName="any")
    given = session["Credentials"]

    assert client(files, "sqs", given["SecretAccessKey"], given["AccessKeyId"]).list_queues()
    with pytest.raises(ClientError, match="the local cloud refuses this call"):
        client(files, "sqs", "0" * 64, given["AccessKeyId"]).list_queues()


def test_its_health_tells_nothing_but_that_it_is_up(files: Files) -> None:
    assert answers(files.port)
    assert answer(files, "GET", "/_ministack/health", {})[2] == "{}"


def test_our_own_clients_find_the_credentials(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLUICE_PORT", str(files.port))
    clients.forget_clients()
    try:
        assert clients.client("sts", "local").get_caller_identity()["Account"] == "000000000000"
    finally:
        clients.forget_clients()


def test_aws_tools_find_them_in_the_file(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials_file(files.port)))

    sqs = boto3.Session().client("sqs", endpoint_url=f"http://127.0.0.1:{files.port}", region_name="us-east-1")

    assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_what_it_writes_is_for_its_owner_alone(files: Files) -> None:
    files.keep_private()
    client(files, "s3").create_bucket(Bucket="private")

    def others(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode) & 0o077

    assert others(files.root / ".sluice") == 0
    assert others(credentials_file(files.port)) == 0
    assert {path for path in files.temporary.rglob("*") if not path.is_symlink() and others(path)} - set(
        (files.temporary / "python").rglob("*")
    ) == set()


def test_each_start_has_a_secret_of_its_own(files: Files) -> None:
    running = server.find(files)
    assert running is not None
    assert server.is_as_wanted(running, files)
    before = credentials_file(files.port).read_text()
    try:
        credentials_file(files.port).write_text(before.replace(owned(files), "0" * 64))
        assert not server.is_as_wanted(running, files)
        credentials_file(files.port).unlink()
        assert not server.is_as_wanted(running, files)
    finally:
        credentials_file(files.port).write_text(before)
