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


def test_every_command_runs_from_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    installed, outside = tmp_path / "installed", tmp_path / "outside"
    outside.mkdir()
    options = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    python("-m", "pip", "install", *options, "--target", str(installed), str(wheel), cwd=outside)

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
