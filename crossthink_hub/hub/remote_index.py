"""The row index of a version on the Hub; made from its data where none was published."""

from collections.abc import Callable

import pyarrow as pa

from crossthink_hub.building.index import index_of_file, index_path, read_index
from crossthink_hub.hub.repository import Repository, Snapshot


def remote_index(repo: Repository, snapshot: Snapshot) -> Callable[[str], pa.Table]:
    """Return what gives the index of a data file of a commit."""

    def index(path: str) -> pa.Table:
        own = index_path(path)
        if own in snapshot.files:
            return read_index(repo.checked(own, snapshot))
        return index_of_file(repo.checked(path, snapshot))

    return index
