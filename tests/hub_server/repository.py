"""A data set or model on disk: contents, commits, and the references that say which commits count."""

import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub_server.commits import Blob, Commit, from_json, large, new_commit, regular
from hub_server.disk import read_json, write_json
from hub_server.objects import Objects
from hub_server.storage_class import goes_to_lfs

Files = Mapping[str, bytes | Path]
HEADS, TAGS, CONVERTS = "refs/heads/", "refs/tags/", "refs/convert/"


class Stale(Exception):  # noqa: N818
    """A branch is not where a commit expects it to be."""


class Repo:
    """A repository; nothing of it is only in memory.

    A commit is written before the one file that names all references, and counts only once it is in there:
    so it is there whole or not at all.

    Attributes:
        id: namespace and name.
        folder: where it is.
        objects: the contents of its files.
    """

    def __init__(self, id_: str, folder: Path) -> None:
        self.id, self.folder = id_, folder
        self.objects = Objects(folder / "objects")
        self.lock = threading.RLock()
        self._known: dict[str, Commit] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """`type`, `private`, `gated`, and when it was made."""
        found: dict[str, Any] = read_json(self.folder / "settings.json")
        return found

    def set(self, **settings: Any) -> None:
        """Change settings."""
        with self.lock:
            path = self.folder / "settings.json"
            write_json(path, {**(read_json(path) if path.exists() else {}), **settings})

    @property
    def type(self) -> str:
        """Whether it holds a `dataset` or a `model`."""
        return str(self.settings["type"])

    @property
    def path(self) -> str:
        """Where it is on the Hub."""
        return f"datasets/{self.id}" if self.type == "dataset" else self.id

    @property
    def private(self) -> bool:
        return bool(self.settings["private"])

    @private.setter
    def private(self, value: bool) -> None:
        self.set(private=value)

    @property
    def gated(self) -> bool:
        return bool(self.settings["gated"])

    @gated.setter
    def gated(self, value: bool) -> None:
        self.set(gated="auto" if value else False)

    @property
    def refs(self) -> dict[str, str]:
        """The commits of branches and tags by their short names (`refs/convert/…` by the whole one)."""
        return {**self.tags, **self.converts, **self.branches}

    @property
    def branches(self) -> dict[str, str]:
        return self._named(HEADS)

    @property
    def tags(self) -> dict[str, str]:
        return self._named(TAGS)

    @property
    def converts(self) -> dict[str, str]:
        return {f"{CONVERTS}{name}": oid for name, oid in self._named(CONVERTS).items()}

    @property
    def commits(self) -> list[Commit]:
        """Every commit ever made, the oldest first, also those that a squash left behind."""
        return [self._commit(oid) for oid in self._state()["log"]]

    def history(self, revision: str = "main") -> list[Commit]:
        """Return the commits that led to a revision, the newest first."""
        found, commit = [], self.at(revision)
        while commit:
            found.append(commit)
            commit = self._commit(commit.parent) if commit.parent else None
        return found

    def at(self, revision: str) -> Commit | None:
        """Return the commit that a branch, a tag, a whole reference or an id (of 7 digits or more) names."""
        state = self._state()
        for prefix in (HEADS, TAGS, ""):
            if oid := state["refs"].get(prefix + revision):
                return self._commit(oid)
        if re.fullmatch("[0-9a-f]{7,40}", revision):
            return next((self._commit(oid) for oid in state["log"] if oid.startswith(revision)), None)
        return None

    def files(self, revision: str = "main") -> dict[str, bytes]:
        """Return every file of a revision.

        Raises:
            KeyError: there is no such revision.
        """
        commit = self.at(revision)
        if commit is None:
            raise KeyError(revision)
        return {path: self.objects.path(blob.sha256).read_bytes() for path, blob in commit.blobs.items()}

    def commit(self, files: Files, branch: str = "main", *, keep: bool = False, title: str = "commit") -> str:
        """Make these files the newest commit of a branch, which is made if it is not there; return its id.

        Args:
            files: contents, or the files that have them, by path.
            branch: its name, or a whole reference such as `refs/convert/parquet`.
            keep: whether the branch's other files stay.
            title: the commit's.
        """
        blobs = {path: self.blob(path, content) for path, content in files.items()}
        return self.change(lambda before: {**(before if keep else {}), **blobs}, branch, title).oid

    def blob(self, path: str, content: bytes | Path) -> Blob:
        """Store a file's content where the Hub would: in LFS or not."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                in_lfs = goes_to_lfs(path, content.stat().st_size, file.read(512))
            if in_lfs:
                return large(*self.objects.copy(content))
            content = content.read_bytes()
        sha256 = self.objects.put(content)
        in_lfs = goes_to_lfs(path, len(content), content[:512])
        return large(sha256, len(content)) if in_lfs else regular(content, sha256)

    def change(
        self,
        change: Callable[[Mapping[str, Blob]], Mapping[str, Blob]],
        branch: str,
        title: str,
        message: str = "",
        author: str = "system",
        parent: str | None = None,
    ) -> Commit:
        """Commit what a function makes of a branch's files.

        Raises:
            Stale: the branch is not at `parent`.
        """
        with self.lock:
            state, name = self._state(), full_name(branch)
            head = state["refs"].get(name)
            if parent and not (head or "").startswith(parent):
                raise Stale(head)
            before = self._commit(head).blobs if head else {}
            return self._save(state, name, new_commit(change(before), head, title, message, author))

    def squash(self, branch: str, title: str, author: str = "system") -> Commit:
        """Make a branch's files its only commit; what else has a reference stays."""
        with self.lock:
            state, name = self._state(), full_name(branch)
            head = self._commit(state["refs"][name])
            return self._save(state, name, new_commit(head.blobs, None, title, "", author))

    def point(self, ref: str, oid: str | None, message: str = "") -> None:
        """Set a whole reference to a commit, or remove it."""
        with self.lock:
            state = self._state()
            if oid is None:
                del state["refs"][ref]
                state["messages"].pop(ref, None)
            else:
                state["refs"][ref] = oid
                state["messages"] |= {ref: message} if message else {}
            write_json(self.folder / "refs.json", state)

    def tag(self, name: str, revision: str = "main", message: str = "") -> None:
        """Tag a revision."""
        commit = self.at(revision)
        assert commit, revision
        self.point(f"{TAGS}{name}", commit.oid, message)

    @property
    def tag_messages(self) -> dict[str, str]:
        """The message of each tag that has one."""
        messages = self._state()["messages"]
        return {ref.removeprefix(TAGS): text for ref, text in messages.items()}

    def forget(self) -> None:
        """Read everything from disk again."""
        self._known.clear()

    def _named(self, prefix: str) -> dict[str, str]:
        refs = self._state()["refs"]
        return {ref.removeprefix(prefix): oid for ref, oid in refs.items() if ref.startswith(prefix)}

    def _state(self) -> dict[str, Any]:
        path = self.folder / "refs.json"
        return read_json(path) if path.exists() else {"refs": {}, "messages": {}, "log": []}

    def _commit(self, oid: str) -> Commit:
        if oid not in self._known:
            self._known[oid] = from_json(read_json(self.folder / "commits" / f"{oid}.json"))
        return self._known[oid]

    def _save(self, state: dict[str, Any], ref: str, commit: Commit) -> Commit:
        write_json(self.folder / "commits" / f"{commit.oid}.json", commit.as_json())
        state["refs"][ref] = commit.oid
        state["log"] = [*(oid for oid in state["log"] if oid != commit.oid), commit.oid]
        write_json(self.folder / "refs.json", state)
        return commit


def full_name(branch: str) -> str:
    return branch if branch.startswith("refs/") else f"{HEADS}{branch}"
