"""From a published version to a published model: push a build, train on the tag, push the model."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hub_server import TOKEN, Hub, client_environment, serving

DATA, MODEL = "you/crossthink", "you/few_steps"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture
def crossthink(hub: Hub, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line against the Hub."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**client_environment(tmp_path, hub.url, TOKEN), "OMP_NUM_THREADS": "2", **environment}
        command = [sys.executable, "-m", "crossthink_hub", *map(str, arguments)]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    return run


def test_train_on_a_published_version_and_push_the_model(
    hub: Hub, crossthink: Callable[..., subprocess.CompletedProcess[str]],
    sample_build: Path, recipe_file: Path, tmp_path: Path,
):  # fmt: skip
    shutil.copytree(sample_build, tmp_path / "build")
    published = crossthink("push", DATA, "--dir", "build", "--version", "1.0.0")
    assert published.returncode == 0, published.stderr
    done = crossthink(
        "train", recipe_file, f"dataset={DATA}@v1.0.0", "max_steps=1", "--push", MODEL, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pushed"].endswith(MODEL)
    files = hub.repos[MODEL].files()
    assert {"model.safetensors", "config.json", "README.md", "recipe.yaml", "crossthink.json"} <= set(files)
    card = files["README.md"].decode()
    front = yaml.safe_load(card.split("---")[1])
    assert front["datasets"] == [DATA]
    origin = json.loads(files["crossthink.json"])["provenance"]["data"]
    assert origin["version"] == "v1.0.0"
    assert len(origin["commit"]) == 40
    assert origin["commit"] in card
    again = crossthink(
        "train", recipe_file, f"dataset={DATA}@v9.0.0", f"output_dir={tmp_path / 'other'}", "max_steps=1"
    )
    assert again.returncode == 5
    assert "has no such version" in again.stderr
    assert "Traceback" not in again.stderr


def test_what_is_not_on_the_hub(
    crossthink: Callable[..., subprocess.CompletedProcess[str]], recipe_file: Path
):
    done = crossthink("train", recipe_file, "dataset=you/nothing@v1.0.0")
    assert done.returncode == 5
    assert "you/nothing: is not on the Hub" in done.stderr
    assert not (recipe_file.parent / "run").exists()
