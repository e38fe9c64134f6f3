"""What tests in all folders name: where things are, and how a program is run."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
REAL_SOURCES = REPOSITORY.parent / "shared" / "data" / "sources"

RunPython = Callable[..., str]


def required(folder: Path, what: str) -> Path:
    """Return a folder of real files; the test is skipped without it, or fails where it is required."""
    if folder.is_dir():
        return folder
    message = f"no real {what} files at {folder}"
    if os.environ.get("CROSSTHINK_REQUIRE_REAL"):
        pytest.fail(message)
    pytest.skip(message)
