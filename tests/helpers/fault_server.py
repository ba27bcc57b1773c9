"""An HTTP server on 127.0.0.1 that misbehaves on request.

Each path has a script: a list of answers given one after the other, the last of them for ever.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.close_connection = True
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers.items())))
            script = self.server.scripts.get(self.path, [status(404)])
            answer = script.pop(0) if len(script) > 1 else script[0]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client gave up, as it should
            answer(self)

    def start(self, code: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def reset(self) -> None:
        """Break the connection off rather than end it."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scripts: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class FaultServer:
    """Use as a context manager; ``script`` says what a path answers, ``requests`` what was asked."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def script(self, path: str, *answers: Answer) -> str:
        """Set the answers of a path; returns its address."""
        self._server.scripts[path] = list(answers)
        return self.url(path)

    @property
    def requests(self) -> list[tuple[str, dict[str, str]]]:
        return list(self._server.requests)

    def ranges(self) -> list[str | None]:
        """The Range header of each request so far."""
        return [headers.get("Range") for _, headers in self.requests]


def _rest(handler: Handler, body: bytes, etag: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and bytes to send, given what range was asked for; sets the headers."""
    if etag:
        headers["ETag"] = etag
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    if asked and etag and handler.headers.get("If-Range") == etag:
        first = int(asked[1])
        if first >= len(body):
            headers["Content-Range"] = f"bytes */{len(body)}"
            return 416, b""
        headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        return 206, body[first:]
    return 200, body


def ok(body: bytes, *, etag: str | None = None, content_type: str = "text/csv", **extra: str) -> Answer:
    """The body whole, or its rest where a range is asked for under the same ETag."""

    def answer(handler: Handler) -> None:
        headers = {"Content-Type": content_type, **{k.replace("_", "-"): v for k, v in extra.items()}}
        code, rest = _rest(handler, body, etag, headers)
        handler.start(code, {**headers, "Content-Length": str(len(rest))})
        handler.wfile.write(rest)

    return answer


def status(code: int, **headers: str) -> Answer:
    """Only a status, with headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.start(code, {**named, "Content-Length": "0"})


def redirect(to: str, code: int = 302) -> Answer:
    return status(code, Location=to)


def broken(body: bytes, sent: int, *, etag: str | None = None, reset: bool = True) -> Answer:
    """Announce the body, send some bytes of it, then break the connection off (or just end it)."""

    def answer(handler: Handler) -> None:
        headers = {"Content-Type": "text/csv"}
        code, rest = _rest(handler, body, etag, headers)
        handler.start(code, {**headers, "Content-Length": str(len(rest))})
        handler.wfile.write(rest[:sent])
        handler.wfile.flush()
        if reset:
            time.sleep(0.05)  # a reset overtakes what was sent before it
            handler.reset()

    return answer


def drip(body: bytes, *, seconds_per_byte: float, etag: str | None = None) -> Answer:
    """The body, one byte at a time."""

    def answer(handler: Handler) -> None:
        headers = {"Content-Type": "text/csv"}
        code, rest = _rest(handler, body, etag, headers)
        handler.start(code, {**headers, "Content-Length": str(len(rest))})
        for byte in rest:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(seconds_per_byte)

    return answer


def without_length(body: bytes) -> Answer:
    """The body without announcing its length: the end of the connection is its end."""

    def answer(handler: Handler) -> None:
        handler.start(200, {"Content-Type": "text/csv"})
        handler.wfile.write(body)

    return answer


def gzipped(body: bytes, *, cut: int = 0) -> Answer:
    """The body gzip-encoded though nobody asked for it; ``cut`` drops bytes of its end."""
    packed = gzip.compress(body)
    return ok(packed[: len(packed) - cut], Content_Encoding="gzip")
