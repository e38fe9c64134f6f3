"""The proof on two cores, with vLLM itself: `make test-vllm` runs these in an environment that has it.

The tiny trained model on all benchmarks, a few questions each; killed, run again, reported.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.results import read_results
from crossthink_hub.evaluation.run_folder import RunFolder

pytest.importorskip("vllm", reason="vLLM is not installed: make test-vllm")
pytestmark = pytest.mark.slow

LIMIT = 12
TOTAL = LIMIT * 6 + 8  # the sample has eight questions of AMC23
ENV = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}


def command(model: Path, out: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "crossthink_hub", "eval", str(model), "--sources", "sample", "--out", str(out),
        "--limit", str(LIMIT), "--max-tokens", "96", "--set", "batch_invariant=true", *more,
    ]  # fmt: skip


def answers(run: Path) -> dict[tuple[str, str, str, int], tuple[str, int, str]]:
    """Every answer of a run by its key; that there are not two of a key is checked."""
    folder = RunFolder(run)
    found = {}
    for benchmark in folder.benchmarks():
        for table in folder.generations(benchmark):
            for row in table.to_pylist():
                key = (benchmark, row["id"], row["run"], row["sample"])
                assert key not in found
                found[key] = (row["response"], row["tokens"], row["finish"])
    return found


def kill_after_the_first_answers(model: Path, run: Path) -> None:
    process = subprocess.Popen(command(model, run), env=ENV, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 300
    while not any(run.glob("generations/*/*.parquet")):
        assert process.poll() is None, process.stderr.read().decode()[-3000:] if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def run(quick_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the tiny model that was killed once, and gone on with."""
    out = tmp_path_factory.mktemp("vllm") / "tiny"
    model = quick_start / "tiny_cpu" / "final"
    kill_after_the_first_answers(model, out)
    before = answers(out)
    assert 0 < len(before) < TOTAL
    done = subprocess.run(
        command(model, out, "--json"),
        cwd=quick_start.parent,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"{TOTAL - len(before)} answers to make" in done.stderr
    assert json.loads(done.stdout) == json.loads((out / "results.json").read_text())
    after = answers(out)
    assert before.items() <= after.items()
    return out


def test_every_question_has_one_answer_and_every_benchmark_a_score(run: Path):
    results = read_results(run)
    assert list(results.benchmarks) == [benchmark.name for benchmark in BENCHMARKS]
    assert len(answers(run)) == TOTAL
    for benchmark in results.benchmarks.values():
        greedy = benchmark.passes["greedy"]
        assert (greedy.missing, greedy.prompt_too_long) == (0, 0)
        assert greedy.answers == benchmark.asked
    assert results.engine["name"] == "vllm"
    assert results.engine["version"]
    assert results.model.config == "gpr_up"


def test_the_model_speaks_as_it_was_trained(run: Path):
    """It was trained on sums; of real questions it knows the format at least."""
    results = read_results(run)
    rates = [one.passes["greedy"].modes["equivalent"].format_rate for one in results.benchmarks.values()]
    assert max(rate or 0 for rate in rates) > 0  # a model that was never shown the format never meets it


def test_an_uninterrupted_run_has_the_same_answers(run: Path, quick_start: Path, tmp_path: Path):
    """Answers do not depend on what is computed beside them, so a kill leaves no trace."""
    model = quick_start / "tiny_cpu" / "final"
    done = subprocess.run(
        command(model, tmp_path / "whole"), env=ENV, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert answers(tmp_path / "whole") == answers(run)


def test_two_copies_of_the_model_share_the_work(quick_start: Path, tmp_path: Path):
    model = quick_start / "tiny_cpu" / "final"
    out = tmp_path / "two"
    more = ("--benchmarks", "amc23,math_500", "--samples", "3", "--set", "data_parallel=2")
    done = subprocess.run(command(model, out, *more), env=ENV, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    results = read_results(out)
    assert results.benchmarks["amc23"].passes["sampled"].samples == 16  # so few questions
    assert results.benchmarks["math_500"].passes["sampled"].samples == 3
    assert len(answers(out)) == 8 * 16 + LIMIT * 3
    assert {"1", "2", "4", "8", "16"} == set(
        results.benchmarks["amc23"].passes["sampled"].modes["paper"].pass_at
    )


def test_a_model_that_can_not_start_is_said_in_a_line(quick_start: Path, tmp_path: Path):
    model = quick_start / "tiny_cpu" / "final"
    more = ("--benchmarks", "amc23", "--set", "dtype=float7")
    done = subprocess.run(
        command(model, tmp_path / "run", *more), env=ENV, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 7
    assert "Traceback" not in done.stderr
    assert "float7" in done.stderr
    assert "engine.log" in done.stderr
