"""What a commit of a repository holds of ours, and which version it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crossthink_hub.building.index import OWN_TABLE
from crossthink_hub.building.manifest import FILE_NAME as MANIFEST
from crossthink_hub.building.manifest import Manifest, data_files, problems_of
from crossthink_hub.errors import HubError
from crossthink_hub.hub.repository import Repository, Snapshot, StoredFile
from crossthink_hub.hub.version import Version, read_version
from crossthink_hub.releases import FILE_NAME as VERSIONS
from crossthink_hub.releases import Publication, Release, read_releases

README, CROISSANT, FIGURE = "README.md", "croissant.json", "blends.png"
OWN_FILES = (README, MANIFEST, CROISSANT, VERSIONS, FIGURE)


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
        manifest: None if it has none of ours, or none that can be read.
        releases: the versions that its `versions.json` lists, its own first.
        version: the version it is; None if it has no tag yet, or is none of ours.
        damage: what of it can't be read, a line each.
    """

    snapshot: Snapshot
    manifest: Manifest | None = field(repr=False)
    releases: tuple[Release, ...]
    version: Version | None = None
    damage: tuple[str, ...] = ()

    def publication(self, repo: str) -> Publication | None:
        """Return what its card was made for; None if it lists no version."""
        return Publication(repo, self.releases) if self.releases else None

    @property
    def claimed(self) -> Version | None:
        """The version that it says it is, with a tag or not."""
        return read_version(self.releases[0].version) if self.releases else None


def look(repo: Repository, revision: str, tags: Mapping[Version, str]) -> Held:
    """Return what a version, branch or commit holds; what of it can't be read is its damage.

    Raises:
        MissingError: there is no such repository or revision.
    """
    asked = read_version(revision)  # a branch may have the name of a version, and is not meant
    snapshot = repo.snapshot(tags.get(asked, revision) if asked else revision)
    damage: list[str] = []
    held = Held(snapshot, _manifest(repo, snapshot, damage), _releases(repo, snapshot, damage))
    tagged = tags.get(held.claimed) if held.claimed else None
    same = tagged == snapshot.commit or (tagged and _same_data(repo.snapshot(tagged), snapshot))
    return replace(held, version=held.claimed if same else None, damage=tuple(damage))


def _same_data(one: Snapshot, other: Snapshot) -> bool:
    """Tell whether two commits are the same version; the card may be edited by hand after its tag."""
    return all(
        one.files.get(path) == other.files.get(path)
        for path in {*own_files(one), *own_files(other)} - {README}
    )


def manifest_of(held: Held, place: str) -> Manifest:
    """Return the manifest of what must be a version of ours.

    Raises:
        HubError: it is none, or damaged.
    """
    if held.manifest is not None:
        return held.manifest
    fix = "`crossthink versions` lists what there is; `crossthink rollback` restores a whole version."
    what = (
        f"is damaged: {held.damage[0]}"
        if held.damage
        else "holds no data set of ours: it has no manifest.json"
    )
    raise HubError(what, where=place, fix=fix)


def discrepancies(held: Held) -> list[str]:
    """Return what of a commit is not what its manifest says, a line each; nothing is downloaded for it."""
    files, expected = held.snapshot.files, data_files(held.manifest) if held.manifest else {}
    missing = [path for path in (*OWN_FILES, *expected) if path not in files]
    return [
        *held.damage,
        *(f"{path}: is missing" for path in missing),
        *(
            f"{path}: the Hub's sha256 is {files[path].sha256}, the manifest says {file['sha256']}"
            for path, file in expected.items()
            if path in files and files[path].sha256 not in (None, file["sha256"])
        ),
    ]


def history(repo: Repository, tags: Mapping[Version, str]) -> dict[Version, Release]:
    """Return what was said of each version that has a tag, the newest first.

    The newest version lists those before it; one that was published later, or under a lower number, lists
    itself. A tag that someone made by hand has nothing said of it.
    """
    found: dict[Version, Release] = {}
    for version, commit in tags.items():
        if version not in found:
            for release in _releases(repo, repo.snapshot(commit), []):
                listed = read_version(release.version)
                if listed is not None and listed in tags:
                    found.setdefault(listed, release)
    return dict(sorted(found.items(), reverse=True))


def _manifest(repo: Repository, snapshot: Snapshot, damage: list[str]) -> Manifest | None:
    """Return a commit's manifest; why it is none of ours is added to `damage`."""
    text = repo.bytes_of(MANIFEST, snapshot)
    if text is None:
        return None
    try:
        manifest: Manifest = json.loads(text)
    except ValueError as error:
        damage.append(f"{MANIFEST}: can't be read ({error})")
        return None
    problems = problems_of(manifest)
    damage += problems[:1]
    return None if problems else manifest


def _releases(repo: Repository, snapshot: Snapshot, damage: list[str]) -> tuple[Release, ...]:
    text = repo.bytes_of(VERSIONS, snapshot)
    if text is None:
        return ()
    try:
        return read_releases(text.decode())
    except ValueError as error:
        damage.append(f"{VERSIONS}: can't be read ({error})")
        return ()
