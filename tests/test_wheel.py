"""The wheel works outside the checkout, with all its data, and puts nothing else on anyone's path."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from common import REPOSITORY


def python(*arguments: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    python("-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(REPOSITORY), cwd=folder)
    (built,) = folder.iterdir()
    return built


def test_the_wheel_holds_one_package_and_what_is_said_about_it(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"crossthink_hub"}
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"crossthink_hub"}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_has_every_file_of_the_package_and_the_recipes(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    recipes = REPOSITORY / "train" / "recipes"
    expected = {
        *(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "crossthink_hub").rglob("*.*")),
        *(f"crossthink_hub/training/recipes/{path.relative_to(recipes)}" for path in recipes.rglob("*.yaml")),
    }
    runs = REPOSITORY / "train" / "evaluations"
    expected |= {f"crossthink_hub/evaluation/runs/{path.name}" for path in runs.iterdir()}
    wanted = {name for name in expected if "__pycache__" not in name}
    assert {
        "crossthink_hub/training/model_card.md.j2",
        "crossthink_hub/training/trl_arguments.yaml",
    } <= wanted
    assert "crossthink_hub/training/recipes/shared/base.yaml" in wanted
    assert wanted <= names


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    options = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    python("-m", "pip", "install", *options, "--target", str(folder), str(wheel), cwd=folder)
    return folder


EVALUATION = """
from crossthink_hub.evaluation.report.page import page
from crossthink_hub.evaluation.settings import read_evaluation

asked = read_evaluation("open-reasoner-zero-7b")
assert open(asked.chat_template).read()
assert "<html" in page("Report", "of nothing", [], [])
print(asked.chat_template)
"""
TRAINING = """
from pathlib import Path
from crossthink_hub.training.layers import shipped_recipes
from crossthink_hub.training.model_card import model_card
from crossthink_hub.training.provenance import DataOrigin, Provenance
from crossthink_hub.training.recipe import read_recipe

print(shipped_recipes())
recipes = [read_recipe(path.stem) for path in shipped_recipes().glob("*.yaml")]
assert read_recipe("gpr_up_7b") in recipes
data = DataOrigin("you/blends", "gpr_up", "train", "v1.0.0", None, None, None, {})
assert "you/blends" in model_card(Provenance(recipes[0].as_yaml(), data, None, {}), [])
"""


def test_recipes_plan_and_model_card_are_found_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(installed)}
    found = python("-c", TRAINING, cwd=tmp_path, **environment)
    assert Path(found.strip()) == installed / "crossthink_hub" / "training" / "recipes"
    plan = ("-m", "crossthink_hub", "train", "--plan", "gpr_up_7b", "--json")
    assert '"fits": true' in python(*plan, cwd=tmp_path, **environment)


def test_evaluation_finds_its_run_files_and_its_page_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    found = python("-c", EVALUATION, cwd=tmp_path, PYTHONPATH=str(installed))
    assert Path(found.strip()).parent == installed / "crossthink_hub" / "evaluation" / "runs"


def test_every_command_runs_from_the_installed_wheel(installed: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()

    def run(*arguments: str) -> str:
        return python(*arguments, cwd=outside, PYTHONPATH=str(installed))

    found = run("-c", "import crossthink_hub; print(crossthink_hub.__file__)")
    assert Path(found.strip()) == installed / "crossthink_hub" / "__init__.py"
    crossthink = ("-m", "crossthink_hub")
    assert "gpr_up" in run(*crossthink, "build", "gpr_up", "--sources", "sample", "--out", "crossthink")
    assert '"problems": []' in run(*crossthink, "validate", "--json")
    assert run(*crossthink, "show", "gpr_up", "-n", "2", "--json").count('"solution": ') == 2
    assert run(*crossthink, "configs", "--json").count('"built": null') == 27
    assert run(str(installed / "bin" / "crossthink"), "--version") == run(*crossthink, "--version")
