"""An HTTP server that answers as a test says, in place of AWS's."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Answer = tuple[int, Any] | Callable[[http.server.BaseHTTPRequestHandler], None]


class ScriptedServer:
    """Gives the test's answers in turn, then `{"ok": true}`, and keeps the requests' JSON in `asked`."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Any] = []
        self.connections = 0
        script = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                script.connections += 1
                super().setup()

            def do_POST(self) -> None:
                script.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                answer: Answer = script.answers.pop(0) if script.answers else (200, {"ok": True})
                if callable(answer):
                    answer(self)
                else:
                    reply(self, *answer)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - http.server's name
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        """The server's endpoint."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reply(
    to: http.server.BaseHTTPRequestHandler,
    status: int,
    answer: Any,
    *,
    headers: Mapping[str, str] | None = None,
    close: bool = False,
) -> None:
    """Send one answer, and close the connection after it if asked to."""
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    to.send_response(status)
    to.send_header("Content-Length", str(len(content)))
    for name, value in (headers or {}).items():
        to.send_header(name, value)
    to.end_headers()
    # The client may have run out of time and closed the connection.
    with contextlib.suppress(ConnectionError):
        to.wfile.write(content)
    to.close_connection = close


def hang_up(to: http.server.BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""
    to.close_connection = True


def scripted_server() -> Iterator[ScriptedServer]:
    """Yield a server for the length of a test: the body of a fixture."""
    server = ScriptedServer()
    yield server
    server.stop()
