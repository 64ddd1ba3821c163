"""The console's door: it lets in the browser that `sluice console` opened, and no page of another origin."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"  # noqa: S105 - the parameter's name
"""The parameter of the first URL."""

FIELD = "csrf"
"""The field of a form that holds its token."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer."""

_REFUSED = "not allowed: open the page with the line that sluice console printed\n"


class Guard:
    """Lets requests through that carry the session's cookie, come from the console's own pages, and ask for its host.

    Args:
        app: what is guarded.
        port: the port that the console listens on.
        token: the secret in the first URL.

    Attributes:
        token: the secret in the first URL.
        session: the cookie's secret, another one: the first URL stays in the browser's history.
        csrf: the secret in every form.
    """

    def __init__(self, app: ASGIApp, port: int, token: str | None = None) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}
        # Cookies do not tell ports apart.
        self._cookie = f"sluice-console-{port}"
        self.token = token or secrets.token_urlsafe(32)
        self.session = secrets.token_urlsafe(32)
        self.csrf = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        answer = self._answer(scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (answer or self._app)(scope, receive, send_guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer to a request that does not get through; None if it does."""
        headers = Headers(scope=scope)
        if headers.get("host") not in self._hosts:
            return PlainTextResponse("not allowed: this is not the console's host\n", 403)
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return PlainTextResponse("not allowed: another page asked for this\n", 403)
        if scope["method"] not in ("GET", "HEAD") and origin is None:
            # Browsers send it with every form; other programs have the command line.
            return PlainTextResponse("not allowed: only the console's own forms may do this\n", 403)
        given = parse_qs(scope["query_string"].decode("latin-1"))
        if TOKEN in given and scope["method"] == "GET":
            return self._begin(scope, given)
        if not self._has_session(headers):
            return PlainTextResponse(_REFUSED, 401)
        return None

    def _begin(self, scope: Scope, given: dict[str, list[str]]) -> Response:
        """Give the browser its cookie, and take the token out of its address."""
        if not _same(given.pop(TOKEN)[0], self.token):
            return PlainTextResponse(_REFUSED, 401)
        rest = urlencode(given, doseq=True)
        path = "/" + scope["path"].lstrip("/\\")
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(self._cookie, self.session, httponly=True, samesite="strict")
        return answer

    def _has_session(self, headers: Headers) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        return self._cookie in cookies and _same(cookies[self._cookie].value, self.session)

    def allows(self, form: Mapping[str, object]) -> bool:
        """Return True if a form holds the token that the console put into it."""
        return _same(str(form.get(FIELD, "")), self.csrf)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())
