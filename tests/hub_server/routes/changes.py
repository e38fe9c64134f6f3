"""A commit from a client, and what it asks before it."""

import base64
import fnmatch
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub_server.call import Call, commit_at
from hub_server.commits import Blob, large, regular
from hub_server.replies import Refusal, Reply, in_json
from hub_server.repository import Repo, Stale
from hub_server.routes.accounts import front_matter
from hub_server.storage_class import goes_to_lfs

MOST_FILES = 256
Blobs = dict[str, Blob]
Operation = Callable[[Blobs], None]


def preupload(call: Call, repo: str, revision: str) -> Reply:
    """Say how each file is to be sent, and what is there under its path now."""
    found, asked = call.writable(repo), call.json()
    blobs = commit_at(found, revision).blobs
    files = asked.get("files", [])
    if len(files) > MOST_FILES:
        raise Refusal(413, f"at most {MOST_FILES} files may be asked about at once, not {len(files)}")
    ignored = str(asked.get("gitIgnore") or "").split("\n")
    return in_json({"files": [_advice(file, blobs, ignored) for file in files]})


def commit(call: Call, repo: str, revision: str) -> Reply:
    """Change a branch: all of it or nothing."""
    found = call.writable(repo)
    if call.flag("create_pr"):
        raise Refusal(400, "pull requests are not kept here")
    head = commit_at(found, revision)
    if revision not in {**found.branches, **found.converts}:
        raise Refusal(400, f"Invalid reference for a branch: {revision}")
    with call.body.spooled() as lines:
        rows = (json.loads(line) for line in lines if line.strip())
        header = next(rows, {})
        if header.get("key") != "header" or not header["value"].get("summary"):
            raise Refusal(400, "a commit begins with a header that has a summary")
        operations = [_operation(call, found, row["key"], row["value"]) for row in rows]
    made = _save(call, found, revision, header["value"], operations)
    url = f"{call.hub.url}/{found.path}/commit/{made}"
    return in_json(
        {"success": True, "commitOid": made, "commitUrl": url, "hookOutput": "", "parent": head.oid}
    )


def _advice(file: Mapping[str, Any], blobs: Mapping[str, Blob], ignored: list[str]) -> dict[str, Any]:
    path, there = file["path"], blobs.get(file["path"])
    in_lfs = goes_to_lfs(path, file["size"], base64.b64decode(file.get("sample") or ""))
    return {
        "path": path,
        "uploadMode": "lfs" if in_lfs else "regular",
        "shouldIgnore": any(_is_ignored(path, pattern.strip()) for pattern in ignored),
        "oid": there.etag if there else None,
    }


def _is_ignored(path: str, pattern: str) -> bool:
    if not pattern or pattern.startswith("#"):
        return False
    names = path.split("/")
    below = ("/".join(names[: depth + 1]) for depth in range(len(names)))
    return any(fnmatch.fnmatch(name, pattern.strip("/")) for name in (*names, *below))


def _operation(call: Call, repo: Repo, key: str, value: Mapping[str, Any]) -> Operation:
    """Return a line of a commit as a change of its files; contents are stored at once."""
    path = str(value["path"])
    if key == "file":
        return _putting(path, _small(repo, path, base64.b64decode(value["content"])))
    if key == "lfsFile":
        return _putting(path, _large(repo, path, value))
    if key == "deletedFile":
        return lambda blobs: _delete(blobs, path, [name for name in blobs if name == path])
    if key == "deletedFolder":
        prefix = f"{path.strip('/')}/"
        return lambda blobs: _delete(blobs, path, [name for name in blobs if name.startswith(prefix)])
    raise Refusal(400, f"unknown operation: {key}")


def _putting(path: str, blob: Blob) -> Operation:
    if any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise Refusal(400, f"Invalid path: {path}")

    def put(blobs: Blobs) -> None:
        blobs[path] = blob

    return put


def _small(repo: Repo, path: str, content: bytes) -> Blob:
    if path == "README.md" and (errors := front_matter(content.decode("utf-8", "replace"))[1]):
        raise Refusal(400, f"Invalid metadata in README.md: {'; '.join(errors)}")
    return regular(content, repo.objects.put(content))


def _large(repo: Repo, path: str, value: Mapping[str, Any]) -> Blob:
    sha256 = str(value["oid"])
    if not repo.objects.has(sha256):
        message = "Your push was rejected because an LFS pointer pointed to a file that does not exist."
        raise Refusal(400, f"{message} Offending file: {path}")
    return large(sha256, repo.objects.path(sha256).stat().st_size)


def _delete(blobs: Blobs, path: str, names: list[str]) -> None:
    if not names:
        raise Refusal(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
    for name in names:
        del blobs[name]


def _save(call: Call, repo: Repo, branch: str, header: Mapping[str, Any], operations: list[Operation]) -> str:
    def change(before: Mapping[str, Blob]) -> Blobs:
        blobs = dict(before)
        for operate in operations:
            operate(blobs)
        if clash := next(_clashes(blobs), None):
            raise Refusal(400, f"{clash} is both a file and a folder")
        return blobs

    try:
        made = repo.change(
            change,
            branch,
            title=str(header["summary"]),
            message=str(header.get("description") or ""),
            author=call.known().user.name,
            parent=header.get("parentCommit"),
        )
    except Stale:
        raise Refusal(412, "A commit has happened since. Please refresh and try again.") from None
    return made.oid


def _clashes(blobs: Blobs) -> Iterator[str]:
    for path in blobs:
        names = path.split("/")
        yield from (folder for depth in range(1, len(names)) if (folder := "/".join(names[:depth])) in blobs)
