"""The Croissant metadata of a folder is valid, and its records are the rows of the Parquet files."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from common import RunPython
from manifests import PUBLICATION, Manifest, as_real

from crossthink_hub.building.manifest import read_manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.card.croissant import croissant, croissant_json

CONFIGS = ("gpr_up", "only_gpr-open", "nd-short", "math", "qa")
READ = """
import json, pathlib, socket, sys

def refuse(*arguments, **names):
    raise OSError("no network")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import mlcroissant

data = mlcroissant.Dataset("crossthink/croissant.json")
issues = data.metadata.ctx.issues
text = lambda value: value.decode() if isinstance(value, bytes) else str(value)
rows = {set_.name: list(data.records(set_.name)) for set_ in data.metadata.record_sets}
print(json.dumps({"issues": sorted([*issues.errors, *issues.warnings]), "rows": rows}, default=text))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a built folder lies."""
    place = tmp_path_factory.mktemp("croissant")
    build(BuildSettings(CONFIGS, size=130, oversample=True), "sample", place / "crossthink")
    return place


@pytest.fixture
def manifest(place: Path) -> Manifest:
    return read_manifest(place / "crossthink")


def plain(value: Any) -> Any:
    """Return a record with the names of its fields in the place of their ids."""
    if isinstance(value, dict):
        return {key.split("/")[-1]: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def as_record(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as mlcroissant gives it: what is nested twice stands beside, an empty list is one."""
    meta = dict(row["meta_data"])
    return {**row, "meta_data": meta, "upstream": meta.pop("upstream")}


def test_it_is_valid_and_its_records_are_the_rows(
    run_python: RunPython, place: Path, manifest: Manifest
) -> None:
    found = json.loads(run_python(READ, place))
    recommended = [issue.split('"')[1].rsplit("/", 1)[1] for issue in found["issues"]]
    assert recommended == ["datePublished", "version"]  # a folder that is not published has none
    assert list(found["rows"]) == list(CONFIGS)
    for name, records in found["rows"].items():
        entry = manifest["configs"][name]
        paths = sorted(file["path"] for part in (entry, entry["test"]) for file in part["files"])
        rows = [row for path in paths for row in pq.read_table(place / "crossthink" / path).to_pylist()]
        assert len(rows) == entry["rows"] + entry["test"]["rows"] > 130
        assert list(map(plain, records)) == list(map(as_record, rows))


def test_published_it_is_valid_without_a_warning(run_python: RunPython, tmp_path: Path, place: Path) -> None:
    published = read_manifest(place / "crossthink")
    (tmp_path / "crossthink").mkdir()
    (tmp_path / "crossthink/data").symlink_to(place / "crossthink/data")
    (tmp_path / "crossthink/croissant.json").write_text(croissant_json(as_real(published), PUBLICATION))
    assert json.loads(run_python(READ, tmp_path))["issues"] == []


def test_every_file_is_listed_with_its_checksum(place: Path, manifest: Manifest) -> None:
    found = json.loads((place / "crossthink/croissant.json").read_text())
    assert found == croissant(manifest)
    objects = [entry for entry in found["distribution"] if entry["@type"] == "cr:FileObject"]
    written = sorted(path for path in (place / "crossthink/data").rglob("*.parquet"))
    assert sorted(place / "crossthink" / entry["contentUrl"] for entry in objects) == written
    listed = [file for e in manifest["configs"].values() for part in (e, e["test"]) for file in part["files"]]
    assert [(entry["sha256"], entry["contentSize"]) for entry in objects] == [
        (file["sha256"], f"{file['bytes']} B") for file in listed
    ]
    assert {entry["encodingFormat"] for entry in objects} == {"application/x-parquet"}


def test_a_published_one_says_whose_it_is_and_where(manifest: Manifest) -> None:
    found = croissant(manifest, PUBLICATION)
    assert found["url"] == "https://huggingface.co/datasets/you/crossthink"
    assert (found["version"], found["datePublished"]) == ("1.1.0", "2026-12-24")
    assert found["creator"]["name"] == "you"
    assert "2504.13941" in found["citeAs"]
    assert croissant(manifest).keys() == found.keys() - {"url", "version", "datePublished"}


def test_licences_are_those_of_the_sources(manifest: Manifest) -> None:
    assert croissant(manifest)["license"] == ["https://www.apache.org/licenses/LICENSE-2.0"]
    one = croissant(as_real(manifest, "hendrycks_math"))
    assert one["license"] == ["https://opensource.org/license/mit"]
    assert len(croissant(as_real(manifest))["license"]) == 4
