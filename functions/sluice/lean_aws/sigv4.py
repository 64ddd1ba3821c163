"""AWS's Signature Version 4, for the only kind of request that the lean client makes: a POST of JSON to `/`."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..clock import clock

_SIGNED = "content-type;host;x-amz-date;x-amz-target"
_SIGNED_WITH_TOKEN = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"  # noqa: S105 - headers' names


@dataclass(frozen=True)
class Credentials:
    """An AWS access key.

    Attributes:
        access_key: the key's id.
        secret_key: the key's secret.
        token: the session token of temporary credentials.
    """

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Signer:
    """Signs requests to one service.

    Args:
        credentials: the caller's.
        service: the service's name in signatures, such as `sqs`.
        region: the AWS region.
    """

    def __init__(self, credentials: Credentials, service: str, region: str) -> None:
        self._credentials = credentials
        self._service = service
        self._region = region
        self._day = ""
        self._key = b""

    def headers(
        self, host: str, target: str, content_type: str, body: bytes, now: datetime | None = None
    ) -> dict[str, str]:
        """Return a request's headers, with its signature.

        Args:
            host: the Host header.
            target: the X-Amz-Target header, which names the operation.
            content_type: the Content-Type header.
            body: the request's content.
            now: the current time, for tests.
        """
        stamp = (now or datetime.fromtimestamp(clock.time(), UTC)).strftime("%Y%m%dT%H%M%SZ")
        token = self._credentials.token
        headers = {
            "Content-Type": content_type,
            "Host": host,
            "X-Amz-Date": stamp,
            "X-Amz-Target": target,
        }
        token_line, signed = "", _SIGNED
        if token:
            headers["X-Amz-Security-Token"] = token
            token_line, signed = f"x-amz-security-token:{token}\n", _SIGNED_WITH_TOKEN
        request = (
            f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:{stamp}\n{token_line}"
            f"x-amz-target:{target}\n\n{signed}\n{hashlib.sha256(body).hexdigest()}"
        )
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._key_of(stamp[:8]), to_sign.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._credentials.access_key}/{scope}, SignedHeaders={signed},"
            f" Signature={signature}"
        )
        return headers

    def _key_of(self, day: str) -> bytes:
        # The key is the same for a whole day, and making it takes three quarters of a signature's time.
        if day != self._day:
            key = b"AWS4" + self._credentials.secret_key.encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key
