"""Two people push to one repository at once."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub_server import Record
from product import REPO, Done, good, refused
from promises import shows
from scenes import GENERATED, NEW, OLD, Scene, Stage, publishable, published

NEXT = "1.2.0"
Builds = Callable[..., Path]


@dataclass
class Rival:
    """Someone with another folder, who pushes at a moment of someone else's push."""

    scene: Scene
    folder: Path
    done: Done | None = None

    def push_when(self, method: str, path: str, *version: str) -> None:
        """Push, from the first request to the last, while one such request of the other waits."""

        def arrived(record: Record) -> None:
            if record.method == method and re.search(path, record.path):
                self.scene.hub.on_request = None
                self.done = self.scene.push(*version, folder=self.folder)

        self.scene.hub.on_request = arrived


@pytest.fixture
def rival(scene: Scene, builds: Builds) -> Rival:
    folder = scene.place / "rival"
    shutil.copytree(builds(size=220, seed=2), folder)
    return Rival(scene, folder)


def rows(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files that are not written for the publication."""
    return {path: content for path, content in published(files).items() if path not in GENERATED}


def check_holds(scene: Scene, version: str, folder: Path) -> None:
    """Check that a version is one folder's, whole."""
    assert rows(scene.repo.files(f"v{version}")) == rows(publishable(folder))


BEFORE_COMMIT = {
    "before the uploads": ("POST", "/preupload/"),
    "between the uploads": ("POST", "/lfs/objects/verify"),
    "as the commit is made": ("POST", "/commit/main"),
}


@pytest.mark.parametrize("moment", BEFORE_COMMIT)
@pytest.mark.parametrize("version", [(), ("--version", NEW)], ids=["next version", "same version"])
@shows("two pushes")
def test_a_push_that_lands_before_the_others_commit_wins(
    scene: Scene, rival: Rival, moment: str, version: tuple[str, ...]
) -> None:
    rival.push_when(*BEFORE_COMMIT[moment], *version)
    said = refused(scene.push(*version), 5)
    assert "someone else changed it meanwhile" in said
    assert "nothing of yours is published" in said
    assert rival.done
    good(rival.done)
    assert [*scene.repo.tags] == [f"v{OLD}", f"v{NEW}"]
    check_holds(scene, NEW, rival.folder)
    if version:
        assert f"v{NEW} exists already" in refused(scene.push(*version), 2)
    good(scene.push())
    check_holds(scene, NEXT, scene.folder)
    check_holds(scene, NEW, rival.folder)
    assert scene.repo.files(f"v{OLD}") == scene.old


BEFORE_TAG = {
    "between commit and tag": ("GET", "/tree/"),
    "as the tag is made": ("POST", "/tag/"),
}


@pytest.mark.parametrize("moment", BEFORE_TAG)
@pytest.mark.parametrize("version", [(), ("--version", NEW)], ids=["next version", "same version"])
@shows("two pushes")
def test_a_push_that_lands_between_the_others_commit_and_tag_gets_the_version(
    scene: Scene, rival: Rival, moment: str, version: tuple[str, ...]
) -> None:
    method, path = BEFORE_TAG[moment]
    commits = len(scene.repo.history())

    def arrived(record: Record) -> None:
        if len(scene.repo.history()) > commits and record.method == method and path in record.path:
            scene.hub.on_request = None
            rival.done = scene.push(*version, folder=rival.folder)

    scene.hub.on_request = arrived
    said = refused(scene.push(*version), 5)
    assert f"someone else published v{NEW} meanwhile" in said
    assert rival.done
    good(rival.done)
    check_holds(scene, NEW, rival.folder)
    assert scene.repo.tags[f"v{NEW}"] == scene.repo.branches["main"]
    good(scene.push())
    check_holds(scene, NEXT, scene.folder)
    check_holds(scene, NEW, rival.folder)
    assert scene.repo.files(f"v{OLD}") == scene.old


@pytest.mark.parametrize("version", [(), ("--version", OLD)], ids=["next version", "same version"])
@shows("two pushes")
def test_two_first_pushes_make_two_versions(stage: Stage, builds: Builds, version: tuple[str, ...]) -> None:
    with stage.scene(holds="nothing") as scene:
        rival = Rival(scene, scene.place / "rival")
        shutil.copytree(builds(size=220, seed=2), rival.folder)
        rival.push_when("POST", "/api/repos/create", *version)
        said = refused(scene.push(*version), 5)
        assert "nothing of yours is published" in said
        assert rival.done
        good(rival.done)
        assert [*scene.repo.tags] == [f"v{OLD}"]
        assert scene.repo.tags[f"v{OLD}"] == scene.repo.branches["main"]
        check_holds(scene, OLD, rival.folder)
        good(scene.push())
        check_holds(scene, NEW, scene.folder)


@shows("two pushes", runs=6)
def test_two_that_run_freely_leave_two_whole_versions(stage: Stage, builds: Builds) -> None:
    def both(scene: Scene, version: tuple[str, ...]) -> None:
        folders = [scene.folder, scene.place / "rival"]
        shutil.copytree(builds(size=220, seed=2), folders[1])
        runs = [scene.start(*version, folder=folder) for folder in folders]
        ended = [run.done() for run in runs]
        codes = sorted(done.returncode for done in ended)
        assert codes in ([0, 0], [0, 2], [0, 5]), [done.stderr for done in ended]
        for done, folder in zip(ended, folders, strict=True):
            if done.returncode:
                assert re.search("someone else|exists already", refused(done, done.returncode)), done.stderr
                good(scene.push(folder=folder))
        assert [*scene.repo.tags] == [f"v{one}" for one in (OLD, NEW, NEXT)]
        first = folders[[done.returncode for done in ended].index(0)]
        check_holds(scene, NEW, first)
        check_holds(scene, NEXT, next(folder for folder in folders if folder != first))

    assert stage.each([(), ("--version", NEW)] * 3, both) == 6


@shows("two pushes", runs=2)
def test_two_pushes_of_one_folder_make_one_version(stage: Stage) -> None:
    def both(scene: Scene, moment: tuple[str, str]) -> None:
        rival = Rival(scene, scene.folder)
        rival.push_when(*moment)
        good(scene.push())
        assert rival.done
        good(rival.done)
        scene.check_published()

    assert stage.each([("POST", "/preupload/"), ("POST", "/commit/main")], both) == 2


@shows("two pushes")
def test_versions_pushed_at_once_under_other_names_are_both_there(scene: Scene, rival: Rival) -> None:
    rival.push_when("POST", "/tag/", "--version", "2.0.0")
    good(scene.push("--version", NEW))
    assert rival.done
    good(rival.done)
    check_holds(scene, NEW, scene.folder)
    check_holds(scene, "2.0.0", rival.folder)
    assert scene.repo.tags["v2.0.0"] == scene.repo.branches["main"]
    assert {f"v{NEW}", f"v{OLD}", "v2.0.0"} == {*scene.repo.tags}
    listed = good(scene.warm("versions", REPO))
    assert all(tag in listed for tag in scene.repo.tags)
