"""Where a push goes: the repository, what its main holds, and which versions are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from crossthink_hub.errors import UsageError
from crossthink_hub.hub.held import README, Held, history, look
from crossthink_hub.hub.repository import Repository, Snapshot
from crossthink_hub.hub.version import Version
from crossthink_hub.releases import Release

OF_NO_DATA_SET = (README, ".gitattributes", ".gitignore", "LICENSE", "LICENSE.txt", "LICENSE.md")
"""What may be in a repository before anything is published in it."""


@dataclass(frozen=True)
class Target:
    """Where a push goes.

    Attributes:
        repo: the repository.
        head: what main holds; None if the repository is not there yet.
        tags: the commit of each version, the newest first.
        public: whether everyone sees it now.
    """

    repo: Repository
    head: Held | None
    tags: Mapping[Version, str]
    public: bool

    @cached_property
    def releases(self) -> Mapping[Version, Release]:
        """What was said of each version that was published, the newest first; not of tags made by hand."""
        return history(self.repo, self.tags)

    @property
    def newest(self) -> Version | None:
        """The newest version that was published."""
        return next(iter(self.releases), None)

    @cached_property
    def base(self) -> Held | None:
        """What a new version is compared with: what main holds, or else the newest version."""
        if self.head and self.head.version:
            return self.head
        return look(self.repo, self.newest.tag, self.tags) if self.newest else None

    @cached_property
    def card(self) -> str | None:
        """The card on main, with what people wrote into it."""
        content = self.repo.bytes_of(README, self.head.snapshot) if self.head else None
        return content.decode(errors="replace") if content is not None else None


def target(repo: Repository) -> Target:
    """Return where a push goes.

    Raises:
        UsageError: another data set is there.
        HubError: the Hub can't be reached, or refuses the token.
    """
    if not repo.exists():
        return Target(repo, None, {}, public=False)
    tags = repo.tags()
    found = Target(repo, look(repo, "main", tags), tags, not repo.is_private())
    assert found.head is not None
    others = other_files(found.head.snapshot)
    if found.head.manifest is None and not found.releases and others:
        raise UsageError(
            f"holds another data set ({', '.join(others[:3])})",
            where=repo.name,
            fix="Choose another repository; one that is not there yet is made.",
        )
    return found


def other_files(snapshot: Snapshot) -> list[str]:
    """Return the files that a repository has from someone's data set."""
    return sorted(path for path in snapshot.files if path not in OF_NO_DATA_SET)
