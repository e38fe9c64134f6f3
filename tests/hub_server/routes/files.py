"""Contents of files, whole or in part."""

import re
from urllib.parse import quote

from hub_server.call import Call, commit_at
from hub_server.commits import Blob
from hub_server.replies import Part, Refusal, Reply
from hub_server.repository import Repo


def resolve(call: Call, repo: str, revision: str, path: str) -> Reply:
    """Send a file of a revision, or say where it is if it is in LFS."""
    found = call.readable(repo)
    commit = commit_at(found, revision)
    call.check_files(found)
    blob = commit.blobs.get(path)
    if blob is None:
        raise Refusal(404, f"{path} does not exist on {revision}", "EntryNotFound")
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{blob.etag}"'}
    if blob.lfs:
        headers["X-Linked-Etag"] = headers["ETag"]
        headers["X-Linked-Size"] = str(call.hub.sizes.get(path, blob.size))
        if call.hub.redirect:
            place = f"{call.hub.other_origin}/lfs/{repo}/{blob.sha256}/{quote(path)}"
            return Reply(302, headers={**headers, "Location": place})
    reply = _content(call, found, blob, path)
    return Reply(reply.status, headers={**headers, **reply.headers}, part=reply.part)


def download(call: Call, repo: str, sha256: str, path: str) -> Reply:
    """Send a file in LFS to whoever was told where it is."""
    found = away_from_home(call, repo)
    if not found.objects.has(sha256):
        raise Refusal(404, "no such object", "EntryNotFound")
    size = found.objects.path(sha256).stat().st_size
    blob = Blob(size, sha256, sha256, lfs=True)
    return _content(call, found, blob, path).having(ETag=f'"{sha256}"')


def away_from_home(call: Call, repo: str) -> Repo:
    """Return a repository for a request to the other origin, where no token may come.

    Raises:
        Refusal: one came, or there is no such repository.
    """
    if call.credential:
        call.hub.leaks.append(str(call.record))
        raise Refusal(400, "Only one auth mechanism allowed")
    if repo not in call.hub.repos:
        raise Refusal(404, "no such object", "EntryNotFound")
    return call.hub.repos[repo]


def _content(call: Call, repo: Repo, blob: Blob, name: str) -> Reply:
    place, total = repo.objects.path(blob.sha256), blob.size
    headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
    if not (span := _span(call.headers.get("Range", ""), total)):
        return Reply(200, headers=headers, part=Part(place, 0, total, name))
    start, stop = span
    if start >= stop:
        reply = Refusal(416, "The requested range is not satisfiable").reply()
        return reply.having(Content_Range=f"bytes */{total}")
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    return Reply(206, headers=headers, part=Part(place, start, stop - start, name))


def _span(asked: str, total: int) -> tuple[int, int] | None:
    """Return the first byte asked for and the one after the last; None for the whole.

    Example:
        >>> [_span(f"bytes={asked}", 9) for asked in ("2-", "-2", "2-99", "9-", "-")]
        [(2, 9), (7, 9), (2, 9), (9, 9), None]
    """
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
    if not found or not any(found.groups()):
        return None
    if not found[1]:
        return max(total - int(found[2]), 0), total
    return min(int(found[1]), total), min(int(found[2] or total) + 1, total)
