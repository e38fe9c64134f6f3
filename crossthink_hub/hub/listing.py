"""The versions of a repository."""

from dataclasses import dataclass

from crossthink_hub.hub.held import history, look
from crossthink_hub.hub.repository import Repository
from crossthink_hub.hub.version import Version
from crossthink_hub.releases import Release


@dataclass(frozen=True)
class ListedVersion:
    """A version that is there.

    Attributes:
        version: its number.
        commit: what its tag is at.
        release: what its publisher said of it; None if the tag was made by hand.
        on_main: whether it is what readers get who name no version.
    """

    version: Version
    commit: str
    release: Release | None
    on_main: bool


def listed(repo: Repository) -> list[ListedVersion]:
    """Return the versions of a repository, the newest first.

    Raises:
        MissingError: there is no such repository.
    """
    tags = repo.tags()
    releases = history(repo, tags)
    on_main = look(repo, "main", tags).version if tags else None
    return [
        ListedVersion(version, commit, releases.get(version), version == on_main)
        for version, commit in tags.items()
    ]
