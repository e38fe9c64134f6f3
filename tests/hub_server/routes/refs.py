"""Branches and tags."""

import re

from hub_server.call import Call, commit_at
from hub_server.replies import Refusal, Reply, in_json
from hub_server.repository import CONVERTS, HEADS, TAGS, Repo

NAME = re.compile(r"(?!.*(\.\.|//|@\{|\.lock$))[^\s~^:?*\[\\/.-][^\s~^:?*\[\\]*(?<![/.])")


def refs(call: Call, repo: str) -> Reply:
    found = call.readable(repo)
    listed = {"branches": (found.branches, HEADS), "tags": (found.tags, TAGS)}
    rows = {
        kind: [{"name": name, "ref": f"{prefix}{name}", "targetCommit": oid} for name, oid in named.items()]
        for kind, (named, prefix) in listed.items()
    }
    converts = [
        {"name": ref.removeprefix(CONVERTS), "ref": ref, "targetCommit": oid}
        for ref, oid in found.converts.items()
    ]
    return in_json({**rows, "converts": converts, "pullRequests": []})


def create_tag(call: Call, repo: str, revision: str) -> Reply:
    found, asked = call.writable(repo), call.json()
    name = str(asked.get("tag") or "")
    with found.lock:
        commit = commit_at(found, revision)
        _check_new(name, found.tags, "Tag")
        found.point(f"{TAGS}{name}", commit.oid, str(asked.get("message") or ""))
    return in_json({})


def delete_tag(call: Call, repo: str, tag: str) -> Reply:
    _remove(call.writable(repo), TAGS, tag)
    return in_json({})


def create_branch(call: Call, repo: str, branch: str) -> Reply:
    found, asked = call.writable(repo), call.json()
    with found.lock:
        commit = commit_at(found, str(asked.get("startingPoint") or "main"))
        _check_new(branch, found.branches, "Reference")
        found.point(f"{HEADS}{branch}", commit.oid)
    return in_json({})


def delete_branch(call: Call, repo: str, branch: str) -> Reply:
    found = call.writable(repo)
    if branch == "main":
        raise Refusal(403, "Cannot delete default branch")
    _remove(found, HEADS, branch)
    return in_json({})


def squash(call: Call, repo: str, revision: str) -> Reply:
    found, asked = call.writable(repo), call.json()
    if revision in found.tags and revision not in found.branches:
        raise Refusal(400, f"Invalid reference for a branch: {revision}")
    if revision not in found.branches:
        raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    title = str(asked.get("message") or f"Super-squash branch '{revision}' using huggingface_hub")
    return in_json({"commitId": found.squash(revision, title, call.known().user.name).oid})


def _check_new(name: str, known: dict[str, str], kind: str) -> None:
    if not NAME.fullmatch(name) or name.startswith("refs/"):
        raise Refusal(400, f"Invalid reference name: {name}")
    if name in known:
        raise Refusal(409, f"{kind} already exists: {name}")


def _remove(repo: Repo, prefix: str, name: str) -> None:
    with repo.lock:
        if name not in (repo.tags if prefix == TAGS else repo.branches):
            raise Refusal(404, f"Invalid rev id: {name}", "RevisionNotFound")
        repo.point(f"{prefix}{name}", None)
