"""The guard before MiniStack, with the credentials that MiniStack knows.

The secret of MiniStack's own user and of each function is the one that `sluice up` made. MiniStack makes random secrets
for users and sessions of the local cloud. Only those of functions under IAM are not random: MiniStack derives them from
names that everyone knows, so they are derived from our secret here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack import app  # type: ignore[import-untyped]
from ministack.core import iam_evaluator, lambda_runtime, sigv4  # type: ignore[import-untyped]
from ministack.services import lambda_svc, sts  # type: ignore[import-untyped]

from .guard import Call, Guard

_ACCOUNT = re.compile(r"\d{12}")

_UNKNOWN = "its credentials are unknown here"

_function_session: ContextVar[bool] = ContextVar("_function_session", default=False)
"""True while MiniStack registers the session of a function."""


def refusal(call: Call) -> str | None:
    """Return why a call is not signed with credentials that MiniStack knows; None if it is.

    Args:
        call: the call.
    """
    presigned = not call.headers.get("authorization")
    if presigned and "AWSAccessKeyId" in call.query:
        return _refusal_of_old_url(call)
    parsed = sigv4.parse_query_signature(call.query) if presigned else sigv4.parse_header_signature(call.headers)
    if isinstance(parsed, tuple):
        return str(parsed[1])
    if parsed.region_set is not None:
        return "it is signed with SigV4a, which is not supported here"
    secret = _secret_of(parsed.access_key_id)
    if secret is None:
        return _UNKNOWN
    late = _too_late(parsed, call) if presigned else sigv4.request_time_failure(parsed)
    if late:
        return str(late[1])
    failure = sigv4.header_signature_failure(
        parsed, secret, call.method, call.raw_path, call.query, call.headers, call.body, presigned=presigned
    )
    return _UNKNOWN if failure else _changed_body(call)


def _refusal_of_old_url(call: Call) -> str | None:
    """Return why a URL with a signature of version 2 is wrong: boto3 presigns S3's URLs so by default in us-east-1."""
    key = call.query["AWSAccessKeyId"][0]
    account = _account_of(key)
    request = iam_evaluator.SignedRequest(
        key, call.method, call.raw_path, call.query, call.headers, sigv2=True, auth_path=call.raw_path
    )
    checked = iam_evaluator._sigv2_check(request, account)  # noqa: SLF001 - no other way in
    return _UNKNOWN if not key or isinstance(checked, iam_evaluator.AuthError) else None


def _too_late(parsed: Any, call: Call) -> tuple[str, str] | None:
    try:
        expired = sigv4.presigned_request_is_expired(parsed.amz_date, call.query["X-Amz-Expires"][0])
    except (KeyError, ValueError):
        return "", "its URL does not say until when it is valid"
    return ("", "its URL has expired") if expired else None


def _changed_body(call: Call) -> str | None:
    """Return why the body is not the one whose hash is signed; None if it is, or if S3's clients left the hash out."""
    stated = call.headers.get("x-amz-content-sha256", "")
    if re.fullmatch(r"[0-9a-f]{64}", stated) and stated != hashlib.sha256(call.body).hexdigest():
        return "its body is not the one that was signed"
    return None


def _secret_of(access_key_id: str) -> str | None:
    # MiniStack takes no key id at all for its own user's.
    found = iam_evaluator.resolve_credential(access_key_id, _account_of(access_key_id)) if access_key_id else None
    return getattr(found, "secret_access_key", None)


def _account_of(access_key_id: str) -> str | None:
    """Return the account of a user's, a session's or an account's own access key; None for MiniStack's default one."""
    if _ACCOUNT.fullmatch(access_key_id):
        return access_key_id
    session = sts._sessions.get(access_key_id)  # noqa: SLF001 - as above
    if session is not None:
        return str(session["Arn"]).split(":")[4]
    try:
        account: str | None = iam_evaluator.find_iam_access_key_account(access_key_id)
    except iam_evaluator.AmbiguousAccessKeyError:
        return None
    return account


def install(secret: str) -> None:
    """Put the guard before MiniStack. Call it before MiniStack is started.

    Args:
        secret: the secret access key that `sluice up` made.
    """
    app.app = Guard(app.app, refusal)
    register, credentials = sts.register_session, lambda_runtime.execution_credentials

    def derived(guessable: str) -> str:
        return hmac.new(secret.encode(), guessable.encode(), hashlib.sha256).hexdigest()

    def register_session(key: str, session: dict[str, Any]) -> None:
        if _function_session.get():
            session = {**session, "SecretAccessKey": derived(session["SecretAccessKey"])}
        register(key, session)

    def execution_credentials(config: Mapping[str, Any]) -> dict[str, str]:
        token = _function_session.set(True)
        try:
            given: dict[str, str] = credentials(config)
        finally:
            _function_session.reset(token)
        if given["AWS_ACCESS_KEY_ID"] in sts._sessions:  # noqa: SLF001 - as above
            given["AWS_SECRET_ACCESS_KEY"] = derived(given["AWS_SECRET_ACCESS_KEY"])
        return given

    sts.register_session = register_session
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials
