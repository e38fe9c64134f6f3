"""The laws of comparing two versions, whatever their rows and however they lie in files."""

from collections import Counter
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from crossthink_hub.building.index import SCHEMA
from crossthink_hub.hub.changes import changes
from crossthink_hub.hub.kinds import kind_of

SOURCES = ("mmlu", "syn_qa", "numina_math")
Rows = dict[tuple[int, int], int]
"""A digest by the number of a row and its repeat; the number decides the source."""

versions = st.dictionaries(st.tuples(st.integers(0, 20), st.integers(0, 1)), st.integers(0, 3), max_size=30)


def source_of(key: tuple[int, int]) -> str:
    return SOURCES[key[0] % len(SOURCES)]


def dealt(rows: Rows, files: int, salt: int) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """Deal rows into files, each named after what is in it; return a manifest and the files' indexes."""
    hands: list[list[tuple[tuple[int, int], int]]] = [[] for _ in range(files)]
    for key, digest in sorted(rows.items()):
        hands[(key[0] * 7 + key[1] + salt) % files].append((key, digest))
    indexes = {
        f"data/a/train-{hash(tuple(hand))}.parquet": pa.table(
            [
                [f"{source_of(key)}-{key[0]}" for key, _ in hand],
                [key[1] for key, _ in hand],
                [source_of(key) for key, _ in hand],
                [digest for _, digest in hand],
            ],
            schema=SCHEMA,
        )
        for hand in hands
        if hand
    }
    train = {"files": [{"path": path} for path in indexes], "counts": Counter(map(source_of, rows))}
    return {"configs": {"a": {**train, "test": {"files": [], "counts": {}}}}}, indexes


@settings(deadline=None)
@given(old=versions, new=versions, files=st.integers(1, 4), salt=st.integers(0, 3))
def test_each_row_is_counted_once(old: Rows, new: Rows, files: int, salt: int) -> None:
    before, old_index = dealt(old, files, 0)
    after, new_index = dealt(new, files, salt)
    found = changes(before, after, old_index.__getitem__, new_index.__getitem__, examples=100)["a"]
    both = old.keys() & new.keys()
    total = found.total
    assert total.added == len(new.keys() - old.keys())
    assert total.removed == len(old.keys() - new.keys())
    assert total.changed == sum(old[key] != new[key] for key in both)
    assert total.same == sum(old[key] == new[key] for key in both)
    for source, counts in found.by_source.items():
        assert counts.added + counts.changed + counts.same == sum(source_of(key) == source for key in new)
        assert counts.removed + counts.changed + counts.same == sum(source_of(key) == source for key in old)
    named = Counter(example.kind for example in found.examples)
    assert named == Counter(added=total.added, removed=total.removed, changed=total.changed) - Counter()
    back = changes(after, before, new_index.__getitem__, old_index.__getitem__)["a"].total
    assert (back.added, back.removed, back.changed, back.same) == (
        total.removed,
        total.added,
        total.changed,
        total.same,
    )


@settings(deadline=None)
@given(rows=versions, files=st.integers(1, 4), other=st.integers(1, 4), salt=st.integers(0, 3))
def test_the_same_rows_in_other_files_differ_in_nothing(
    rows: Rows, files: int, other: int, salt: int
) -> None:
    before, old_index = dealt(rows, files, 0)
    after, new_index = dealt(rows, other, salt)
    found = changes(before, after, old_index.__getitem__, new_index.__getitem__)["a"].total
    assert not found
    assert found.same == len(rows)
    assert kind_of(before, None, after) == ("card" if old_index.keys() == new_index.keys() else "rows")
