"""All repositories below a folder."""

import os
import re
import threading
import uuid
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path

from hub_server.disk import remove
from hub_server.repository import Files, Repo

ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")


class Store(MutableMapping[str, Repo]):
    """The repositories by id; one object each, however often it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repos"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._open: dict[str, Repo] = {}
        self._lock = threading.RLock()

    def create(
        self,
        id_: str,
        files: Files,
        *,
        type: str = "dataset",
        private: bool = False,
        gated: bool = False,
        title: str = "initial commit",
    ) -> Repo:
        """Make a repository with one commit; it is there whole or not at all. No two types share an id.

        Raises:
            FileExistsError: there is one of this id.
        """
        with self._lock:
            if id_ in self:
                raise FileExistsError(id_)
            building = self.folder / f".{uuid.uuid4().hex}"
            repo = Repo(id_, building)
            made = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            repo.set(type=type, private=private, gated="auto" if gated else False, created=made)
            repo.commit(files, title=title)
            place = self._place(id_)
            place.parent.mkdir(exist_ok=True)
            os.rename(building, place)  # noqa: PTH104
            return self[id_]

    def forget(self) -> None:
        """Read everything from disk again."""
        for repo in self._open.values():
            repo.forget()

    def __getitem__(self, id_: str) -> Repo:
        with self._lock:
            if not ID.fullmatch(id_) or not self._place(id_).is_dir():
                raise KeyError(id_)
            if id_ not in self._open:
                self._open[id_] = Repo(id_, self._place(id_))
            return self._open[id_]

    def __setitem__(self, id_: str, repo: Repo) -> None:
        raise TypeError("repositories are made by `create`")

    def __delitem__(self, id_: str) -> None:
        with self._lock:
            if id_ not in self:
                raise KeyError(id_)
            self._open.pop(id_, None)
            remove(self._place(id_))

    def __iter__(self) -> Iterator[str]:
        for place in sorted(self.folder.glob("[!.]*/[!.]*")):
            yield place.relative_to(self.folder).as_posix()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _place(self, id_: str) -> Path:
        return self.folder / id_
