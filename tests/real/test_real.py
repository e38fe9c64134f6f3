"""On real upstream files: every row read, what is dropped and why, and what the configs hold."""

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from common import REPOSITORY

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows
from crossthink_hub.options import label
from crossthink_hub.recipe.configs import configs
from crossthink_hub.validation import validate

pytestmark = pytest.mark.real

QA = "syn_qa_copy/release_qa_600.jsonl"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real") / "crossthink"


@pytest.fixture(scope="module")
def manifest(out: Path, real_sources: Path) -> Manifest:
    return build(BuildSettings(tuple(configs()), allow_missing=True), str(real_sources), out)


@pytest.mark.parametrize("source", ["mmlu", "syn_qa", "numina_math", "hendrycks_math"])
def test_the_docs_have_the_counts_of_the_real_files(manifest: Manifest, source: str) -> None:
    text = (REPOSITORY / "docs" / "data.md").read_text("utf-8")
    table = text.split("On the real files used in the tests:")[1]
    (line,) = (
        line for line in table.splitlines() if line.startswith(f"| `{source}` | ") and line.count("|") == 8
    )
    own = manifest["sources"][source]
    cells = [cell.strip() for cell in line.split("|")[3:7]]
    usable = {form: f"{rows:,}" for form, rows in own["rows_usable"].items()}
    opened = usable["open"] if usable["open"] != usable["as_is"] else "the same"
    assert (cells[0], cells[2], cells[3]) == (f"{own['rows_read']:,}", usable["as_is"], opened)


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
    assert mmlu["flags"] == {"all_of_the_above": 29, "equal_options": 3, "none_of_the_above": 19}


def test_every_row_of_the_released_qa_is_read_and_87_stale_letters_are_found(manifest: Manifest) -> None:
    qa = manifest["sources"]["syn_qa"]
    assert qa["rows_read"] == 600
    assert qa["rows_dropped"] == {}
    assert qa["flags"]["relabelled"] == 87
    assert len(qa["instruction"]) == 1, "the redistributor's, found as the text common to all prompts"


def test_where_all_texts_of_stale_golds_are_the_second_option_the_letter_is_right(
    manifest: Manifest, out: Path, real_sources: Path
) -> None:
    assert manifest["sources"]["syn_qa"]["labels_decide"]
    released = {row["id"]: row for row in first_rows(out, "qa", "train", 600)}
    stale = [row for row in first_rows(out, "syn_qa", "train", 600) if row["meta_data"]["flags"]]
    stale = [row for row in stale if "relabelled" in row["meta_data"]["flags"]]
    for row in stale:
        gold, options = released[row["id"]]["solution"], row["meta_data"]["options"]
        assert gold[3:].strip() == options[1]
        assert row["meta_data"]["answer_letter"] == gold[0]
        assert row["solution"] == f"({gold[0]}) {options[ord(gold[0]) - ord('A')]}"
    assert len({row["meta_data"]["answer_letter"] for row in stale}) > 4


def test_every_row_of_numina_math_is_read_without_its_instruction(manifest: Manifest, out: Path) -> None:
    numina = manifest["sources"]["numina_math"]
    assert numina["rows_read"] == 20_000
    assert numina["rows_dropped"] == {"control_characters": 1}
    assert numina["files_left_alone"] == ["eurus2_rl/validation.parquet"]
    rows = first_rows(out, "numina_math", "train", 20_000)
    assert not any("step by step and output" in row["meta_data"]["question"] for row in rows)


def test_rows_of_verl_with_a_system_prompt_and_another_instruction_are_read(
    real_sources: Path, tmp_path: Path
) -> None:
    """A build leaves this file of a validation split alone; under another name it shows its format."""
    place = tmp_path / "mirror/numina_math"
    place.mkdir(parents=True)
    validation = real_sources / "numina_math/eurus2_rl/validation.parquet"
    (place / "rows.parquet").write_bytes(validation.read_bytes())
    settings = BuildSettings(("numina_math",))
    manifest = build(settings, str(tmp_path / "mirror"), tmp_path / "out")
    assert manifest["sources"]["numina_math"]["rows_read"] == 1024
    assert manifest["sources"]["numina_math"]["rows_dropped"] == {}
    rows = first_rows(tmp_path / "out", "numina_math", "train", 1024)
    assert not any("Present the answer" in row["meta_data"]["question"] for row in rows)
    assert {row["meta_data"]["domain"] for row in rows} >= {"numina_olympiads", "numina_cn_k12"}


def test_every_config_is_built_or_left_out_by_name(manifest: Manifest, out: Path) -> None:
    assert set(manifest["configs"]) | set(manifest["configs_left_out"]) == set(configs())
    assert set(manifest["configs_left_out"]) == {"natural_reasoning", "persona_math", "math"}
    assert validate(out) == []
    counts = manifest["configs"]["gpr_up"]["counts"]
    general = counts["mmlu"] + counts["syn_qa"]
    assert abs(general / sum(counts.values()) - 0.66) < 1e-3


def test_the_same_question_in_csv_and_json_lines_has_one_id(manifest: Manifest, out: Path) -> None:
    rows = first_rows(out, "mmlu", "train", 20_000)
    by_problem = Counter(row["id"].removesuffix("-2") for row in rows)
    assert by_problem.most_common(1)[0][1] > 1
    # 1,216 of the 1,218 questions of the CSV files stand in the JSON Lines file; two differ by an option.
    assert sum("-" in row["id"].removeprefix("mmlu-") for row in rows) > 1000


@pytest.mark.parametrize("config", ["mmlu", "syn_qa", "gpr_up"])
def test_solutions_are_the_letter_and_text_of_an_option(manifest: Manifest, out: Path, config: str) -> None:
    for row in first_rows(out, config, "train", 20_000):
        meta = row["meta_data"]
        if meta["question_type"] == "mcq":
            letters = [label(index) for index in range(len(meta["options"]))]
            letter, text = row["solution"].split(") ", 1)
            assert meta["options"][letters.index(letter[1:])] == text
            assert meta["answer_letter"] == letter[1:]
            assert row["prompt"][0]["content"].endswith(f"({letters[-1]}) {meta['options'][-1]}")
        else:
            assert row["solution"]
            assert row["prompt"][0]["content"].endswith(meta["question"])


def test_the_released_prompts_and_golds_are_published_to_the_letter(
    manifest: Manifest, out: Path, real_sources: Path
) -> None:
    released = [json.loads(line) for line in (real_sources / QA).read_text("utf-8").splitlines()]
    published = first_rows(out, "qa", "train", 600) + first_rows(out, "qa", "test", 600)
    assert Counter((row["prompt"], row["ground_truth"]) for row in released) == Counter(
        (row["prompt"][0]["content"], row["solution"]) for row in published
    )


def test_open_questions_show_no_options_and_have_short_answers(manifest: Manifest, out: Path) -> None:
    for row in first_rows(out, "only_gpr-open", "train", 1_000):
        assert row["meta_data"]["options"] == []
        assert row["meta_data"]["answer_letter"] is None
        assert row["prompt"][0]["content"].endswith(row["meta_data"]["question"])
        assert len(row["solution"].split()) <= 10


def test_a_problem_has_one_id_in_every_config(manifest: Manifest, out: Path) -> None:
    one = {row["id"]: row["meta_data"]["question"] for row in first_rows(out, "syn_qa", "train", 600)}
    for config in ("qa", "gpr_up-short", "nd-open"):
        rows = first_rows(out, config, "train", 3_000)
        same = [row for row in rows if row["id"] in one]
        assert same
        assert all(one[row["id"]] == row["meta_data"]["question"] for row in same)


def test_dropped_rows_name_their_place(manifest: Manifest, out: Path, real_sources: Path) -> None:
    dropped = pq.read_table(out / "dropped/hendrycks_math.parquet").to_pylist()
    source = pq.read_table(real_sources / "math_train_8523/train.parquet")
    assert [source["answer"][entry["row"]].as_py() for entry in dropped] == ["", ""]
