"""Benchmarks from the Hub and from GitHub, at the commits of a lock file; what it has not is added to it."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crossthink_hub.errors import SourceError
from crossthink_hub.evaluation.benchmarks import github
from crossthink_hub.evaluation.benchmarks.benchmark import GITHUB, Benchmark
from crossthink_hub.evaluation.benchmarks.copies import as_known
from crossthink_hub.evaluation.benchmarks.mirror import Found, choose
from crossthink_hub.progress import in_threads, say, size
from crossthink_hub.sources.checksum import git_blob, sha256
from crossthink_hub.sources.lock import LockedFile, LockedSource, read_lock, write_lock
from crossthink_hub.sources.reading import count_rows
from crossthink_hub.sources.remote import CHECK_NETWORK, REFRESH, SECONDS, Remote, RemoteFile, asking
from crossthink_hub.sources.upstream import HUB

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoFile

LOCK = Path("benchmarks.lock.json")
THREADS = 4
NAMES_SHOWN = 5
OWN_FILES = "or give a folder of your own for `sources`."


def fetch(benchmarks: Sequence[Benchmark], lock: Path) -> dict[str, Found]:
    """Return the files of benchmarks, downloaded where they are not in the cache yet.

    A benchmark in the lock file is read from exactly the files locked. Any other is read from its own
    commit, or the newest one, and added to the lock file.

    Raises:
        SourceError: no network; a repository is missing or gated; a file is not what the lock file says.
        OutputError: cache or lock file can't be written.
    """
    known = read_lock(lock) if lock.exists() else {}
    found, locked = {}, dict(known)
    for benchmark in benchmarks:
        with _with_our_fix(benchmark, lock):
            own, entry = _fetched(benchmark, known.get(benchmark.name))
        found[benchmark.name], locked[benchmark.name] = own, entry
    if locked != known:
        write_lock(lock, locked)
    return found


def _fetched(benchmark: Benchmark, entry: LockedSource | None) -> tuple[Found, LockedSource]:
    remote = _locked(entry) if entry else _looked_up(benchmark)
    if missing := [file for file in remote.files if not _is_cached(benchmark, remote, file)]:
        how = "locked" if entry else "pinned" if benchmark.revision else "newest"
        commit = f"{remote.repo} at {remote.revision[:8]} ({how})"
        say(f"{benchmark.name}: {commit}: {_sum(missing)} to download")
    paths = _downloaded(benchmark, remote, all_of_them=entry is not None)
    files = [_checked(file, paths[file.path], remote.repo) for file in remote.files if file.path in paths]
    new = entry or LockedSource(remote.repo, remote.revision, tuple(files), _rows(benchmark, paths))
    return Found(benchmark, paths, remote.repo, remote.revision, kind=HUB), new


def _is_cached(benchmark: Benchmark, remote: Remote, file: RemoteFile) -> bool:
    from huggingface_hub import try_to_load_from_cache

    if benchmark.host == GITHUB:
        return github.place_of(remote.repo, remote.revision, file.path).is_file()
    found = try_to_load_from_cache(remote.repo, file.path, revision=remote.revision, repo_type="dataset")
    return isinstance(found, str)


def _sum(files: Sequence[RemoteFile]) -> str:
    """Return how much is to be downloaded; GitHub does not say how large its files are.

    Example:
        >>> _sum([RemoteFile("a", 2_000, None), RemoteFile("b", 500, None)]), _sum([RemoteFile("a", 0, None)])
        ('2 files, 2.5 kB', '1 file')
    """
    known = sum(file.bytes for file in files)
    return f"{len(files)} file{'s' * (len(files) > 1)}" + (f", {size(known)}" if known else "")


def _locked(entry: LockedSource) -> Remote:
    files = tuple(RemoteFile(file.path, file.bytes, file.sha256) for file in entry.files)
    return Remote(entry.repo, entry.revision, files)


def _looked_up(benchmark: Benchmark) -> Remote:
    """Return a benchmark's commit and its files in it; those of GitHub without their sizes."""
    if benchmark.host == GITHUB:
        assert benchmark.revision is not None, "a benchmark on GitHub names its commit"
        return Remote(
            benchmark.repo, benchmark.revision, tuple(RemoteFile(path, 0, None) for path in benchmark.paths)
        )
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    api = HfApi()
    with asking(benchmark.repo):
        info = api.dataset_info(benchmark.repo, revision=benchmark.revision, timeout=SECONDS)
        tree = api.list_repo_tree(benchmark.repo, recursive=True, revision=info.sha, repo_type="dataset")
        there = {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}
    if not (names := choose(benchmark, there)):
        some = ", ".join(sorted(there)[:NAMES_SHOWN]) or "none"
        raise SourceError(
            f"has no file of the split {benchmark.split} (files in it: {some})",
            where=benchmark.repo,
            fix=f"Look at it on the Hub; {OWN_FILES}",
        )
    assert info.sha is not None, "the Hub names the commit of every data set"
    return Remote(benchmark.repo, info.sha, tuple(_file(there[name]) for name in names))


def _file(entry: "RepoFile") -> RemoteFile:
    return RemoteFile(entry.path, entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)


def _downloaded(benchmark: Benchmark, remote: Remote, all_of_them: bool) -> dict[str, Path]:
    """Return where each file lies in the cache, by its path, sorted; of GitHub those that are there."""
    if benchmark.host != GITHUB:
        return {file.path: _from_hub(remote, file.path) for file in remote.files}
    found = in_threads(
        lambda file: github.download(remote.repo, remote.revision, file.path),
        remote.files,
        THREADS,
        "Download",
    )
    paths = {file.path: path for file, path in zip(remote.files, found, strict=True) if path}
    if not paths or (all_of_them and len(paths) < len(remote.files)):
        raise SourceError(
            f"GitHub has {len(paths)} of {len(remote.files)} files at {remote.revision[:8]}",
            where=remote.repo,
            fix=f"Look at it there; {OWN_FILES}",
        )
    return dict(sorted(paths.items()))


def _from_hub(remote: Remote, path: str) -> Path:
    from huggingface_hub import hf_hub_download

    with asking(remote.repo):
        return Path(hf_hub_download(remote.repo, path, repo_type="dataset", revision=remote.revision))


def _checked(file: RemoteFile, path: Path, repo: str) -> LockedFile:
    """Return a file as the lock file has it.

    Raises:
        SourceError: it has another checksum than the lock file or the Hub says.
    """
    actual = LockedFile(file.path, path.stat().st_size, sha256(path))
    by_git = file.sha256 is None and file.git_blob is not None
    expected, found = (file.git_blob, git_blob(path)) if by_git else (file.sha256, actual.sha256)
    if expected not in (None, found):
        raise SourceError(
            f"is not what was expected: checksum {expected}, found {found} ({size(actual.bytes)})",
            where=f"{repo}: {file.path}",
            fix=f"Most likely it was damaged on the way: delete {path.resolve()} and run again.",
        )
    return actual


def _rows(benchmark: Benchmark, paths: Mapping[str, Path]) -> int:
    with tempfile.TemporaryDirectory(prefix="crossthink-") as scratch:
        return sum(
            count_rows(as_known(path, name, benchmark.headed, Path(scratch)), name)
            for name, path in paths.items()
        )


@contextmanager
def _with_our_fix(benchmark: Benchmark, lock: Path) -> Iterator[None]:
    """Say what to do in words of benchmarks where the Hub's errors speak of training sources.

    Raises:
        SourceError: what came, with another fix.
    """
    ours = {
        REFRESH: f"Delete the entry {benchmark.name} in {lock} to read the newest commit; {OWN_FILES}",
        CHECK_NETWORK: "Check the network, and HTTPS_PROXY or HF_ENDPOINT if you use one; or give a folder "
        "of your own for `sources`, or `sample`.",
    }
    try:
        yield
    except SourceError as error:
        fix = ours.get(error.fix or "", error.fix)
        raise type(error)(error.message, where=error.where, fix=fix) from error
