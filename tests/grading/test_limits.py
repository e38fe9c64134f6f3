"""Nothing hangs, nothing grows, nothing is run: hostile answers, in every place a grader is called from."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from common import RunPython
from hostile import HOSTILE

from crossthink_hub.grading import algebra as algebra_module
from crossthink_hub.grading import grade, grade_many
from crossthink_hub.grading.algebra import Algebra, AlgebraTimeoutError, algebra

SECONDS = 3.0
"""A generous clock for a busy machine; bench/grading.py measures."""
GOLDS = ["42", "1, 2, 3", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "x^2 < 4", "(A) 42", "blue"]


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    assert algebra()("x^2 < 4", "(-2, 2)") is True


@pytest.mark.parametrize("name", [name for name, _ in HOSTILE])
def test_a_hostile_answer_gets_a_verdict_in_time(name: str) -> None:
    answer = dict(HOSTILE)[name]
    for gold in GOLDS:
        start = time.monotonic()
        verdict = grade(f"<think>a</think>\\boxed{{{answer}}}", gold)
        assert time.monotonic() - start < SECONDS
        assert verdict.correct is False


@pytest.mark.parametrize("name", [name for name, _ in HOSTILE])
def test_a_hostile_ground_truth_does_no_harm(name: str) -> None:
    gold = dict(HOSTILE)[name]
    start = time.monotonic()
    assert grade(r"<think>a</think>\boxed{42}", gold).correct is not True
    assert time.monotonic() - start < SECONDS


def test_a_long_response_is_no_hostile_one() -> None:
    thought = "We know that $x^2 = 4$, so \\boxed{2}. " * 20_000
    assert grade(f"<think>{thought}</think>\\boxed{{2}}", "2").correct is True


def test_the_process_that_does_algebra_is_replaced() -> None:
    ask = Algebra(1)
    with pytest.raises(AlgebraTimeoutError):
        ask("9^{9^{9^9}}", "42")
    assert ask("x^2 < 4", "(-2, 2)") is True
    ask.close()


def test_algebra_too_slow_is_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra_module, "ALGEBRA_SECONDS", 0.0)
    ask = Algebra(1)
    with pytest.raises(AlgebraTimeoutError):
        ask("x^2 < 4", "(-2, 2)")
    ask.close()


def test_a_worker_that_was_killed_is_a_timeout_and_then_replaced() -> None:
    ask = Algebra(1)
    assert ask("x^2 < 4", "(-2, 2)") is True
    worker = ask.idle[-1]
    assert worker is not None
    worker.process.kill()
    worker.process.wait()
    with pytest.raises(AlgebraTimeoutError):
        ask("x^2 < 4", "(-2, 2)")
    assert ask("x^2 < 4", "(-2, 2)") is True
    ask.close()


def test_a_worker_that_cannot_start_is_said_and_loses_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Algebra(1)
    monkeypatch.setattr(algebra_module, "WORKER_BYTES", 1 << 20)
    for _ in range(2):
        with pytest.warns(UserWarning, match="ended as it started"), pytest.raises(AlgebraTimeoutError):
            ask("x^2 < 4", "(-2, 2)")
    ask.close()
    monkeypatch.undo()
    assert ask("x^2 < 4", "(-2, 2)") is True
    ask.close()


def test_a_file_in_the_working_folder_is_not_imported(run_python: RunPython, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit")
    assert run_python(f"import sys; sys.path.remove('')\n{ASK}\nprint(v.correct)").split() == ["True"]


def test_many_threads_share_the_algebra() -> None:
    results: list[bool | None] = []

    def work() -> None:
        verdicts = grade_many([r"<think>a</think>\boxed{(-2, 2)}"] * 20, ["x^2 < 4"] * 20)
        results.extend(verdict.correct for verdict in verdicts)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [True] * 160


ASK = "from crossthink_hub.grading import grade; v = grade(r'<think>a</think>\\boxed{(-2, 2)}', 'x^2 < 4')"


def test_grading_imports_no_torch_and_neither_do_its_workers(run_python: RunPython) -> None:
    code = f"""
import sys
{ASK}
from crossthink_hub.grading.algebra import algebra
worker = algebra().idle[-1]
maps = open(f"/proc/{{worker.process.pid}}/maps").read() if sys.platform == "linux" else ""
print(v.correct, "torch" in sys.modules, "datasets" in sys.modules, "libtorch" in maps)
"""
    assert run_python(code).split() == ["True", "False", "False", "False"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_asks_workers_of_its_own(run_python: RunPython) -> None:
    code = f"""
import os
{ASK}
children = [os.fork() for _ in range(1)]
if not children[0]:
    {ASK}
    os._exit(0 if v.correct else 1)
print(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
{ASK}
print(v.correct)
"""
    assert run_python(code).split() == ["0", "True"]


def test_workers_end_with_the_process_that_asked(run_python: RunPython) -> None:
    code = f"{ASK}\nfrom crossthink_hub.grading.algebra import algebra\nprint(algebra().idle[-1].process.pid)"
    pid = int(run_python(code))
    _wait(lambda: not _alive(pid))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_workers_end_when_the_process_that_asked_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, time
{ASK}
from crossthink_hub.grading.algebra import algebra
print(algebra().idle[-1].process.pid, flush=True)
time.sleep(60)
"""
    asker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert asker.stdout is not None
    pid = int(asker.stdout.readline())
    asker.kill()
    asker.communicate()
    _wait(lambda: not _alive(pid))


def test_ctrl_c_ends_a_long_run(tmp_path: Path) -> None:
    code = """
from crossthink_hub.grading import grade_many
print("go", flush=True)
while True:
    grade_many([r"<think>a</think>\\boxed{(-2, 2)}"] * 50, ["x^2 < 4"] * 50)
"""
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        start_new_session=True,
    )
    assert run.stdout is not None
    run.stdout.readline()
    time.sleep(2)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert run.returncode != 0


def test_each_rank_takes_its_share_of_the_cores(run_python: RunPython) -> None:
    code = "from crossthink_hub.grading.algebra import algebra; print(algebra().size)"
    cores = int(run_python(code))
    assert int(run_python(code, LOCAL_WORLD_SIZE=str(cores))) == 1
    assert int(run_python(code, LOCAL_WORLD_SIZE="1000")) == 1
    assert int(run_python(code, LOCAL_WORLD_SIZE="many")) == cores


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)
