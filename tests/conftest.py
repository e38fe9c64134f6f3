"""What all tests share: the real upstream files, and Python run as a stranger would run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from common import REAL_SOURCES, RunPython, required


@pytest.fixture(scope="session")
def real_sources() -> Path:
    """The folder of real upstream files."""
    return required(REAL_SOURCES, "upstream")


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Run a Python program in a folder, with caches of its own and no network; return its output."""

    def run(code: str, cwd: Path = tmp_path, **environment: str) -> str:
        env = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1", **environment}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
