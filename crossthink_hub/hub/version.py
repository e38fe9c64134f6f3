"""Version numbers, and which one comes next."""

import re
from dataclasses import dataclass

from crossthink_hub.errors import UsageError
from crossthink_hub.releases import Kind


@dataclass(frozen=True, order=True)
class Version:
    """A version as in `1.2.0`; its tag is `v1.2.0`.

    Example:
        >>> max(Version(1, 10, 0), Version(1, 9, 9)).tag
        'v1.10.0'
    """

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """The tag in the repository."""
        return f"v{self}"

    def next(self, kind: Kind) -> "Version":
        """Return the version after this one.

        Example:
            >>> [str(Version(1, 2, 3).next(kind)) for kind in ("schema", "rows", "card")]
            ['2.0.0', '1.3.0', '1.2.4']
        """
        if kind == "schema":
            return Version(self.major + 1, 0, 0)
        if kind == "rows":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


FIRST = Version(1, 0, 0)


def read_version(text: str) -> Version | None:
    """Return the version that a text such as `v1.2.0` or `1.2.0` names; None if it names none.

    Example:
        >>> read_version("v1.2.0"), read_version("main")
        (Version(major=1, minor=2, patch=0), None)
    """
    numbers = re.fullmatch(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
    return Version(*map(int, numbers.groups())) if numbers else None


def asked_version(text: str) -> Version:
    """Return the version that a user asks for.

    Raises:
        UsageError: it is none.
    """
    found = read_version(text)
    if found is None:
        raise UsageError(f"{text!r} is no version", fix="Write it as three numbers: 1.2.0.")
    return found


def split_place(place: str) -> tuple[str, str]:
    """Return the repository and the revision of `REPO` or `REPO@VERSION`; without one, it is `main`.

    Example:
        >>> split_place("you/crossthink@1.0.0"), split_place("you/crossthink")
        (('you/crossthink', 'v1.0.0'), ('you/crossthink', 'main'))
    """
    repo, _, revision = place.partition("@")
    return repo, revision_of(revision) if revision else "main"


def revision_of(text: str) -> str:
    """Return the tag of a version; any other revision as it is.

    Example:
        >>> revision_of("1.0.0"), revision_of("main")
        ('v1.0.0', 'main')
    """
    version = read_version(text)
    return version.tag if version else text
