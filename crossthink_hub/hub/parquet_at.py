"""A Parquet file on the Hub, read in place: only the parts of it that are asked for are fetched."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow.parquet as pq

from crossthink_hub.hub.repository import Repository

READ_AT_ONCE = 2**16
"""Bytes asked for ahead of what is read: a row needs the first page of each column, not all of them."""


@contextmanager
def parquet_at(repo: Repository, revision: str, path: str) -> Iterator[pq.ParquetFile]:
    """Open a file of a tag, branch or commit.

    Raises:
        MissingError: it is not there.
        HubError: the Hub can't be reached.
        pyarrow.ArrowInvalid: it is no Parquet.
    """
    with repo.in_place(path, revision, READ_AT_ONCE) as file:
        yield pq.ParquetFile(file, buffer_size=READ_AT_ONCE)
