"""What a check needs to know of a data file: small, so that its rows need not be held."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.building.digest import RowDigests, set_digest

KEYS = pa.schema([("id", pa.string()), ("repeat", pa.int32())])
"""What no two rows of a config may share."""
PREFIX = 5_000
"""So many rows at the head of a split are looked at by themselves."""


@dataclass(frozen=True)
class Facts:
    """What is in one file.

    Attributes:
        rows: how many.
        digest: the sum of its rows' digests.
        keys: id and repeat of each row.
        counts: rows by source.
        head: the sources of the first `PREFIX` rows.
        wrong: in how many rows something does not hold, by what.
    """

    rows: int
    digest: RowDigests
    keys: pa.Table
    counts: Counter[str]
    head: pa.Array
    wrong: Mapping[str, int]


def no_keys() -> pa.Table:
    """Return the keys of no row."""
    return KEYS.empty_table()


def facts_of_rows(rows: pa.Table, digests: RowDigests, split: str) -> Facts:
    """Return what is in a file of a split, from its rows and a digest of each."""
    meta = rows["meta_data"].combine_chunks()
    truth = pc.struct_field(rows["reward_model"].combine_chunks(), "ground_truth")
    holds = {
        "solution is not reward_model.ground_truth": pc.equal(rows["solution"], truth),
        "solution is empty": pc.not_equal(rows["solution"], ""),
        f"meta_data.split is not {split}": pc.equal(pc.struct_field(meta, "split"), split),
    }
    wrong = {
        name: len(rows) - (pc.sum(pc.fill_null(true, False)).as_py() or 0) for name, true in holds.items()
    }
    repeat, source = (pc.struct_field(meta, name) for name in ("repeat", "source"))
    counts = {one["values"]: one["counts"] for one in pc.value_counts(source).to_pylist()}
    return Facts(
        rows=len(rows),
        digest=set_digest(digests),
        keys=pa.table([rows["id"], repeat], schema=KEYS),
        counts=Counter(counts),
        head=source.slice(0, PREFIX),
        wrong=wrong,
    )
