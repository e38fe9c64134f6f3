"""The row index of a version: a small file beside each data file, with a line a row, to compare versions by.

It is a few hundredths of the data, so that a comparison of two versions does not download both.
"""

import re
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crossthink_hub.building.digest import RowDigests, row_digests
from crossthink_hub.building.parquet import ROW_GROUP_ROWS
from crossthink_hub.errors import FolderError

DATA, INDEX = "data", "index"
OWN_TABLE = re.compile(rf"({DATA}|{INDEX})/[^/\s]+/(train|test)-\d{{5}}-of-\d{{5}}-[0-9a-f]{{16}}\.parquet")
"""What our data files and their indexes are called; other files are other people's, and left alone."""
SCHEMA = pa.schema(
    [("id", pa.string()), ("repeat", pa.int32()), ("source", pa.string()), ("digest", pa.uint64())]
)
"""`id` with `repeat` names a row of a config; `digest` is over all its fields."""


def index_path(data_path: str) -> str:
    """Return where the index of a data file stands.

    Example:
        >>> index_path("data/nd/train-00000-of-00001-0f.parquet")
        'index/nd/train-00000-of-00001-0f.parquet'
    """
    return PurePosixPath(INDEX, PurePosixPath(data_path).relative_to(DATA)).as_posix()


def index_of(rows: pa.Table, digests: RowDigests) -> pa.Table:
    """Return the index of a file's rows."""
    meta = rows["meta_data"].combine_chunks()
    columns = [rows["id"], *(pc.struct_field(meta, name) for name in ("repeat", "source"))]
    return pa.table([*columns, pa.array(np.ascontiguousarray(digests[:, 0]))], schema=SCHEMA)


def index_of_file(path: Path) -> pa.Table:
    """Return the index of a data file, made anew from its rows.

    Raises:
        FolderError: the file can't be read.
    """
    try:
        rows = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FolderError(f"can't be read as Parquet ({error})", where=path) from error
    return index_of(rows, row_digests(rows))


def write_index(index: pa.Table, path: Path) -> None:
    """Write an index; the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        index.combine_chunks(),
        path,
        compression="zstd",
        use_dictionary=["source", "repeat"],
        row_group_size=ROW_GROUP_ROWS,
        version="2.6",
    )


def read_index(path: Path) -> pa.Table:
    """Return an index that was written.

    Raises:
        FolderError: it is none.
    """
    try:
        return pq.read_table(path, columns=SCHEMA.names).cast(SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, KeyError) as error:
        raise FolderError(f"can't be read as a row index ({error})", where=path) from error
