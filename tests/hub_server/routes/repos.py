"""Repositories as a whole: made, removed, and who may see them."""

import re
from typing import Any

from hub_server.call import NO_CREDENTIALS, Call
from hub_server.replies import Refusal, Reply, in_json
from hub_server.storage_class import ATTRIBUTES

NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9_]([\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)


def create(call: Call) -> Reply:
    asked = call.json()
    id_ = _id(call, asked)
    namespace, name = id_.split("/")
    token = call.known()
    if not token.belongs(namespace) or token.role != "write":
        message = f'You don\'t have the rights to create a dataset under the namespace "{namespace}"'
        raise Refusal(403, message)
    if not NAME.fullmatch(name) or name.endswith(".git"):
        raise Refusal(400, f"Invalid repo name: {name}")
    type_ = _type(asked)
    url = f"{call.hub.url}/{'datasets/' if type_ == 'dataset' else ''}{id_}"
    files = {".gitattributes": ATTRIBUTES}
    try:
        call.hub.repos.create(id_, files, type=type_, private=_private(asked) or False)
    except FileExistsError:
        raise Refusal(409, f"You already created this {type_} repo", url=url, id=id_) from None
    call.record.repo = id_
    return in_json({"url": url, "name": id_, "id": id_})


def delete(call: Call) -> Reply:
    asked = call.json()
    repo = call.writable(_id(call, asked), _type(asked))
    call.record.repo = repo.id
    del call.hub.repos[repo.id]
    return in_json({})


def settings(call: Call, repo: str) -> Reply:
    found, asked = call.writable(repo), call.json()
    private = _private(asked)
    if private is not None:
        found.private = private
    if "gated" in asked:
        if asked["gated"] not in ("auto", "manual", False):
            raise Refusal(400, f"Invalid gated status: {asked['gated']}")
        found.set(gated=asked["gated"])
    visibility = "private" if found.private else "public"
    return in_json({"private": found.private, "visibility": visibility, "gated": found.settings["gated"]})


def auth_check(call: Call, repo: str, write: str = "") -> Reply:
    found = call.writable(repo) if write else call.readable(repo)
    call.check_files(found)
    return in_json({})


def _id(call: Call, asked: dict[str, Any]) -> str:
    token = call.token
    if token is None:
        raise Refusal(401, NO_CREDENTIALS)
    name = str(asked.get("name"))
    return name if "/" in name else f"{asked.get('organization') or token.user.name}/{name}"


def _type(asked: dict[str, Any]) -> str:
    found = str(asked.get("type", "model"))
    if found not in ("dataset", "model"):
        raise Refusal(400, "only data sets and models are kept here")
    return found


def _private(asked: dict[str, Any]) -> bool | None:
    """Return whether a repository shall be private; None if nothing is said of it."""
    if "visibility" in asked:
        if asked["visibility"] not in ("public", "private"):
            raise Refusal(400, f"Invalid visibility: {asked['visibility']}")
        return bool(asked["visibility"] == "private")
    return None if asked.get("private") is None else str(asked["private"]).lower() == "true"
