"""On real upstream files: every row read, what is dropped and why, and what the blend holds."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows
from crossthink_hub.validation import validate

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real") / "crossthink"


@pytest.fixture(scope="module")
def manifest(out: Path, real_sources: Path) -> Manifest:
    return build(BuildSettings(("gpr_up",), allow_missing=True), str(real_sources), out)


def test_every_row_of_math_is_read_and_the_two_without_an_answer_dropped(manifest: Manifest) -> None:
    math = manifest["sources"]["hendrycks_math"]
    assert math["rows_read"] == 8523
    assert math["rows_dropped"] == {"empty_answer": 2}


def test_every_row_of_mmlu_is_read_in_both_formats(manifest: Manifest) -> None:
    mmlu = manifest["sources"]["mmlu"]
    assert [file["path"] for file in mmlu["files"]] == [
        "mcq_sqa_train.jsonl",
        "science_elementary.csv",
        "science_middle.csv",
    ]
    assert mmlu["rows_read"] == 9555 + 617 + 601
    assert mmlu["rows_dropped"] == {}
    assert mmlu["flags"] == {"equal_options": 3}


def test_the_folder_is_valid_and_the_blend_two_to_one(manifest: Manifest, out: Path) -> None:
    assert validate(out) == []
    counts = manifest["configs"]["gpr_up"]["counts"]
    assert abs(counts["mmlu"] / sum(counts.values()) - 0.66) < 1e-4


def test_the_same_question_in_csv_and_json_lines_has_one_id(manifest: Manifest, out: Path) -> None:
    rows = first_rows(out, "gpr_up", "train", 20_000)
    by_problem = Counter(row["id"].removesuffix("-2") for row in rows if row["meta_data"]["source"] == "mmlu")
    assert by_problem.most_common(1)[0][1] > 1
    # 1,216 of the 1,218 questions of the CSV files stand in the JSON Lines file; two differ by an option.
    assert sum("-" in row["id"].removeprefix("mmlu-") for row in rows) > 1000


def test_solutions_are_the_letter_and_text_of_an_option(manifest: Manifest, out: Path) -> None:
    for row in first_rows(out, "gpr_up", "train", 20_000):
        meta = row["meta_data"]
        if meta["question_type"] == "mcq":
            label, text = row["solution"].split(") ", 1)
            assert meta["options"]["ABCDE".index(label[1:])] == text
            assert row["prompt"][0]["content"].endswith(
                f"({'ABCDE'[len(meta['options']) - 1]}) {meta['options'][-1]}"
            )
        else:
            assert row["solution"]
            assert row["prompt"][0]["content"].endswith(meta["question"])


def test_dropped_rows_name_their_place(manifest: Manifest, out: Path, real_sources: Path) -> None:
    dropped = pq.read_table(out / "dropped/hendrycks_math.parquet").to_pylist()
    source = pq.read_table(real_sources / "math_train_8523/train.parquet")
    assert [source["answer"][entry["row"]].as_py() for entry in dropped] == ["", ""]
