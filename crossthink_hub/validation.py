"""Check a built folder against its own manifest, card and contract: every problem found, a line each."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crossthink_hub import row
from crossthink_hub.building.digest import hexadecimal, row_digests
from crossthink_hub.building.index import index_of, index_path, read_index
from crossthink_hub.building.manifest import Manifest, data_files, problems_of, read_json
from crossthink_hub.card.front import read_front_matter
from crossthink_hub.card.metadata import config_problems
from crossthink_hub.errors import FolderError
from crossthink_hub.facts import PREFIX, Facts, facts_of_rows, no_keys
from crossthink_hub.progress import in_threads

PREFIX_SIGMAS = 5
"""How far a source's share of the first `PREFIX` rows may be from its share of all: so many standard
deviations of a random sample, which is what a prefix is. At a share of .5 that is 3.5 points."""
Place = tuple[str, str, Mapping[str, Any]]
"""A data file: its config, its split, and what the manifest says of it."""


@dataclass(frozen=True)
class _Checked:
    """A file's own problems, and its facts unless it can't be read or trusted."""

    problems: Sequence[str]
    facts: Facts | None = None


def validate(folder: Path, *, rows: bool = True, shown: bool = True) -> list[str]:
    """Return every problem found in a built folder; none if all is well.

    Args:
        folder: the folder. Its `dropped/` may be missing as a whole, as it is in a published version.
        rows: whether to read the data files; if not, the manifest is only checked by itself, and against
            the card and the list of files.
        shown: whether to show a progress bar.

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
    found = [*_unlisted(folder, manifest), *_accounts(folder, manifest), *_card(folder, manifest)]
    found += [line for name, entry in manifest["configs"].items() for line in _quotas(name, entry)]
    return [*found, *_files(folder, manifest, shown)] if rows else found


def _files(folder: Path, manifest: Manifest, shown: bool) -> Iterator[str]:
    """Check every data file, and what the files of a config hold together."""
    places = [
        (name, split, file)
        for name, entry in manifest["configs"].items()
        for split, listed in _splits(entry)
        for file in listed["files"]
    ]
    checked = in_threads(partial(_file, folder), places, os.cpu_count() or 1, "Checking", shown=shown)
    by_split: dict[tuple[str, str], list[_Checked]] = {}
    for (name, split, _), one in zip(places, checked, strict=True):
        by_split.setdefault((name, split), []).append(one)
    for name, entry in manifest["configs"].items():
        yield from _config(name, entry, by_split)


def _splits(entry: Mapping[str, Any]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return ("train", entry), ("test", entry["test"])


def _quotas(name: str, entry: Mapping[str, Any]) -> Iterator[str]:
    if entry["counts"] != {source: count for source, count in entry["quotas"].items() if count}:
        yield f"{name}: counts {entry['counts']} are not the quotas {entry['quotas']}"


def _config(
    name: str, entry: Mapping[str, Any], files: Mapping[tuple[str, str], Sequence[_Checked]]
) -> Iterator[str]:
    train: pa.Array | None = None
    for split, listed in _splits(entry):
        own = files.get((name, split), [])
        yield from (line for file in own for line in file.problems)
        facts = [file.facts for file in own if file.facts is not None]
        if len(facts) < len(own):
            continue
        keys = pa.concat_tables([no_keys(), *(one.keys for one in facts)])
        yield from _rows(f"{name}/{split}", split, listed, facts)
        yield from _ids(f"{name}/{split}", keys, train)
        if split == "train":
            train = keys["id"]
            yield from _prefix(f"{name}/{split}", listed, facts)


def _file(folder: Path, place: Place) -> _Checked:
    """Check a file by itself; what can't be read is told and not read again."""
    _, split, file = place
    path = folder / file["path"]
    if not path.is_file():
        return _Checked([f"{file['path']}: is missing"])
    problems = []
    with path.open("rb") as data:
        checksum = hashlib.file_digest(data, "sha256").hexdigest()
    if checksum != file["sha256"]:
        problems.append(f"{file['path']}: sha256 is {checksum}, the manifest says {file['sha256']}")
    try:
        rows = pq.read_table(path, use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        return _Checked([*problems, f"{file['path']}: can't be read as Parquet ({error})"])
    if not rows.schema.equals(row.SCHEMA):
        problems.append(f"{file['path']}: its columns are not those of a published row")
    if problems:
        return _Checked(problems)
    digests = row_digests(rows)
    problems += _index(folder, file["path"], index_of(rows, digests))
    return _Checked(problems, facts_of_rows(rows, digests, split))


def _index(folder: Path, data_path: str, expected: pa.Table) -> Iterator[str]:
    """Check the row index of a file against the one made anew."""
    path = index_path(data_path)
    if not (folder / path).is_file():
        yield f"{path}: is missing"
        return
    try:
        if not read_index(folder / path).equals(expected):
            yield f"{path}: is not the index of the rows"
    except FolderError as error:
        yield f"{path}: {error.message}"


def _rows(place: str, split: str, listed: Mapping[str, Any], facts: Sequence[Facts]) -> Iterator[str]:
    """Check the rows of a split."""
    rows = sum(one.rows for one in facts)
    if rows != listed["rows"]:
        yield f"{place}: has {rows} rows, the manifest says {listed['rows']}"
    digest = hexadecimal(sum((one.digest for one in facts), np.zeros(2, np.uint64)))
    if digest != listed["row_digest"]:
        yield f"{place}: row digest is {digest}, the manifest says {listed['row_digest']}"
    counts = sum((one.counts for one in facts), Counter())
    if counts != Counter(listed["counts"]):
        yield f"{place}: rows by source are {dict(counts)}, the manifest says {listed['counts']}"
    wrong = sum((Counter(one.wrong) for one in facts), Counter())
    for name, count in wrong.items():
        yield f"{place}: {name} in {count} rows"


def _ids(place: str, keys: pa.Table, train: pa.ChunkedArray | None) -> Iterator[str]:
    if pc.count_distinct(keys["id"]).as_py() == len(keys) and train is None:
        return
    counted = keys.group_by(["id", "repeat"]).aggregate([([], "count_all")])
    twice = counted.filter(pc.greater(counted["count_all"], 1))
    if len(twice):
        yield f"{place}: {len(twice)} ids stand twice, such as {twice['id'][0]}"
    if train is None:
        return
    both = pc.unique(keys["id"].filter(pc.is_in(keys["id"], value_set=train)))
    if len(both):
        yield f"{place}: {len(both)} ids stand in train too, such as {pc.min(both)}"


def _prefix(place: str, listed: Mapping[str, Any], facts: Sequence[Facts]) -> Iterator[str]:
    if listed["rows"] < PREFIX or not facts:
        return
    counts = Counter(pa.chunked_array([one.head for one in facts]).slice(0, PREFIX).to_pylist())
    for source, count in listed["counts"].items():
        share, due = counts[source] / PREFIX, count / listed["rows"]
        if abs(share - due) > PREFIX_SIGMAS * sqrt(due * (1 - due) / PREFIX):
            yield f"{place}: {source} is {share:.3f} of the first {PREFIX:,} rows, {due:.3f} of all"


def _unlisted(folder: Path, manifest: Manifest) -> Iterator[str]:
    listed = data_files(manifest)
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
        if (folder / "dropped").is_dir():
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
        metadata = read_front_matter((folder / "README.md").read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        yield f"README.md: can't be read ({error})"
        return
    yield from (f"README.md: {problem}" for problem in config_problems(metadata, manifest))
