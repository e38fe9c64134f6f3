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
from browser import OpenPage, chromium, open_page

from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.report.writing import write_report
from crossthink_hub.evaluation.results import read_results
from crossthink_hub.evaluation.run_folder import RunFolder

pytest.importorskip("vllm", reason="vLLM is not installed: make test-vllm")
pytestmark = pytest.mark.slow

__all__ = ["chromium", "open_page"]

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


def test_its_report_opens_in_a_browser(run: Path, open_page: OpenPage, tmp_path: Path):
    report = write_report([run], tmp_path / "report")
    with open_page(report.page) as opened:
        page = opened.page
        assert page.title()
        assert page.locator("figure img, img").count() == len(report.figures)
        shown = page.locator("table", has_text="AMC23").first
        assert "SuperGPQA" in shown.inner_text()
        text = page.content()
    folder = RunFolder(run)
    assert report.answers == TOTAL - LIMIT  # all but GPQA's
    for row in folder.questions("gpqa_diamond").to_pylist():
        assert row["meta_data"]["question"] not in text


def test_an_uninterrupted_run_by_two_copies_has_the_same_answers(
    run: Path, quick_start: Path, tmp_path: Path
):
    """Answers do not depend on what is computed beside them: neither a kill nor the copies leave a trace."""
    model = quick_start / "tiny_cpu" / "final"
    done = subprocess.run(
        command(model, tmp_path / "whole", "--set", "data_parallel=2"),
        env=ENV,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "whole" / "engine.1.log").is_file()
    assert answers(tmp_path / "whole") == answers(run)


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


@pytest.mark.real
@pytest.mark.skipif("CROSSTHINK_SLOW" not in os.environ, reason="a few minutes: make test-slow")
def test_every_question_of_mmlu_pro_end_to_end(quick_start: Path, real_benchmarks: Path, tmp_path: Path):
    """12,032 questions, and sub-categories by the names that they are published under."""
    command = [
        sys.executable, "-m", "crossthink_hub", "eval", str(quick_start / "tiny_cpu" / "final"),
        "--sources", str(real_benchmarks), "--benchmarks", "mmlu_pro", "--max-tokens", "64",
        "--out", str(tmp_path / "run"),
    ]  # fmt: skip
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-3000:]
    found = read_results(tmp_path / "run").benchmarks["mmlu_pro"]
    greedy = found.passes["greedy"]
    assert (found.asked, greedy.answers + greedy.prompt_too_long, greedy.missing) == (12_032, 12_032, 0)
    parts = greedy.modes["equivalent"].subcategories
    assert list(parts) == [
        "biology", "business", "chemistry", "computer science", "economics", "engineering", "health",
        "history", "law", "math", "other", "philosophy", "physics", "psychology",
    ]  # fmt: skip
    assert parts["math"].questions == 1_351
    write_report([tmp_path / "run"], tmp_path / "report")
