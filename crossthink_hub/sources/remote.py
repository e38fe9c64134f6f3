"""What the Hub has of a source: a commit and the files in it. The Hub's errors become plain words here."""

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossthink_hub.errors import CrossThinkError, GatedError, OutputError, SourceError
from crossthink_hub.hub.endpoint import endpoint, first_line
from crossthink_hub.sources.registry import Source, choose

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoFile

SECONDS = 15
"""How long the first answer of the Hub is waited for."""
NAMES_SHOWN = 5
REFRESH = "`crossthink sources lock --refresh` looks for its newest commit, or for an alternate."
CHECK_NETWORK = (
    "Check the network, and HTTPS_PROXY or HF_ENDPOINT if you use one; "
    "or give files of your own (--sources FOLDER), or try `--sources sample`."
)
BY_HAND = "Log in if it is private (`hf auth login`), or give files of your own: --sources FOLDER."
TRY_LATER = "Run it again later; what is downloaded stays in the cache."


class MissingRepositoryError(SourceError):
    """A repository is not on the Hub, is private, or has none of the files: an alternate may do."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a commit.

    Attributes:
        path: in the repository.
        bytes: its size.
        sha256: None where the Hub keeps no such checksum: small files outside of Git LFS.
        git_blob: its id in Git, None where it is not known.
    """

    path: str
    bytes: int
    sha256: str | None
    git_blob: str | None = None


@dataclass(frozen=True)
class Remote:
    """One commit of a repository, and those of its files that a source is read from, sorted by path."""

    repo: str
    revision: str
    files: tuple[RemoteFile, ...]
    gated: bool = False

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files)


def find(source: Source) -> tuple[Remote, list[MissingRepositoryError]]:
    """Return the newest commit of a source's repository, or of the first alternate that is there.

    Raises:
        MissingRepositoryError: none is there.
        SourceError: one is gated; the Hub can't be reached.

    Returns:
        also why the repositories before it were passed over.
    """
    passed: list[MissingRepositoryError] = []
    places = [(source.repo, source.files), *((other.repo, other.files) for other in source.alternates)]
    for repo, patterns in places:
        try:
            return look_up(repo, patterns), passed
        except MissingRepositoryError as error:
            passed.append(error)
    tried = "; ".join(f"{error.where} {error.message}" for error in passed)
    raise MissingRepositoryError(f"no repository has its files: {tried}", where=source.name, fix=BY_HAND)


def look_up(repo: str, patterns: tuple[str, ...]) -> Remote:
    """Return the newest commit of a repository, with the files that the patterns choose.

    Raises:
        MissingRepositoryError: it is not there, or no file in it is chosen.
        SourceError: it is gated, or the Hub can't be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    api = HfApi()
    with asking(repo):
        info = api.dataset_info(repo, timeout=SECONDS)
        tree = api.list_repo_tree(repo, recursive=True, revision=info.sha, repo_type="dataset")
        files = {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}
    names = choose(files, patterns)
    if not names:
        some = ", ".join(sorted(files)[:NAMES_SHOWN]) or "none"
        raise MissingRepositoryError(
            f"has no file like {' or '.join(patterns)} (files in it: {some})",
            where=repo,
            fix=BY_HAND,
        )
    assert info.sha is not None, "the Hub names the commit of every data set"
    return Remote(repo, info.sha, tuple(_file(files[name]) for name in names), bool(info.gated))


def _file(entry: "RepoFile") -> RemoteFile:
    return RemoteFile(entry.path, entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)


def reach(remote: Remote) -> None:
    """Check that the files may be downloaded, with one small request.

    Raises:
        SourceError: repository, commit or file are not there, access is not granted, or there is no network.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(remote.repo, remote.files[0].path, repo_type="dataset", revision=remote.revision)
    with asking(remote.repo):
        get_hf_file_metadata(url, timeout=SECONDS)


def cache_folder() -> Path:
    """Return the folder that the Hub's client keeps downloads in."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def free_disk(folder: Path) -> int:
    """Return the free bytes of the disk that a folder is on, or will be on."""
    for path in (folder, *folder.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(path).free
    return 0


@contextmanager
def asking(repo: str) -> Iterator[None]:
    """Turn what the Hub's client raises into errors that say what to do.

    Raises:
        MissingRepositoryError: the repository is not there.
        SourceError: it is gated, a commit or file is not in it, or the Hub can't be reached.
        OutputError: the cache can't be written.
    """
    from huggingface_hub import errors

    network: type[Exception] = errors.HTTPError  # type: ignore[attr-defined]  # of httpx or, from 2.0 on, httpx2
    try:
        yield
    except (network, OSError, errors.HFValidationError, json.JSONDecodeError) as error:
        raise _in_plain_words(error, repo) from error


def _in_plain_words(error: Exception, repo: str) -> CrossThinkError:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return GatedError(
            "is gated: its authors ask you to accept their terms first",
            where=repo,
            fix=f"Accept them at {endpoint()}/datasets/{repo}, log in (`hf auth login`), and run it again.",
        )
    if isinstance(error, errors.RepositoryNotFoundError | errors.DisabledRepoError):
        return MissingRepositoryError("is not on the Hub, or is private", where=repo, fix=REFRESH)
    if isinstance(error, errors.RevisionNotFoundError):
        return SourceError("the Hub does not have this commit of it any more", where=repo, fix=REFRESH)
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return SourceError("the Hub does not have this file of it any more", where=repo, fix=REFRESH)
    if isinstance(error, errors.HfHubHTTPError):
        return _refused(error.response.status_code, repo)
    return _no_answer(error, repo)


def _refused(status: int, repo: str) -> SourceError:
    if status in (401, 403):
        fix = "Log in again (`hf auth login`); check that your token may read this repository."
        return SourceError(f"the Hub refused your token (HTTP {status})", where=repo, fix=fix)
    return SourceError(f"the Hub answered with an error (HTTP {status})", where=repo, fix=TRY_LATER)


def _no_answer(error: Exception, repo: str) -> CrossThinkError:
    from huggingface_hub import constants, errors

    if constants.HF_HUB_OFFLINE or isinstance(error, errors.OfflineModeIsEnabled):
        return SourceError(
            "is not in the cache, and HF_HUB_OFFLINE keeps the Hub from being asked",
            where=repo,
            fix=f"Unset it; or bring {cache_folder()} and the lock file from a machine with a network.",
        )
    if isinstance(error, errors.HFValidationError):
        return SourceError("is not the name of a repository", where=repo, fix="Check its spelling.")
    if isinstance(error, json.JSONDecodeError):
        return SourceError("what answered is not the Hub", where=endpoint(), fix=CHECK_NETWORK)
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
        return OutputError(
            f"can't be written ({error.strerror or errno.errorcode.get(error.errno)})",
            where=error.filename or cache_folder(),
            fix="Check the disk's free space and your permissions, or choose another cache with HF_HOME.",
        )
    if isinstance(error, OSError) and not isinstance(error, errors.LocalEntryNotFoundError):
        return SourceError(f"the download broke off ({first_line(error)})", where=repo, fix=TRY_LATER)
    return SourceError(
        f"the connection to {endpoint()} failed ({first_line(error.__cause__ or error)})",
        where=repo,
        fix=CHECK_NETWORK,
    )
