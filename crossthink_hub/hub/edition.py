"""What a version is made of on disk: the built folder's files, and those written for its publication."""

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from crossthink_hub.building.index import index_path, read_index
from crossthink_hub.building.manifest import FILE_NAME as MANIFEST
from crossthink_hub.building.manifest import Manifest, data_files, read_manifest
from crossthink_hub.card.croissant import croissant_json
from crossthink_hub.card.merge import is_edited, merged
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
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)
    """Size and time of each file from before it was read, to tell whether one is changed while it is sent."""

    @cached_property
    def manifest(self) -> Manifest:
        """The folder's manifest."""
        return read_manifest(self.folder)

    @cached_property
    def data(self) -> dict[str, Mapping[str, str]]:
        """What the manifest says of each data file, by path."""
        return data_files(self.manifest)

    def read_checksums(self) -> None:
        """Read the data files' checksums, and compare them with the manifest.

        Raises:
            FolderError: a file is missing, or not what the manifest says.
        """
        for path, file in self.data.items():
            checksum = self.tables[path].upload_info.sha256.hex()
            if checksum != file["sha256"]:
                raise self._changed(f"sha256 is {checksum}, the manifest says {file['sha256']}", path)

    @cached_property
    def tables(self) -> dict[str, "CommitOperationAdd"]:
        """The data files and their indexes, by path; their content is hashed for it."""
        paths = [*self.data, *map(index_path, self.data)]
        self.stamps.update({path: _stamp(self.folder / path) for path in (*paths, MANIFEST, FIGURE)})
        found = in_threads(self._addition, paths, os.cpu_count() or 1, "Checksums")
        return dict(zip(paths, found, strict=True))

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

    def check_unchanged(self) -> None:
        """Check that no file has been changed since its content was hashed.

        Raises:
            FolderError: one has.
        """
        for path, stamp in self.stamps.items():
            if _stamp(self.folder / path) != stamp:
                raise self._changed("was changed while it was published", path)

    def texts(self, publication: Publication, card: str | None) -> dict[str, bytes]:
        """Return the files that say what it is, by path; `card` is the one on the Hub, to keep its edits."""
        return {
            README: self._card(publication, card).encode(),
            CROISSANT: croissant_json(self.manifest, publication).encode(),
            VERSIONS: releases_json(publication.releases).encode(),
            **{path: self._read(path) for path in (MANIFEST, FIGURE)},
        }

    def _card(self, publication: Publication, card: str | None) -> str:
        """Return the card with what people wrote around it on the Hub, or here if nobody did there."""
        own = merged(card_text(self.manifest, publication), card)
        here = self._read(README).decode(errors="replace")
        return merged(own, here) if is_edited(here) and not (card and is_edited(card)) else own

    def _read(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError as error:
            raise self._changed(f"can't be read ({error.strerror})", path) from error

    def check(self, *, rows: bool) -> None:
        """Check the folder: all of it, or without reading its data files, whose checksums `tables` compares.

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
        with _writing(self.folder):
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
    with ExitStack() as stack:
        with _writing(folder):
            stage = stack.enter_context(tempfile.TemporaryDirectory(prefix="crossthink-"))
        yield Edition(folder, Path(stage))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=error.filename or tempfile.tempdir or folder,
            fix="Check the disk's free space and your permissions; TMPDIR is where files for the way go.",
        ) from error
