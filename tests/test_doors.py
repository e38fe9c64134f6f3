"""Doors to the same rows: beside a built folder with plain `datasets`, and anywhere with `crossthink_hub`.

A program is run as its reader would run it: a process of its own, with caches of its own. It keeps the
rows it gets, and the test compares them with what a build wrote.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from common import RunPython

from crossthink_hub import row
from crossthink_hub.building.digest import hexadecimal, row_digests, set_digest
from crossthink_hub.building.manifest import read_manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.sources.sample import MATH, write_sample

KEEP = """
import os, pathlib, sys
import pyarrow as pa, pyarrow.parquet as pq

def keep(name, rows, features=None):
    schema = (features or rows.features).arrow_schema
    if hasattr(rows, "data"):
        table = rows.data.table
    elif isinstance(rows, list):
        table = pa.Table.from_pylist(rows, schema)
    else:
        table = pa.concat_tables(rows.with_format("arrow").iter(1000))
    assert table.schema.equals(schema)
    pq.write_table(table, pathlib.Path(os.environ["KEPT"], name).with_suffix(".parquet"))

def keep_row_by_row(name, rows):
    # As pyarrow may abort a process that ends right after reading batches: apache/arrow#45214.
    keep(name, list(rows), rows.features)
"""

TWO_SHARDS = {"size": 30_000, "oversample": True}

either_door = pytest.mark.parametrize("door", ["", "import crossthink_hub"], ids=["plain", "imported"])


def kept(run_python: RunPython, program: str, cwd: Path, **environment: str) -> dict[str, pa.Table]:
    """Run a program in a folder and return the rows it kept, by name."""
    with TemporaryDirectory() as folder:
        run_python(KEEP + dedent(program), cwd, KEPT=folder, **environment)
        return {path.stem: pq.read_table(path).replace_schema_metadata() for path in Path(folder).iterdir()}


def built(place: Path, *configs: str, sources: str = "sample", **settings: Any) -> Path:
    """Build `place/crossthink` and return it."""
    build(BuildSettings(configs or ("gpr_up",), **settings), sources, place / "crossthink")
    return place / "crossthink"


def assert_rows(
    rows: pa.Table, folder: Path, config: str = "gpr_up", split: str = "train", ordered: bool = True
) -> None:
    """Check that these are the rows of a built folder, and in its order."""
    entry = read_manifest(folder)["configs"][config]
    entry = entry if split == "train" else entry[split]
    assert rows.schema.equals(row.SCHEMA)
    assert hexadecimal(set_digest(row_digests(rows))) == entry["row_digest"]
    if ordered:
        written = pq.read_table([folder / file["path"] for file in entry["files"]], columns=["id"])
        assert rows["id"].to_pylist() == written["id"].to_pylist()


@pytest.fixture(scope="module")
def blends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built folder that holds two configs of two shards each."""
    return built(tmp_path_factory.mktemp("blends"), "gpr_up", "nd", **TWO_SHARDS)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, which must be empty at the end of the test too."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    yield folder
    assert not list(folder.iterdir())


@either_door
def test_beside_a_built_folder_its_name_is_enough(run_python: RunPython, blends: Path, door: str) -> None:
    program = f"""
        {door}
        from datasets import concatenate_datasets, load_dataset

        blend, other = load_dataset("crossthink", "gpr_up"), load_dataset("crossthink", "nd", split="train")
        keep("train", blend["train"])
        keep("test", blend["test"])
        streamed = load_dataset("crossthink", "gpr_up", split="train", streaming=True)
        keep_row_by_row("streamed", streamed)
        keep("by_default", load_dataset("crossthink", split="test"))
        keep("nd", other)
        assert len(concatenate_datasets([blend["train"], other])) == len(blend["train"]) + len(other)
        assert load_dataset("./crossthink", "gpr_up", split="train").features == other.features
        assert ("crossthink_hub" in sys.modules) == {bool(door)}
    """
    rows = kept(run_python, program, blends.parent)
    for name in ("train", "streamed"):
        assert_rows(rows[name], blends)
    for name in ("test", "by_default"):
        assert_rows(rows[name], blends, split="test")
    assert_rows(rows["nd"], blends, "nd")


@either_door
def test_a_rebuilt_folder_is_never_served_stale(run_python: RunPython, tmp_path: Path, door: str) -> None:
    program = """
        {door}
        import subprocess
        from datasets import load_dataset

        for name, option, value in {builds}:
            command = [sys.executable, "-m", "crossthink_hub", "build", "gpr_up", "--sources", "sample"]
            command += [option, value]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            keep(name, load_dataset("crossthink", "gpr_up", split="train"))
            streamed = load_dataset("crossthink", "gpr_up", split="train", streaming=True)
            keep_row_by_row(name + "_streamed", streamed)
    """
    one_process = [("first", "--seed", "0"), ("other_seed", "--seed", "1")]
    the_next = [("other_size", "--size", "100"), ("first_again", "--seed", "0")]
    rows = {}
    for builds in (one_process, the_next):
        rows |= kept(run_python, program.format(door=door, builds=builds), tmp_path)
    for name, settings in {
        "first": {},
        "other_seed": {"seed": 1},
        "other_size": {"size": 100},
        "first_again": {},
    }.items():
        expected = built(tmp_path / name, **settings)
        assert_rows(rows[name], expected)
        assert_rows(rows[f"{name}_streamed"], expected)


@either_door
def test_folders_in_different_places_are_never_mixed_up(
    run_python: RunPython, tmp_path: Path, door: str
) -> None:
    places = {name: built(tmp_path / name, seed=seed) for seed, name in enumerate(("one", "two"))}
    program = f"""
        {door}
        from datasets import load_dataset

        for visit, place in enumerate(["one", "two", "one"]):
            os.chdir(pathlib.Path({str(tmp_path)!r}, place))
            keep(f"{{place}}-{{visit}}", load_dataset("crossthink", "gpr_up", split="train"))
            streamed = load_dataset("crossthink", "gpr_up", split="train", streaming=True)
            keep_row_by_row(f"{{place}}-{{visit}}-streamed", streamed)
    """
    rows = kept(run_python, program, tmp_path)
    assert len(rows) == 6
    for name, table in rows.items():
        assert_rows(table, places[name.split("-")[0]])


def test_importing_the_package_imports_no_heavy_library(run_python: RunPython) -> None:
    run_python("""if True:
        import sys
        import crossthink_hub

        assert not {"datasets", "torch", "pyarrow", "numpy", "pandas"} & set(sys.modules), sys.modules.keys()
    """)


def test_anywhere_the_import_is_enough(run_python: RunPython, elsewhere: Path, blends: Path) -> None:
    program = f"""
        import pickle
        import crossthink_hub
        from datasets import load_dataset

        options = dict(sources="sample", **{TWO_SHARDS})
        both = load_dataset("crossthink", "gpr_up", **options)
        keep("train", both["train"])
        keep("test", both["test"])
        keep("loaded", crossthink_hub.load("gpr_up", split="train", **options))
        anew = dict(num_proc=2, download_mode="force_redownload")
        keep("by_two_processes", load_dataset("crossthink", "gpr_up", split="train", **options, **anew))
        streamed = load_dataset("crossthink", "gpr_up", streaming=True, **options)
        keep("streamed", streamed["train"])
        keep_row_by_row("pickled", pickle.loads(pickle.dumps(streamed["test"])))
        keep("nd", crossthink_hub.load("nd", split="train", **options))
    """
    rows = kept(run_python, program, elsewhere)
    for name in ("train", "loaded", "by_two_processes", "streamed"):
        assert_rows(rows[name], blends)
    for name in ("test", "pickled"):
        assert_rows(rows[name], blends, split="test")
    assert_rows(rows["nd"], blends, "nd")


def test_files_in_the_working_directory_are_neither_listed_nor_opened(
    run_python: RunPython, tmp_path: Path
) -> None:
    # Not even their names are read, so it does not matter that there are few.
    crowded = tmp_path / "crowded"
    for folder in (crowded, crowded / "training"):
        folder.mkdir()
        for name in ("train.csv", "test.json", "train-00000-of-00001.parquet", "README.md", "crossthink.py"):
            (folder / name).write_text("no data")
    program = """
        import crossthink_hub
        from datasets import load_dataset

        def watch(event, arguments):
            if event in ("open", "os.listdir", "os.scandir", "os.walk", "glob.glob", "pathlib.Path.glob"):
                path = arguments[0]
                if not isinstance(path, int):
                    seen.append(os.path.abspath(os.fsdecode(path or ".")))

        here, seen = os.getcwd(), []
        sys.addaudithook(watch)
        list(load_dataset("crossthink", "gpr_up", split="train", sources="sample", streaming=True))
        rows = load_dataset("crossthink", "gpr_up", split="train", sources="sample")
        touched = [path for path in seen if path.startswith(here) and os.path.exists(path)]
        assert seen and not touched, touched
        os.listdir()
        assert seen[-1] == here, "the watch sees nothing"
        keep("train", rows)
    """
    rows = kept(run_python, program, crowded, PYTHONSAFEPATH="1")
    assert_rows(rows["train"], built(tmp_path / "expected"))


def test_workers_of_a_data_loader_share_the_rows_forked_or_spawned(
    run_python: RunPython, elsewhere: Path, blends: Path
) -> None:
    program = f"""
        import crossthink_hub
        from torch.utils.data import DataLoader

        rows = crossthink_hub.load("gpr_up", split="train", sources="sample", streaming=True, **{TWO_SHARDS})
        for start in ("fork", "spawn"):
            workers = dict(num_workers=2, multiprocessing_context=start)
            batches = DataLoader(rows, batch_size=1000, collate_fn=list, **workers)
            keep(start, [row for batch in batches for row in batch], rows.features)
    """
    rows = kept(run_python, program, elsewhere)
    for start in ("fork", "spawn"):
        assert_rows(rows[start], blends, ordered=False)


def test_processes_at_first_use_at_once_get_the_same_rows_from_one_build(
    run_python: RunPython, elsewhere: Path, tmp_path: Path
) -> None:
    (tmp_path / "ready").mkdir()
    program = """
        import time
        import crossthink_hub
        from datasets import load_dataset

        def count(event, arguments):
            if event == "os.rename" and str(arguments[1]).endswith("manifest.json"):
                pathlib.Path(os.environ["KEPT"], "built").touch()

        sys.addaudithook(count)
        ready = pathlib.Path({ready!r})
        pathlib.Path(ready, "{number}").touch()
        while len(list(ready.iterdir())) < 4:
            time.sleep(0.001)
        asked = dict(split="train", sources="sample", streaming={streaming})
        keep("train", load_dataset("crossthink", "gpr_up", **asked))
    """

    def read(number: int) -> tuple[pa.Table, bool]:
        code = program.format(ready=str(tmp_path / "ready"), number=number, streaming=number % 2 == 0)
        with TemporaryDirectory() as folder:
            run_python(KEEP + dedent(code), elsewhere, KEPT=folder)
            rows = pq.read_table(Path(folder, "train.parquet")).replace_schema_metadata()
            return rows, Path(folder, "built").exists()

    with ThreadPoolExecutor(4) as processes:
        read_by_each = list(processes.map(read, range(4)))
    expected = built(tmp_path / "expected")
    for rows, _ in read_by_each:
        assert_rows(rows, expected)
    assert [has_built for _, has_built in read_by_each].count(True) == 1


def test_no_other_data_set_is_loaded_in_another_way(run_python: RunPython, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "rows.parquet")
    (tmp_path / "rows.json").write_text('{"a": 3}\n')
    (tmp_path / "folder" / "train.csv").write_text("a\n4\n")
    (tmp_path / "folder" / "test.csv").write_text("a\n5\n")
    program = """
        import os, sys
        {imports}
        from datasets import load_dataset, load_dataset_builder

        for asked in (
            dict(path="csv", data_files="folder/train.csv"),
            dict(path="csv", data_dir="folder"),
            dict(path="json", data_files=["rows.json"]),
            dict(path="parquet", data_files=dict(train="rows.parquet")),
            dict(path="folder"),
            dict(path="csv", data_files="absent.csv"),
            dict(path="absent"),
        ):
            try:
                places = [load_dataset_builder(**asked).cache_dir.removeprefix(os.environ["HF_HOME"])]
                print(places, {{split: rows.to_list() for split, rows in load_dataset(**asked).items()}})
            except Exception as error:
                print(type(error), error)
        {check}
    """
    ours = 'assert len(load_dataset("crossthink", split="train", sources="sample", size=7)) == 7'
    orders = {
        "without": ("import datasets", 'assert "crossthink_hub" not in sys.modules'),
        "datasets_first": ("import datasets, crossthink_hub", ours),
        "crossthink_hub_first": ("import crossthink_hub, datasets", ours),
    }
    printed = [
        run_python(
            dedent(program.format(imports=imports, check=check)), tmp_path, HF_HOME=str(tmp_path / name)
        )
        for name, (imports, check) in orders.items()
    ]
    assert all(f"[{{'a': {number}}}" in printed[0] for number in (1, 3, 4))
    assert printed == printed[:1] * 3


def test_a_built_folder_is_read_unless_sources_are_given(run_python: RunPython, tmp_path: Path) -> None:
    beside = built(tmp_path, seed=7)
    program = """
        import pytest, warnings
        import crossthink_hub
        from crossthink_hub.errors import UsageError

        warnings.filterwarnings("error", message=".*crossthink")
        keep("beside", crossthink_hub.load("gpr_up", split="train"))
        keep("sample", crossthink_hub.load("gpr_up", split="train", sources="sample"))
        keep("chosen", crossthink_hub.load("gpr_up", split="train", sources="sample", seed=1, size=100))
        for choice in (dict(size=100), dict(size="max"), dict(seed=1), dict(size=50_000, oversample=True)):
            with pytest.raises(UsageError, match=f"so {', '.join(choice)} can't(.|\\n)*sources="):
                crossthink_hub.load("gpr_up", **choice)
        with pytest.raises(UsageError, match="'nd', only gpr_up\\n.*crossthink build gpr_up nd"):
            crossthink_hub.load("nd")
    """
    rows = kept(run_python, program, tmp_path)
    assert_rows(rows["beside"], beside)
    assert_rows(rows["sample"], built(tmp_path / "sample"))
    assert_rows(rows["chosen"], built(tmp_path / "chosen", seed=1, size=100))


def test_seed_zero_is_a_choice_that_a_built_folder_refuses(run_python: RunPython, tmp_path: Path) -> None:
    built(tmp_path, seed=7)
    run_python("""if True:
        import pytest
        import crossthink_hub

        with pytest.raises(crossthink_hub.errors.UsageError, match="seed"):
            crossthink_hub.load("gpr_up", seed=0)
    """)


def test_without_a_folder_or_sources_the_hub_is_asked(run_python: RunPython, elsewhere: Path) -> None:
    run_python(
        dedent("""
        import pytest
        import crossthink_hub
        from crossthink_hub.errors import SourceError

        with pytest.raises(SourceError, match="HF_HUB_OFFLINE"):
            crossthink_hub.load("gpr_up", split="train")
        """),
        elsewhere,
    )


def test_a_request_that_makes_no_sense_says_what_would(run_python: RunPython, elsewhere: Path) -> None:
    run_python(
        dedent("""
        import pytest
        import crossthink_hub
        from crossthink_hub.errors import SourceError, UsageError
        from crossthink_hub.recipe.configs import configs

        for asked, error, told in (
            (dict(config="absent"), ValueError, ".*".join(configs())),
            (dict(size=0), UsageError, "size is 0"),
            (dict(size=1_000_000), UsageError, "at most 2,923 rows"),
            (dict(data_files="rows.csv"), UsageError, "data_files=(.|\\n)*sources="),
            (dict(data_dir="rows"), UsageError, "data_dir=(.|\\n)*sources="),
            (dict(sources="absent"), SourceError, "absent: expected a folder"),
        ):
            with pytest.raises(error, match=told):
                crossthink_hub.load(**{"sources": "sample", **asked})
        """),
        elsewhere,
    )


def test_changed_source_files_are_not_served_stale(run_python: RunPython, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    write_sample(before)
    copytree(before, after)
    math = pq.read_table(before / MATH)
    pq.write_table(math.slice(0, 30), after / MATH)
    pq.write_table(math.slice(30), after / "hendrycks_math" / "more.parquet")
    copytree(before, tmp_path / "sources")
    program = f"""
        import shutil
        import crossthink_hub

        def read(name):
            keep(name, crossthink_hub.load("gpr_up", split="train", sources="sources"))
            streamed = crossthink_hub.load("gpr_up", split="train", sources="sources", streaming=True)
            keep(name + "_streamed", streamed)

        read("before")
        shutil.copy("after/{MATH}", "sources/{MATH}")
        read("fewer")
        shutil.copy("after/hendrycks_math/more.parquet", "sources/hendrycks_math/more.parquet")
        read("split_in_two")
        os.utime("sources/{MATH}")
        read("touched")
    """
    rows = kept(run_python, program, tmp_path)
    expected = {
        "before": built(tmp_path / "built_before", sources=str(before)),
        "split_in_two": built(tmp_path / "built_after", sources=str(after)),
    }
    expected["touched"] = expected["split_in_two"]
    (after / "hendrycks_math" / "more.parquet").unlink()
    expected["fewer"] = built(tmp_path / "built_fewer", sources=str(after))
    assert len(rows) == 2 * len(expected)
    for name, folder in expected.items():
        assert_rows(rows[name], folder)
        assert_rows(rows[f"{name}_streamed"], folder)


def test_relative_sources_mean_the_working_directory_at_the_call(
    run_python: RunPython, tmp_path: Path
) -> None:
    write_sample(tmp_path / "sources")
    (tmp_path / "sub").mkdir()
    program = """
        import crossthink_hub
        from datasets import load_dataset_builder

        builder = load_dataset_builder("crossthink", "gpr_up", sources="sources")
        os.chdir("sub")
        keep("train", builder.as_streaming_dataset("train"))
    """
    rows = kept(run_python, program, tmp_path)
    assert_rows(rows["train"], built(tmp_path / "expected", sources=str(tmp_path / "sources")))


@pytest.mark.parametrize("cache", ["~/cache", "cache"])
def test_builds_lie_in_the_cache_of_datasets_wherever_that_is(
    run_python: RunPython, tmp_path: Path, cache: str
) -> None:
    (tmp_path / "sub").mkdir()
    program = """
        import crossthink_hub

        rows = crossthink_hub.load("gpr_up", split="train", sources="sample", streaming=True)
        os.chdir("sub")
        keep("train", rows)
    """
    rows = kept(run_python, program, tmp_path, HOME=str(tmp_path), HF_DATASETS_CACHE=cache)
    assert_rows(rows["train"], built(tmp_path / "expected"))
    assert list(tmp_path.glob("cache/crossthink_builds/gpr_up-*/manifest.json"))
