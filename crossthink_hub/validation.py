"""Check a built folder against its own manifest, card and contract: every problem found, a line each."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from crossthink_hub import row
from crossthink_hub.building.card import card_metadata
from crossthink_hub.building.digest import hexadecimal, row_digests, set_digest
from crossthink_hub.building.manifest import Manifest, problems_of, read_json

PREFIX = 5_000
PREFIX_SIGMAS = 5
"""How far a source's share of the first `PREFIX` rows may be from its share of all: so many standard
deviations of a random sample, which is what a prefix is. At a share of .5 that is 3.5 points."""


def validate(folder: Path) -> list[str]:
    """Return every problem found in a built folder; none if all is well.

    Raises:
        FolderError: it is no built folder at all.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as empty:
        ...     validate(Path(empty))
        Traceback (most recent call last):
        crossthink_hub.errors.FolderError: ...
    """
    manifest = read_json(folder)
    if found := problems_of(manifest):
        return found
    return [
        *_unlisted(folder, manifest),
        *_accounts(folder, manifest),
        *_card(folder, manifest),
        *(line for name in manifest["configs"] for line in _config(folder, manifest, name)),
    ]


def _config(folder: Path, manifest: Manifest, name: str) -> Iterator[str]:
    entry = manifest["configs"][name]
    if entry["counts"] != {source: count for source, count in entry["quotas"].items() if count}:
        yield f"{name}: counts {entry['counts']} are not the quotas {entry['quotas']}"
    seen: set[str] = set()
    for split, listed in (("train", entry), ("test", entry["test"])):
        broken = [line for file in listed["files"] for line in _file(folder, file)]
        if broken:
            yield from broken
            continue
        tables = [pq.read_table(folder / file["path"]) for file in listed["files"]]
        yield from _rows(f"{name}/{split}", split, listed, tables, seen)
        if split == "train":
            yield from _prefix(f"{name}/{split}", listed, tables)


def _file(folder: Path, file: Mapping[str, Any]) -> Iterator[str]:
    """Check a file by itself; what can't be read is told and not read again."""
    path = folder / file["path"]
    if not path.is_file():
        yield f"{file['path']}: is missing"
        return
    with path.open("rb") as data:
        checksum = hashlib.file_digest(data, "sha256").hexdigest()
    if checksum != file["sha256"]:
        yield f"{file['path']}: sha256 is {checksum}, the manifest says {file['sha256']}"
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        yield f"{file['path']}: can't be read as Parquet ({error})"
        return
    if not schema.equals(row.SCHEMA):
        yield f"{file['path']}: its columns are not those of a published row"


def _rows(
    place: str, split: str, listed: Mapping[str, Any], tables: Sequence[pa.Table], seen: set[str]
) -> Iterator[str]:
    """Check the rows of a split; adds its ids to `seen`, in which no id may be yet."""
    rows = pa.concat_tables([row.SCHEMA.empty_table(), *tables])
    if len(rows) != listed["rows"]:
        yield f"{place}: has {len(rows)} rows, the manifest says {listed['rows']}"
    digest = hexadecimal(sum((set_digest(row_digests(table)) for table in tables), np.zeros(2, np.uint64)))
    if digest != listed["row_digest"]:
        yield f"{place}: row digest is {digest}, the manifest says {listed['row_digest']}"
    meta = rows["meta_data"].combine_chunks()
    counts = Counter(pc.struct_field(meta, "source").to_pylist())
    if counts != Counter(listed["counts"]):
        yield f"{place}: rows by source are {dict(counts)}, the manifest says {listed['counts']}"
    yield from _ids(place, rows["id"].to_pylist(), pc.struct_field(meta, "repeat").to_pylist(), seen)
    truth = pc.struct_field(rows["reward_model"].combine_chunks(), "ground_truth")
    for name, holds in {
        "solution is not reward_model.ground_truth": pc.equal(rows["solution"], truth),
        "solution is empty": pc.not_equal(rows["solution"], ""),
        f"meta_data.split is not {split}": pc.equal(pc.struct_field(meta, "split"), split),
    }.items():
        wrong = len(rows) - (pc.sum(pc.fill_null(holds, False)).as_py() or 0)
        if wrong:
            yield f"{place}: {name} in {wrong} rows"


def _ids(place: str, ids: Sequence[str], repeats: Sequence[int], seen: set[str]) -> Iterator[str]:
    twice = [key for key, count in Counter(zip(ids, repeats, strict=True)).items() if count > 1]
    if twice:
        yield f"{place}: {len(twice)} ids stand twice, such as {twice[0][0]}"
    both = seen.intersection(ids)
    if both:
        yield f"{place}: {len(both)} ids stand in train too, such as {min(both)}"
    seen.update(ids)


def _prefix(place: str, listed: Mapping[str, Any], tables: Sequence[pa.Table]) -> Iterator[str]:
    if listed["rows"] < PREFIX or not tables:
        return
    meta = pa.concat_tables(tables).slice(0, PREFIX)["meta_data"].combine_chunks()
    counts = Counter(pc.struct_field(meta, "source").to_pylist())
    for source, count in listed["counts"].items():
        share, due = counts[source] / PREFIX, count / listed["rows"]
        if abs(share - due) > PREFIX_SIGMAS * sqrt(due * (1 - due) / PREFIX):
            yield f"{place}: {source} is {share:.3f} of the first {PREFIX:,} rows, {due:.3f} of all"


def _unlisted(folder: Path, manifest: Manifest) -> Iterator[str]:
    listed = {
        file["path"]
        for entry in manifest["configs"].values()
        for file in (*entry["files"], *entry["test"]["files"])
    }
    for path in sorted((folder / "data").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in listed:
            yield f"{name}: is not in the manifest"


def _accounts(folder: Path, manifest: Manifest) -> Iterator[str]:
    for name, source in manifest["sources"].items():
        dropped, read = source["rows_dropped"], source["rows_read"]
        total = source["rows_kept"] + sum(dropped.values()) + source["rows_not_sampled"]
        if read != total:
            yield f"{name}: {read} rows read, {total} accounted for"
        for form, usable in source["rows_usable"].items():
            refused = source["rows_refused"].get(form, {})
            total = usable + sum(dropped.values()) + sum(refused.values())
            if read != total:
                yield f"{name}: {read} rows read, {total} accounted for in configs that are {form}"
        yield from _dropped(folder / "dropped" / f"{name}.parquet", source)


def _dropped(path: Path, source: Mapping[str, Any]) -> Iterator[str]:
    """Check that the rows listed as dropped are those that the manifest counts."""
    try:
        rows = pq.read_table(path)
        listed = Counter(zip(rows["form"].to_pylist(), rows["reason"].to_pylist(), strict=True))
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        yield f"dropped/{path.name}: can't be read ({error})"
        return
    counted = {None: source["rows_dropped"], **source["rows_refused"]}
    expected = {(form, reason): n for form, counts in counted.items() for reason, n in counts.items()}
    for form, reason in sorted({*listed, *expected}, key=str):
        found, due = listed[form, reason], expected.get((form, reason), 0)
        if found != due:
            yield f"dropped/{path.name}: lists {found} rows as {reason}, the manifest says {due}"


def _card(folder: Path, manifest: Manifest) -> Iterator[str]:
    try:
        text = (folder / "README.md").read_text("utf-8")
        head = yaml.safe_load(text.split("---\n")[1])
        configs = head["configs"]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, IndexError, KeyError, TypeError) as error:
        yield f"README.md: has no YAML with configs ({error})"
        return
    if configs != card_metadata(manifest)["configs"]:
        yield "README.md: its configs are not those of the manifest, so readers get other files"
