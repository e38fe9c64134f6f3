"""How much a version changes for those who read it: its schema, its rows, or its card alone."""

import pyarrow as pa

from crossthink_hub import row
from crossthink_hub.building.manifest import Manifest
from crossthink_hub.releases import Kind

KINDS: tuple[Kind, ...] = ("first", "card", "rows", "schema")
"""What asks least of readers first."""


def kind_of(base: Manifest | None, base_columns: pa.Schema | None, new: Manifest) -> Kind:
    """Return what changes at most from one version to the next.

    A config or split that goes, or columns that are others, break what reads them: schema. A config that
    comes, or rows that differ, do not.

    Args:
        base: the manifest of the version before, None if there is none.
        base_columns: the columns of its data files; None if they are not known.
        new: the manifest of the next, whose columns are those of a published row.

    Example:
        >>> kind_of(None, None, {"configs": {}})
        'first'
    """
    if base is None:
        return "first"
    before, after = base["configs"], new["configs"]
    if any(name not in after or _splits(before[name]) - _splits(after[name]) for name in before):
        return "schema"
    if base_columns is not None and not base_columns.equals(row.SCHEMA):
        return "schema"
    same = before.keys() == after.keys() and all(
        files_of(before[name]) == files_of(after[name]) for name in after
    )
    return "card" if same else "rows"


def _splits(entry: Manifest) -> set[str]:
    return {name for name, listed in (("train", entry), ("test", entry["test"])) if listed["files"]}


def files_of(entry: Manifest) -> set[str]:
    """Return the paths of a config's data files; a path says what is in it, for it has the rows' digest."""
    return {file["path"] for file in (*entry["files"], *entry["test"]["files"])}
