"""The third door, a loading script, beside the other two: for `datasets` before 4.0, which runs scripts.

`make test-compat` runs this in an environment of its own. Anywhere else it fails, so that it can't be
passed over in silence.
"""

import os
from importlib.metadata import version
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
import test_doors
import test_front_matter
from common import REPOSITORY, RunPython
from test_doors import TWO_SHARDS, assert_rows, built, kept

import crossthink_hub

SCRIPT = str(REPOSITORY / "loaders" / "crossthink.py")
LOAD_BY_SCRIPT = f"""
from functools import partial
import datasets

load = partial(datasets.load_dataset, {SCRIPT!r}, trust_remote_code=True)
load_builder = partial(datasets.load_dataset_builder, {SCRIPT!r}, trust_remote_code=True)
"""


@pytest.fixture(scope="session", autouse=True)
def _datasets_runs_scripts() -> None:
    found = version("datasets")
    assert int(found.split(".")[0]) < 4, f"datasets {found} runs no scripts; `make test-compat` installs 3.6"


# The other doors are held to the same tests as with later versions.
blends = test_doors.blends
elsewhere = test_doors.elsewhere
test_beside_a_built_folder_its_name_is_enough = test_doors.test_beside_a_built_folder_its_name_is_enough
test_folders_in_different_places_are_never_mixed_up = (
    test_doors.test_folders_in_different_places_are_never_mixed_up
)
test_anywhere_the_import_is_enough = test_doors.test_anywhere_the_import_is_enough
test_the_code_in_the_card_loads_it_streaming_or_not_and_never_stale = (
    test_front_matter.test_the_code_in_the_card_loads_it_streaming_or_not_and_never_stale
)
test_no_other_data_set_is_loaded_in_another_way = test_doors.test_no_other_data_set_is_loaded_in_another_way


def test_the_script_gives_the_rows_of_the_build_that_is_asked_for(
    run_python: RunPython, elsewhere: Path, blends: Path
) -> None:
    program = f"""
import pickle
import pytest
{LOAD_BY_SCRIPT}
options = dict(sources="sample", **{TWO_SHARDS})
both = load("gpr_up", **options)
keep("train", both["train"])
keep("test", both["test"])
keep("nd", load("nd", split="train", **options))
anew = dict(num_proc=2, download_mode="force_redownload")
keep("by_two_processes", load("gpr_up", split="train", **options, **anew))
streamed = load("gpr_up", streaming=True, **options)
keep("streamed", streamed["train"])
keep_row_by_row("pickled", pickle.loads(pickle.dumps(streamed["test"])))
with pytest.raises(ValueError, match="'absent' not found. Available: .*'nd'.*'gpr_up'"):
    load("absent", **options)
"""
    rows = kept(run_python, program, elsewhere)
    for name in ("train", "by_two_processes", "streamed"):
        assert_rows(rows[name], blends)
    for name in ("test", "pickled"):
        assert_rows(rows[name], blends, split="test")
    assert_rows(rows["nd"], blends, "nd")


def test_the_script_reads_a_built_folder_unless_sources_are_given(
    run_python: RunPython, tmp_path: Path
) -> None:
    places = {name: built(tmp_path / name, seed=seed) for seed, name in enumerate(("one", "two"))}
    program = f"""
import pytest
{LOAD_BY_SCRIPT}
builders = dict()
for place in ("one", "two"):
    os.chdir(pathlib.Path({str(tmp_path)!r}, place))
    keep(place, load("gpr_up", split="train"))
    builders[place] = load_builder("gpr_up")
for place, builder in builders.items():
    keep(place + "_streamed", builder.as_streaming_dataset("train"))
keep("asked_for", load("gpr_up", split="train", sources="sample", seed=2, size=100))
with pytest.raises(Exception, match="so size can't be chosen") as refused:
    load("gpr_up", size=100)
assert refused.typename == "UsageError"
"""
    rows = kept(run_python, program, tmp_path)
    for place, folder in places.items():
        assert_rows(rows[place], folder)
        assert_rows(rows[f"{place}_streamed"], folder)
    assert_rows(rows["asked_for"], built(tmp_path / "expected", seed=2, size=100))


def test_the_three_doors_share_a_cache_and_give_the_same_rows_before_and_after_a_rebuild(
    run_python: RunPython, tmp_path: Path
) -> None:
    doors = {
        "plain": 'import datasets\nload = lambda name: datasets.load_dataset("crossthink", name)',
        "imported": "from crossthink_hub import load",
        "script": LOAD_BY_SCRIPT,
    }
    for seed in (0, 1):
        folder = built(tmp_path, seed=seed)
        for door in doors.values():
            rows = kept(run_python, f'{door}\nkeep("train", load("gpr_up")["train"])', tmp_path)
            assert_rows(rows["train"], folder)


def test_loading_writes_nothing_beside_the_installed_package(run_python: RunPython, tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    package = Path(crossthink_hub.__file__).parent
    copytree(package, installed / package.name, ignore=ignore_patterns("__pycache__"))
    before = sorted(installed.rglob("*"))
    program = f"""
        import crossthink_hub

        assert crossthink_hub.__file__.startswith({str(installed)!r})
        keep("train", crossthink_hub.load("gpr_up", split="train", sources="sample"))
    """
    path = os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])
    rows = kept(run_python, program, tmp_path, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    assert_rows(rows["train"], built(tmp_path / "expected"))
    assert sorted(installed.rglob("*")) == before
