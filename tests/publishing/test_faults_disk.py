"""The disk is full or may not be written, and files that change while they are pushed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_server import Hub, Record
from product import REPO, Done, MakeFolder, Product, good, refused
from promises import shows
from scenes import GENERATED, NEW, OLD, Scene, Stage, publishable

SMALL = "200k"
MOUNT = 'mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"'
BIND = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def alone(script: str, *arguments: str | Path) -> list[str]:
    """Return what runs a command in a room of its own, where it may mount disks."""
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, *map(str, arguments)]


@pytest.fixture(scope="module")
def mounting(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip a test where the system lets nobody mount a disk."""
    place = tmp_path_factory.mktemp("mount")
    try:
        subprocess.run(alone(MOUNT, SMALL, place, "true"), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here: {error}")


class Disk:
    """Runs the command line with one small disk, or with a folder that may only be read."""

    def __init__(self, crossthink: Product) -> None:
        self.crossthink, self.place = crossthink, crossthink.home / "disk"
        self.place.mkdir()

    def __call__(self, *words: str | Path, **environment: str) -> Done:
        return self._run(alone(MOUNT, SMALL, self.place), words, environment)

    def read_only(self, folder: Path, *words: str | Path) -> Done:
        return self._run(alone(BIND, folder), words, {})

    def _run(self, room: list[str], words: tuple[str | Path, ...], environment: dict[str, str]) -> Done:
        command = [*room, sys.executable, "-m", "crossthink_hub", *map(str, words)]
        return self.crossthink.run(command, self.crossthink.environment(**environment))


@pytest.fixture
def disk(mounting: None, crossthink: Product) -> Disk:
    return Disk(crossthink)


def check_full(done: Done, where: Path) -> None:
    """Check that a run said, in one line, where the disk is full."""
    said = refused(done, 4)
    assert said.startswith(f"error: {where}"), said
    assert "No space left on device" in said or "the disk has" in said
    assert len(done.stderr.splitlines()) == 2, done.stderr


@shows("disk")
def test_a_push_without_room_for_what_is_written_on_the_way(
    hub: Hub, crossthink: Product, folder: MakeFolder, disk: Disk
) -> None:
    mine = folder()
    (mine / "manifest.json").write_text((mine / "manifest.json").read_text() + " " * 400_000)
    check_full(disk("push", REPO, "--dir", mine, TMPDIR=str(disk.place)), disk.place)
    assert REPO not in hub.repos


@shows("disk")
def test_a_pull_to_a_full_disk(hub: Hub, crossthink: Product, folder: MakeFolder, disk: Disk) -> None:
    good(crossthink("push", REPO, "--dir", folder()))
    check_full(disk("pull", REPO, "--out", disk.place / "out"), disk.place)


@shows("disk")
def test_a_check_without_room_in_the_cache(
    hub: Hub, crossthink: Product, folder: MakeFolder, disk: Disk
) -> None:
    good(crossthink("push", REPO, "--dir", folder()))
    check_full(disk("verify", REPO, HF_HOME=str(disk.place)), disk.place)


LIMITS = {"push": 3_000, "pull": 30_000, "verify": 30_000}


@pytest.mark.parametrize("verb", LIMITS)
@shows("disk")
def test_a_write_that_fails_is_said_and_what_was_there_is_whole(
    stage: Stage, scene: Scene, verb: str
) -> None:
    out = scene.place / "out"
    if verb == "pull":
        good(scene.warm("pull", f"{REPO}@{OLD}", "--out", out))
        good(scene.push("--version", NEW))
        scene.warm.forget()
    before = dict(scene.repo.refs)
    words = {"push": ["--dir", scene.folder], "pull": ["--out", out], "verify": []}[verb]
    done = scene.warm(verb, REPO, *words, largest=LIMITS[verb])
    assert "can't be written (File too large)" in refused(done, 4)
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert scene.repo.refs == before
    if verb == "pull":
        assert publishable(out).items() >= publishable(stage.old).items()
        good(scene.warm("pull", REPO, "--out", out))
        assert publishable(out) == publishable(scene.folder)


@shows("disk", runs=2)
def test_a_folder_that_may_only_be_read_is_pushed_and_not_pulled_into(
    hub: Hub, crossthink: Product, folder: MakeFolder, disk: Disk
) -> None:
    mine = folder()
    before = publishable(mine)
    done = disk.read_only(mine, "push", REPO, "--dir", mine)
    good(done)
    assert "the card of this version can't be kept in it (Read-only file system)" in done.stderr
    assert publishable(mine) == before
    assert hub.repos[REPO].tags
    assert "Read-only file system" in refused(disk.read_only(mine, "pull", REPO, "--out", mine), 4)
    assert publishable(mine) == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def overwrite(path: Path) -> None:
    """Put other bytes into a file, of the same number and, as far as its time tells, as old."""
    found = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1))


HARMS: dict[str, Callable[[Path], None]] = {
    "cut short": cut,
    "other bytes": overwrite,
    "deleted": Path.unlink,
}
FILES = {
    "data": "data/gpr_up/train-*.parquet",
    "index": "index/only_mr/train-*.parquet",
    "manifest": "manifest.json",
}
MOMENTS = {
    "before the uploads": ("POST", "/preupload/", 1),
    "as one arrives": ("PUT", "/lfs/", 1),
    "just before the commit": ("PUT", "/lfs/", 9),
}


def change_at(scene: Scene, moment: str, change: Callable[[], None]) -> None:
    """Change something when the Hub is asked something for the n-th time."""
    method, path, number = MOMENTS[moment]
    came: list[Record] = []

    def arrived(record: Record) -> None:
        if record.method == method and path in record.path:
            came.append(record)
            if len(came) == number:
                change()

    scene.hub.on_request = arrived


CHANGES = [
    *((harm, file, moment) for harm in HARMS for file in ("data", "index") for moment in MOMENTS),
    *((harm, "manifest", "just before the commit") for harm in HARMS),
]


@shows("file changed", runs=len(CHANGES))
def test_a_file_that_changes_is_refused_and_nothing_is_published(stage: Stage) -> None:
    def refuse(scene: Scene, case: tuple[str, str, str]) -> None:
        harm, file, moment = case
        path = next(scene.folder.glob(FILES[file]))
        before = dict(scene.repo.refs)
        change_at(scene, moment, lambda: HARMS[harm](path))
        done = scene.push("--version", NEW)
        said = refused(done, 1)
        assert said.startswith(f"error: {path}: was changed while it was published"), said
        assert len(done.stderr.splitlines()) == 2, done.stderr
        assert scene.repo.refs == before

    assert stage.each(CHANGES, refuse) == len(CHANGES)


@shows("file changed")
def test_other_bytes_of_the_same_size_and_time_are_not_published_either(scene: Scene) -> None:
    """Nothing of the folder tells; their checksum does, where they arrive."""
    path = next(scene.folder.glob(FILES["data"]))
    found, before = path.stat(), dict(scene.repo.refs)

    def change() -> None:
        overwrite(path)
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    change_at(scene, "before the uploads", change)
    done = scene.push("--version", NEW)
    assert done.returncode in (1, 5), done
    assert len(done.stderr.splitlines()) <= 2
    assert scene.repo.refs == before


@shows("file changed", runs=len(HARMS))
def test_a_file_that_changes_when_all_has_been_sent_changes_nothing_of_the_version(stage: Stage) -> None:
    def ignore(scene: Scene, harm: str) -> None:
        expected = publishable(scene.folder)
        path = next(scene.folder.glob(FILES["data"]))

        def arrived(record: Record) -> None:
            if record.path.endswith("/commit/main"):
                HARMS[harm](path)

        scene.hub.on_request = arrived
        good(scene.push("--version", NEW))
        sent = {name: content for name, content in scene.repo.files(f"v{NEW}").items() if name in expected}
        assert {name for name in sent if sent[name] != expected[name]} <= {*GENERATED}
        assert sent.keys() == expected.keys()

    assert stage.each([*HARMS], ignore) == len(HARMS)
