"""Fetch a version: every file of it, checked, into a folder that is as the pushed one was."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from crossthink_hub.building.output import check_out, publish, writing
from crossthink_hub.errors import HubError, OutputError
from crossthink_hub.hub.fetching import fetched, is_whole
from crossthink_hub.hub.held import Held, discrepancies, look, manifest_of, own_files
from crossthink_hub.hub.repository import Repository, StoredFile
from crossthink_hub.progress import size
from crossthink_hub.sources.remote import free_disk
from crossthink_hub.validation import validate

SCRATCH = ".pulling-"
LOCK = ".pulling.lock"


@dataclass(frozen=True)
class Pulled:
    """A version in a folder: which it is, and how much of it was downloaded rather than there."""

    revision: str
    held: Held
    folder: Path
    files: int
    bytes: int


def pulled(repo: Repository, revision: str, out: Path) -> Pulled:
    """Bring a version into a folder, at once and whole; what an interrupted pull has fetched is used.

    Args:
        repo: where it is.
        revision: a tag, branch or commit.
        out: a folder that a build or a pull made, or an empty one, or none yet.

    Raises:
        MissingError: there is no such version.
        HubError: the revision holds nothing of ours, or a file came damaged twice.
        OutputError: the folder can't be written, or holds files that no build made.
    """
    held = look(repo, revision, repo.tags())
    place = f"{repo.name}@{revision}"
    manifest_of(held, place)
    _check_whole(discrepancies(held), place)
    files = own_files(held.snapshot)
    with writing(out), _alone(out) as folder:
        scratch = folder / f"{SCRATCH}{held.snapshot.commit[:12]}"
        for other in folder.glob(f"{SCRATCH}*"):
            if other != scratch and other.is_dir():
                shutil.rmtree(other)
        missing = _kept(folder, scratch, files)
        _check_space(folder, sum(file.bytes for file in missing.values()))
        commit = held.snapshot.commit
        fetched(repo.name, missing, lambda path, anew: repo.file(path, commit, into=scratch, anew=anew))
        _check_whole(validate(scratch, rows=False), place)
        publish(scratch, folder)
        shutil.rmtree(scratch)
    return Pulled(revision, held, out, len(missing), sum(file.bytes for file in missing.values()))


def _check_whole(problems: Sequence[str], place: str) -> None:
    """Raise an error if there are problems with a version: it is not for a folder that people load from.

    Raises:
        HubError: there are.
    """
    if problems:
        fix = "`crossthink verify` lists every problem; `crossthink rollback` restores a whole version."
        raise HubError(f"is damaged: {'; '.join(problems[:3])}", where=place, fix=fix)


@contextmanager
def _alone(out: Path) -> Iterator[Path]:
    """Give the folder to the one pull that may work in it."""
    check_out(out)
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK, timeout=0)
    try:
        with lock:
            yield out
    except Timeout:
        raise OutputError("another pull is at work in it", where=out, fix="Wait for it to end.") from None
    finally:
        (out / LOCK).unlink(missing_ok=True)


def _kept(out: Path, scratch: Path, files: Mapping[str, StoredFile]) -> dict[str, StoredFile]:
    """Take over what the folder has already, and return what it lacks."""
    missing = {}
    for path, stored in files.items():
        there, target = out / path, scratch / path
        if not target.exists() and there.is_file() and is_whole(there, stored):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(there, target)
        elif not target.exists() or not is_whole(target, stored):
            missing[path] = stored
    return missing


def _check_space(out: Path, needed: int) -> None:
    if needed > (free := free_disk(out)):
        raise OutputError(
            f"the download needs {size(needed)}, the disk has {size(free)}",
            where=out,
            fix="Free some space, or choose another --out.",
        )
