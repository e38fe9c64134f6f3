"""Upstream files from the Hub, at the commits that the lock file names; what it has not is added to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crossthink_hub.errors import OutputError, SourceError
from crossthink_hub.progress import in_threads, say, size
from crossthink_hub.sources.checksum import git_blob, sha256
from crossthink_hub.sources.lock import LockedFile, LockedSource, read_lock, write_lock
from crossthink_hub.sources.reading import count_rows
from crossthink_hub.sources.registry import Located, Source
from crossthink_hub.sources.remote import (
    MissingRepositoryError,
    Remote,
    RemoteFile,
    asking,
    cache_folder,
    find,
    free_disk,
    reach,
)

THREADS = 4


@dataclass(frozen=True)
class Wanted:
    """One source's files on the Hub; `locked` is its entry in the lock file, if it has one."""

    source: Source
    remote: Remote
    locked: LockedSource | None = None

    @property
    def missing(self) -> list[RemoteFile]:
        """The files that are not in the cache yet."""
        return [file for file in self.remote.files if not _is_cached(self.remote, file)]


def fetch(
    sources: Sequence[Source], lock: Path, *, refresh: bool = False, allow_missing: bool = False
) -> dict[str, Located]:
    """Return the files of sources, downloaded where they are not in the Hub's cache yet.

    A source in the lock file is read from exactly the files locked. Any other is read from the newest commit
    of its repository, or of the first alternate that is there, and added to the lock file. Before a
    download its size and the free disk space are printed to standard error.

    Args:
        sources: what to fetch.
        lock: the lock file; made if it is not there.
        refresh: whether to lock these sources anew.
        allow_missing: whether a source may be left out for which no repository is there.

    Raises:
        SourceError: no network; a repository is missing or gated, or no longer has a locked commit;
            a file is not what the lock file says.
        OutputError: the disk has too little space, or cache or lock file can't be written.

    Returns:
        by source name, in the order of `sources`.
    """
    known = read_lock(lock) if lock.exists() else {}
    wanted = []
    for source in sources:
        try:
            wanted.append(_wanted(source, None if refresh else known.get(source.name)))
        except MissingRepositoryError as error:
            if not allow_missing:
                raise
            say(f"{source.name}: {error.message}; left out")
    _prepare(wanted)
    paths = {one.source.name: _download(one.remote) for one in wanted}
    locked = {**known, **{one.source.name: _verified(one, paths[one.source.name]) for one in wanted}}
    if locked != known:
        write_lock(lock, locked)
    return {one.source.name: _located(one, paths[one.source.name]) for one in wanted}


def _wanted(source: Source, locked: LockedSource | None) -> Wanted:
    if locked is not None:
        files = tuple(RemoteFile(file.path, file.bytes, file.sha256) for file in locked.files)
        return Wanted(source, Remote(locked.repo, locked.revision, files), locked)
    remote, passed = find(source)
    for error in passed:
        say(f"{source.name}: {error.where} {error.message}; taking {remote.repo} instead")
    return Wanted(source, remote)


def _prepare(wanted: Sequence[Wanted]) -> None:
    """Say what will be downloaded, after checking that it may be and that it fits on the disk.

    Raises:
        SourceError: it may not be downloaded.
        OutputError: it does not fit.
    """
    missing = {one.source.name: one.missing for one in wanted}
    needed = sum(file.bytes for files in missing.values() for file in files)
    if not any(missing.values()):
        return
    for one in wanted:
        if missing[one.source.name]:
            reach(one.remote)
    free = free_disk(cache_folder())
    say(*(_plan(one, missing[one.source.name]) for one in wanted))
    say(f"total: {size(needed)} to download, {size(free)} free in {cache_folder()}")
    if needed > free:
        raise OutputError(
            f"the download needs {size(needed)}, the disk has {size(free)}",
            where=cache_folder(),
            fix="Free some space, or put the cache on another disk: HF_HOME=FOLDER.",
        )


def _plan(one: Wanted, missing: Sequence[RemoteFile]) -> str:
    """Return a line about one source's files.

    Example:
        >>> from crossthink_hub.sources import SOURCES
        >>> files = (RemoteFile("train.parquet", 2_000, None), RemoteFile("more.parquet", 1_000, None))
        >>> _plan(Wanted(SOURCES[0], Remote("cais/mmlu", "c30699e8356da336", files)), files[:1])
        'mmlu: cais/mmlu at c30699e8 (newest): 2 files, 3.0 kB; 2.0 kB to download'
    """
    remote = one.remote
    commit = f"{remote.repo} at {remote.revision[:8]} ({'locked' if one.locked else 'newest'})"
    count = f"{len(remote.files)} file{'s' * (len(remote.files) > 1)}, {size(remote.bytes)}"
    rest = f"{size(sum(file.bytes for file in missing))} to download" if missing else "in the cache"
    return f"{one.source.name}: {commit}: {count}; {rest}"


def _is_cached(remote: Remote, file: RemoteFile) -> bool:
    """Tell whether the Hub's client will find a file in its cache, for this commit or by its content."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.file_download import repo_folder_name

    found = try_to_load_from_cache(remote.repo, file.path, revision=remote.revision, repo_type="dataset")
    if isinstance(found, str):
        return True
    blobs = cache_folder() / repo_folder_name(repo_id=remote.repo, repo_type="dataset") / "blobs"
    return any((blobs / name).is_file() for name in (file.sha256, file.git_blob) if name)


def _download(remote: Remote) -> dict[str, Path]:
    """Return where each file lies in the cache, by its path in the repository."""
    from huggingface_hub import hf_hub_download

    with asking(remote.repo):
        return {
            file.path: Path(
                hf_hub_download(remote.repo, file.path, repo_type="dataset", revision=remote.revision)
            )
            for file in remote.files
        }


def _verified(one: Wanted, paths: Mapping[str, Path]) -> LockedSource:
    """Return a source's entry for the lock file, after checking every file against what is expected of it.

    Raises:
        SourceError: a file is of another size or has another checksum.
    """
    files = in_threads(
        lambda file: _checked(one, file, paths[file.path]), one.remote.files, THREADS, "Checksums"
    )
    if one.locked is not None:
        return one.locked
    rows = in_threads(lambda file: count_rows(paths[file.path], file.path), files, THREADS, "Counting")
    return LockedSource(one.remote.repo, one.remote.revision, tuple(files), sum(rows))


def _checked(one: Wanted, file: RemoteFile, path: Path) -> LockedFile:
    actual = LockedFile(file.path, path.stat().st_size, sha256(path))
    asked = "the lock file" if one.locked else "the Hub"
    expected, found = (file.bytes, file.sha256 or actual.sha256), (actual.bytes, actual.sha256)
    if file.sha256 is None and file.git_blob and actual.bytes == file.bytes:
        expected, found = (file.bytes, file.git_blob), (actual.bytes, git_blob(path))
    if found != expected:
        raise SourceError(
            f"is not what {asked} says: {_sum(*expected)} expected, {_sum(*found)} found",
            where=f"{one.remote.repo}: {file.path}",
            fix=f"Most likely it was damaged on the way: delete {path.resolve()} and run again."
            + (" To lock the newest commit instead: `crossthink sources lock --refresh`." * bool(one.locked)),
        )
    return actual


def _sum(size: int, checksum: str) -> str:
    return f"{size:,} bytes with checksum {checksum}"


def _located(one: Wanted, paths: Mapping[str, Path]) -> Located:
    name, path = next(iter(paths.items()))
    folder = path.parents[name.count("/")]
    return Located(one.source, folder, paths, repo=one.remote.repo, revision=one.remote.revision)
