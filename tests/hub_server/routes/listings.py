"""What is in a repository: its description, its files, its commits."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from hub_server.call import Call, commit_at
from hub_server.commits import Commit
from hub_server.git import pointer
from hub_server.replies import Refusal, Reply, in_json
from hub_server.repository import Repo
from hub_server.routes.accounts import front_matter

SAFE = {"status": "safe", "avScan": None, "pickleImportScan": None}


def info(call: Call, repo: str, revision: str = "main") -> Reply:
    found = call.readable(repo)
    commit = commit_at(found, revision)
    described = _description(found, commit)
    described["siblings"] = [_sibling(call, commit, path, call.flag("blobs")) for path in commit.blobs]
    if wanted := {*call.query.get("expand", []), *call.query.get("expand[]", [])}:
        described = {name: value for name, value in described.items() if name in {*wanted, "_id", "id"}}
    return in_json(described)


def tree(call: Call, repo: str, revision: str, path: str = "") -> Reply:
    found = call.readable(repo)
    commit = commit_at(found, revision)
    prefix = f"{path.strip('/')}/" if path else ""
    if prefix and prefix.rstrip("/") not in commit.folders:
        raise Refusal(404, f"{path} does not exist on {revision}", "EntryNotFound")
    names = sorted(name for name in (*commit.folders, *commit.blobs) if name.startswith(prefix))
    if not call.flag("recursive"):
        names = [name for name in names if "/" not in name.removeprefix(prefix)]
    shown, headers = _page(call, names)
    changed = _last_changes(found, revision) if call.flag("expand") else {}
    return in_json([_entry(call, commit, name, changed) for name in shown]).having(**headers)


def paths_info(call: Call, repo: str, revision: str) -> Reply:
    found = call.readable(repo)
    commit = commit_at(found, revision)
    in_form = "json" not in call.headers.get("Content-Type", "")
    asked: Mapping[str, Any] = parse_qs(call.body.read().decode()) if in_form else call.json()
    expand = "true" in str(asked.get("expand", "")).lower()
    changed = _last_changes(found, revision) if expand else {}
    names = [path.strip("/") for path in asked.get("paths", [])]
    known = [name for name in names if name in commit.blobs or name in commit.folders]
    return in_json([_entry(call, commit, name, changed) for name in known])


def commits(call: Call, repo: str, revision: str) -> Reply:
    found = call.readable(repo)
    commit_at(found, revision)
    history = found.history(revision)
    shown, headers = _page(call, history)
    rows = [
        {
            "id": commit.oid,
            "title": commit.title,
            "message": commit.message,
            "authors": [{"user": commit.author}],
            "date": commit.date,
        }
        for commit in shown
    ]
    return in_json(rows).having(X_Total_Count=str(len(history)), **headers)


def _page(call: Call, rows: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """Return the page asked for, and the link to the next."""
    start = call.number("cursor", 0)
    stop = start + min(call.number("limit", call.hub.page_size), call.hub.page_size)
    more = {"Link": f'<{call.with_query(cursor=str(stop))}>; rel="next"'} if stop < len(rows) else {}
    return rows[start:stop], more


def _description(repo: Repo, commit: Commit) -> dict[str, Any]:
    readme = commit.blobs.get("README.md")
    text = repo.objects.path(readme.sha256).read_text("utf-8", "replace") if readme else ""
    card, _ = front_matter(text)
    licence = [f"license:{card['license']}"] if isinstance(card.get("license"), str) else []
    settings = repo.settings
    return {
        "_id": commit.oid[:24],
        "id": repo.id,
        "author": repo.id.split("/")[0],
        "sha": commit.oid,
        "lastModified": commit.date,
        "createdAt": settings["created"],
        "private": settings["private"],
        "gated": settings["gated"],
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [*licence, *(str(tag) for tag in card.get("tags") or []), "region:us"],
        "cardData": card,
        "description": "",
        "usedStorage": sum(blob.size for blob in commit.blobs.values()),
    }


def _sibling(call: Call, commit: Commit, path: str, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": path}
    listed = _entry(call, commit, path, {})
    found = {"rfilename": path, "size": listed["size"], "blobId": listed["oid"]}
    if lfs := listed.get("lfs"):
        found["lfs"] = {"sha256": lfs["oid"], "size": lfs["size"], "pointerSize": lfs["pointerSize"]}
    return found


def _entry(call: Call, commit: Commit, path: str, changed: Mapping[str, Commit]) -> dict[str, Any]:
    """Return a file or folder as trees and path infos list it."""
    found: dict[str, Any] = {"type": "directory", "path": path, "size": 0}
    if blob := commit.blobs.get(path):
        size = call.hub.sizes.get(path, blob.size)
        found = {"type": "file", "path": path, "size": size, "oid": blob.oid}
        if blob.lfs:
            found["lfs"] = {"oid": blob.sha256, "size": size, "pointerSize": len(pointer(blob.sha256, size))}
    else:
        found["oid"] = commit.folders[path]
    if last := changed.get(path):
        found["lastCommit"] = {"id": last.oid, "title": last.title, "date": last.date}
        found |= {"securityFileStatus": SAFE} if blob else {}
    return found


def _last_changes(repo: Repo, revision: str) -> dict[str, Commit]:
    """Return the last commit that changed each file and folder."""
    found: dict[str, Commit] = {}
    history = repo.history(revision)
    ids = [
        {**commit.folders, **{path: blob.oid for path, blob in commit.blobs.items()}} for commit in history
    ]
    for commit, now, before in zip(history, ids, [*ids[1:], {}], strict=True):
        for path, oid in ids[0].items():
            if path not in found and now.get(path) == oid != before.get(path):
                found[path] = commit
    return found
