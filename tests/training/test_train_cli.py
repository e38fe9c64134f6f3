"""`crossthink train`: what a person types, and what is printed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from common import REPOSITORY

CROSSTHINK = Path(sys.executable).with_name("crossthink")


def crossthink(*arguments: object, columns: int = 100) -> subprocess.CompletedProcess[str]:
    import os

    env = {**os.environ, "COLUMNS": str(columns), "HF_HUB_OFFLINE": "1"}
    command = [str(CROSSTHINK), *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, cwd=REPOSITORY)


def test_help_has_an_example_for_each_use():
    done = crossthink("train", "--help")
    assert done.returncode == 0
    for word in ("--plan", "--dry-run", "--curves", "--overlay", "--push", "--json", "Example:"):
        assert word in done.stdout


def test_a_plan_says_what_fits_and_exits_so():
    fits = crossthink("train", "--plan", "gpr_up_7b", "--gpus", 8, "--gpu-memory", 80)
    assert fits.returncode == 0, fits.stderr
    assert "It fits" in fits.stdout
    large = crossthink(
        "train", "--plan", "train/recipes/gpr_up_32b.yaml", "--gpus", 8, "--gpu-memory", 80, "--json"
    )
    assert large.returncode == 1
    plan = json.loads(large.stdout)
    assert not plan["fits"]
    assert plan["problems"]


def test_overlays_and_settings_go_over_the_recipe():
    overlay = REPOSITORY / "train/recipes/overlays/verl_code.yaml"
    done = crossthink("train", "--plan", "gpr_up_7b", "--overlay", overlay, "max_steps=3", "--json")
    assert json.loads(done.stdout)["steps"] == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--plan", "--curves", "x"], 2, "only one of them at a time"),
        (["nothing.yaml"], 2, "no such file"),
        (["gpr_up_7b", "learning_rat=1"], 2, "learning_rate"),
        (["gpr_up_7b"], 2, "sharding is fsdp2, and this was launched with none"),
        (["--dry-run", "gpr_up_7b", "dataset=nowhere"], 1, "no such folder, and training never builds data"),
    ],
)
def test_bad_input_ends_in_plain_words(arguments: list[str], code: int, words: str):
    done = crossthink("train", *arguments)
    assert done.returncode == code
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_without_trl_it_says_what_to_install(recipe_file: Path):
    program = "import sys; sys.modules['trl'] = None; from crossthink_hub.cli import main; main()"
    for flags in ([], ["--dry-run"]):
        command = [sys.executable, "-c", program, "train", *flags, str(recipe_file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        assert done.returncode == 2
        assert "trl can't be imported" in done.stderr
        assert "crossthink-hub[train]" in done.stderr


def test_a_dry_run_samples_grades_and_explains(recipe_file: Path, tmp_path: Path):
    done = crossthink("train", "--dry-run", recipe_file, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["prompts"] == 64
    assert found["completions"] == 64 * 4
    assert found["metrics"]["all/reward"] == 0
    assert 0 <= found["metrics"]["all/truncated"] <= 1
    sources = {name.partition("/")[0] for name in found["metrics"]} - {"all"}
    assert len(sources) > 2
    assert len(found["worst"]) == 10
    assert len({one["row_id"] for one in found["worst"]}) > 5, "of different prompts, as far as there are any"
    assert {one["status"] for one in found["worst"]} >= {"no_box"}
    assert not (tmp_path / "run").exists(), "nothing is trained, nothing written"


def test_a_dry_run_is_readable(recipe_file: Path):
    done = crossthink("train", "--dry-run", recipe_file, columns=80)
    assert done.returncode == 0, done.stderr
    for words in (
        "64 prompts x 4 completions",
        "natural_reasoning",
        "dead",
        "Nothing was rewarded",
        "The 10 worst",
    ):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_training_says_where_the_model_is_and_draws_its_curves(recipe_file: Path, tmp_path: Path):
    done = crossthink("train", recipe_file, "max_steps=2")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    assert "step    2/2  reward 0.000" in done.stderr
    assert "Trained 2 steps" in done.stdout
    drawn = crossthink("train", "--curves", run, "--json")
    assert drawn.returncode == 0, drawn.stderr
    image = Path(json.loads(drawn.stdout)["curves"])
    assert image.read_bytes().startswith(b"\x89PNG")


def test_pushing_to_what_is_no_name_is_refused_before_training(recipe_file: Path, tmp_path: Path):
    done = crossthink("train", recipe_file, "--push", "no name at all")
    assert done.returncode == 2
    assert not (tmp_path / "run").exists()
