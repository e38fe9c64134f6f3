"""What tests in all folders name: where things are, and how a program is run."""

from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
REAL_SOURCES = REPOSITORY.parent / "shared" / "data" / "sources"

RunPython = Callable[..., str]
