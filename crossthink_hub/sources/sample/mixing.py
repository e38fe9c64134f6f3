"""Files that hold good rows and dirty ones, in known numbers."""

import csv
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

Item = TypeVar("Item")
Row = TypeVar("Row")
Dirt: TypeAlias = Mapping[str, tuple[int, Callable[[Item], list[Row]]]]
"""Each kind of dirt: how many good items it takes, and the rows that each of them becomes."""


def counts(dirt: Mapping[str, tuple[int, object]], **more: int) -> Mapping[str, int]:
    """Return how many dirty rows there are of each kind."""
    return MappingProxyType({kind: entry[0] for kind, entry in dirt.items()} | more)


def mixed(
    items: Iterable[Item], dirt: Dirt[Item, Row], good: int, rng: Random, render: Callable[[Item], Row]
) -> list[Row]:
    """Return the rows of one file, shuffled: some items made dirty, and `good` good rows.

    A kind of dirt that makes two rows of an item leaves one of them good, as a duplicate does.
    """
    pool = list(items)
    rng.shuffle(pool)
    left = iter(pool)
    rows = [row for count, make in dirt.values() for item in islice(left, count) for row in make(item)]
    wanted = sum(count for count, _ in dirt.values()) + good
    rows += map(render, islice(left, wanted - len(rows)))
    if len(rows) < wanted:
        raise ValueError(f"{wanted - len(rows)} items too few")
    rng.shuffle(rows)
    return rows


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of text in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def write_csv(path: Path, rows: Iterable[list[str]]) -> None:
    """Write a CSV file without a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_parquet(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")
