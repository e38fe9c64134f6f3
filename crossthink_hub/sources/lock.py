"""`sources.lock.json`: the commit and the files of each upstream that a build from the Hub reads."""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from crossthink_hub.errors import OutputError, SourceError

FILE_NAME = "sources.lock.json"
FORMAT = 1
MAKE_IT = "`crossthink sources lock` makes one."
AGAIN = f"Take back what was changed in it, or delete it: {MAKE_IT}"


@dataclass(frozen=True)
class LockedFile:
    """A file of a commit: its path in the repository, its size and its checksum."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class LockedSource:
    """What one source is built from.

    Attributes:
        repo: the repository on the Hub, which may be an alternate of the source's own.
        revision: the commit.
        files: sorted by path.
        rows: of all files together.
    """

    repo: str
    revision: str
    files: tuple[LockedFile, ...]
    rows: int

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files)


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a lock file."""
    text = resources.files("crossthink_hub.sources").joinpath("lock.schema.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def read_lock(path: Path) -> dict[str, LockedSource]:
    """Return what a lock file holds, by source name.

    Raises:
        SourceError: there is none, it is no JSON, or it does not fit the schema.
    """
    try:
        lock = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SourceError("found no lock file", where=path, fix=MAKE_IT) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SourceError(f"expected JSON: {error.msg} ({place})", where=path, fix=AGAIN) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"can't be read ({error})", where=path, fix=AGAIN) from error
    _check(lock, path)
    return {name: _source(entry) for name, entry in lock["sources"].items()}


def write_lock(path: Path, locked: Mapping[str, LockedSource]) -> None:
    """Write a lock file, at once and whole; equal contents give equal bytes.

    Raises:
        OutputError: it can't be written.

    Example:
        >>> import tempfile
        >>> source = LockedSource("a/b", "c" * 40, (LockedFile("train.jsonl", 3, "0" * 64),), rows=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_lock(Path(folder) / FILE_NAME, {"mmlu": source})
        ...     read_lock(Path(folder) / FILE_NAME) == {"mmlu": source}
        True
    """
    lock = {"format": FORMAT, "sources": as_json(locked)}
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(lock, ensure_ascii=False, indent=1) + "\n", "utf-8")
        scratch.replace(path)
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=path,
            fix="Check the folder and its permissions, or choose another --lock.",
        ) from error
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


def as_json(locked: Mapping[str, LockedSource]) -> dict[str, Any]:
    """Return the entries of a lock file, sources and files sorted by name."""
    return {
        name: {**asdict(source), "files": [asdict(file) for file in _sorted(source.files)]}
        for name, source in sorted(locked.items())
    }


def _check(lock: object, path: Path) -> None:
    from jsonschema import Draft202012Validator

    found = sorted(
        (".".join(map(str, error.absolute_path)), error.message)
        for error in Draft202012Validator(schema()).iter_errors(lock)
    )
    if found:
        place, message = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise SourceError(f"{f'{place}: ' if place else ''}{message}{more}", where=path, fix=AGAIN)


def _source(entry: Mapping[str, Any]) -> LockedSource:
    files = _sorted(LockedFile(**file) for file in entry["files"])
    return LockedSource(entry["repo"], entry["revision"], files, entry["rows"])


def _sorted(files: Iterable[LockedFile]) -> tuple[LockedFile, ...]:
    return tuple(sorted(files, key=lambda file: file.path))
