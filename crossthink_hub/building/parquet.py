"""How every Parquet file is written: pinned, so that the same rows give the same bytes."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 10_000

FEW_VALUES = [
    "data_source",
    "ability",
    "prompt.list.element.role",
    "reward_model.style",
    *(
        f"meta_data.{name}"
        for name in (
            "split",
            "repeat",
            "source",
            "domain",
            "flags.list.element",
            "question_type",
            "answer_template",
            "answer_letter",
            "licence",
            "upstream.repo",
            "upstream.revision",
        )
    ),
]
"""Columns worth a dictionary; for the others Parquet would try one and give up, at a cost."""

WRITER: Mapping[str, Any] = MappingProxyType(
    {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": FEW_VALUES,
        # Pages end where the content says, so a new version shares most of its bytes with the last.
        "use_content_defined_chunking": True,
        "row_group_size": ROW_GROUP_ROWS,
        "write_page_index": True,
        "version": "2.6",
    }
)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table: chunks combined, so that row groups and pages do not depend on how it was made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.combine_chunks(), path, **WRITER)
