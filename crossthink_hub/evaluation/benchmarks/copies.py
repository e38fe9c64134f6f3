"""Files of kinds that the sources' readers do not know, copied to JSON Lines, which they do."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.reading import reading_of

AGAIN = "The file is damaged or of another format; get it again."


def as_known(path: Path, name: str, headed: bool, scratch: Path) -> Path:
    """Return a file that the sources' readers read: itself, or a copy of a JSON array or a CSV with a header.

    Args:
        path: the file.
        name: for errors.
        headed: whether CSV files have a header.
        scratch: a folder for copies.

    Raises:
        SourceError: it is neither.
    """
    try:
        with reading_of(name):
            if path.suffix == ".json":
                return _copy(path, scratch, _records(path.read_bytes(), name))
            if path.suffix == ".csv" and headed:
                with path.open(encoding="utf-8-sig", newline="") as file:
                    return _copy(path, scratch, _rows(file, name))
    except UnicodeDecodeError as error:
        raise SourceError(f"expected text in UTF-8 ({error})", where=name, fix=AGAIN) from error
    return path


def _copy(path: Path, scratch: Path, lines: Iterable[bytes]) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / f"{len(list(scratch.iterdir())):06d}.jsonl"
    with target.open("wb") as file:
        file.writelines(lines)
    return target


def _records(content: bytes, name: str) -> Iterator[bytes]:
    """Yield the items of a JSON array, a line each; a file of JSON Lines as it is."""
    if not content.lstrip().startswith(b"["):
        yield content
        return
    try:
        found: list[Any] = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise SourceError(f"expected a JSON array ({error})", where=name, fix=AGAIN) from error
    for record in found:
        yield orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _rows(lines: Iterable[str], name: str) -> Iterator[bytes]:
    """Yield each row as an object by the names in the header; one with too many cells as a list."""
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        for cells in filter(None, reader):
            fits = len(cells) <= len(header)
            row = dict(zip(header, cells, strict=False)) if fits else cells
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except csv.Error as error:
        raise SourceError(
            f"expected CSV, line {reader.line_num} is not ({error})", where=name, fix=AGAIN
        ) from error
