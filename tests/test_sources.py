"""Each upstream shape is read into problems; what can't be read is counted or refused in plain words."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upstream_files import read_problems

from crossthink_hub.errors import SourceError
from crossthink_hub.sources import SOURCES, json_lines
from crossthink_hub.sources.hendrycks_math import HENDRYCKS_MATH
from crossthink_hub.sources.registry import locate
from crossthink_hub.sources.sample import CSV, DIRTY, JSONL, MATH, write_sample

QUESTION, OPTIONS = "Which is a prime?", ["4", "None", "NA", "7"]


def read_all(folder: Path, source: str) -> tuple[list[dict[str, Any]], dict[str, list[int]]]:
    """Return a source's problems, unfiltered, and the places that could not be read."""
    problems, unreadable = read_problems(folder, source)
    return problems.to_pylist(), unreadable


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


def write_flat(folder: Path) -> None:
    row = {"question": QUESTION, "choices": OPTIONS, "answer": 3, "subject": ""}
    write_parquet(folder / "mmlu/all/auxiliary_train-00000-of-00001.parquet", [row])


def write_nested(folder: Path) -> None:
    row = {"question": QUESTION, "choices": OPTIONS, "answer": 3, "subject": ""}
    write_parquet(folder / "cais/mmlu/auxiliary_train/train-00000-of-00001.parquet", [{"train": row}])


def write_csv(folder: Path) -> None:
    path = folder / "mmlu_auxiliary_train/part.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerow([QUESTION, *OPTIONS, "D"])


def write_inline_letters(folder: Path) -> None:
    text = f"{QUESTION}\nAnswer Choices: " + " ".join(
        f"({k}) {o}" for k, o in zip("ABCD", OPTIONS, strict=True)
    )
    write_lines(
        folder / "mmlu/part.jsonl", [json.dumps({"question": text, "answer": "D", "answer_content": "7"})]
    )


def write_inline_digits(folder: Path) -> None:
    text = f"{QUESTION}\nAnswer Choices: " + " ".join(
        f"({k}) {o}" for k, o in zip("1234", OPTIONS, strict=True)
    )
    write_lines(
        folder / "mmlu/part.jsonl", [json.dumps({"question": text, "answer": "4", "answer_content": "7"})]
    )


@pytest.mark.parametrize(
    "write", [write_flat, write_nested, write_csv, write_inline_letters, write_inline_digits]
)
def test_mmlu_is_the_same_problem_in_every_upstream_shape(tmp_path: Path, write: Any) -> None:
    write(tmp_path)
    problems, unreadable = read_all(tmp_path, "mmlu")
    assert not unreadable
    assert len(problems) == 1
    found = problems[0]
    assert (found["question"], found["options"]) == (QUESTION, OPTIONS)
    assert (found["answer"], found["answer_index"], found["domain"]) == ("7", 3, None)


def test_a_wrong_letter_is_taken_from_the_gold_text_and_flagged(tmp_path: Path) -> None:
    text = "Best?\nAnswer Choices: (A) one (B) two (C) three"
    row = {"question": text, "answer": "A", "answer_content": "two"}
    write_lines(tmp_path / "mmlu/part.jsonl", [json.dumps(row)])
    problems, _ = read_all(tmp_path, "mmlu")
    assert (problems[0]["answer_index"], problems[0]["flags"]) == (1, ["relabelled"])


def test_equal_options_are_flagged_and_the_letter_stands(tmp_path: Path) -> None:
    row = {"question": QUESTION, "choices": ["7", "7", "8", "9"], "answer": 1, "subject": "algebra"}
    write_parquet(tmp_path / "mmlu/train.parquet", [row])
    problems, _ = read_all(tmp_path, "mmlu")
    assert (problems[0]["answer_index"], problems[0]["flags"]) == (1, ["equal_options"])
    assert problems[0]["domain"] == "algebra"


def test_only_training_files_are_read(tmp_path: Path) -> None:
    for split in ("test", "validation", "dev"):
        row = {"question": split, "choices": OPTIONS, "answer": 0, "subject": ""}
        write_parquet(tmp_path / f"mmlu/all/{split}-00000-of-00001.parquet", [row])
    write_flat(tmp_path)
    problems, _ = read_all(tmp_path, "mmlu")
    assert [problem["question"] for problem in problems] == [QUESTION]


def test_the_hub_copies_of_one_split_are_read_once(tmp_path: Path) -> None:
    write_flat(tmp_path)
    row = {"question": QUESTION, "choices": OPTIONS, "answer": 3, "subject": ""}
    write_parquet(tmp_path / "mmlu/auxiliary_train/train-00000-of-00001.parquet", [{"train": row}])
    assert len(read_all(tmp_path, "mmlu")[0]) == 1


@pytest.mark.parametrize(
    ("question", "answer"), [("question", "answer"), ("question", "gt_answer"), ("problem", "answer")]
)
def test_math_is_read_under_its_column_names(tmp_path: Path, question: str, answer: str) -> None:
    row = {question: " $1+1$?\r\nThink. ", answer: "2", "subject": "Algebra", "extra_info": {"index": 41}}
    write_lines(tmp_path / "hendrycks_math/train.jsonl", [json.dumps(row)])
    problems, _ = read_all(tmp_path, "hendrycks_math")
    assert (problems[0]["question"], problems[0]["answer"]) == ("$1+1$?\nThink.", "2")
    assert (problems[0]["domain"], problems[0]["index"]) == ("Algebra", 41)


def test_json_lines_cut_into_pieces_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.dumps({"question": f"{i}+é?", "answer": str(i)}) for i in range(200)]
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(lines), "utf-8")  # no line end at the end
    whole = json_lines.pieces(path, "train.jsonl")
    assert len(whole) == 1
    shape = HENDRYCKS_MATH.shapes[0]
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr(json_lines, "PIECE_BYTES", size)
        found = [json_lines.read(piece, shape) for piece in json_lines.pieces(path, "train.jsonl")]
        answers = [answer for raw in found for answer in raw.table["gold"].to_pylist()]
        assert answers == [[str(i)] for i in range(200)], size
        assert sum(raw.lines for raw in found) == 200


def test_a_value_of_another_type_becomes_text_and_a_date_stays_as_written(tmp_path: Path) -> None:
    rows: list[Any] = [4, 2.5, True, None, ["x"], {"x": 1}, "2012-01-01"]
    write_lines(
        tmp_path / "math_train_8523/train.jsonl", [json.dumps({"question": "?", "answer": a}) for a in rows]
    )
    answers = [problem["answer"] for problem in read_all(tmp_path, "hendrycks_math")[0]]
    assert answers == ["4", "2.5", "true", None, "x", None, "2012-01-01"]


def test_a_number_that_is_no_index_of_an_option_loses_its_row_not_the_file(tmp_path: Path) -> None:
    rows = [{"question": QUESTION, "choices": OPTIONS, "answer": n} for n in (3, 2**31, 2**63, -1)]
    write_lines(tmp_path / "mmlu/train.jsonl", [json.dumps(row) for row in rows])
    problems, unreadable = read_all(tmp_path, "mmlu")
    assert [problem["answer_index"] for problem in problems] == [3, None, None, None]
    assert not unreadable


def test_text_that_is_not_utf_8_is_counted_or_refused_never_passed_on(tmp_path: Path) -> None:
    good = json.dumps({"question": "?", "answer": "1"}).encode()
    (tmp_path / "hendrycks_math").mkdir()
    (tmp_path / "hendrycks_math/train.jsonl").write_bytes(good + b"\n" + good.replace(b"?", b"\xe9") + b"\n")
    problems, unreadable = read_all(tmp_path, "hendrycks_math")
    assert (len(problems), unreadable) == (1, {"not_a_json_object": [1]})
    bad = pa.array([b"\xe9"]).view(pa.string())
    (tmp_path / "hendrycks_math/train.jsonl").unlink()
    pq.write_table(pa.table({"question": bad, "answer": ["1"]}), tmp_path / "hendrycks_math/train.parquet")
    with pytest.raises(SourceError, match="'question'"):
        read_all(tmp_path, "hendrycks_math")


def test_broken_lines_are_counted_with_their_place_and_blank_ones_passed_over(tmp_path: Path) -> None:
    good = json.dumps({"question": "?", "answer": "1"})
    write_lines(tmp_path / "hendrycks_math/train.jsonl", [good, "", '{"question": "?', good, "[1]", good])
    problems, unreadable = read_all(tmp_path, "hendrycks_math")
    assert [problem["row"] for problem in problems] == [0, 3, 5]
    assert unreadable == {"not_a_json_object": [2, 4]}


def test_the_sample_holds_the_dirty_rows_it_says(tmp_path: Path) -> None:
    write_sample(tmp_path)
    dirty = {**DIRTY[CSV], **DIRTY[JSONL], **DIRTY[MATH]}
    mmlu, unreadable = read_all(tmp_path, "mmlu")
    assert len(unreadable["wrong_number_of_cells"]) == dirty["too_few_columns"] + dirty["too_many_columns"]
    assert len(unreadable["not_a_json_object"]) == dirty["not_json"]
    assert sum("equal_options" in problem["flags"] for problem in mmlu) == dirty["equal_options"]
    math, _ = read_all(tmp_path, "hendrycks_math")
    empty = dirty["empty_answer"] + dirty["blank_answer"] + dirty["null_answer"]
    assert sum(not problem["answer"] for problem in math) == empty


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("train.parquet", b"not parquet", "expected a Parquet file"),
        ("train.parquet", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("train.jsonl", b"\xff\xfe broken", "expected one JSON object a line"),
        ("train.jsonl", b'{"frage": "?", "antwort": "1"}\n', "found antwort, frage"),
        ("train.csv", b"a,b\n", "expected the columns"),
        ("train.csv", "é".encode("latin-1") * 50, "expected CSV in UTF-8"),
    ],
)
def test_a_file_that_is_not_what_it_seems_is_named(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / "hendrycks_math").mkdir()
    (tmp_path / "hendrycks_math" / name).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        read_all(tmp_path, "hendrycks_math")
    assert name in str(raised.value)
    assert said in str(raised.value)


def test_a_column_of_a_wrong_type_is_named_with_both_types(tmp_path: Path) -> None:
    write_parquet(tmp_path / "mmlu/train.parquet", [{"question": "?", "choices": OPTIONS, "answer": True}])
    with pytest.raises(SourceError, match=r"expected int64 in column 'answer', found bool"):
        read_all(tmp_path, "mmlu")


def test_a_truncated_parquet_file_is_named(tmp_path: Path) -> None:
    write_flat(tmp_path)
    path = tmp_path / "mmlu/all/auxiliary_train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"auxiliary_train-00000-of-00001.parquet"):
        read_all(tmp_path, "mmlu")


def test_the_folder_of_a_source_itself_is_told_from_the_one_above(tmp_path: Path) -> None:
    write_csv(tmp_path)
    with pytest.raises(SourceError, match="is the folder of mmlu itself"):
        locate(SOURCES, tmp_path / "mmlu_auxiliary_train")


def test_two_folders_of_one_source_are_refused(tmp_path: Path) -> None:
    write_flat(tmp_path)
    write_csv(tmp_path)
    with pytest.raises(SourceError, match="are both mmlu"):
        locate(SOURCES, tmp_path)
