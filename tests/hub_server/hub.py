"""A Hub: its repositories, who may use them, how it is to misbehave, and what was asked of it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hub_server.faults import Fault
from hub_server.rate import Rate
from hub_server.records import Record
from hub_server.repository import Files, Repo
from hub_server.server import Server
from hub_server.store import Store
from hub_server.users import Token, default_tokens


@dataclass
class Hub:
    """The repositories in a folder, and how they are served.

    Attributes:
        folder: where everything is kept; a Hub made again on it has everything.
        redirect: whether files in LFS are served from another origin, as the Hub does.
        page_size: the entries on a page of a tree or a history.
        multipart_above: the size in bytes from which a file in LFS is uploaded in parts; None for never.
        chunk_size: of such a part.
        bytes_per_second: the speed of the line, each way; None for no limit.
        tokens: who may come.
        granted: the names of users who accepted the terms of gated repositories.
        bad_token: what the Hub says of a token that nobody has.
        faults: what is to go wrong.
        sizes: by path, what listings say of a file's size instead of the truth.
        on_request: called with each request before it is handled.
        requests: what was asked, in order.
        asked: how many requests came so far.
        received: how many bytes of each object in LFS came, by SHA-256.
        sent: how many bytes of each file were sent, by its path in the repository.
        seen: the tokens that came.
        leaks: requests that brought a token to another origin than the Hub's.
        errors: what went wrong in the server itself.
        port: where it is served; a free one if not given.
    """

    folder: Path
    redirect: bool = True
    page_size: int = 1_000
    multipart_above: int | None = None
    chunk_size: int = 5 << 20
    bytes_per_second: float | None = None
    tokens: dict[str, Token] = field(default_factory=default_tokens)
    granted: set[str] = field(default_factory=lambda: {"you"})
    bad_token: str = "Invalid credentials in Authorization header"
    faults: list[Fault] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    on_request: Callable[[Record], None] | None = None
    requests: list[Record] = field(default_factory=list)
    asked: int = 0
    received: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.repos = Store(self.folder)
        self.lock = threading.RLock()
        self.incoming, self.outgoing = Rate(self.bytes_per_second), Rate(self.bytes_per_second)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def alive(self) -> bool:
        return self._server is not None and not self._server.dead

    def repo(
        self,
        id_: str,
        files: Files | None = None,
        *,
        type: str = "dataset",
        gated: bool = False,
        private: bool = False,
    ) -> Repo:
        """Make a repository with one commit, in place of the one of this id if there is one."""
        if id_ in self.repos:
            del self.repos[id_]
        return self.repos.create(id_, files or {}, type=type, private=private, gated=gated)

    def start(self) -> None:
        """Serve."""
        self._server = Server(self)
        self.port = self._server.port
        self._server.start()

    def stop(self) -> None:
        """Close everything."""
        if self._server:
            self._server.die()

    def settle(self) -> None:
        """Wait until the requests of clients that are gone are done with."""
        if self._server:
            self._server.settle()

    def revive(self) -> None:
        """Serve again what is on disk, on the same port."""
        if self._server:
            self._server.die()
            self._server.settle()
        self.repos.forget()
        self.start()

    def record(self, method: str, path: str) -> Record:
        """Write down a request."""
        with self.lock:
            self.asked += 1
            self.requests.append(Record(self.asked, method, path))
            return self.requests[-1]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a Hub on loopback; at the end, nothing may have gone wrong in the server itself."""
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
    assert not hub.errors, hub.errors
    assert not hub.leaks, "a token must not leave the Hub's own origin"
