"""Check a version on the Hub: every checksum, every row, and what card, list and Croissant say of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crossthink_hub.building.manifest import FILE_NAME as MANIFEST
from crossthink_hub.building.manifest import Manifest, data_files
from crossthink_hub.hub.fetching import fetched
from crossthink_hub.hub.held import CROISSANT, Held, discrepancies, look, own_files
from crossthink_hub.hub.repository import Repository
from crossthink_hub.hub.version import read_version
from crossthink_hub.releases import FILE_NAME as VERSIONS
from crossthink_hub.validation import validate


@dataclass(frozen=True)
class Verified:
    """What a check of a version found.

    Attributes:
        revision: what was asked for.
        held: what is there.
        problems: a line each; none if all is well.
        files: how many files were read, of `bytes` bytes and `rows` rows.
    """

    revision: str
    held: Held
    problems: tuple[str, ...]
    files: int
    bytes: int
    rows: int


def verified(repo: Repository, revision: str) -> Verified:
    """Return what is wrong with a version; its files are downloaded into the Hub's cache.

    Raises:
        MissingError: there is no such version.
        HubError: the Hub can't be reached.
    """
    held = look(repo, revision, repo.tags())
    files = own_files(held.snapshot)
    if held.manifest is None:
        problems = held.damage or (f"{MANIFEST}: is missing",)
        return Verified(revision, held, problems, 0, 0, 0)
    found = [*_tag(revision, held), *discrepancies(held)]
    commit = held.snapshot.commit
    paths = fetched(repo.name, files, lambda path, anew: repo.file(path, commit, anew=anew))
    found += [*validate(_folder(paths)), *_croissant(paths, held.manifest)]
    entries = held.manifest["configs"].values()
    return Verified(
        revision,
        held,
        tuple(found),
        len(files),
        sum(file.bytes for file in files.values()),
        sum(entry["rows"] + entry["test"]["rows"] for entry in entries),
    )


def _folder(paths: Mapping[str, Path]) -> Path:
    """Return the folder in the cache that files of a commit lie in."""
    path, place = next(iter(paths.items()))
    return place.parents[path.count("/")]


def _tag(revision: str, held: Held) -> Iterator[str]:
    """Check that a tag is at the version it names."""
    asked = read_version(revision)
    if asked and held.claimed != asked:
        claimed = held.claimed.tag if held.claimed else "no version"
        yield f"{VERSIONS}: calls itself {claimed}, the tag is {asked.tag}"


def _croissant(paths: Mapping[str, Path], manifest: Manifest) -> Iterator[str]:
    """Check that the Croissant metadata names the data files, with their checksums."""
    if CROISSANT not in paths:
        return
    try:
        listed = json.loads(paths[CROISSANT].read_bytes())["distribution"]
        found = {file["contentUrl"]: file["sha256"] for file in listed if "sha256" in file}
    except (ValueError, KeyError, TypeError) as error:
        yield f"{CROISSANT}: lists no files ({error})"
        return
    if any(found.get(path) != file["sha256"] for path, file in data_files(manifest).items()):
        yield f"{CROISSANT}: its files and checksums are not those of the manifest"
