"""What differs between two versions on the Hub, with a few rows as they were and as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from crossthink_hub.hub.changes import ConfigChanges, Example, changes
from crossthink_hub.hub.held import OWN_FILES, Held, look, manifest_of
from crossthink_hub.hub.remote_index import remote_index
from crossthink_hub.hub.repository import Repository

Row = dict[str, Any]
EXAMPLES = 2
"""Rows shown of each kind, in each config."""
CONFIGS_SHOWN = 3
"""Of so many configs rows are shown: each costs the download of a few data files."""


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
        rows: a few rows that differ, by config, of the first `CONFIGS_SHOWN` configs that do.
        files: the card and other files without rows that differ.
    """

    old: str
    new: str
    changes: Mapping[str, ConfigChanges]
    rows: Mapping[str, tuple[ShownRow, ...]]
    files: tuple[str, ...] = ()


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
        manifest_of(before, f"{repo.name}@{old}"),
        manifest_of(after, f"{repo.name}@{new}"),
        remote_index(repo, before.snapshot),
        remote_index(repo, after.snapshot),
        examples,
    )
    differ = [name for name, one in found.items() if one.examples][:CONFIGS_SHOWN]
    rows = {
        name: tuple(_shown(repo, before, after, example) for example in found[name].examples)
        for name in differ
    }
    return Comparison(old, new, found, rows, _other_files(before, after))


def _other_files(before: Held, after: Held) -> tuple[str, ...]:
    """Return the files of ours without rows, such as the card, that are not the same in both."""
    files, others = before.snapshot.files, after.snapshot.files
    return tuple(path for path in OWN_FILES if files.get(path) != others.get(path))


def _shown(repo: Repository, before: Held, after: Held, example: Example) -> ShownRow:
    return ShownRow(
        example,
        _row(repo, before, example.old_file, example),
        _row(repo, after, example.new_file, example),
    )


def _row(repo: Repository, held: Held, path: str | None, example: Example) -> Row | None:
    if path is None:
        return None
    table = pq.read_table(repo.checked(path, held.snapshot), filters=pc.field("id") == example.id)
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
