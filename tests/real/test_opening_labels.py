"""The rules that turn multiple choice into open questions, against 200 real rows labelled by hand."""

import csv
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from common import REPOSITORY

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.recipe.opening import rules

LABELS = REPOSITORY / "docs" / "opening_labels.csv"
SOURCES = ("mmlu", "syn_qa")

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def labelled() -> dict[str, dict[str, str]]:
    with LABELS.open(newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def refused(real_sources: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Real rows by id, of equal ones the first, with the reason why one can't stand without its options."""
    out = tmp_path_factory.mktemp("opening") / "out"
    settings = BuildSettings(("nd-open", *SOURCES), allow_missing=True)
    build(settings, str(real_sources), out)
    reasons = {rule.reason for rule in rules()}
    found = dict.fromkeys(
        id_
        for source in SOURCES
        for split in ("train", "test")
        for path in out.glob(f"data/{source}/{split}-*.parquet")
        for id_ in map(first, pq.read_table(path, columns=["id"])["id"].to_pylist())
    )
    for source in SOURCES:
        for row in pq.read_table(out / "dropped" / f"{source}.parquet").to_pylist():
            if row["form"] == "open" and row["reason"] in reasons:
                found[row["id"]] = row["reason"]
    return found


def first(id_: str) -> str:
    """Return the id of the first of equal problems."""
    return "-".join(id_.split("-")[:2])


def precision_and_recall(labels: list[bool], found: list[bool]) -> tuple[float, float]:
    both = sum(label and own for label, own in zip(labels, found, strict=True))
    return both / sum(found), both / sum(labels)


def test_every_labelled_row_is_there(labelled: dict[str, dict[str, str]], refused: dict[str, str]) -> None:
    assert len(labelled) == 200
    assert set(map(first, labelled)) <= set(refused)


@pytest.mark.parametrize("confidence", ["all", "sure"])
def test_precision_and_recall_are_those_of_the_docs(
    labelled: dict[str, dict[str, str]], refused: dict[str, str], confidence: str
) -> None:
    rows = [row for row in labelled.values() if confidence in ("all", row["confidence"])]
    precision, recall = precision_and_recall(
        [row["label"] == "needs_options" for row in rows],
        [refused[first(row["id"])] is not None for row in rows],
    )
    text = (REPOSITORY / "docs" / "data.md").read_text("utf-8")
    line = re.search(rf"^\| {confidence} \| {len(rows)} \| (\.\d\d) \| (\.\d\d) \|$", text, re.MULTILINE)
    assert line, f"docs/data.md has no line for {confidence} of {len(rows)} rows"
    assert (f"{precision:.2f}", f"{recall:.2f}") == (f"0{line[1]}", f"0{line[2]}")
