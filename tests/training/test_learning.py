"""The proof that it learns: the tiny model through the real entry point, on two cores."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from common import REPOSITORY

from crossthink_hub.training.dry_run import DryRun, dry_run
from crossthink_hub.training.recipe import Recipe, read_recipe
from crossthink_hub.training.train import train

HELD_OUT = {"split": "test", "num_generations": 8}


def quiet(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Tiny:
    """The tiny recipe with model and data made, and what the model does before GRPO."""

    folder: Path
    before: float

    def recipe(self, **settings: object) -> Recipe:
        places = {"dataset": str(self.folder / "data"), "model": str(self.folder / "model")}
        return read_recipe("tiny_cpu", **{**places, **settings})

    def held_out(self, model: Path | str) -> DryRun:
        """Sample answers to the held-out prompts."""
        return dry_run(self.recipe(model=str(model), **HELD_OUT), quiet)


@pytest.fixture(scope="module")
def tiny(quick_start: Path) -> Tiny:
    made = Tiny(quick_start / "tiny", 0.0)
    return Tiny(made.folder, made.held_out(made.folder / "model").metrics["all/reward"])


@pytest.mark.slow
def test_the_quick_start_learns(quick_start: Path, tiny: Tiny):
    """One command makes data and model and trains: the reward of held-out prompts more than doubles."""
    lines = (quick_start / "tiny_cpu" / "metrics.jsonl").read_text().splitlines()
    rewards = [json.loads(line)["reward"] for line in lines]
    after = tiny.held_out(quick_start / "tiny_cpu" / "final").metrics["all/reward"]
    print(f"held out {tiny.before:.3f} -> {after:.3f}, trained on {rewards[0]:.3f} -> {rewards[-1]:.3f}")
    assert after > 0.6
    assert after >= 2 * tiny.before > 0
    assert sum(rewards[-5:]) / 5 > 0.6


@pytest.mark.slow
@pytest.mark.skipif("CROSSTHINK_SLOW" not in os.environ, reason="two more seeds: make test-slow")
@pytest.mark.parametrize("seed", [1, 2])
def test_it_learns_with_other_seeds_too(tiny: Tiny, tmp_path: Path, seed: int):
    outcome = train(tiny.recipe(output_dir=str(tmp_path / "run"), seed=seed), say=quiet)
    after = tiny.held_out(outcome.model).metrics["all/reward"]
    assert after > 0.6
    assert after >= 2 * tiny.before


@pytest.mark.slow
def test_a_constant_reward_teaches_nothing(tiny: Tiny, tmp_path: Path):
    def constant(completions: Sequence[object], **columns: object) -> list[float]:
        return [1.0] * len(completions)

    outcome = train(tiny.recipe(output_dir=str(tmp_path / "control")), score=constant, say=quiet)
    after = tiny.held_out(outcome.model).metrics["all/reward"]
    assert after < min(1.5 * tiny.before, 0.6)


@pytest.mark.slow
def test_a_killed_tiny_run_goes_on_as_if_it_had_not_been(tiny: Tiny, tmp_path: Path):
    def grpo(run: str, *settings: str) -> list[str]:
        places = [f"dataset={tiny.folder / 'data'}", f"model={tiny.folder / 'model'}"]
        steps = ["max_steps=6", "save_steps=2", f"output_dir={tmp_path / run}"]
        script = str(REPOSITORY / "train" / "grpo.py")
        return [sys.executable, script, "--config", "tiny_cpu", *places, *steps, *settings]

    env = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run(grpo("whole"), env=env, check=True, timeout=300, capture_output=True)
    killed = grpo("killed", "resume_from_checkpoint=latest")
    with subprocess.Popen(killed, env=env, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("step    5/6"):
                process.kill()
    again = subprocess.run(killed, env=env, check=True, timeout=300, capture_output=True, text=True)
    assert "going on from" in again.stderr
    whole, resumed = (
        (tmp_path / run / "final" / "model.safetensors").read_bytes() for run in ("whole", "killed")
    )
    assert whole == resumed
    assert whole != (tiny.folder / "model" / "model.safetensors").read_bytes()
