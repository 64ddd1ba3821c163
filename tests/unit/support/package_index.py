"""A package index on 127.0.0.1, whose packages have one module each."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class PackageIndex:
    """A server of wheels. It runs within a `with` block."""

    def __init__(self) -> None:
        self._wheels: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self._wheels))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The index's address, for pip and uv."""
        return f"http://127.0.0.1:{self._server.server_port}/simple"

    def __enter__(self) -> PackageIndex:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server. Later requests get no answer."""
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, tag: str = "py3-none-any", *, version: str = "1.0") -> None:
        """Add a wheel, whose module says which platform it is for.

        Args:
            name: the package's name.
            tag: the wheel's tags of Python, ABI and platform.
            version: the package's version.
        """
        self._wheels[f"{name}-{version}-{tag}.whl"] = _wheel(name, tag, version)


def _wheel(name: str, tag: str, version: str) -> bytes:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"TAG = {tag!r}\n",
        f"{name}-{version}.data/scripts/{name}": "#!python\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items()]
    files[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return content.getvalue()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _handler_of(wheels: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with a wheel, or with the page that lists a package's wheels."""
            last = self.path.rstrip("/").split("/")[-1]
            if last in wheels:
                self._answer("application/octet-stream", wheels[last])
            else:
                links = [
                    f'<a href="/wheels/{file}#sha256={hashlib.sha256(content).hexdigest()}">{file}</a>'
                    for file, content in wheels.items()
                    if file.startswith(f"{last}-")
                ]
                self._answer("text/html", "".join(links).encode())

        do_HEAD = do_GET  # noqa: N815 - the same

        def _answer(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log no requests."""

    return Handler
