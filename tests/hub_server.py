"""A small Hub on loopback for tests: data set repositories in memory, read by unmodified clients.

Every request finds its answer in `ROUTES`; a test that needs more of the Hub adds a route. Faults are set by
path: see `Hub.faults`.
"""

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LFS_SUFFIXES = (".parquet", ".arrow")
PAGE = 3
"""Entries on a page of a tree: few, so that clients have to follow the links."""
TOKEN = "hf_testtokenthatmustneverbeprinted"


@dataclass(frozen=True)
class Commit:
    """All files of a repository at one time."""

    oid: str
    files: dict[str, bytes]


@dataclass
class Repo:
    """A data set repository.

    Attributes:
        id: namespace and name.
        commits: the oldest first.
        refs: commits by branch or tag.
        gated: whether a token of someone who accepted the terms is needed.
    """

    id: str
    commits: list[Commit] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False

    def commit(self, files: dict[str, bytes], ref: str = "main") -> str:
        """Make these files the newest commit of a branch; return its id."""
        text = f"{self.id} {len(self.commits)} {sorted(files)}"
        oid = hashlib.sha1(text.encode()).hexdigest()
        self.commits.append(Commit(oid, dict(files)))
        self.refs[ref] = oid
        return oid

    def at(self, revision: str) -> Commit | None:
        oid = self.refs.get(revision, revision)
        return next((commit for commit in self.commits if commit.oid == oid), None)


@dataclass
class Hub:
    """The repositories, and how the server is to misbehave.

    Attributes:
        faults: by path in a repository, `corrupt` (other bytes of the same length), `cut` (the connection
            ends early), `cut_once` (in the middle, and not again), `error` (HTTP 500); by repository id,
            `error` for everything in it.
        sizes: by path, what listings say of a file's size instead of the truth.
        redirect: whether files in LFS are served from another origin, as the Hub does.
        granted: tokens whose owners accepted the terms of gated repositories.
        requests: what was asked, as `GET /path`.
        sent: how many bytes of each path in a repository were sent.
        tokens: what came as authorization, without repeats.
    """

    repos: dict[str, Repo] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    redirect: bool = True
    granted: set[str] = field(default_factory=lambda: {TOKEN})
    requests: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_origin(self) -> str:
        return f"http://localhost:{self.port}"

    def repo(self, id_: str, files: dict[str, bytes], gated: bool = False) -> Repo:
        """Add a repository with one commit."""
        self.repos[id_] = Repo(id_, gated=gated)
        self.repos[id_].commit(files)
        return self.repos[id_]

    def blob(self, sha256: str) -> tuple[str, bytes] | None:
        """Return the path and content of a file in LFS."""
        commits = (commit for repo in self.repos.values() for commit in repo.commits)
        files = (file for commit in commits for file in commit.files.items())
        return next((file for file in files if hashlib.sha256(file[1]).hexdigest() == sha256), None)


class Refusal(Exception):  # noqa: N818
    """An answer that is an error, with the header by which clients tell errors apart."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a hub on a free port of loopback."""
    handler = type("Handler", (HubHandler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class HubHandler(BaseHTTPRequestHandler):
    """Answers one request; `hub` is set by `serving`."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._route()

    def do_HEAD(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def _route(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.requests.append(f"{self.command} {unquote(parts.path)}")
        if token := self.headers.get("Authorization"):
            self.hub.tokens.add(token.removeprefix("Bearer "))
        try:
            for methods, pattern, answer in ROUTES:
                if self.command in methods and (found := re.fullmatch(pattern, parts.path)):
                    arguments = {name: unquote(value or "") for name, value in found.groupdict().items()}
                    answer(self, parse_qs(parts.query), body, **arguments)
                    return
            raise Refusal(404, "RepoNotFound", "no such route")
        except Refusal as refusal:
            self.send(refusal.status, b"", {"X-Error-Code": refusal.code, "X-Error-Message": refusal.message})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value: Any, headers: dict[str, str] | None = None) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def find(self, repo: str, revision: str = "main") -> tuple[Repo, Commit]:
        """Return a repository and a commit of it, or refuse as the Hub does."""
        found = self.hub.repos.get(repo)
        if found is None:
            raise Refusal(401 if "Authorization" not in self.headers else 404, "RepoNotFound", "not found")
        if self.hub.faults.get(repo) == "error":
            raise Refusal(500, "", "Internal Error")
        commit = found.at(revision)
        if commit is None:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found, commit

    def may_read(self, repo: Repo) -> None:
        """Refuse files of a gated repository to who may not read them; what is in it, anyone may list."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if repo.gated and token not in self.hub.granted:
            raise Refusal(403 if token else 401, "GatedRepo", f"Access to dataset {repo.id} is restricted.")


def in_lfs(path: str) -> bool:
    return path.endswith(LFS_SUFFIXES)


def git_oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def etag(path: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if in_lfs(path) else git_oid(data)


def entry(hub: Hub, path: str, data: bytes) -> dict[str, Any]:
    """Return a file as trees and path infos list it."""
    size = hub.sizes.get(path, len(data))
    found: dict[str, Any] = {"type": "file", "path": path, "size": size, "oid": git_oid(data)}
    if in_lfs(path):
        found["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": size, "pointerSize": 130}
    return found


def folders(files: dict[str, bytes]) -> set[str]:
    return {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}


def folder_entry(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": git_oid(path.encode())}


def info(handler: HubHandler, query: Any, body: bytes, repo: str, revision: str = "main") -> None:
    found, commit = handler.find(repo, revision or "main")
    siblings: list[dict[str, Any]] = [{"rfilename": path} for path in commit.files]
    if query.get("blobs", [""])[0].lower() == "true":
        for sibling in siblings:
            listed = entry(handler.hub, sibling["rfilename"], commit.files[sibling["rfilename"]])
            lfs = listed.get("lfs")
            sibling |= {"size": listed["size"], "blobId": listed["oid"]}
            sibling |= {"lfs": {"sha256": lfs["oid"], "size": lfs["size"], "pointerSize": 130}} if lfs else {}
    handler.send_json(
        {
            "_id": git_oid(repo.encode())[:24],
            "id": repo,
            "author": repo.split("/")[0],
            "sha": commit.oid,
            "private": False,
            "disabled": False,
            "gated": "auto" if found.gated else False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": siblings,
            "createdAt": "2025-01-01T00:00:00.000Z",
            "lastModified": "2025-01-01T00:00:00.000Z",
        }
    )


def tree(handler: HubHandler, query: Any, body: bytes, repo: str, revision: str, path: str) -> None:
    _, commit = handler.find(repo, revision)
    prefix = f"{path}/" if path else ""
    recursive = query.get("recursive", [""])[0].lower() == "true"
    listed = [folder_entry(name) for name in folders(commit.files)]
    listed += [entry(handler.hub, name, data) for name, data in commit.files.items()]
    below = [found for found in listed if found["path"].startswith(prefix)]
    rows = [found for found in below if recursive or "/" not in found["path"].removeprefix(prefix)]
    if path and not rows:
        raise Refusal(404, "EntryNotFound", "no such folder")
    rows.sort(key=lambda found: found["path"])
    start = int(query.get("cursor", ["0"])[0])
    link = {}
    if start + PAGE < len(rows):
        address = (
            f"{handler.hub.url}{urlsplit(handler.path).path}?recursive={recursive}&cursor={start + PAGE}"
        )
        link = {"Link": f'<{address}>; rel="next"'}
    handler.send_json(rows[start : start + PAGE], link)


def paths_info(handler: HubHandler, query: Any, body: bytes, repo: str, revision: str) -> None:
    _, commit = handler.find(repo, revision)
    sent = body.decode()
    asked = json.loads(sent)["paths"] if sent.startswith("{") else parse_qs(sent).get("paths", [])
    known = folders(commit.files)
    rows = [
        entry(handler.hub, path, commit.files[path]) if path in commit.files else folder_entry(path)
        for path in asked
        if path in commit.files or path in known
    ]
    handler.send_json(rows)


def auth_check(handler: HubHandler, query: Any, body: bytes, repo: str) -> None:
    found, _ = handler.find(repo)
    handler.may_read(found)
    handler.send_json({})


def refs(handler: HubHandler, query: Any, body: bytes, repo: str) -> None:
    found, _ = handler.find(repo)
    branches = [
        {"name": name, "ref": f"refs/heads/{name}", "targetCommit": oid} for name, oid in found.refs.items()
    ]
    handler.send_json({"branches": branches, "tags": [], "converts": []})


def resolve(handler: HubHandler, query: Any, body: bytes, repo: str, revision: str, path: str) -> None:
    found, commit = handler.find(repo, revision)
    handler.may_read(found)
    if path not in commit.files:
        raise Refusal(404, "EntryNotFound", "no such file")
    data = commit.files[path]
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{etag(path, data)}"', "Accept-Ranges": "bytes"}
    if in_lfs(path):
        size = handler.hub.sizes.get(path, len(data))
        headers |= {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(size)}
        if handler.hub.redirect:
            location = f"{handler.hub.other_origin}/lfs/{etag(path, data)}"
            handler.send(302, b"", {**headers, "Location": location})
            return
    send_file(handler, path, data, headers)


def lfs_file(handler: HubHandler, query: Any, body: bytes, sha256: str) -> None:
    found = handler.hub.blob(sha256)
    if found is None:
        raise Refusal(404, "EntryNotFound", "no such object")
    assert "Authorization" not in handler.headers, "a token must not leave the Hub's own origin"
    send_file(handler, *found, {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"})


def send_file(handler: HubHandler, path: str, data: bytes, headers: dict[str, str]) -> None:
    """Send a file or the range asked for, with its fault if it has one."""
    fault = handler.hub.faults.get(path, "")
    if fault == "error":
        raise Refusal(500, "", "Internal Error")
    if fault == "corrupt":
        data = bytes(byte ^ 1 for byte in data)
    status, total = 200, len(data)
    if found := re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", "")):
        start, stop = int(found[1]), min(int(found[2] or total - 1) + 1, total)
        if start >= total:
            raise Refusal(416, "", "out of range")
        status, data = 206, data[start:stop]
        headers = {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{total}"}
    if handler.command == "GET":
        handler.hub.sent[path] += len(data)
    if fault.startswith("cut") and handler.command == "GET":
        headers = {**headers, "Content-Length": str(len(data)), "Connection": "close"}
        if fault == "cut_once":
            del handler.hub.faults[path]
        handler.send(status, data[: len(data) // 2 if fault == "cut_once" else 0], headers)
        handler.close_connection = True
        return
    handler.send(status, data, headers)


API = r"/api/datasets/(?P<repo>[^/]+/[^/]+)"
ROUTES: list[tuple[tuple[str, ...], str, Callable[..., None]]] = [
    (("GET",), API, info),
    (("GET",), API + r"/revision/(?P<revision>[^/]+)", info),
    (("GET",), API + r"/tree/(?P<revision>[^/]+)(?:/(?P<path>.+))?", tree),
    (("POST",), API + r"/paths-info/(?P<revision>[^/]+)", paths_info),
    (("GET",), API + r"/auth-check", auth_check),
    (("GET",), API + r"/refs", refs),
    (("GET", "HEAD"), r"/datasets/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", resolve),
    (("GET", "HEAD"), r"/lfs/(?P<sha256>[0-9a-f]{64})", lfs_file),
]
