"""Files that are there whole or not at all, whenever the program ends."""

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any


def write(path: Path, data: bytes) -> None:
    """Write a file beside its place, then move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = beside(path)
    partial.write_bytes(data)
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, indent=1, ensure_ascii=False).encode())


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def beside(path: Path) -> Path:
    """Return a new name in the same folder."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def remove(folder: Path) -> None:
    """Remove a folder: first its name, then what is in it."""
    gone = beside(folder)
    os.rename(folder, gone)  # noqa: PTH104
    shutil.rmtree(gone, ignore_errors=True)
