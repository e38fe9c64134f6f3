"""What a fault is put into: a Hub that holds a version, and a folder from which the next one is pushed."""

import os
import queue
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Literal, TypeVar

from hub_server import Hub, Record, Repo, serving
from product import REPO, Done, good
from warm_product import Running, Warm

Case = TypeVar("Case")
Holds = Literal["nothing", "old", "both"]
OLD, NEW = "1.0.0", "1.1.0"
OLD_BUILD, NEW_BUILD = {"size": 200}, {"size": 210, "seed": 1}


@dataclass
class Stage:
    """Where scenes are made from.

    Attributes:
        lanes: what runs the command line, each at a Hub of its own.
        old: the folder of the old version, as it was pushed.
        new: the folder of the next one, as it was built.
        store: the folder of a Hub that holds the old version.
    """

    lanes: Sequence[Warm]
    folder: Path
    old: Path
    new: Path
    store: Path

    def __post_init__(self) -> None:
        self._numbers = count()

    @cached_property
    def requests(self) -> list[Record]:
        """What a push of the next version asks if nothing disturbs it."""
        with self.scene() as scene:
            good(scene.push("--version", NEW))
            return list(scene.hub.requests)

    @cached_property
    def _both(self) -> tuple[Path, Path]:
        """A store that holds both versions, and the folder of the next one as it is then."""
        with self.scene() as scene:
            good(scene.push("--version", NEW))
            store, folder = self.folder / "both", self.folder / "published"
            shutil.copytree(scene.place / "hub", store)
            shutil.copytree(scene.folder, folder)
        return store, folder

    @contextmanager
    def scene(self, warm: Warm | None = None, holds: Holds = "old") -> Iterator["Scene"]:
        """Give a scene of its own, whose Hub holds the old version, both, or no repository at all."""
        store, new = self._both if holds == "both" else (self.store, self.new)
        warm = warm or self.lanes[0]
        warm.forget()
        place = self.folder / f"scene{next(self._numbers)}"
        if holds != "nothing":
            shutil.copytree(store, place / "hub", copy_function=os.link)  # which never writes into a file
        shutil.copytree(new, place / "new")
        with serving(warm.hub(place / "hub")) as hub:
            old = hub.repos[REPO].files(f"v{OLD}") if holds != "nothing" else {}
            yield Scene(warm, hub, place, old)
        shutil.rmtree(place)

    def each(self, cases: Sequence[Case], do: Callable[["Scene", Case], None], holds: Holds = "old") -> int:
        """Do something with each case, each in a scene of its own, as many at once as there are lanes.

        Returns:
            How many cases there were.
        """
        _ = self._both if holds == "both" else None
        free: queue.SimpleQueue[Warm] = queue.SimpleQueue()
        for lane in self.lanes:
            free.put(lane)

        def one(case: Case) -> None:
            lane = free.get()
            try:
                with self.scene(lane, holds) as scene:
                    do(scene, case)
            except Exception as error:
                error.add_note(str(case))
                raise
            finally:
                free.put(lane)

        with ThreadPoolExecutor(len(self.lanes)) as pool:
            return len(list(pool.map(one, cases)))


@dataclass
class Scene:
    """A Hub, and a folder that is pushed to it.

    Attributes:
        warm: runs the command line.
        hub: the Hub.
        place: where everything is.
        old: the files of the old version.
    """

    warm: Warm
    hub: Hub
    place: Path
    old: dict[str, bytes]

    @property
    def folder(self) -> Path:
        return self.place / "new"

    @property
    def version(self) -> str:
        """The version that the next push makes."""
        return NEW if self.old else OLD

    @property
    def repo(self) -> Repo:
        return self.hub.repos[REPO]

    def start(self, *more: str | Path, folder: Path | None = None) -> Running:
        """Begin a push; on standard error it says nothing of its plan."""
        return self.warm.start("push", REPO, "--dir", folder or self.folder, "--json", *more)

    def push(self, *more: str | Path, folder: Path | None = None) -> Done:
        return self.start(*more, folder=folder).done()

    def stored(self) -> set[str]:
        """Return the checksums of the objects that have arrived."""
        return {path.name for path in (self.repo.folder / "objects").glob("*/*")}

    def repo_commits(self) -> list[str]:
        return [commit.oid for commit in self.repo.commits]

    def check_nothing_lost(self) -> None:
        """Check that the old version is where it was, and main at it or wholly at the next one."""
        if not self.old:
            if REPO in self.hub.repos and len(self.repo.history()) > 1:
                assert len(self.repo.history()) == 2
                self.check_whole("main")
            return
        assert self.repo.files(f"v{OLD}") == self.old
        new = [commit.title for commit in self.repo.history()].index(f"Version {OLD}")
        assert new in (0, 1)
        if new:
            self.check_whole("main")
        else:
            assert self.repo.files() == self.old
            assert [*self.repo.tags] == [f"v{OLD}"]

    def check_whole(self, revision: str) -> None:
        """Check that a revision holds every file of the folder, byte for byte, and nothing else."""
        files = published(self.repo.files(revision))
        built = {name: content for name, content in publishable(self.folder).items() if name[0] != "."}
        assert files == built | generated(files)

    def check_published(self) -> None:
        """Check that the version is there once, whole, and what main holds."""
        version = self.version
        files = self.repo.files(f"v{version}")
        assert published(files) == publishable(self.folder)
        assert self.repo.tags[f"v{version}"] == self.repo.branches["main"]
        before = [f"Version {OLD}"] if self.old else []
        titles = [commit.title for commit in self.repo.history()]
        assert titles == [f"Version {version}", *before, "initial commit"]
        if self.old:
            assert self.repo.files(f"v{OLD}") == self.old


GENERATED = ("README.md", "croissant.json", "versions.json")
"""What a push writes; it is put into the folder only when the version is published."""


def published(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a revision without those that the Hub made."""
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def generated(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: files[path] for path in GENERATED}


def publishable(folder: Path) -> dict[str, bytes]:
    """Return what of a folder is published: all of it but the rows that were dropped."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith("dropped/")}
