"""Rewrite `expected.json` from what the package builds today.

What is expected is the contract: who a problem is, which problems are taken, where they stand, and every
character that is published. A version that changes it changes the blends that people have. So run this
only to change the contract on purpose, read the difference line by line, mend by hand what
`tests/test_golden.py` has written out, and tell it in the change log:

    python tests/golden/update.py
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows
from crossthink_hub.identity import orders, ranks
from crossthink_hub.recipe.filters import MOST_CHARACTERS
from crossthink_hub.recipe.paper import source_facts

GOLDEN = Path(__file__).parent
EXPECTED = GOLDEN / "expected.json"
BLENDS = ("gpr_up", "nd", "nd-short", "nd-open")
RELEASE = ("qa", "math")
SOURCES = tuple(source_facts())
"""Each source's own config: it holds every problem of the source that can be asked as it is."""
SETTINGS = BuildSettings((*BLENDS, *RELEASE, *SOURCES), seed=0, workers=2)
ACCOUNT = (
    "instruction",
    "columns_not_found",
    "rows_read",
    "rows_kept",
    "rows_dropped",
    "rows_not_sampled",
    "rows_usable",
    "rows_refused",
    "flags",
)
TOO_LONG = {"question": "Add them up: " + "1 + " * (MOST_CHARACTERS // 4) + "1.", "answer": "25001"}
"""A row that is no fit reading for people; the others stand in the files beside this one."""


def observed() -> dict[str, Any]:
    """Build the sources beside this file, and return all of it that is under contract."""
    with TemporaryDirectory() as root:
        upstream, out = Path(root, "upstream"), Path(root, "out")
        shutil.copytree(GOLDEN / "sources", upstream)
        (upstream / "hendrycks_math" / "too_long.jsonl").write_text(json.dumps(TOO_LONG), "utf-8")
        manifest = build(SETTINGS, str(upstream), out)
        rows: dict[str, dict[str, Any]] = {}
        configs = {name: _config(out, name, entry, rows) for name, entry in manifest["configs"].items()}
        dropped = {
            name: pq.read_table(out / "dropped" / f"{name}.parquet").to_pylist()
            for name in manifest["sources"]
        }
    ids = sorted({id_ for entry in configs.values() for id_ in (*entry["train"], *entry["test"])})
    hashes = zip(ids, ranks(ids, SETTINGS.seed), orders(ids, SETTINGS.seed), strict=True)
    return {
        "sources": {
            name: {field: entry[field] for field in ACCOUNT} for name, entry in manifest["sources"].items()
        },
        "dropped": dropped,
        "configs": configs,
        "rows": {asked: dict(sorted(by_id.items())) for asked, by_id in rows.items()},
        "hashes": {id_: {"rank": str(rank), "order": str(order)} for id_, rank, order in hashes},
    }


def _config(
    out: Path, name: str, entry: Mapping[str, Any], rows: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return which rows a config holds; add those to `rows`, which all configs that ask alike share."""
    asked = rows.setdefault(f"{entry['form']}, {entry['answer']}", {})
    splits = {
        "train": first_rows(out, name, "train", entry["rows"]),
        "test": first_rows(out, name, "test", entry["test"]["rows"]),
    }
    for row in (*splits["train"], *splits["test"]):
        if asked.setdefault(row["id"], row) != row:
            raise ValueError(f"{row['id']} is another row in {name} than in configs that ask alike")
    return {
        "asked": f"{entry['form']}, {entry['answer']}",
        "quotas": entry["quotas"],
        "train_digest": entry["row_digest"],
        "test_digest": entry["test"]["row_digest"],
        **{split: [row["id"] for row in own] for split, own in splits.items()},
    }


def as_text(value: Any, depth: int = 3, indent: str = "") -> str:
    """Return a value as JSON with a line for each row, so that a difference shows which rows it is in."""
    if depth and isinstance(value, Mapping | list) and value:
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        inner = [
            f"{indent} {json.dumps(key) + ': ' if isinstance(value, Mapping) else ''}"
            f"{as_text(item, depth - 1, indent + ' ')}"
            for key, item in pairs
        ]
        opened, closed = "{}" if isinstance(value, Mapping) else "[]"
        return "\n".join([opened, ",\n".join(inner), indent + closed])
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    EXPECTED.write_text(as_text(observed()) + "\n", "utf-8", newline="\n")
