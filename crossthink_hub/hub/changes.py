"""What differs between two versions, row by row: by config and source, with the keys of a few rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.building.index import SCHEMA
from crossthink_hub.building.manifest import Manifest
from crossthink_hub.hub.kinds import files_of

DIFFERENCES = ("added", "removed", "changed")
Index = Callable[[str], pa.Table]
"""Gives the row index of a data file."""


@dataclass(frozen=True)
class Counts:
    """How many rows came, went, stayed with other content, and stayed as they were."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.added + other.added,
            self.removed + other.removed,
            self.changed + other.changed,
            self.same + other.same,
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True)
class Example:
    """A row that differs: its key, and the data file that holds it, before and after."""

    kind: str
    id: str
    repeat: int
    source: str
    old_file: str | None
    new_file: str | None


@dataclass(frozen=True)
class ConfigChanges:
    """What differs in one config.

    Attributes:
        by_source: the counts.
        examples: a few rows of each kind.
    """

    by_source: Mapping[str, Counts]
    examples: tuple[Example, ...] = ()

    @property
    def total(self) -> Counts:
        """The counts of all sources together."""
        return sum(self.by_source.values(), Counts())


def changes(
    old: Manifest | None, new: Manifest, old_index: Index, new_index: Index, examples: int = 0
) -> dict[str, ConfigChanges]:
    """Return what differs between two builds, by config: those of `new`, then those it has no more.

    Files of the same name hold the same rows in the same order, for a name ends in their digest; only the
    others are looked into.

    Args:
        old: a manifest; None if there was nothing.
        new: the other one.
        old_index: gives the index of a file of `old`.
        new_index: gives the index of a file of `new`.
        examples: at most how many rows of each kind are named in each config.
    """
    before = old["configs"] if old else {}
    names = [*new["configs"], *(name for name in before if name not in new["configs"])]
    return {
        name: _config(before.get(name), new["configs"].get(name), old_index, new_index, examples)
        for name in names
    }


def _config(
    old: Manifest | None, new: Manifest | None, old_index: Index, new_index: Index, examples: int
) -> ConfigChanges:
    if (old is None or new is None) and not examples:
        return ConfigChanges(_all_of(new, "added") if old is None else _all_of(old, "removed"))
    gone, come = (files_of(entry) if entry else set() for entry in (old, new))
    before, after = _rows(gone - come, old_index), _rows(come - gone, new_index)
    both = _kinds(before.join(after, ["id", "repeat"], join_type="full outer", right_suffix="_new"))
    counted = both.group_by(["source", "kind"]).aggregate([([], "count_all")])
    counts: dict[str, Counter[str]] = {}
    for entry in counted.sort_by("source").to_pylist():
        counts.setdefault(entry["source"], Counter())[entry["kind"]] = entry["count_all"]
    held = _held(new)
    for source in [*held, *(name for name in counts if name not in held)]:
        own = counts.setdefault(source, Counter())
        own["same"] = held[source] - own["added"] - own["changed"]
    by_source = {source: Counts(**counts[source]) for source in sorted(counts)}
    return ConfigChanges(by_source, tuple(_examples(both, examples)))


def _held(entry: Manifest | None) -> Counter[str]:
    """Return the rows of a config by source, of both splits."""
    return Counter(entry["counts"]) + Counter(entry["test"]["counts"]) if entry else Counter()


def _all_of(entry: Manifest | None, kind: str) -> dict[str, Counts]:
    """Return the counts of a config that comes or goes as a whole: no row need be looked at."""
    return {source: Counts(**{kind: rows}) for source, rows in sorted(_held(entry).items())}


def _rows(paths: set[str], index: Index) -> pa.Table:
    """Return the index of several data files as one, with the file that each row is in."""
    tables = [SCHEMA.empty_table().append_column("file", pa.array([], pa.string()))]
    for path in sorted(paths):
        own = index(path)
        tables.append(own.append_column("file", pa.repeat(path, len(own))))
    return pa.concat_tables(tables)


def _kinds(both: pa.Table) -> pa.Table:
    """Return the rows of two indexes, joined, with what became of each."""
    conditions = pc.make_struct(
        pc.is_null(both["digest"]),
        pc.is_null(both["digest_new"]),
        pc.fill_null(pc.not_equal(both["digest"], both["digest_new"]), False),
    )
    kind = pc.case_when(conditions, *DIFFERENCES, "same")
    source = pc.coalesce(both["source_new"], both["source"])
    return pa.table(
        [*(both[name] for name in ("id", "repeat", "file", "file_new")), source, kind],
        names=["id", "repeat", "old_file", "new_file", "source", "kind"],
    )


def _examples(both: pa.Table, count: int) -> Iterator[Example]:
    order = [(name, "ascending") for name in ("new_file", "old_file", "id", "repeat")]
    for kind in DIFFERENCES if count else ():
        own = both.filter(pc.equal(both["kind"], kind)).sort_by(order)  # of few files, for each is fetched
        for row in own.slice(0, count).to_pylist():
            yield Example(**row)
