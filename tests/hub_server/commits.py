"""Commits and what they hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from hub_server import git

PLAIN = ("oid", "parent", "title", "message", "author", "date")


@dataclass(frozen=True)
class Blob:
    """A file's content, as a commit refers to it.

    Attributes:
        size: in bytes.
        sha256: under which it is stored.
        oid: the id that Git gives to it, or to its pointer if it is in LFS.
        lfs: whether it is in LFS.
    """

    size: int
    sha256: str
    oid: str
    lfs: bool

    @property
    def etag(self) -> str:
        """What tells clients whether they have it already: the checksum in LFS, else Git's id."""
        return self.sha256 if self.lfs else self.oid


def regular(data: bytes, sha256: str) -> Blob:
    return Blob(len(data), sha256, git.blob_oid(data), lfs=False)


def large(sha256: str, size: int) -> Blob:
    return Blob(size, sha256, git.blob_oid(git.pointer(sha256, size)), lfs=True)


@dataclass(frozen=True)
class Commit:
    """All files of a repository at one time."""

    oid: str
    parent: str | None
    title: str
    message: str
    author: str
    date: str
    blobs: Mapping[str, Blob]

    @cached_property
    def folders(self) -> Mapping[str, str]:
        """The id of each folder by its path, without the root."""
        oids = git.folder_oids({path: blob.oid for path, blob in self.blobs.items()})
        return {path: oid for path, oid in oids.items() if path}

    def as_json(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in PLAIN}
        return {**plain, "blobs": {path: asdict(blob) for path, blob in self.blobs.items()}}


def new_commit(
    blobs: Mapping[str, Blob], parent: str | None, title: str, message: str = "", author: str = "system"
) -> Commit:
    """Return a commit made now."""
    ordered = dict(sorted(blobs.items()))
    date = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tree = git.folder_oids({path: blob.oid for path, blob in ordered.items()})[""]
    oid = git.commit_oid(tree, parent, author, date, f"{title}\n\n{message}")
    return Commit(oid, parent, title, message, author, date, ordered)


def from_json(found: dict[str, Any]) -> Commit:
    return Commit(**{**found, "blobs": {path: Blob(**blob) for path, blob in found["blobs"].items()}})
