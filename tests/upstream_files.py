"""Upstream files of every kind, as tests write them, and what is built from them."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.sources import SOURCES
from crossthink_hub.sources.habits import habits_of
from crossthink_hub.sources.reading import pieces, read, shape_of
from crossthink_hub.sources.registry import locate

Record = dict[str, Any]


def write_rows(path: Path, rows: Sequence[Any]) -> None:
    """Write rows as the ending says: `.jsonl`, `.parquet`, or `.csv` without a header.

    `.large.parquet` has texts and lists of Arrow's large types, as Polars writes them, and
    `.categories.parquet` has texts as dictionaries, as pandas writes categories. `.broken.jsonl` ends in a
    broken line, so that it can't be read at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text(text + ("{\n" if path.name.endswith(".broken.jsonl") else ""), "utf-8")
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    else:
        table = pa.Table.from_pylist(list(rows))
        change = _TYPES.get(path.name.split(".")[-2], lambda kind: kind)
        pq.write_table(table.cast(pa.schema([f.with_type(change(f.type)) for f in table.schema])), path)


def _large(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind):
        return pa.large_string()
    if pa.types.is_list(kind):
        return pa.large_list(_large(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_large(field.type)) for field in kind])
    return kind


def _category(kind: pa.DataType) -> pa.DataType:
    return pa.dictionary(pa.int32(), kind) if pa.types.is_string(kind) else kind


_TYPES: Mapping[str, Callable[[pa.DataType], pa.DataType]] = {"large": _large, "categories": _category}


def read_problems(folder: Path, source: str) -> tuple[pa.Table, dict[str, list[int]]]:
    """Return a source's problems, unfiltered, and the places that could not be read."""
    found = locate(SOURCES, folder)[source]
    habits = habits_of(found.files, found.source.shapes)
    tables: list[pa.Table] = []
    unreadable: dict[str, list[int]] = {}
    for name, path in found.files.items():
        shape = shape_of(path, name, found.source.shapes)
        for piece in pieces(path, name):
            raw = read(piece, shape, habits.instruction)
            tables.append(habits.shape(shape).problems(raw.table))
            for reason, rows in raw.unreadable.items():
                unreadable.setdefault(reason, []).extend(rows)
    return pa.concat_tables(tables), unreadable


@dataclass(frozen=True)
class Built:
    """A built folder and its manifest."""

    folder: Path
    manifest: Manifest

    def rows(self, config: str, *splits: str) -> list[Record]:
        """Return the rows of a config, of both splits if none is named."""
        return [row for path in self._files(config, splits) for row in pq.read_table(path).to_pylist()]

    def ids(self, config: str, *splits: str) -> set[str]:
        """Return the ids of a config's rows."""
        files = self._files(config, splits)
        return {id_ for path in files for id_ in pq.read_table(path, columns=["id"])["id"].to_pylist()}

    def _files(self, config: str, splits: Sequence[str]) -> list[Path]:
        paths = sorted((self.folder / "data" / config).glob("*.parquet"))
        return [path for path in paths if path.name.partition("-")[0] in (splits or ("train", "test"))]

    def dropped(self, source: str) -> list[Record]:
        """Return the rows that were dropped of a source."""
        dropped: list[Record] = pq.read_table(self.folder / "dropped" / f"{source}.parquet").to_pylist()
        return dropped

    def data(self) -> dict[str, bytes]:
        """Return every data file's bytes by its path."""
        paths = sorted((self.folder / "data").rglob("*.parquet"))
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}


def built(upstream: Path, out: Path, *configs: str, **asked: Any) -> Built:
    """Build configs from a folder of upstream files."""
    return Built(out, build(BuildSettings(configs, **asked), str(upstream), out))
