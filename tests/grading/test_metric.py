"""The metric of `evaluate`, loaded from the checkout as its users load it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from common import REPOSITORY

METRIC = REPOSITORY / "loaders" / "crossthink_accuracy"
RIGHT = r"<think>a</think>\boxed{42}"
WRONG = r"<think>a</think>\boxed{43}, or so"


PROGRAM = f"""
import json, sys
import evaluate

for line in sys.stdin:
    batches, last = json.loads(line)
    metric = evaluate.load({str(METRIC)!r})
    try:
        for batch in batches:
            metric.add_batch(**batch)
        print(json.dumps(metric.compute(**last)), flush=True)
    except Exception as error:
        print(json.dumps(str(error)), flush=True)
"""


@pytest.fixture(scope="module")
def compute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Compute the metric in a process of its own, with caches of its own and no network."""
    folder = tmp_path_factory.mktemp("metric")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, cwd=folder, env=offline(folder), text=True, **pipes) as running:

        def ask(*batches: Any, **last: Any) -> Any:
            running.stdin.write(json.dumps([batches, last]) + "\n")
            running.stdin.flush()
            return json.loads(running.stdout.readline())

        yield ask
        running.stdin.close()


def offline(folder: Path, **environment: str) -> dict[str, str]:
    return {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", **environment}


def test_it_counts_what_the_command_line_counts(compute: Callable[..., Any]) -> None:
    responses = [RIGHT, WRONG, r"\boxed{42}", "<think>a</think>42", r"<think>a</think>\boxed{42", RIGHT]
    golds = ["42"] * 5 + [""]
    tokens = [10, 40, 20, 50, 60, 70]
    found = compute(predictions=responses, references=golds, tokens=tokens)
    assert (found["accuracy"], found["format_rate"], found["reward"]) == (0.4, 0.4, 0.2)
    assert (found["responses"], found["ungradable"]) == (6, 1)
    assert found["statuses"]["unclosed_box"] == 1
    assert (found["mean_tokens_correct"], found["mean_tokens_wrong"]) == (15, 50)
    rows = zip(responses, golds, tokens, strict=True)
    lines = [json.dumps({"response": a, "ground_truth": b, "tokens": c}) for a, b, c in rows]
    command = [sys.executable, "-m", "crossthink_hub", "grade", "-", "--json"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {**found, "skipped": 0, "first_skipped": None}


def test_batches_settings_kinds_and_options(compute: Callable[..., Any]) -> None:
    batches = [
        {"predictions": [r"a</think>\boxed{A}"], "references": ["A"]},
        {"predictions": [r"a</think>\boxed{42}"], "references": ["42"]},
    ]
    columns = {"kinds": ["mcq", "math"], "options": [["x", "y"], None]}
    found = compute(*batches, mode="letter", thought="opened", **columns)
    assert (found["accuracy"], found["reward"], found["responses"]) == (1.0, 1.0, 2)
    assert [found["mean_tokens"], found["mean_tokens_correct"], found["mean_tokens_wrong"]] == [None] * 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tokens": [1, 2]}, "tokens: 2 for 1 responses"),
        ({"kinds": []}, "kinds: 0 for 1 responses"),
        ({"mode": "papr"}, "mode: 'papr' is not one of paper, letter, equivalent"),
    ],
)
def test_what_makes_no_sense_is_said(compute: Callable[..., Any], wrong: Any, said: str) -> None:
    assert compute(predictions=["a"], references=["b"], **wrong) == said


def test_the_card_shows_what_it_gives(compute: Callable[..., Any]) -> None:
    call, result = (
        block.split("```")[0] for block in (METRIC / "README.md").read_text().split("```python\n")[1:]
    )
    arguments = eval(f"dict({call.split('metric.compute(')[1]}")
    assert compute(**arguments) == eval(result)


def test_it_runs_on_an_installed_wheel(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    quick = ["--no-deps", "--no-build-isolation"]
    installed, outside = tmp_path / "installed", tmp_path / "outside"
    outside.mkdir()
    subprocess.run(
        [*pip, "install", *quick, "--target", str(installed), str(REPOSITORY)], check=True, cwd=outside
    )
    program = (
        f"import crossthink_hub, evaluate; metric = evaluate.load({str(METRIC)!r});"
        f"found = metric.compute(predictions=[{RIGHT!r}], references=['42']);"
        "print(crossthink_hub.__file__, found['accuracy'])"
    )
    command = [sys.executable, "-c", program]
    env = offline(tmp_path, PYTHONPATH=str(installed))
    done = subprocess.run(command, cwd=outside, env=env, capture_output=True, text=True)
    assert done.stdout.split() == [str(installed / "crossthink_hub/__init__.py"), "1.0"], done.stderr
