"""Uploads of files in LFS, whole or in parts."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_server.call import Call
from hub_server.disk import read_json, write_json
from hub_server.rate import CHUNK
from hub_server.replies import Refusal, Reply, in_json
from hub_server.repository import Repo
from hub_server.routes.files import away_from_home


def batch(call: Call, repo: str) -> Reply:
    """Say of each object whether and where it is to be sent."""
    found, asked = call.writable(repo), call.json()
    objects = [_wanted(call, found, item["oid"], item["size"]) for item in asked.get("objects", [])]
    in_parts = any("header" in item.get("actions", {}).get("upload", {}) for item in objects)
    return in_json({"transfer": "multipart" if in_parts else "basic", "objects": objects})


def upload(call: Call, repo: str, sha256: str) -> Reply:
    """Take a whole object; one with another checksum or size is not kept."""
    found = away_from_home(call, repo)
    try:
        found.objects.receive(_counted(call, sha256), sha256, call.number("size", -1))
    except ValueError as error:
        raise Refusal(400, f"the object is not what was announced: {error}") from None
    return Reply(headers={"ETag": f'"{sha256}"'})


def upload_part(call: Call, repo: str, sha256: str, upload: str, number: str) -> Reply:
    """Take a part of an object."""
    folder = _folder(away_from_home(call, repo), upload)
    announced = read_json(folder / "upload.json")
    first = (int(number) - 1) * announced["chunk_size"]
    expected = min(announced["chunk_size"], announced["size"] - first)
    partial = folder / f"{number}.partial"
    with partial.open("wb", buffering=0) as file:
        size = sum(file.write(chunk) for chunk in _counted(call, sha256))
    if size != expected:
        raise Refusal(400, f"expected {expected} bytes, got {size}")
    partial.replace(folder / number)
    return Reply(headers={"ETag": _etag(upload, number)})


def complete(call: Call, repo: str, upload: str) -> Reply:
    """Make an object of its parts; asked again, say that it is made."""
    found, asked = call.hub.repos.get(repo), call.json()
    if found is None:
        raise Refusal(404, "Repository not found", "RepoNotFound")
    if found.objects.has(str(asked["oid"])):
        return in_json({"success": True})
    folder = _folder(found, upload)
    announced = read_json(folder / "upload.json")
    parts = [(str(part["partNumber"]), part["etag"]) for part in asked["parts"]]
    there = [str(number) for number in range(1, _count(announced) + 1) if (folder / str(number)).exists()]
    if parts != [(number, _etag(upload, number)) for number in there]:
        raise Refusal(400, f"the parts are not those that were sent: {parts}")
    try:
        pieces = _chunks(folder / number for number in there)
        found.objects.receive(pieces, announced["oid"], announced["size"])
    except ValueError as error:
        raise Refusal(400, f"the object is not what was announced: {error}") from None
    shutil.rmtree(folder)
    return in_json({"success": True})


def verify(call: Call, repo: str) -> Reply:
    """Say whether an object is there."""
    found, asked = call.writable(repo), call.json()
    path = found.objects.path(str(asked["oid"]))
    if not path.is_file() or path.stat().st_size != asked["size"]:
        raise Refusal(404, f"no such object: {asked['oid']}")
    return in_json({})


def _wanted(call: Call, repo: Repo, oid: str, size: int) -> dict[str, Any]:
    if repo.objects.has(oid):
        return {"oid": oid, "size": size}
    hub = call.hub
    home = f"{hub.url}/{repo.path}.git/info/lfs/objects"
    place = f"{hub.other_origin}/lfs/{repo.id}/{oid}"
    action: dict[str, Any] = {"href": f"{place}?size={size}"}
    if hub.multipart_above is not None and size > hub.multipart_above:
        announced = {"oid": oid, "size": size, "chunk_size": hub.chunk_size}
        id_ = uuid.uuid4().hex
        write_json(repo.folder / "uploads" / id_ / "upload.json", announced)
        urls = {str(number): f"{place}/{id_}/{number}" for number in range(1, _count(announced) + 1)}
        action = {
            "href": f"{home}/complete/{id_}",
            "header": {"chunk_size": str(hub.chunk_size), **urls},
        }
    return {"oid": oid, "size": size, "actions": {"upload": action, "verify": {"href": f"{home}/verify"}}}


def _folder(repo: Repo, upload: str) -> Path:
    folder = repo.folder / "uploads" / upload
    if not folder.is_dir():
        raise Refusal(404, f"no such upload: {upload}")
    return folder


def _count(announced: dict[str, Any]) -> int:
    return int(-(-announced["size"] // announced["chunk_size"]))


def _etag(upload: str, number: str) -> str:
    return f'"{upload}-{number}"'


def _counted(call: Call, sha256: str) -> Iterator[memoryview]:
    for chunk in call.body.chunks():
        with call.hub.lock:
            call.hub.received[sha256] += len(chunk)
        yield chunk


def _chunks(paths: Iterator[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
