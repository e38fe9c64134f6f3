"""`validate` finds what is wrong with a built folder, whatever it is, and says where."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossthink_hub.building.manifest import problems_of
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.validation import validate


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "crossthink"
    build(BuildSettings(("gpr_up", "nd"), size=100), "sample", out)
    return out


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "crossthink"))


def train(folder: Path) -> Path:
    return next((folder / "data/gpr_up").glob("train-*.parquet"))


def edit_manifest(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def rewrite(folder: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change rows and give the manifest the file's new checksum, so that only the rows tell."""
    path = train(folder)
    pq.write_table(change(pq.read_table(path)), path)
    import hashlib

    def listed(manifest: dict) -> None:
        manifest["configs"]["gpr_up"]["files"][0]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    edit_manifest(folder, listed)


def solution_changed(table: pa.Table) -> pa.Table:
    return table.set_column(3, "solution", pa.array(["?", *table["solution"].to_pylist()[1:]]))


def test_a_built_folder_is_valid(built: Path) -> None:
    assert validate(built) == []


def test_its_manifest_fits_the_schema_and_a_changed_one_does_not(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    assert problems_of(manifest) == []
    assert problems_of({**manifest, "extra": 1})
    assert problems_of({**manifest, "seed": "0"})


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a missing shard": (lambda f: train(f).unlink(), "is missing"),
    "a flipped byte": (lambda f: train(f).write_bytes(train(f).read_bytes()[:-1] + b"x"), "sha256 is"),
    "an extra shard": (
        lambda f: shutil.copy(train(f), train(f).with_name("x.parquet")),
        "not in the manifest",
    ),
    "a changed solution": (lambda f: rewrite(f, solution_changed), "row digest is"),
    "a solution unlike the ground truth": (lambda f: rewrite(f, solution_changed), "is not reward_model"),
    "a lost row": (lambda f: rewrite(f, lambda t: t.slice(1)), "has 99 rows, the manifest says 100"),
    "a doubled row": (
        lambda f: rewrite(f, lambda t: pa.concat_tables([t.slice(0, 99), t.slice(0, 1)])),
        "1 ids stand twice",
    ),
    "another schema": (lambda f: rewrite(f, lambda t: t.drop_columns(["ability"])), "its columns are not"),
    "quotas not met": (
        lambda f: edit_manifest(f, lambda m: m["configs"]["gpr_up"]["quotas"].update(mmlu=65)),
        "are not the quotas",
    ),
    "accounts that don't close": (
        lambda f: edit_manifest(f, lambda m: m["sources"]["mmlu"].update(rows_read=1)),
        "1 rows read",
    ),
    "drops that are not listed": (
        lambda f: edit_manifest(f, lambda m: m["sources"]["mmlu"]["rows_dropped"].update(empty_question=9)),
        "dropped/mmlu.parquet: lists",
    ),
    "a card without YAML": (lambda f: (f / "README.md").write_text("# Hi\n"), "README.md: has no YAML"),
    "a card of another build": (
        lambda f: (f / "README.md").write_text((f / "README.md").read_text().replace("train-0", "train-1")),
        "README.md: its configs are not",
    ),
    "a manifest of another shape": (
        lambda f: edit_manifest(f, lambda m: m.pop("seed")),
        "'seed' is a required",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(folder: Path, damage: str) -> None:
    harm, said = DAMAGE[damage]
    harm(folder)
    found = validate(folder)
    assert any(said in line for line in found), found


def test_every_problem_is_listed_not_only_the_first(folder: Path) -> None:
    train(folder).unlink()
    (folder / "README.md").unlink()
    (folder / "dropped/mmlu.parquet").unlink()
    found = "\n".join(validate(folder))
    assert all(name in found for name in ("data/gpr_up/train", "README.md", "dropped/mmlu.parquet"))
