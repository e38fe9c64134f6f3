"""What differs between two versions on the Hub, with a few rows as they were and as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.errors import HubError
from crossthink_hub.hub.changes import ConfigChanges, Example, changes
from crossthink_hub.hub.held import Held, look
from crossthink_hub.hub.remote_index import remote_index
from crossthink_hub.hub.repository import Repository

Row = dict[str, Any]
EXAMPLES = 2
"""Rows shown of each kind, in each config."""


@dataclass(frozen=True)
class ShownRow:
    """A row that differs, as it was and as it is; None where it is not."""

    example: Example
    old: Row | None
    new: Row | None


@dataclass(frozen=True)
class Comparison:
    """What differs between two versions.

    Attributes:
        old: revision of the one.
        new: revision of the other.
        changes: by config, also of those that do not differ.
        rows: a few rows that differ, by config.
    """

    old: str
    new: str
    changes: Mapping[str, ConfigChanges]
    rows: Mapping[str, tuple[ShownRow, ...]]


def compared(repo: Repository, old: str, new: str, examples: int = EXAMPLES) -> Comparison:
    """Return what differs between two versions.

    Args:
        repo: where both are.
        old: a tag, branch or commit.
        new: the other.
        examples: how many rows of each kind are fetched for each config.

    Raises:
        MissingError: a version is not there.
        HubError: a revision holds nothing of ours.
    """
    tags = repo.tags()
    before, after = look(repo, old, tags), look(repo, new, tags)
    found = changes(
        _manifest(repo, old, before),
        _manifest(repo, new, after),
        remote_index(repo, before.snapshot),
        remote_index(repo, after.snapshot),
        examples,
    )
    rows = {
        name: tuple(_shown(repo, before, after, example) for example in one.examples)
        for name, one in found.items()
        if one.examples
    }
    return Comparison(old, new, found, rows)


def _manifest(repo: Repository, revision: str, held: Held) -> Manifest:
    if held.manifest is None:
        raise HubError("holds no data set of ours: it has no manifest.json", where=f"{repo.name}@{revision}")
    return held.manifest


def _shown(repo: Repository, before: Held, after: Held, example: Example) -> ShownRow:
    return ShownRow(
        example,
        _row(repo, before, example.old_file, example),
        _row(repo, after, example.new_file, example),
    )


def _row(repo: Repository, held: Held, path: str | None, example: Example) -> Row | None:
    if path is None:
        return None
    table = pq.read_table(repo.file(path, held.snapshot.commit), filters=pc.field("id") == example.id)
    rows: list[Row] = table.to_pylist()
    return next((row for row in rows if row["meta_data"]["repeat"] == example.repeat), None)


def differing(old: Any, new: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield each field that differs between two rows, with both values.

    Example:
        >>> list(differing({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}))
        [('b.c', 2, 3)]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from differing(old.get(key), new.get(key), f"{name}.{key}" if name else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differing(one, other, f"{name}[{place}]")
    elif old != new:
        yield name, old, new
