"""Manifests to make cards of: those of builds, and builds as they would be of real sources."""

from copy import deepcopy
from typing import Any

from crossthink_hub.releases import Publication, Release
from crossthink_hub.sources import SOURCES

Manifest = dict[str, Any]

CHANGES = {
    "gpr_up": {"added": 1_200, "removed": 3, "changed": 0},
    "nd": {"added": 0, "removed": 0, "changed": 7},
}
PUBLICATION = Publication(
    "you/crossthink",
    (
        Release("1.1.0", "2026-12-24", "rows", "More of Natural Reasoning.", CHANGES),
        Release("1.0.1", "2026-12-01", "card", "", {}),
        Release("1.0.0", "2026-11-26", "first", "Hello.", {}),
    ),
)


def as_real(manifest: Manifest, *names: str) -> Manifest:
    """Return the manifest of a sample as if its rows were real, of these sources if any are named."""
    real = deepcopy(manifest) | {"kind": "folder"}
    for source in SOURCES:
        real["sources"][source.name] |= {
            "repo": source.repo,
            "licence": source.licence,
            "non_commercial": source.non_commercial,
        }
    for name in set(real["sources"]) - set(names or real["sources"]):
        del real["sources"][name]
    return real
