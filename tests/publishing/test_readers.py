"""What someone gets who has `datasets` and nothing of ours, from a repository with two versions."""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hub_server import Hub
from product import READER, REPO, MakeFolder, Product, good

VERSIONS = {"v1.0.0": 200, "v1.1.0": 210}

PROGRAM = f"""
import json, os
from datasets import get_dataset_config_names, load_dataset, load_dataset_builder

found = {{}}
for revision in ("v1.0.0", "v1.1.0", None):
    for config in get_dataset_config_names("{REPO}", revision=revision):
        loaded = load_dataset("{REPO}", config, revision=revision)
        streamed = load_dataset("{REPO}", config, revision=revision, streaming=True, split="train")
        assert next(iter(streamed)) == loaded["train"][0]
        for split, rows in loaded.items():
            info = load_dataset_builder("{REPO}", config, revision=revision).info
            assert len(rows) == info.splits[split].num_examples
            found[f"{{revision}}/{{config}}/{{split}}"] = rows["id"]
default = load_dataset("{REPO}", split="train", revision="v1.0.0")
found["default"] = default["id"]
with open("loaded.json", "w") as file:
    json.dump({{name: list(ids) for name, ids in found.items()}}, file)
os._exit(0)  # a thread of a reader that streams may still run, beside which Python at times can't end
"""


def ids(folder: Path, config: str, split: str) -> list[str]:
    paths = sorted((folder / "data" / config).glob(f"{split}-*.parquet"))
    return [key for path in paths for key in pq.read_table(path)["id"].to_pylist()]


@pytest.mark.parametrize("redirect", [True, False], ids=["other origin", "same origin"])
@pytest.mark.parametrize("python", [sys.executable, READER], ids=["beside ours", "without ours"])
def test_every_config_loads_at_each_version(
    hub: Hub, crossthink: Product, folder: MakeFolder, python: Path, redirect: bool
) -> None:
    assert READER.exists(), "`make test` makes .venv-reader, with datasets alone"
    hub.redirect = redirect
    folders = {tag: folder(tag, size=size) for tag, size in VERSIONS.items()}
    for tag, mine in folders.items():
        good(crossthink("push", REPO, "--dir", mine, "--version", tag))
    good(crossthink.program(PROGRAM, python=python))
    loaded = json.loads((crossthink.home / "loaded.json").read_text())
    expected = {
        f"{revision}/{config}/{split}": ids(folders[revision or "v1.1.0"], config, split)
        for revision in (*VERSIONS, None)
        for config in ("gpr_up", "only_mr")
        for split in ("train", "test")
    }
    assert loaded.pop("default") == ids(folders["v1.0.0"], "gpr_up", "train")
    assert loaded == expected


def test_the_reader_has_nothing_of_ours(crossthink: Product) -> None:
    missing = 'from importlib.util import find_spec\nassert find_spec("crossthink_hub") is None'
    good(crossthink.program(missing, python=READER))


def test_after_a_rollback_readers_of_main_get_the_old_rows(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    old = folder("old")
    good(crossthink("push", REPO, "--dir", old))
    good(crossthink("push", REPO, "--dir", folder("new", size=210)))
    load = f"""
from datasets import load_dataset
print(*load_dataset("{REPO}", "gpr_up", split="train")["id"])
"""
    before = good(crossthink.program(load, python=READER)).split()
    good(crossthink("rollback", REPO, "1.0.0"))
    assert good(crossthink.program(load, python=READER)).split() == ids(old, "gpr_up", "train")
    assert before == ids(crossthink.home / "new", "gpr_up", "train")
