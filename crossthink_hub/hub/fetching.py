"""Download the files of a commit, each checked against what the Hub says of it."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crossthink_hub.errors import HubError
from crossthink_hub.progress import in_threads
from crossthink_hub.sources.checksum import git_blob, sha256

if TYPE_CHECKING:
    from crossthink_hub.hub.repository import StoredFile

THREADS = 8
Fetch = Callable[[str, bool], Path]
"""Gives where a file lies, by its path and whether it must be downloaded anew."""


def fetched(repo: str, files: Mapping[str, "StoredFile"], fetch: Fetch) -> dict[str, Path]:
    """Return where each file lies after downloading it; one that came damaged is fetched once more.

    Raises:
        HubError: a file came damaged twice.
    """

    def work(path: str) -> Path:
        return whole(repo, path, files[path], partial(fetch, path))

    return dict(zip(files, in_threads(work, list(files), THREADS, "Downloading"), strict=True))


def whole(repo: str, path: str, stored: "StoredFile", fetch: Callable[[bool], Path]) -> Path:
    """Return where a file lies; `fetch` brings it, and brings it anew if it came damaged.

    Raises:
        HubError: it came damaged twice.
    """
    for anew in (False, True):
        found = fetch(anew)
        if is_whole(found, stored):
            return found
    raise HubError(
        "came damaged twice: its checksum is not what the Hub says",
        where=f"{repo}: {path}",
        fix="Run it again; if it stays so, the file on the Hub is damaged: roll back, or publish again.",
    )


def is_whole(path: Path, stored: "StoredFile") -> bool:
    """Tell whether a file on disk has the content that the Hub says."""
    if path.stat().st_size != stored.bytes:
        return False
    return sha256(path) == stored.sha256 if stored.sha256 else git_blob(path) == stored.git_blob
