"""Benchmarks: every row of the real files read or counted, every quirk, the sample, the folder they fill."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from common import RunPython
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import crossthink_hub
from crossthink_hub import row
from crossthink_hub.building.manifest import read_json
from crossthink_hub.errors import CrossThinkError, OutputError, SourceError, UsageError
from crossthink_hub.evaluation.benchmarks import BENCHMARKS, named
from crossthink_hub.evaluation.benchmarks.agieval import TASKS, bare_options, names_several
from crossthink_hub.evaluation.benchmarks.benchmark import known_tasks
from crossthink_hub.evaluation.benchmarks.building import build_benchmarks
from crossthink_hub.evaluation.benchmarks.gpqa_diamond import shuffled
from crossthink_hub.evaluation.benchmarks.loading import read_benchmark, read_benchmarks
from crossthink_hub.evaluation.benchmarks.manifest import schema
from crossthink_hub.evaluation.benchmarks.mirror import choose
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.benchmarks.sample import DROPPED
from crossthink_hub.evaluation.item import SCHEMA, items
from crossthink_hub.options import label
from crossthink_hub.recipe.templates import templates

Row = dict[str, Any]
Write = Callable[..., Path]
NAMES = [benchmark.name for benchmark in BENCHMARKS]

# ---------------------------------------------------------------- the real files

REAL = [
    # name, read, dropped, whether all that was published is there
    ("mmlu", 14_042, {}, True),
    ("mmlu_pro", 12_032, {}, True),
    ("agieval", 4_761, {"several_answers": 42}, False),
    ("supergpqa", 2_845 + 1_769 + 2_755, {}, False),
    ("math_500", 500, {}, True),
    ("amc23", 40, {}, True),
]


def rows_of(loaded: Loaded) -> list[Row]:
    return loaded.rows.to_pylist()


@pytest.mark.real
@pytest.mark.parametrize(("name", "read", "dropped", "complete"), REAL)
def test_every_real_row_is_kept_or_counted(
    real: Mapping[str, Loaded], name: str, read: int, dropped: Mapping[str, int], complete: bool
) -> None:
    account = real[name].account
    assert (account.read, dict(account.dropped), account.complete) == (read, dropped, complete)
    assert account.kept == len(real[name].rows) == read - sum(dropped.values())
    assert len(set(real[name].rows["id"].to_pylist())) == account.kept
    assert account.complete == (account.read == account.published)


@pytest.mark.real
@pytest.mark.parametrize("name", [name for name, *_ in REAL])
def test_real_rows_are_asked_and_answered_by_the_templates_of_training(
    real: Mapping[str, Loaded], name: str
) -> None:
    assert real[name].rows.schema.equals(SCHEMA)
    for own in rows_of(real[name]):
        meta = own["meta_data"]
        kind = (meta["question_type"], meta["answer_template"])
        (message,) = own["prompt"]
        assert message["content"].startswith(f"{templates()[kind].instruction}\n\n{meta['question']}")
        assert own["solution"] == own["reward_model"]["ground_truth"]
        assert own["solution"]
        if kind[0] == "mcq":
            letters = [label(place) for place in range(len(meta["options"]))]
            right = meta["options"][letters.index(meta["answer_letter"])]
            assert own["solution"] == f"({meta['answer_letter']}) {right}"
            shown = zip(letters, meta["options"], strict=True)
            assert message["content"].endswith("\n".join(f"({letter}) {text}" for letter, text in shown))
        else:
            assert meta["options"] == []
            assert message["content"].endswith(meta["question"])


@pytest.mark.real
@pytest.mark.parametrize("name", ["mmlu_pro", "agieval", "math_500"])
def test_a_short_answer_is_the_letter_of_the_same_question(
    real: Mapping[str, Loaded], real_benchmarks: Path, name: str
) -> None:
    short = rows_of(read_benchmark(name, real_benchmarks, "short"))
    for own, other in zip(short, rows_of(real[name]), strict=True):
        assert own["id"] == other["id"]
        letter = own["meta_data"]["answer_letter"]
        assert own["solution"] == (letter if letter else other["solution"])


@pytest.mark.real
def test_mmlu_has_its_57_subjects_from_the_names_of_its_files(
    real: Mapping[str, Loaded], real_benchmarks: Path
) -> None:
    rows = rows_of(real["mmlu"])
    assert {own["task"] for own in rows} == set(known_tasks("mmlu"))
    assert len({own["task"] for own in rows}) == 57
    assert len({own["subcategory"] for own in rows}) == 17
    assert len(real["mmlu"].account.left_alone) == 2 * 57, "dev and val"
    with (real_benchmarks / "mmlu/test/virology_test.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))
    assert sum(own["task"] == "virology" for own in rows) == len(cells), "rows are not lines"


@pytest.mark.real
def test_questions_that_stand_twice_in_mmlu_count_twice(real: Mapping[str, Loaded]) -> None:
    ids = real["mmlu"].rows["id"].to_pylist()
    again = [id_ for id_ in ids if re.search(r"-\d+$", id_.removeprefix("mmlu-"))]
    assert len(again) == 105
    assert {re.sub(r"-\d+$", "", id_) for id_ in again} <= set(ids)


@pytest.mark.real
def test_mmlu_pro_has_three_to_ten_options_and_14_categories(real: Mapping[str, Loaded]) -> None:
    rows = rows_of(real["mmlu_pro"])
    sizes = Counter(len(own["meta_data"]["options"]) for own in rows)
    assert set(sizes) == set(range(3, 11))
    assert sizes[10] == 9_981
    assert len({own["subcategory"] for own in rows}) == 14
    assert all(own["task"] == own["subcategory"] == own["meta_data"]["domain"] for own in rows)


@pytest.mark.real
def test_where_letter_and_index_of_mmlu_pro_differ_the_letter_decides(real: Mapping[str, Loaded]) -> None:
    by_id = {own["meta_data"]["upstream"]["id"]: own for own in rows_of(real["mmlu_pro"])}
    assert len(by_id) == 12_032
    assert by_id["3983"]["solution"] == "(C) N—H"
    assert by_id["3983"]["meta_data"]["flags"] == ["answer_index_differs"]
    assert "equal_options" in by_id["8584"]["meta_data"]["flags"]
    flags = real["mmlu_pro"].account.flags
    assert (flags["answer_index_differs"], flags["equal_options"]) == (1, 1)


@pytest.mark.real
def test_agieval_has_every_row_of_the_tasks_whose_files_are_there(real: Mapping[str, Loaded]) -> None:
    loaded = real["agieval"]
    counts = Counter(loaded.rows["task"].to_pylist())
    counts += Counter(Path(file).stem for file in loaded.dropped["file"].to_pylist())
    assert counts == {name: task.rows for name, task in TASKS.items() if name in counts}
    assert set(loaded.account.missing) == {"jec-qa-kd", "jec-qa-ca", "logiqa-en", "logiqa-zh"}
    assert loaded.account.left_alone == ("v1/sat-en-without-passage.jsonl",)
    assert sum(task.rows or 0 for task in TASKS.values()) == 8_062


@pytest.mark.real
def test_agieval_rows_with_several_right_options_are_counted(
    real: Mapping[str, Loaded], real_benchmarks: Path
) -> None:
    files = Counter(real["agieval"].dropped["file"].to_pylist())
    assert files == {"v1/gaokao-physics.jsonl": 35, "v1/gaokao-mathqa.jsonl": 7}
    for gone in real["agieval"].dropped.to_pylist():
        lines = (real_benchmarks / "agieval" / gone["file"]).read_text("utf-8").splitlines()
        assert len(re.findall("[A-E]", str(json.loads(lines[gone["row"]])["label"]))) > 1


@pytest.mark.real
def test_agieval_options_have_lost_their_labels_and_kept_their_texts(
    real: Mapping[str, Loaded], real_benchmarks: Path
) -> None:
    mark = re.compile(r"\s*(?:\([A-E]\)(?:[A-E]\))?|[A-E] ?[.．])\s*")
    upstream: dict[str, set[str]] = {}
    for path in (real_benchmarks / "agieval/v1").glob("*.jsonl"):
        options = [json.loads(line)["options"] or [] for line in path.read_text("utf-8").splitlines()]
        upstream[path.stem] = {mark.sub("", text, 1).strip() for own in options for text in own}
    for own in rows_of(real["agieval"]):
        for text in own["meta_data"]["options"]:
            assert text in upstream[own["task"]]
            assert not mark.match(text)


@pytest.mark.real
def test_agieval_asks_two_tasks_openly_and_tells_its_languages(real: Mapping[str, Loaded]) -> None:
    rows = rows_of(real["agieval"])
    kinds = {(own["task"], own["meta_data"]["question_type"]) for own in rows}
    assert {task for task, kind in kinds if kind == "open"} == {"math", "gaokao-mathcloze"}
    assert len(kinds) == 16
    texts = {"en": "", "zh": ""}
    for own in rows:
        texts[own["language"]] += own["meta_data"]["question"]
    chinese = {name: len(re.findall("[\u4e00-\u9fff]", text)) / len(text) for name, text in texts.items()}
    assert chinese["en"] < 0.001
    assert chinese["zh"] > 0.4


@pytest.mark.real
def test_agieval_asks_passage_and_question_together(
    real: Mapping[str, Loaded], real_benchmarks: Path
) -> None:
    first = json.loads((real_benchmarks / "agieval/v1/sat-en.jsonl").read_text("utf-8").splitlines()[0])
    wanted = f"{first['passage'].strip()}\n\n{first['question'].strip()}"
    assert wanted in {own["meta_data"]["question"] for own in rows_of(real["agieval"])}


@pytest.mark.real
def test_supergpqa_has_letter_and_text_of_one_option(real: Mapping[str, Loaded]) -> None:
    rows = rows_of(real["supergpqa"])
    assert "relabelled" not in real["supergpqa"].account.flags
    assert {len(own["meta_data"]["options"]) for own in rows} == set(range(4, 11))
    assert {own["subcategory"] for own in rows} == {"Science", "Medicine"}
    assert Counter(own["task"] for own in rows)["Physics"] == 2_845
    assert len({own["meta_data"]["upstream"]["id"] for own in rows}) == len(rows)


@pytest.mark.real
def test_amc23_answers_are_whole_numbers_without_a_point(real: Mapping[str, Loaded]) -> None:
    solutions = real["amc23"].rows["solution"].to_pylist()
    assert all(re.fullmatch(r"-?\d+", solution) for solution in solutions)
    assert {"27", "3159", "-1"} <= set(solutions)


@pytest.mark.real
def test_math_500_answers_are_upstreams(real: Mapping[str, Loaded], real_benchmarks: Path) -> None:
    lines = (real_benchmarks / "math500/test.jsonl").read_text("utf-8").splitlines()
    upstream = {own["unique_id"]: own for own in map(json.loads, lines)}
    for own in rows_of(real["math_500"]):
        theirs = upstream[own["meta_data"]["upstream"]["id"]]
        assert (own["solution"], own["task"]) == (theirs["answer"].strip(), theirs["subject"])
        assert own["ability"] == "mr"


@pytest.mark.real
def test_a_description_of_gpqa_is_not_taken_for_its_rows(real_benchmarks: Path) -> None:
    with pytest.raises(SourceError, match="found no files for gpqa_diamond"):
        read_benchmark("gpqa_diamond", real_benchmarks)


# ---------------------------------------------------------------- the sample


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_has_every_benchmark_and_its_dirt_is_counted(
    sample: Mapping[str, Loaded], name: str
) -> None:
    account = sample[name].account
    assert dict(account.dropped) == DROPPED[name]
    assert account.read == account.kept + sum(DROPPED[name].values())
    for own in rows_of(sample[name]):
        assert own["benchmark"] == name
        assert own["meta_data"]["licence"] == "Apache-2.0"
        assert own["meta_data"]["upstream"]["repo"] == "crossthink-hub/sample"
        assert own["meta_data"]["split"] == "test"
        assert all(own[part] for part in ("task", "subcategory", "language"))


def test_the_sample_has_the_quirks_of_real_files(sample: Mapping[str, Loaded]) -> None:
    flags = {name: set(one.account.flags) for name, one in sample.items()}
    assert flags["mmlu_pro"] == {"answer_index_differs", "equal_options"}
    assert flags["supergpqa"] == {"relabelled"}
    assert flags["gpqa_diamond"] == {"empty_option"}
    assert {own["language"] for own in rows_of(sample["agieval"])} == {"en", "zh"}
    assert any(id_.endswith("-2") for id_ in sample["mmlu"].rows["id"].to_pylist())


def test_the_sample_is_the_same_each_time(sample: Mapping[str, Loaded]) -> None:
    again = read_benchmarks(NAMES, "sample")
    assert all(one.rows.equals(sample[one.benchmark.name].rows) for one in again)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_loads_by_name_as_a_data_set(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = crossthink_hub.load_benchmark(name, sources="sample")
    assert capsys.readouterr().err == "", "of made-up rows there is nothing to say"
    assert loaded.features.arrow_schema.equals(SCHEMA)
    assert loaded.split == "test"
    assert loaded.select(range(3)).map(lambda own: {"length": len(own["solution"])})["length"]


def test_rows_are_items_for_engines_and_graders(sample: Mapping[str, Loaded]) -> None:
    for one, own in zip(items(rows_of(sample["agieval"])), rows_of(sample["agieval"]), strict=True):
        assert one.prompt == tuple(own["prompt"])
        assert one.options == tuple(own["meta_data"]["options"])
        assert (one.question_type == "mcq") == bool(one.options) == bool(one.answer_letter)
        assert one.solution == own["solution"]


def test_a_benchmark_row_is_a_training_row_and_four_parts() -> None:
    assert SCHEMA.names == [*row.SCHEMA.names, "benchmark", "task", "subcategory", "language"]
    assert all(SCHEMA.field(own.name) == own for own in row.SCHEMA)


# ---------------------------------------------------------------- files of any kind


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows as one file of a mirror, of the kind that its ending says; return the mirror."""

    def written(name: str, rows: Sequence[Row], mirror: str = "mirror") -> Path:
        path = tmp_path / mirror / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pq.write_table(pa.Table.from_pylist(list(rows)), path)
        elif path.suffix == ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                table = csv.DictWriter(file, list(rows[0]))
                table.writeheader()
                table.writerows(rows)
        elif path.suffix == ".json":
            path.write_text(json.dumps(list(rows), indent=1), "utf-8")
        else:
            path.write_text("".join(f"{json.dumps(own)}\n" for own in rows), "utf-8")
        return tmp_path / mirror

    return written


def gpqa(count: int) -> list[Row]:
    return [
        {
            "Question": f"What is\n\n{n} + {n}?",
            "Correct Answer": f"{2 * n} \n",
            **{f"Incorrect Answer {wrong}": str(2 * n + wrong) for wrong in (1, 2, 3)},
            **{f"Column {more}": "" for more in range(60)},
            "Subdomain": "Optics",
            "High-level domain": "Physics",
            "Record ID": f"rec{n:04d}",
        }
        for n in range(count)
    ]


def by_upstream(loaded: Loaded) -> dict[str, Row]:
    return {own["meta_data"]["upstream"]["id"]: own for own in rows_of(loaded)}


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_gpqa_is_read_from_its_wide_table_and_other_kinds_of_files(write: Write, ending: str) -> None:
    folder = write(f"gpqa_diamond/gpqa_diamond.{ending}", gpqa(198))
    write(f"gpqa_diamond/gpqa_main.{ending}", gpqa(400))
    loaded = read_benchmark("gpqa_diamond", folder)
    assert loaded.account.complete
    for id_, own in by_upstream(loaded).items():
        meta = own["meta_data"]
        order = shuffled(id_)
        right = str(2 * int(id_.removeprefix("rec")))
        assert own["solution"] == f"({label(order.index(0))}) {right}"
        assert meta["options"] == [str(int(right) + place) for place in order]
        assert (own["task"], own["subcategory"]) == ("Optics", "Physics")


def test_gpqa_options_do_not_depend_on_the_order_of_rows(write: Write) -> None:
    rows = gpqa(60)
    first = read_benchmark("gpqa_diamond", write("gpqa_diamond/gpqa_diamond.csv", rows))
    Random(1).shuffle(rows)
    second = read_benchmark("gpqa_diamond", write("gpqa_diamond/gpqa_diamond.csv", rows[:40], "other"))
    for id_, own in by_upstream(second).items():
        assert own == by_upstream(first)[id_]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=20, unique=True))
def test_the_shuffle_is_a_function_of_the_record_alone(records: list[str]) -> None:
    orders = {record: shuffled(record) for record in records}
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders.values())
    assert {record: shuffled(record) for record in reversed(records)} == orders


def test_the_shuffle_favours_no_letter_and_no_wrong_answer() -> None:
    counts = Counter(tuple(shuffled(f"rec{n}")) for n in range(24_000))
    assert len(counts) == 24
    assert all(850 < count < 1150 for count in counts.values())


def test_gpqa_rows_that_are_cut_are_dropped_or_flagged_not_lost(write: Write) -> None:
    rows = gpqa(10)
    rows[3]["Correct Answer"] = ""
    rows[4]["Incorrect Answer 2"] = ""
    rows[5]["Question"] = " "
    rows[6]["Record ID"] = ""
    folder = write("gpqa_diamond/gpqa_diamond.csv", rows)
    path = folder / "gpqa_diamond/gpqa_diamond.csv"
    path.write_text(path.read_text("utf-8-sig") + "too," * 100 + "many\n", "utf-8")
    account = read_benchmark("gpqa_diamond", folder).account
    assert account.read == 11
    assert dict(account.dropped) == {
        "answer_not_in_options": 1,
        "empty_question": 1,
        "not_a_json_object": 1,
    }
    assert dict(account.flags) == {"empty_option": 1}


def test_mmlu_pro_takes_the_index_where_the_letter_names_no_option(write: Write) -> None:
    def own(number: int, answer: str | None, index: int | None) -> Row:
        options = [str(number), str(number + 1), str(number + 2)]
        return {
            "question_id": number,
            "question": f"{number} + 1?",
            "options": options,
            "answer": answer,
            "answer_index": index,
            "category": "math",
        }

    rows = [own(0, "B", 1), own(1, "B", 0), own(2, None, 1), own(3, "J", 1), own(4, "J", 9), own(5, "B", 7)]
    loaded = read_benchmark("mmlu_pro", write("TIGER-Lab/MMLU-Pro/data/test-00000-of-00001.parquet", rows))
    assert {id_: one["solution"][:3] for id_, one in by_upstream(loaded).items()} == dict.fromkeys(
        "01235", "(B)"
    )
    assert dict(loaded.account.dropped) == {"answer_not_in_options": 1}
    assert dict(loaded.account.flags) == {"answer_index_differs": 2}


@pytest.mark.parametrize(
    ("answers", "ending"),
    [([27.0, -1.0], "jsonl"), ([27.0, -1.0], "parquet"), (["27.0", "-1.0"], "parquet"), ([27, -1], "json")],
)
def test_answers_of_amc23_are_read_however_they_are_written(
    write: Write, answers: list[Any], ending: str
) -> None:
    rows = [{"id": place, "question": f"{place}?", "answer": own} for place, own in enumerate(answers)]
    loaded = read_benchmark("amc23", write(f"amc23/test.{ending}", rows))
    assert sorted(loaded.rows["solution"].to_pylist()) == ["-1", "27"]


def test_a_fraction_keeps_its_point(write: Write) -> None:
    rows = [{"id": 1, "question": "Half of 55?", "answer": 27.5}]
    assert read_benchmark("amc23", write("amc23/test.jsonl", rows)).rows["solution"].to_pylist() == ["27.5"]


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_a_file_of_every_kind_gives_the_same_rows(write: Write, ending: str) -> None:
    rows = [
        {
            "uuid": f"{n:032x}",
            "question": f"{n} + 4?",
            "options": [str(n), str(n + 4), "none of the above", "9"][: 3 + n % 2],
            "answer": str(n + 4),
            "answer_letter": "B",
            "discipline": "Science",
            "field": "Mathematics",
        }
        for n in range(30)
    ]
    loaded = read_benchmark("supergpqa", write(f"supergpqa/all.{ending}", rows, ending))
    assert loaded.rows["solution"].to_pylist() == [
        f"(B) {int(own['meta_data']['upstream']['id'], 16) + 4}" for own in rows_of(loaded)
    ]
    again = read_benchmark("supergpqa", write(f"supergpqa/all.{ending}", rows[::-1], f"{ending}-2"))
    assert again.rows.equals(loaded.rows), "the order of rows in the file does not matter"


def test_json_lines_may_be_called_json(tmp_path: Path) -> None:
    path = tmp_path / "math_500/test.json"
    path.parent.mkdir()
    path.write_text('{"problem": "1 + 1?", "answer": "2"}\n{"problem": "2 + 2?", "answer": "4"}\n')
    assert sorted(read_benchmark("math_500", tmp_path).rows["solution"].to_pylist()) == ["2", "4"]


def exam(**changes: Any) -> Row:
    options = ["(A)one", "(B)two", "(C)three", "(D)four"]
    return {"passage": None, "question": "Which?", "options": options, "label": "B", **changes}


def test_agieval_labels_of_any_kind_are_read_or_counted(write: Write) -> None:
    rows = [
        exam(question="list of one", label=["C"]),
        exam(question="missing answer key"),
        exam(question="label under answer", label=None, answer="D"),
        exam(question="several", label=["A", "C"]),
        exam(question="glued", label="AC"),
        exam(question="spaced", label="A B D"),
        exam(question="none", label=None),
        exam(question="not there", label="E"),
        exam(question="no options", options=None, label="A"),
        {"question": "no other key", "label": "A"},
        exam(question="a text", label="two"),
    ]
    loaded = read_benchmark("agieval", write("agieval/data/v1/gaokao-physics.jsonl", rows))
    solutions = {own["meta_data"]["question"]: own["solution"] for own in rows_of(loaded)}
    assert solutions == {
        "list of one": "(C) three",
        "missing answer key": "(B) two",
        "label under answer": "(D) four",
        "a text": "(B) two",
    }
    assert dict(loaded.account.dropped) == {
        "answer_not_in_options": 2,
        "no_options": 2,
        "several_answers": 3,
    }


def test_agieval_cloze_tasks_have_answers_of_any_type(write: Write) -> None:
    rows = [
        {"passage": None, "question": "1+1?", "options": None, "label": None, "answer": "2"},
        {"passage": None, "question": "2+2?", "options": [], "label": None, "answer": 4},
        {"passage": None, "question": "x?", "options": None, "label": None, "answer": "A"},
        {"passage": None, "question": "y?", "options": None, "label": None, "answer": None},
    ]
    loaded = read_benchmark("agieval", write("agieval/math.jsonl", rows))
    assert sorted(loaded.rows["solution"].to_pylist()) == ["2", "4", "A"]
    assert dict(loaded.account.dropped) == {"empty_answer": 1}


@pytest.mark.parametrize(
    ("options", "bare"),
    [
        (["(A)(1)(2)", "(B)(3)", "(C) x", "(D)"], ["(1)(2)", "(3)", "x", ""]),
        (["  A．a  ", " B．b", "C、c", "（D）d"], ["a  ", "b", "c", "d"]),
        (["(A)a", "(B)b", "(C)c", "(C)d"], ["a", "b", "c", "d"]),
        (["(A)A)59", "(B)B)69"], ["59", "69"]),
        (["(A)A. Smith", "(B)B. Jones", "(C)Lee"], ["A. Smith", "B. Jones", "Lee"]),
        (["x", "y", "(C)z", "(D)w"], ["x", "y", "z", "w"]),
        (["A. Smith", "C. Jones", "Lee", "Kim"], ["A. Smith", "C. Jones", "Lee", "Kim"]),
        (["E. coli", "S. aureus"], ["E. coli", "S. aureus"]),
        ([], []),
    ],
)
def test_labels_are_taken_off_options_that_have_them(options: list[str], bare: list[str]) -> None:
    assert bare_options(options) == bare


@given(
    st.lists(st.text("xyz (12)。", min_size=1).map(str.strip).filter(bool), min_size=2, max_size=10),
    st.sampled_from(["({}){}", "  {}. {}", "{}．{}", "（{}） {}", "{}、{}"]),
)
def test_options_come_back_from_labels_of_any_style(texts: list[str], style: str) -> None:
    shown = [style.format(label(place), text) for place, text in enumerate(texts)]
    assert bare_options(shown) == texts
    assert bare_options(texts) == texts


def test_a_text_of_capitals_is_no_list_of_labels() -> None:
    assert names_several("A、C", ["x", "y", "z"])
    assert not names_several("DNA", ["x", "y", "z", "DNA"])
    assert not names_several("DNA", ["x", "y", "z", "w"])
    assert not names_several(None, ["x", "y"])


def test_damaged_text_stays_and_is_flagged_for_it_was_published(write: Write) -> None:
    rows = [{"problem": "1\x00 + 1?", "answer": "2"}, {"problem": "x" * 200_000, "answer": "1 " * 20}]
    account = read_benchmark("math_500", write("math500/test.jsonl", rows)).account
    assert (account.kept, dict(account.flags)) == (2, {"control_characters": 1})


def test_equal_questions_keep_their_ids_whatever_is_dropped_and_in_any_order(write: Write) -> None:
    def own(subject: str, answer: int) -> Row:
        return {"question": "1 + 1?", "choices": ["1", "2"], "answer": answer, "subject": subject}

    rows = [own("virology", 1), own("anatomy", 1), own("anatomy", 1), own("anatomy", 5)]
    name = "cais__mmlu/all/test-00000-of-00001.parquet"
    first = read_benchmark("mmlu", write(name, rows))
    second = read_benchmark("mmlu", write(name, rows[2::-1], "other"))
    assert {(one["id"], one["task"]) for one in rows_of(first)} == {
        (one["id"], one["task"]) for one in rows_of(second)
    }
    assert dict(first.account.dropped) == {"answer_not_in_options": 1}
    assert len(set(first.rows["id"].to_pylist())) == 3


def test_an_unknown_task_is_its_own_sub_category(write: Write) -> None:
    rows = [{"question": "1 + 1?", "choices": ["1", "2"], "answer": 1, "subject": "arithmetic"}]
    (one,) = rows_of(read_benchmark("mmlu", write("mmlu/all/test-0.parquet", rows)))
    assert (one["task"], one["subcategory"]) == ("arithmetic", "arithmetic")


# ---------------------------------------------------------------- folders


@pytest.mark.parametrize(
    "folder",
    ["math_500", "MATH-500", "math500", "HuggingFaceH4/MATH-500", "datasets--HuggingFaceH4--MATH-500"],
)
def test_a_folder_may_have_any_name_the_benchmark_goes_by(write: Write, folder: str) -> None:
    mirror = write(f"{folder}/test.jsonl", [{"problem": "1 + 1?", "answer": "2"}])
    write("math_test_5000/test.jsonl", [{"problem": "not this", "answer": "2"}])
    assert read_benchmark("math_500", mirror).rows["solution"].to_pylist() == ["2"]


def test_the_folder_of_the_benchmark_itself_will_do(write: Write) -> None:
    mirror = write("math_500/test.jsonl", [{"problem": "1 + 1?", "answer": "2"}])
    assert read_benchmark("math_500", mirror / "math_500").account.kept == 1


def test_files_of_other_splits_and_training_rows_are_left_alone(write: Write) -> None:
    rows = [{"question": "1 + 1?", "choices": ["1", "2"], "answer": 1, "subject": "anatomy"}]
    mirror = write("mmlu/all/test-00000-of-00001.parquet", rows)
    for other in ("all/dev-0", "all/validation-0", "all/auxiliary_train-0", "anatomy/test-0"):
        write(f"mmlu/{other}.parquet", rows * 2)
    loaded = read_benchmark("mmlu", mirror)
    assert loaded.account.read == 1
    assert len(loaded.account.left_alone) == 4
    (mmlu,) = named(["mmlu"])
    assert choose(mmlu, ["race.csv", "auxiliary_train/race.csv"]) == [], "training rows are never taken"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda folder: read_benchmark("mmlu_por", "sample"), UsageError, "Did you mean 'mmlu_pro'"),
        (lambda folder: read_benchmark("x", "sample"), UsageError, "Known are mmlu, mmlu_pro"),
        (lambda folder: read_benchmark("amc23", "sample", "medium"), UsageError, "Give long or short"),
        (lambda folder: read_benchmark("amc23", folder), SourceError, "a folder amc23 or math-ai/amc23"),
        (lambda folder: read_benchmark("amc23", folder / "no"), SourceError, "folder of benchmarks"),
    ],
)
def test_errors_say_what_to_do(
    tmp_path: Path, call: Callable[[Path], Loaded], error: type[CrossThinkError], words: str
) -> None:
    with pytest.raises(error) as raised:
        call(tmp_path)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("math_500/test.jsonl", b"", "none of its rows can be used"),
        ("math_500/test.jsonl", b"<html>404</html>\n", "one JSON object a line"),
        ("math_500/test.json", b"[{]", "expected a JSON array"),
        ("math_500/test.jsonl", b'{"problem": "1?"}\n', "expected the columns"),
        ("math_500/test.jsonl", b'{"problem": "1?", "answer": ""}\n', "empty_answer 1"),
        ("math_500/test.parquet", b"PAR1", "expected a Parquet file"),
        ("gpqa_diamond/gpqa_diamond.csv", b'Question,Correct Answer\n"a', "expected CSV"),
        ("gpqa_diamond/gpqa_diamond.csv", b"Question\n\xff\xfe\n", "UTF-8"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(SourceError) as raised:
        read_benchmark(path.parent.name, tmp_path)
    assert words in str(raised.value)
    assert path.parent.name in str(raised.value)


def test_two_folders_of_one_benchmark_are_refused(write: Write) -> None:
    rows = [{"problem": "1 + 1?", "answer": "2"}]
    write("math_500/test.jsonl", rows)
    with pytest.raises(SourceError, match="in 2 folders"):
        read_benchmark("math_500", write("math500/test.jsonl", rows))


def test_what_is_not_as_published_is_said(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"problem": "1 + 1?", "answer": "2"}, {"problem": "2 + 2?", "answer": ""}]
    crossthink_hub.load_benchmark("math_500", write("math_500/test.jsonl", rows))
    said = capsys.readouterr().err
    assert "math_500: 2 of the 500 published rows are here" in said
    assert "math_500: 1 of 2 rows is not asked (empty_answer 1)" in said


# ---------------------------------------------------------------- the folder crossthink-eval


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "crossthink-eval"
    build_benchmarks(sources="sample", out=folder)
    return folder


def test_a_build_has_a_config_for_each_benchmark_that_may_be_put_online(built: Path) -> None:
    manifest = read_json(built)
    assert list(Draft202012Validator(schema()).iter_errors(manifest)) == []
    assert list(manifest["configs"]) == [name for name in NAMES if name != "gpqa_diamond"]
    assert manifest["left_out"] == {"gpqa_diamond": "its authors ask that no example be put online"}
    for name, entry in manifest["configs"].items():
        own = manifest["benchmarks"][name]
        assert own["rows_read"] == own["rows_kept"] + sum(own["rows_dropped"].values())
        assert entry["rows"] == own["rows_kept"] == sum(own["tasks"].values())
        dropped = pq.read_table(built / "dropped" / f"{name}.parquet")
        assert Counter(dropped["reason"].to_pylist()) == own["rows_dropped"]
    text = (built / "README.md").read_text("utf-8")
    assert "made up by the toolkit" in text
    assert "`gpqa_diamond` is not here: its authors ask that no example be put online." in text


def test_nothing_of_gpqa_is_ever_in_a_folder(
    tmp_path: Path, built: Path, sample: Mapping[str, Loaded]
) -> None:
    with pytest.raises(UsageError, match="its authors ask that no example be put online"):
        build_benchmarks(["amc23", "gpqa_diamond"], "sample", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    files = [path for path in built.rglob("*") if path.is_file()]
    assert not [path for path in files if "gpqa_diamond" in path.name]
    asked = {own["meta_data"]["question"] for own in rows_of(sample["gpqa_diamond"])}
    written = {
        own["meta_data"]["question"]
        for path in (built / "data").rglob("*.parquet")
        for own in pq.read_table(path).to_pylist()
    }
    assert not asked & written


def test_the_folder_loads_without_anything_of_ours(built: Path, run_python: RunPython) -> None:
    code = f"""
        import sys, json
        from datasets import get_dataset_config_names, load_dataset
        folder = {str(built)!r}
        found = {{}}
        for name in get_dataset_config_names(folder):
            rows = load_dataset(folder, name)
            assert list(rows) == ["test"]
            test = rows["test"]
            found[name] = [test.num_rows, test[0]["id"], str(test.features.arrow_schema)]
        first = next(iter(load_dataset(folder, "math_500", split="test", streaming=True)))
        assert first["id"] == found["math_500"][1]
        assert "crossthink_hub" not in sys.modules
        print(json.dumps(found))
    """
    found = json.loads(run_python(dedent(code)).splitlines()[-1])
    manifest = read_json(built)
    assert {name: own[0] for name, own in found.items()} == {
        name: entry["rows"] for name, entry in manifest["configs"].items()
    }
    assert len({own[2] for own in found.values()}) == 1, "every config has the same columns"


def test_the_folder_has_the_rows_that_load_benchmark_gives(built: Path, sample: Mapping[str, Loaded]) -> None:
    for name, entry in read_json(built)["configs"].items():
        (file,) = entry["files"]
        assert pq.read_table(built / file["path"]).replace_schema_metadata().equals(sample[name].rows)


def test_the_same_benchmarks_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    build_benchmarks(sources="sample", out=tmp_path / "again")
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (built, tmp_path / "again")
    )
    assert first == second


def test_a_build_replaces_benchmarks_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_benchmarks(["amc23", "mmlu"], "sample", out)
    build_benchmarks(["amc23"], "sample", out, answer="short")
    assert [path.name for path in (out / "data").iterdir()] == ["amc23"]
    (out / "manifest.json").write_text('{"format": 1, "configs": {}}')
    with pytest.raises(OutputError, match="something else than benchmarks"):
        build_benchmarks(["amc23"], "sample", out)


def test_a_benchmark_that_is_not_there_is_an_error_or_named(write: Write, tmp_path: Path) -> None:
    mirror = write("math_500/test.jsonl", [{"problem": "1 + 1?", "answer": "2"}])
    with pytest.raises(SourceError, match="found no files for amc23"):
        build_benchmarks(["math_500", "amc23"], mirror, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    manifest = build_benchmarks(["math_500", "amc23"], mirror, tmp_path / "out", allow_missing=True)
    assert manifest["left_out"] == {"amc23": "no files found"}
    assert manifest["benchmarks"]["math_500"]["revision"] is None


@pytest.mark.real
def test_the_real_benchmarks_fill_a_folder_with_all_their_rows(real_benchmarks: Path, tmp_path: Path) -> None:
    manifest = build_benchmarks((), real_benchmarks, tmp_path / "out")
    kept = {name: own["rows_kept"] for name, own in manifest["benchmarks"].items()}
    assert kept == {name: read - sum(dropped.values()) for name, read, dropped, _ in REAL}
    assert list(Draft202012Validator(schema()).iter_errors(manifest)) == []
    text = (tmp_path / "out/README.md").read_text("utf-8")
    assert "Of `supergpqa` 7,369 of 26,529 published rows were there." in text
    assert "`agieval` has a licence for each task" in text
    assert "Apache-2.0 for `aqua-rat`" in text
