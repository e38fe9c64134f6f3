"""Checksums of files, as the Hub and Git make them."""

import hashlib
from pathlib import Path

from crossthink_hub.errors import SourceError


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal.

    Raises:
        SourceError: the file can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"can't be read ({error.strerror})", where=path) from error


def git_blob(path: Path) -> str:
    """Return the id that Git gives to a file's content.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (path := Path(folder) / "a").write_bytes(b"a\\n")
        ...     git_blob(path)
        '78981922613b2afb6025042ff6bd878ac1994e85'
    """
    return git_blob_of(path.read_bytes())


def git_blob_of(content: bytes) -> str:
    """Return the id that Git gives to a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
