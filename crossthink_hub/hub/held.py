"""What a commit of a repository holds of ours, and which version it is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crossthink_hub.building.index import DATA, INDEX
from crossthink_hub.building.manifest import FILE_NAME as MANIFEST
from crossthink_hub.building.manifest import Manifest
from crossthink_hub.errors import HubError
from crossthink_hub.hub.repository import Repository, Snapshot, StoredFile
from crossthink_hub.hub.version import Version, read_version
from crossthink_hub.releases import FILE_NAME as VERSIONS
from crossthink_hub.releases import Publication, Release, read_releases

README, CROISSANT, FIGURE = "README.md", "croissant.json", "blends.png"
OWN_FILES = (README, MANIFEST, CROISSANT, VERSIONS, FIGURE)
OWN_FOLDERS = (DATA, INDEX)
OWN_TABLE = re.compile(rf"({DATA}|{INDEX})/[^/]+/(train|test)-\d{{5}}-of-\d{{5}}-[0-9a-f]{{16}}\.parquet")
"""What our data files and their indexes are called; other files are other people's, and left alone."""


def is_own(path: str) -> bool:
    """Tell whether a path in a repository is one that a version of ours is made of.

    Example:
        >>> is_own("README.md"), is_own("data/extra.jsonl"), is_own(".gitattributes")
        (True, False, False)
    """
    return path in OWN_FILES or OWN_TABLE.fullmatch(path) is not None


def own_files(snapshot: Snapshot) -> dict[str, StoredFile]:
    """Return those files of a commit that are ours."""
    return {path: file for path, file in snapshot.files.items() if is_own(path)}


@dataclass(frozen=True)
class Held:
    """One commit as a version of ours.

    Attributes:
        snapshot: its files.
        manifest: None if it has none: then nothing of ours is in it.
        releases: the versions that its `versions.json` lists, the newest first.
        version: the version it is; None if it has no tag yet, or is none of ours.
    """

    snapshot: Snapshot
    manifest: Manifest | None = field(repr=False)
    releases: tuple[Release, ...]
    version: Version | None = None

    def publication(self, repo: str) -> Publication | None:
        """Return what its card was made for; None if it lists no version."""
        return Publication(repo, self.releases) if self.releases else None

    @property
    def named(self) -> Version | None:
        """The version it calls itself, with a tag or not."""
        return read_version(self.releases[0].version) if self.releases else None


def look(repo: Repository, revision: str, tags: Mapping[Version, str]) -> Held:
    """Return what a branch, tag or commit holds.

    Raises:
        MissingError: there is no such repository or revision.
        HubError: its manifest or list of versions can't be read.
    """
    snapshot = repo.snapshot(revision)
    held = Held(snapshot, _manifest(repo, snapshot), _releases(repo, snapshot))
    tagged = tags.get(held.named) if held.named else None
    if tagged is None:
        return held
    same = tagged == snapshot.commit or _same_data(repo.snapshot(tagged), snapshot)
    return Held(snapshot, held.manifest, held.releases, held.named if same else None)


def _same_data(one: Snapshot, other: Snapshot) -> bool:
    """Tell whether two commits are the same version; the card may be edited by hand after its tag."""
    return all(
        one.files.get(path) == other.files.get(path)
        for path in {*own_files(one), *own_files(other)} - {README}
    )


def checksums(manifest: Manifest) -> dict[str, str]:
    """Return the SHA-256 of each data file."""
    entries = manifest["configs"].values()
    return {
        file["path"]: file["sha256"]
        for entry in entries
        for file in (*entry["files"], *entry["test"]["files"])
    }


def discrepancies(held: Held) -> list[str]:
    """Return what of a commit is not what its manifest says, a line each; nothing is downloaded for it."""
    assert held.manifest is not None
    files, expected = held.snapshot.files, checksums(held.manifest)
    missing = [path for path in (*OWN_FILES, *expected) if path not in files]
    return [
        *(f"{path}: is missing" for path in missing),
        *(
            f"{path}: the Hub's sha256 is {files[path].sha256}, the manifest says {checksum}"
            for path, checksum in expected.items()
            if path in files and files[path].sha256 not in (None, checksum)
        ),
    ]


def history(repo: Repository, tags: Mapping[Version, str]) -> tuple[Release, ...]:
    """Return the releases of the newest version, which lists all before it."""
    if not tags:
        return ()
    newest = next(iter(tags.values()))
    return _releases(repo, repo.snapshot(newest))


def _manifest(repo: Repository, snapshot: Snapshot) -> Manifest | None:
    text = repo.bytes_of(MANIFEST, snapshot)
    if text is None:
        return None
    try:
        manifest: Manifest = json.loads(text)
    except ValueError as error:
        raise _unreadable(repo, snapshot, MANIFEST, error) from error
    return manifest


def _releases(repo: Repository, snapshot: Snapshot) -> tuple[Release, ...]:
    text = repo.bytes_of(VERSIONS, snapshot)
    if text is None:
        return ()
    try:
        return read_releases(text.decode())
    except ValueError as error:
        raise _unreadable(repo, snapshot, VERSIONS, error) from error


def _unreadable(repo: Repository, snapshot: Snapshot, path: str, error: ValueError) -> HubError:
    return HubError(
        f"its {path} at {snapshot.commit[:8]} can't be read ({error})",
        where=repo.name,
        fix=f"`crossthink rollback {repo.name} VERSION` restores a version that is whole.",
    )
