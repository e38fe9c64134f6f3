"""The proof where vLLM can't be installed: the tiny trained model behind a small server of transformers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import OpenPage, chromium, open_page
from openai_server import OpenAIServer

from crossthink_hub.evaluation.report.writing import write_report
from crossthink_hub.evaluation.results import read_results
from crossthink_hub.evaluation.run_folder import RunFolder

__all__ = ["chromium", "open_page"]
pytestmark = pytest.mark.slow

LIMIT, RUNS = 4, 6
TOTAL = LIMIT * RUNS * 7


@pytest.fixture(scope="module")
def server(quick_start: Path) -> Iterator[OpenAIServer]:
    with OpenAIServer(quick_start / "tiny_cpu" / "final", context=8192) as running:
        yield running


def command(server: OpenAIServer, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "crossthink_hub", "eval", server.name, "--endpoint", server.url,
        "--out", str(out), "--sources", "sample", "--limit", str(LIMIT), "--runs", str(RUNS),
        "--max-tokens", "64", "--set", "concurrency=1",
    ]  # fmt: skip


def answers(run: Path) -> dict[tuple[str, int], str]:
    folder = RunFolder(run)
    tables = [table for name in folder.benchmarks() for table in folder.generations(name)]
    return {(row["id"], row["sample"]): row["response"] for one in tables for row in one.to_pylist()}


def test_killed_and_gone_on_with_it_is_as_if_it_had_not_been(
    server: OpenAIServer, open_page: OpenPage, tmp_path: Path
):
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"}
    killed = subprocess.Popen(command(server, tmp_path / "killed"), env=env, start_new_session=True)
    deadline = time.monotonic() + 120
    while not any((tmp_path / "killed").glob("generations/*/*.parquet")):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    before = answers(tmp_path / "killed")
    assert 0 < len(before) < TOTAL
    for name in ("killed", "whole"):
        subprocess.run(
            command(server, tmp_path / name), env=env, check=True, capture_output=True, timeout=300
        )
    assert answers(tmp_path / "killed") == answers(tmp_path / "whole")
    assert before.items() <= answers(tmp_path / "killed").items()
    assert len(read_results(tmp_path / "killed").benchmarks) == 7
    report = write_report([tmp_path / "killed", tmp_path / "whole"], tmp_path / "report")
    with open_page(report.page) as opened:
        assert opened.page.locator("img").count() == len(report.figures)
