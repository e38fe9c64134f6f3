"""The versions of a published data set, in the words of its card."""

from collections.abc import Mapping
from typing import NamedTuple

from crossthink_hub.card.markdown import codes
from crossthink_hub.card.words import words
from crossthink_hub.releases import Publication

MOST_GROUPS = 4
"""So many groups of configs are listed with their changes; of the others it is said how many there are."""
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


class VersionRow(NamedTuple):
    """A version in the table of versions."""

    version: str
    date: str
    kind: str
    changes: str
    message: str


def version_rows(publication: Publication) -> list[VersionRow]:
    """Return the versions, the newest first.

    Example:
        >>> from crossthink_hub.releases import Release
        >>> one = Release("1.0.0", "2026-11-26", "first", "Hello.", {})
        >>> version_rows(Publication("you/crossthink", (one,)))[0].kind
        'first version'
    """
    kinds = words("forms")["kinds"]
    return [
        VersionRow(
            release.version,
            release.date,
            kinds.get(release.kind, release.kind),
            changes_text(release.changes),
            release.message,
        )
        for release in publication.releases
    ]


def changes_text(changes: Mapping[str, Mapping[str, int]]) -> str:
    """Return how many rows came, went and changed, configs with the same numbers together.

    Example:
        >>> changes_text({"nd": {"added": 1200, "removed": 3}, "gpr_up": {"added": 1200, "removed": 3}})
        '`nd`, `gpr_up`: +1,200 -3'
    """
    groups: dict[str, list[str]] = {}
    for config, counts in changes.items():
        if numbers := _numbers(counts):
            groups.setdefault(numbers, []).append(config)
    listed = list(groups.items())
    texts = [f"{codes(names)}: {numbers}" for numbers, names in listed[:MOST_GROUPS]]
    rest = sum(len(names) for _, names in listed[MOST_GROUPS:])
    return "; ".join([*texts, *([f"{rest} more configs"] if rest else [])])


def _numbers(counts: Mapping[str, int]) -> str:
    return " ".join(f"{sign}{counts[name]:,}" for name, sign in SIGNS.items() if counts.get(name))
