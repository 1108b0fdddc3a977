"""Real servers on this computer, for the tests: a group robot that behaves as told, and a small mail server."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FINE = b'{"errcode":0,"errmsg":"ok"}'


@dataclass
class Robot:
    """What the robot got, and how it answers: status, headers, body; or a function that does as it likes."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = FINE
    behave: Callable[[BaseHTTPRequestHandler], bool] | None = None
    got: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/cgi-bin/webhook/send?key=c0ffee-5ecre7-4b1d"

    @property
    def texts(self) -> list[str]:
        return [(body.get("markdown") or body.get("text"))["content"] for _path, body in self.got]


@contextmanager
def robot(**how: Any) -> Iterator[Robot]:
    """A robot that listens until the block ends."""
    this = Robot(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            this.got.append((self.path, json.loads(data)))
            if this.behave is not None and this.behave(self):
                return
            self.send_response(this.status)
            for name, value in {"Content-Type": "application/json", **this.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(this.body)))
            self.end_headers()
            self.wfile.write(this.body)

        def log_message(self, *_args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            pass  # a client that gave up waiting

    server = Server(("127.0.0.1", 0), Handler)
    this.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield this
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Post:
    """What the mail server got: envelopes with letters; and what it refuses."""

    port: int = 0
    password: str = ""
    refuses: tuple[str, ...] = ()
    busy: bool = False
    stalls: bool = False
    letters: list[tuple[list[str], str]] = field(default_factory=list)


@contextmanager
def post_office(**how: Any) -> Iterator[Post]:
    """A mail server that speaks enough SMTP for one letter after another."""
    this = Post(**how)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            if this.stalls:
                threading.Event().wait(3)
                return
            self.say("220 post.example ESMTP")
            recipients: list[str] = []
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                if verb == "EHLO":
                    self.wfile.write(b"250-post.example\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n")
                elif verb == "AUTH":
                    import base64

                    known = base64.b64decode(line.split()[2]).decode().split("\0")[2] == this.password
                    self.say("235 ok" if known else f"535 wrong, not {line}")
                elif verb == "MAIL":
                    self.say("451 try later" if this.busy else "250 ok")
                elif verb == "RCPT":
                    address = line[line.index("<") + 1 : line.index(">")]
                    if address in this.refuses:
                        self.say("550 no such box")
                    else:
                        recipients.append(address)
                        self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline().decode()) not in (".\r\n", ""):
                        lines.append(text)
                    this.letters.append((recipients, "".join(lines)))
                    recipients = []
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_args: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    this.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield this
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
