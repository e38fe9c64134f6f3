"""Rewrite `expected.json` from what the package builds today.

What is expected is the contract: who a problem is, which problems are taken, where they stand, and every
character that is published. A version that changes it changes the blends that people have. So run this
only to change the contract on purpose, read the difference line by line, mend by hand what
`tests/test_golden.py` has written out, and tell it in the change log:

    python tests/golden/update.py
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows
from crossthink_hub.identity import orders, ranks

GOLDEN = Path(__file__).parent
EXPECTED = GOLDEN / "expected.json"
SETTINGS = BuildSettings(("gpr_up", "nd"), seed=0, workers=2)
ACCOUNT = ("rows_read", "rows_kept", "rows_dropped", "rows_not_sampled", "flags")


def observed() -> dict[str, Any]:
    """Build the sources beside this file, and return all of it that is under contract."""
    with TemporaryDirectory() as root:
        out = Path(root, "out")
        manifest = build(SETTINGS, str(GOLDEN / "sources"), out)
        configs = {name: _config(out, name, entry) for name, entry in manifest["configs"].items()}
        dropped = {
            name: pq.read_table(out / "dropped" / f"{name}.parquet").to_pylist()
            for name in manifest["sources"]
        }
    ids = sorted({row["id"] for entry in configs.values() for row in (*entry["train"], *entry["test"])})
    hashes = zip(ids, ranks(ids, SETTINGS.seed), orders(ids, SETTINGS.seed), strict=True)
    return {
        "sources": {
            name: {field: entry[field] for field in ACCOUNT} for name, entry in manifest["sources"].items()
        },
        "dropped": dropped,
        "hashes": {id_: {"rank": str(rank), "order": str(order)} for id_, rank, order in hashes},
        "configs": configs,
    }


def _config(out: Path, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "quotas": entry["quotas"],
        "train_digest": entry["row_digest"],
        "test_digest": entry["test"]["row_digest"],
        "train": first_rows(out, name, "train", entry["rows"]),
        "test": first_rows(out, name, "test", entry["test"]["rows"]),
    }


if __name__ == "__main__":
    text = json.dumps(observed(), indent=1, ensure_ascii=False) + "\n"
    EXPECTED.write_text(text, "utf-8", newline="\n")
