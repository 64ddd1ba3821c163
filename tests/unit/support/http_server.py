"""A server on this machine that answers as a path says: `/503/once` with 503 the first time, and then with 200."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def http_server() -> Iterator[str]:
    """Run a server, and give its URL."""
    seen: set[str] = set()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            first, *rest = self.path.partition("?")[0].strip("/").split("/")
            again = self.path in seen and rest == ["once"]
            seen.add(self.path)
            body = b'{"Table": {}, "__type": "x#ResourceNotFoundException"}'
            self.send_response(int(first) if first.isdigit() and not again else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
