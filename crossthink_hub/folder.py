"""Read a built folder: its rows, and which configs it holds."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crossthink_hub.building.manifest import FILE_NAME, read_manifest
from crossthink_hub.errors import FolderError, UsageError
from crossthink_hub.recipe.configs import config as known


def config_entry(folder: Path, config: str) -> dict[str, Any]:
    """Return what a built folder's manifest says of a config.

    Raises:
        FolderError: there is no built folder.
        UsageError: it does not hold that config, or there is none of that name.
    """
    held: dict[str, dict[str, Any]] = read_manifest(folder)["configs"]
    if config not in held:
        raise UsageError(
            f"{folder} does not hold {config!r}, only {', '.join(held)}",
            fix=f"Build it too: crossthink build {' '.join([*held, known(config).name])} --out {folder}",
        )
    return held[config]


def first_rows(folder: Path, config: str, split: str, count: int) -> list[dict[str, Any]]:
    """Return the first rows of a split of a built config, as Python values.

    Raises:
        FolderError: there is no built folder, or a file of it can't be read.
        UsageError: it does not hold that config or split.
    """
    entry = config_entry(folder, config)
    if split not in ("train", "test"):
        raise UsageError(f"unknown split {split!r}", fix="Give train or test.")
    rows: list[dict[str, Any]] = []
    for file in (entry if split == "train" else entry["test"])["files"]:
        if len(rows) < count:
            rows += _head(folder / file["path"], count - len(rows))
    return rows


def _head(path: Path, count: int) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = next(pq.ParquetFile(path).iter_batches(count)).to_pylist()
    except (OSError, ValueError) as error:
        raise FolderError(f"can't be read ({error})", where=path, fix="Build the folder again.") from error
    return rows


def built_configs(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the rows and rows by source of each config in a folder; empty where there is no built folder."""
    if not (folder / FILE_NAME).is_file():
        return {}
    configs = read_manifest(folder)["configs"]
    return {name: {"rows": entry["rows"], "counts": entry["counts"]} for name, entry in configs.items()}
