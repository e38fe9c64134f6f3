"""Files from GitHub, one by one, kept in a cache by their commit."""

import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from crossthink_hub.errors import OutputError, SourceError
from crossthink_hub.hub.endpoint import first_line
from crossthink_hub.sources.remote import SECONDS, TRY_LATER, cache_folder

RAW = "https://raw.githubusercontent.com"
NOT_FOUND = 404
OWN_FILES = "Check the network, and HTTPS_PROXY if you use one; or give a folder of your own for `sources`."


def place_of(repo: str, revision: str, path: str) -> Path:
    """Return where a file of a commit lies in the cache, if it is there."""
    return cache_folder().parent / "crossthink" / "github" / repo / revision / path


def download(repo: str, revision: str, path: str) -> Path | None:
    """Return where a file of a commit lies in the cache, downloaded if need be; None if there is none.

    Raises:
        SourceError: GitHub can't be reached, or answers with an error.
        OutputError: the cache can't be written.
    """
    place = place_of(repo, revision, path)
    if place.is_file():
        return place
    content = _content(f"{RAW}/{repo}/{revision}/{path}", f"github.com/{repo}")
    if content is None:
        return None
    part = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(place)
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=place,
            fix="Check the disk's free space and your permissions, or choose another cache with HF_HOME.",
        ) from error
    return place


def _content(url: str, where: str) -> bytes | None:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise SourceError(
            "is not in the cache, and HF_HUB_OFFLINE keeps it from being downloaded",
            where=where,
            fix=f"Unset it; or bring {cache_folder().parent / 'crossthink'} from a machine with a network.",
        )
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            content: bytes = answer.read()
            return content
    except urllib.error.HTTPError as error:
        if error.code == NOT_FOUND:
            return None
        raise SourceError(
            f"answered with an error (HTTP {error.code})", where=where, fix=TRY_LATER
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = f"the download failed ({first_line(error)})"
        raise SourceError(reason, where=where, fix=OWN_FILES) from error
