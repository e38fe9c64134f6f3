"""What all tests share: the real upstream files, and Python run as a stranger would run it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from common import REAL_SOURCES, REPOSITORY, RunPython, required
from filelock import FileLock


@pytest.fixture(scope="session")
def real_sources() -> Path:
    """The folder of real upstream files."""
    return required(REAL_SOURCES, "upstream")


@pytest.fixture(scope="session")
def quick_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `crossthink train train/recipes/tiny_cpu.yaml` leaves where there was nothing: its folder `runs`.

    It takes more than a minute: CROSSTHINK_QUICK_START names a folder to keep it in, for other environments.
    """
    kept = os.environ.get("CROSSTHINK_QUICK_START")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("quick_start")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):  # tests run in two processes, and both may want it
        if not (folder / "runs" / "tiny_cpu" / "final" / "crossthink.json").is_file():
            _train_tiny(folder)
    return folder / "runs"


def _train_tiny(folder: Path) -> None:
    started = time.monotonic()
    recipe = str(REPOSITORY / "train/recipes/tiny_cpu.yaml")
    command = [sys.executable, "-m", "crossthink_hub", "train", recipe]
    env = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    print(f"quick start: {time.monotonic() - started:.0f} s")


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
