"""The server: connections on loopback, which all end at once when it dies."""

import contextlib
import random
import socket
import threading
import time
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any

from hub_server.handler import Handler

if TYPE_CHECKING:
    from hub_server.hub import Hub

PORTS = range(20_000, 32_000)
"""Below those that systems give to clients, so that none takes the port while the server is down."""


class Server(ThreadingHTTPServer):
    """One life of the server of a Hub."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, hub: "Hub") -> None:
        self.hub, self.dead = hub, False
        self._open: set[socket.socket] = set()
        self._lock, self._closed = threading.Lock(), threading.Event()
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._bind(hub.port)
        self.server_activate()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def die(self) -> None:
        """Close everything without a word more; return when the port is free."""
        with self._lock:
            first, self.dead = not self.dead, True
            connections = list(self._open)
        if not first:
            self._closed.wait()
            return
        for connection in (self.socket, *connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()
        self._closed.set()

    def settle(self, seconds: float = 2) -> None:
        """Wait until nothing of a dead server is at work any more."""
        last = time.monotonic() + seconds
        while self._open and time.monotonic() < last:
            time.sleep(0.001)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take a connection, unless the server is dead."""
        with self._lock:
            if not self.dead:
                self._open.add(request)
            return not self.dead

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: what goes wrong in a route is kept in `Hub.errors`."""

    def _bind(self, port: int) -> None:
        for candidate in [port] if port else random.sample(PORTS, 100):
            self.server_address = ("127.0.0.1", candidate)
            try:
                TCPServer.server_bind(self)
            except OSError:
                continue
            return
        raise OSError(f"no port is free: {port}")
