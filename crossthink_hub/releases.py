"""The versions of a published data set, as `versions.json` beside its data lists them, the own one first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

FILE_NAME = "versions.json"
Kind = Literal["first", "schema", "rows", "card"]
"""What a version changes at most; `first` where there is none before it."""


@dataclass(frozen=True)
class Release:
    """One published version.

    Attributes:
        version: as in `1.2.0`; its tag is `v1.2.0`.
        date: the day it was published, as in `2026-11-26`.
        kind: what changed at most.
        message: what its publisher says of it; may be empty.
        changes: by config, how many rows were `added`, `removed` and `changed`; configs without any are left
            out.
        base: the version that it is compared with; None for the first.
    """

    version: str
    date: str
    kind: Kind
    message: str
    changes: Mapping[str, Mapping[str, int]]
    base: str | None = None


@dataclass(frozen=True)
class Publication:
    """Where a version is published, and the versions there, this one first; there is at least one.

    Example:
        >>> Publication("you/crossthink", (Release("1.0.0", "2026-11-26", "first", "", {}),)).tag
        'v1.0.0'
    """

    repo: str
    releases: tuple[Release, ...]

    @property
    def version(self) -> str:
        """This version."""
        return self.releases[0].version

    @property
    def tag(self) -> str:
        """The tag of this version."""
        return f"v{self.version}"


def releases_json(releases: Sequence[Release]) -> str:
    """Return the text of `versions.json`.

    Example:
        >>> one = Release("1.0.0", "2026-11-26", "first", "", {})
        >>> read_releases(releases_json([one])) == (one,)
        True
    """
    return json.dumps([asdict(release) for release in releases], ensure_ascii=False, indent=1) + "\n"


def read_releases(text: str) -> tuple[Release, ...]:
    """Return the versions that a `versions.json` lists.

    Raises:
        ValueError: it is not such a file.
    """
    entries: Any = json.loads(text)
    known = {field.name for field in fields(Release)}
    try:
        return tuple(
            Release(**{name: value for name, value in entry.items() if name in known}) for entry in entries
        )
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{FILE_NAME} does not list versions ({error})") from error
