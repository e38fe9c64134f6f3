"""Check a folder of benchmarks against its own manifest: every problem found, a line each."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.building.digest import hexadecimal, row_digests, set_digest
from crossthink_hub.building.manifest import FILE_NAME
from crossthink_hub.evaluation.benchmarks.manifest import WHAT, schema
from crossthink_hub.evaluation.item import SCHEMA
from crossthink_hub.sources.checksum import sha256


def holds_benchmarks(folder: Path) -> bool:
    """Tell whether a folder is one that `build_benchmarks` wrote."""
    try:
        said = json.loads((folder / FILE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("what") == WHAT


def validate_benchmarks(folder: Path) -> list[str]:
    """Return every problem found in a folder of benchmarks; none if all is well.

    Example:
        >>> import tempfile
        >>> from crossthink_hub.evaluation.benchmarks.building import build_benchmarks
        >>> with tempfile.TemporaryDirectory() as place:
        ...     _ = build_benchmarks(["amc23"], "sample", Path(place) / "eval")
        ...     validate_benchmarks(Path(place) / "eval")
        []
    """
    from jsonschema import Draft202012Validator

    manifest = json.loads((folder / FILE_NAME).read_text("utf-8"))
    errors = sorted(Draft202012Validator(schema()).iter_errors(manifest), key=str)
    if errors:
        return [f"{FILE_NAME}: {'.'.join(map(str, error.path))}: {error.message}" for error in errors]
    return [
        *_unlisted(folder, manifest),
        *(line for one in manifest["configs"].items() for line in _config(folder, *one)),
    ]


def _unlisted(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    listed = {file["path"] for entry in manifest["configs"].values() for file in entry["files"]}
    for path in sorted((folder / "data").rglob("*.parquet")):
        name = path.relative_to(folder).as_posix()
        if name not in listed:
            yield f"{name}: is not in {FILE_NAME}"
    card = folder / "README.md"
    text = card.read_text("utf-8", "replace") if card.is_file() else ""
    for name in sorted(listed):
        if name not in text:
            yield f"README.md: does not list {name}"


def _config(folder: Path, name: str, entry: Mapping[str, Any]) -> Iterator[str]:
    tables = []
    for file in entry["files"]:
        path = folder / file["path"]
        if not path.is_file():
            yield f"{file['path']}: is missing"
        elif sha256(path) != file["sha256"]:
            yield f"{file['path']}: is not what it was: its checksum differs"
        else:
            tables.append(pq.read_table(path))
    if len(tables) < len(entry["files"]):
        return
    rows = pa.concat_tables(tables)
    if rows.schema != SCHEMA:
        yield f"{name}: its columns are not those of benchmarks"
    elif len(rows) != entry["rows"] or hexadecimal(set_digest(row_digests(rows))) != entry["row_digest"]:
        yield f"{name}: its rows are not those that {FILE_NAME} counts"
