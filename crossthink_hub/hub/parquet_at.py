"""A Parquet file on the Hub, read in place: only the parts of it that are asked for are fetched."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow.parquet as pq

from crossthink_hub.hub.answers import speaking
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
    from huggingface_hub import HfFileSystem

    files = HfFileSystem(token=repo.token, skip_instance_cache=True)
    place = f"datasets/{repo.name}@{revision}/{path}"
    with speaking(repo.name), files.open(place, block_size=READ_AT_ONCE) as file:
        yield pq.ParquetFile(file, buffer_size=READ_AT_ONCE)
