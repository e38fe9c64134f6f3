"""What a version is made of on disk: the built folder's files, and those written for its publication."""

import filecmp
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa

from crossthink_hub.building.index import index_path, read_index
from crossthink_hub.building.manifest import FILE_NAME as MANIFEST
from crossthink_hub.building.manifest import Manifest, read_manifest
from crossthink_hub.card.croissant import croissant_json
from crossthink_hub.card.merge import merged
from crossthink_hub.card.text import card_text
from crossthink_hub.errors import FolderError, OutputError
from crossthink_hub.hub.held import CROISSANT, FIGURE, README
from crossthink_hub.progress import in_threads, say
from crossthink_hub.releases import FILE_NAME as VERSIONS
from crossthink_hub.releases import Publication, releases_json
from crossthink_hub.validation import validate

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

PROBLEMS_SHOWN = 5


@dataclass(frozen=True)
class Edition:
    """A built folder on its way to the Hub; what is written for it lies in `stage` until it is published."""

    folder: Path
    stage: Path

    @cached_property
    def manifest(self) -> Manifest:
        """The folder's manifest."""
        return read_manifest(self.folder)

    @property
    def data_files(self) -> dict[str, Mapping[str, str]]:
        """What the manifest says of each data file, by path."""
        return {
            file["path"]: file
            for entry in self.manifest["configs"].values()
            for file in (*entry["files"], *entry["test"]["files"])
        }

    @cached_property
    def tables(self) -> dict[str, "CommitOperationAdd"]:
        """The data files and their indexes, their checksums read now and compared with the manifest.

        Raises:
            FolderError: a file is missing, or not what the manifest says.
        """
        listed = self.data_files
        _ = self.stamps  # from before they are read
        paths = [*listed, *map(index_path, listed)]
        found = in_threads(self._addition, paths, os.cpu_count() or 1, "Checksums")
        additions = dict(zip(paths, found, strict=True))
        for path, file in listed.items():
            checksum = additions[path].upload_info.sha256.hex()
            if checksum != file["sha256"]:
                raise self._changed(f"sha256 is {checksum}, the manifest says {file['sha256']}", path)
        return additions

    def _addition(self, path: str) -> "CommitOperationAdd":
        from huggingface_hub import CommitOperationAdd

        source = self.stage / path if (self.stage / path).exists() else self.folder / path
        try:
            return CommitOperationAdd(path, source)
        except (OSError, ValueError) as error:
            raise self._changed("is missing or can't be read", path) from error

    def _changed(self, what: str, path: str) -> FolderError:
        fix = "Build the folder again; nothing is published."
        return FolderError(what, where=self.folder / path, fix=fix)

    @cached_property
    def stamps(self) -> dict[str, tuple[int, int]]:
        """Size and time of each of its files, to tell whether one is changed while it is sent."""
        paths = (*self.data_files, *map(index_path, self.data_files), MANIFEST, FIGURE)
        return {path: _stamp(self.folder / path) for path in paths}

    def check_unchanged(self) -> None:
        """Check that no file has been changed since `stamps` was first asked for.

        Raises:
            FolderError: one has.
        """
        for path, stamp in self.stamps.items():
            if _stamp(self.folder / path) != stamp:
                raise self._changed("was changed while it was published", path)

    def texts(self, publication: Publication, card: str | None) -> dict[str, bytes]:
        """Return the files that say what it is, by path; `card` is the one on the Hub, to keep its edits."""
        own = card_text(self.manifest, publication)
        return {
            README: merged(own, card).encode(),
            CROISSANT: croissant_json(self.manifest, publication).encode(),
            VERSIONS: releases_json(publication.releases).encode(),
            **{path: self._read(path) for path in (MANIFEST, FIGURE)},
        }

    def _read(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError as error:
            raise self._changed(f"can't be read ({error.strerror})", path) from error

    def check(self, *, rows: bool) -> None:
        """Check the folder: all of it, or without reading its rows, whose checksums `tables` has compared.

        Raises:
            FolderError: the folder has problems.
        """
        problems = validate(self.folder, rows=rows, shown=False)
        if problems:
            more = len(problems) - PROBLEMS_SHOWN
            shown = [*problems[:PROBLEMS_SHOWN], *([f"and {more} more"] if more > 0 else [])]
            raise FolderError(
                "is not published, for it has problems: " + "; ".join(shown),
                where=self.folder,
                fix="Build it again.",
            )

    def index(self, path: str) -> pa.Table:
        """Return the row index of a data file."""
        return read_index(self.folder / index_path(path))

    def additions(self, publication: Publication, card: str | None) -> dict[str, "CommitOperationAdd"]:
        """Return every file of the version, by path."""
        for path, content in self.texts(publication, card).items():
            (self.stage / path).write_bytes(content)
        staged = sorted(
            path.relative_to(self.stage).as_posix() for path in self.stage.rglob("*") if path.is_file()
        )
        return {**self.tables, **{path: self._addition(path) for path in staged}}

    def keep(self) -> None:
        """Put the files written for the publication into the folder, which then is what was published.

        A folder that can't be written is left as it is, which is said.
        """
        try:
            for path in sorted(self.stage.rglob("*")):
                if path.is_file() and path.name not in (MANIFEST, FIGURE):
                    _copy(path, self.folder / path.relative_to(self.stage))
        except OSError as error:
            say(f"{self.folder}: the card of this version can't be kept in it ({error.strerror or error})")


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and filecmp.cmp(source, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.replace(target)


def _stamp(path: Path) -> tuple[int, int]:
    with suppress(OSError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return -1, -1


@contextmanager
def edition(folder: Path) -> Iterator[Edition]:
    """Give a folder's edition; nothing of its stage is left behind.

    Raises:
        FolderError: it is no built folder.
        OutputError: there is no place for what is written on the way.
    """
    read_manifest(folder)
    try:
        with TemporaryDirectory(prefix="crossthink-") as stage:
            yield Edition(folder, Path(stage))
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=error.filename or folder,
            fix="Check the disk's free space and your permissions; TMPDIR is where files for the way go.",
        ) from error
