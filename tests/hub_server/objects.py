"""The contents of a repository's files on disk, each under its SHA-256."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from hub_server.disk import beside


class Objects:
    """The contents in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Store bytes; return their SHA-256."""
        return self.receive([data])[0]

    def copy(self, source: Path) -> tuple[str, int]:
        """Store a file's content; return its SHA-256 and size."""
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if not self.has(sha256):
            partial = self._partial()
            shutil.copyfile(source, partial)
            self._keep(partial, sha256)
        return sha256, source.stat().st_size

    def receive(
        self, chunks: Iterable[bytes | memoryview], sha256: str | None = None, size: int | None = None
    ) -> tuple[str, int]:
        """Store what comes in chunks, without holding it in memory; return its SHA-256 and size.

        Args:
            chunks: the content.
            sha256: what its checksum must be, if that is known.
            size: how many bytes must come, if that is known.

        Raises:
            ValueError: it is another content; it is not stored.
        """
        partial, digest, count = self._partial(), hashlib.sha256(), 0
        try:
            with partial.open("wb", buffering=0) as file:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
                    count += len(chunk)
            found = digest.hexdigest()
            if found != (sha256 or found) or count != (count if size is None else size):
                raise ValueError(f"expected {size} bytes of {sha256}, got {count} of {found}")
            self._keep(partial, found)
        finally:
            partial.unlink(missing_ok=True)
        return found, count

    def _partial(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return beside(self.folder / "partial")

    def _keep(self, partial: Path, sha256: str) -> None:
        self.path(sha256).parent.mkdir(exist_ok=True)
        partial.replace(self.path(sha256))
