"""Bad input is a clear error that names the file or a counted drop; no other row, no old build is harmed."""

import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import OutputError, SourceError
from crossthink_hub.options import label
from crossthink_hub.sources import json_lines, parquet
from crossthink_hub.validation import validate

Record = dict[str, Any]
Line = Record | bytes
Files = Mapping[str, bytes]
Drop = tuple[str, int]

ROWS = 40
"""Good rows of each file; bad ones stand among them."""
BOM = b"\xef\xbb\xbf"
MOST_SECONDS = 120
ASK = "Solve what follows. Put the answer in a box.\n\n"
MANY = 800


# Good rows of every source, in the upstream formats.


def mmlu(question: Any, answer: Any) -> Record:
    return {"question": question, "choices": ["no", answer, "neither"], "answer": 1, "subject": "law"}


def mmlu_inline(question: Any, answer: Any) -> Record:
    text = f"{question}\nAnswer Choices: (A) no (B) {answer} (C) neither"
    return {"question": text, "answer": "B", "answer_content": answer}


def syn_qa(question: Any, answer: Any) -> Record:
    prompt = [{"role": "user", "content": f"{ASK}{question}\nA: no\nB: {answer}\nC: neither"}]
    return {"prompt": prompt, "reward_model": {"ground_truth": f"B: {answer}"}, "meta_data": {"index": 7}}


def natural_reasoning(question: Any, answer: Any) -> Record:
    return {"question": question, "reference_answer": answer, "responses": [{"response": "?"}]}


def numina_cot(question: Any, answer: Any) -> Record:
    return {"source": "olympiads", "problem": question, "solution": f"So it is \\boxed{{{answer}}}."}


def numina_1_5(question: Any, answer: Any) -> Record:
    valid = {"problem_is_valid": "Yes", "solution_is_valid": "Yes"}
    return {"problem": question, "solution": "As above.", "answer": answer, "source": "cn_contest", **valid}


def verl(question: Any, answer: Any) -> Record:
    prompt = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": f"{ASK}{question}"}]
    return {"data_source": "amc", "prompt": prompt, "reward_model": {"ground_truth": answer}}


def persona_math(question: Any, answer: Any) -> Record:
    return {
        **verl(question, answer),
        "meta_data": {"question": question, "persona": "a baker", "skills": ["sums"]},
    }


def hendrycks_math(question: Any, answer: Any) -> Record:
    return {"question": question, "answer": answer, "subject": "Algebra", "extra_info": {"index": 3}}


@dataclass(frozen=True)
class Format:
    """An upstream format: the source, how its files are called, and a row of it."""

    source: str
    stem: str
    row: Callable[[Any, Any], Record]

    def rows(self, count: int = ROWS) -> list[Record]:
        return [self.row(f"What follows {n}?", f"{n + 1}") for n in range(count)]


FORMATS = {
    "mmlu": Format("mmlu", "all/auxiliary_train-0", mmlu),
    "mmlu_inline": Format("mmlu", "part", mmlu_inline),
    "syn_qa": Format("syn_qa", "Nemotron-CrossThink-QA", syn_qa),
    "natural_reasoning": Format("natural_reasoning", "full", natural_reasoning),
    "numina_cot": Format("numina_math", "data/train-0", numina_cot),
    "numina_1_5": Format("numina_math", "data/train-0", numina_1_5),
    "numina_verl": Format("numina_math", "train", verl),
    "persona_math": Format("persona_math", "Nemotron-CrossThink-Math", persona_math),
    "hendrycks_math": Format("hendrycks_math", "train", hendrycks_math),
}
MATH = FORMATS["hendrycks_math"]
CSV_ROWS = [[f"What follows {n}?", "no", f"{n + 1}", "neither", "none", "B"] for n in range(ROWS)]


def lines(rows: Sequence[Line]) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def as_parquet(rows: Sequence[Record] | pa.Table, **options: Any) -> bytes:
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **{"row_group_size": 5, **options})
    return bytes(sink.getvalue())


def as_csv(rows: Sequence[Sequence[str]], **options: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **options).writerows(rows)
    return text.getvalue().encode()


KINDS: dict[str, Callable[[Sequence[Record]], bytes]] = {"jsonl": lines, "parquet": as_parquet}
FORMATS_AND_KINDS = [(name, kind) for name in FORMATS for kind in KINDS]
GOOD = {
    "jsonl": ("hendrycks_math", "train.jsonl", lines(MATH.rows())),
    "parquet": ("hendrycks_math", "train.parquet", as_parquet(MATH.rows())),
    "csv": ("mmlu", "part.csv", as_csv(CSV_ROWS)),
}
"""A good file of each kind."""


def among(good: Sequence[Any], bad: Sequence[Any]) -> list[Any]:
    """Return the good rows with a bad one behind each of the first; what is left of the bad stands last."""
    mixed = [row for pair in zip(good, bad, strict=False) for row in pair]
    return [*mixed, *good[len(bad) :], *bad[len(good) :]]


# What a build makes of it.


@dataclass(frozen=True)
class Built:
    """A built folder of one source."""

    manifest: Manifest
    rows: dict[str, Record]
    drops: list[Drop]

    def beside(self, ids: frozenset[str]) -> list[Record]:
        """Return the rows that are not among those, all of which are there."""
        assert ids <= self.rows.keys(), "a bad row harmed a good one"
        return [row for id_, row in self.rows.items() if id_ not in ids]


def write(folder: Path, source: str, files: Files) -> Path:
    for name, content in files.items():
        path = folder / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def built(folder: Path, source: str, files: Files, config: str = "") -> Built:
    """Build a source's files, and check that the accounts close."""
    config = config or source
    out = folder / f"out-{len(list(folder.iterdir()))}"
    write(folder / out.name.replace("out", "mirror"), source, files)
    mirror = folder / out.name.replace("out", "mirror")
    manifest = build(BuildSettings((config,), allow_missing=True), str(mirror), out)
    assert validate(out) == []
    entry = manifest["sources"][source]
    assert entry["rows_read"] == entry["rows_kept"] + sum(entry["rows_dropped"].values())
    paths = [
        file["path"]
        for at in (manifest["configs"][config], manifest["configs"][config]["test"])
        for file in at["files"]
    ]
    rows = {row["id"]: row for path in paths for row in pq.read_table(out / path).to_pylist()}
    dropped = pq.read_table(out / "dropped" / f"{source}.parquet").to_pylist()
    assert {row["file"] for row in dropped} <= files.keys()
    return Built(manifest, rows, [(row["reason"], row["row"]) for row in dropped])


@cache
def clean_ids(source: str, name: str, content: bytes) -> frozenset[str]:
    """Return the ids of a file's rows, all of them good."""
    with TemporaryDirectory() as folder:
        found = built(Path(folder), source, {name: content})
    assert not found.drops
    assert len(found.rows) == ROWS
    return frozenset(found.rows)


@cache
def old_build() -> TemporaryDirectory[str]:
    """Return a folder with a good build in it, for copies."""
    folder = TemporaryDirectory()
    source, name, content = GOOD["jsonl"]
    mirror = write(Path(folder.name) / "mirror", source, {name: content})
    build(BuildSettings((source,)), str(mirror), Path(folder.name) / "old")
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(folder: Path, source: str, files: Files) -> str:
    """Return the error of a build, which leaves an older one as it was, and where there is none nothing."""
    shutil.copytree(Path(old_build().name) / "old", folder / "old")
    before = snapshot(folder / "old")
    mirror = write(folder / "refused", source, files)
    for out in ("old", "new"):
        with pytest.raises(SourceError) as raised:
            build(BuildSettings((source,), allow_missing=True), str(mirror), folder / out)
    assert snapshot(folder / "old") == before
    assert not (folder / "new").exists()
    shutil.rmtree(folder / "old")
    assert raised.value.fix, "an error says what to do"
    return str(raised.value)


@pytest.fixture(params=["whole", "pieces"])
def cut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files whole, and in small pieces: places count from the file's start all the same."""
    if request.param == "pieces":
        monkeypatch.setattr(json_lines, "PIECE_BYTES", 1_000)
        monkeypatch.setattr(parquet, "PIECE_ROWS", 7)


# Rows that can't be used.

BLANK = ["", " \n ", "\u00a0\u3000", "\u200b", "\ufeff\u2060 \u200d"]
CONTROL = ["nul \x00", "backspace \b", "delete \x7f"]
BROKEN_LINES: list[bytes] = [
    b"[1]",
    b"1",
    b"null",
    b'"text"',
    b"{",
    b'{"question": "cut off',
    b'{"question": "?", "answer": NaN}',
    b'{"question": "?", "answer": -Infinity}',
    b'{"question": "one?", "answer": "1"} {"question": "two?", "answer": "2"}',
    b"[" * 10_000 + b"]" * 10_000,
    b'{"question": "latin-1: \xe9", "answer": "1"}',
    b'{"question": "?", "answer": "1", "not read": "\xff"}',
    b'{"question": "\\ud800", "answer": "1"}',
    b'{"question": "?", "answer": "\\udc00"}',
    b"\x00" * 500,
    b"version https://git-lfs.github.com/spec/v1",
]


def dirt(form: Format) -> list[tuple[Record, str]]:
    """Return rows that no config can hold, with the reasons."""
    mcq = "mmlu" in form.source or form.source == "syn_qa"
    empty_answer = "answer_not_in_options" if mcq else "empty_answer"
    return [
        *((form.row(text, "1"), "empty_question") for text in BLANK),
        *((form.row("?", text), empty_answer) for text in BLANK),
        *((form.row(f"{text}?", "1"), "control_characters") for text in CONTROL),
        *((form.row("?", f"{text}."), "control_characters") for text in CONTROL),
        (form.row("x" * 100_001, "1"), "question_too_long"),
    ]


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize(("name", "kind"), FORMATS_AND_KINDS)
def test_a_bad_row_is_listed_with_its_reason_and_place_and_harms_no_other(
    tmp_path: Path, name: str, kind: str
) -> None:
    form = FORMATS[name]
    file, make = f"{form.stem}.{kind}", KINDS[kind]
    ids = clean_ids(form.source, file, make(form.rows()))
    bad = dirt(form)
    found = built(tmp_path, form.source, {file: make(among(form.rows(), [row for row, _ in bad]))})
    assert found.drops == [(reason, 2 * place + 1) for place, (_, reason) in enumerate(bad)]
    assert found.rows.keys() == ids


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("name", FORMATS)
def test_a_broken_line_is_listed_with_its_place_and_harms_no_other(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    file = f"{form.stem}.jsonl"
    ids = clean_ids(form.source, file, lines(form.rows()))
    surrogates = [form.row("\ud800?", "1"), form.row("?", "1 \udfff")]
    bad = [*BROKEN_LINES, *surrogates]
    found = built(tmp_path, form.source, {file: lines(among(form.rows(), bad))})
    assert found.drops == [("not_a_json_object", 2 * place + 1) for place in range(len(bad))]
    assert found.rows.keys() == ids


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_odd_in_columns_that_are_not_read_does_not_matter(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    good, file = form.rows(), f"{form.stem}.jsonl"
    ids = clean_ids(form.source, file, lines(good))
    odd = [form.row(f"Odd {n}?", f"{n}") for n in range(7)]
    texts = [json.dumps(row).encode()[:-1] for row in odd]
    beside = [
        texts[0] + b', "deep": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        texts[1] + b', "deep": ' + b'{"a": ' * 500 + b"1" + b"}" * 501,
        texts[2] + b', "large": 123456789012345678901234567890}',
        texts[3] + b', "twice": 1, "twice": "2"}',
        texts[4] + b', "null": null, "empty": {}, "dots.in.a.name": [{}]}',
        BOM + texts[5] + b"}",
        b"  " + texts[6] + b" }\t",
    ]
    for more in ([], [b"{"]):
        found = built(tmp_path, form.source, {file: lines([*among(good, beside), *more])})
        assert len(found.beside(ids)) == len(odd)
        assert found.drops == [("not_a_json_object", ROWS + len(odd))] * len(more)


# Values of another type than the column has.

Case = tuple[Any, str | None]
"""A value, and the reason for which its row is dropped; None where it is kept."""

TEXTS: list[Case] = [
    (4, None),
    (2.5, None),
    (True, None),
    (10**30, "empty"),  # its digits are lost when read: never a wrong text
    (None, "empty"),
    ({"text": "1"}, "empty"),
    ([], "empty"),
    ([None], "empty"),
]
LISTS: list[Case] = [(["1"], None), ([["1"]], "empty"), (["1", "2"], "several_answers")]
RIGHT: list[Case] = [
    (2.0, None),
    *((value, "answer_not_in_options") for value in (-1, 3, 2**31, 2**63, 10**30, 2.5, True, None)),
    *((value, "answer_not_in_options") for value in ("C", "2", "", [2], {"index": 2})),
]
CHOICES: list[Case] = [
    (["one", True, "three"], None),
    ([1, 2.5, 3], None),
    *(([f"option {n}" for n in range(count)], None) for count in (27, MANY)),
    ([], "no_options"),
    (None, "no_options"),
    ("one", "no_options"),
    (7, "no_options"),
    (["one"], "no_options"),
    *(
        (value, "option_without_text")
        for value in (
            {"A": "one", "B": "two"},
            [["one"], ["two"]],
            ["one", None, "three"],
            [{"text": "one"}, "two"],
        )
    ),
]


def sayings(text: str) -> list[Case]:
    """Return prompts that say a text, and some that say nothing."""
    user = {"role": "user", "content": text}
    return [
        (text, None),
        ([text], None),
        (["first", text], None),
        (user, None),
        ([{"role": "user", "content": "first"}, {"role": "assistant", "content": "well"}, user], None),
        ([user, {"role": "assistant", "content": "answer"}], None),
        ([{**user, "name": "me"}], None),
        *(
            (value, "empty_question")
            for value in (None, [], [None], [[]], {}, [{"role": "user"}], [{"role": "user", "content": None}])
        ),
        ([{"role": "user", "content": [text]}], "empty_question"),
        ([{"content": text}], "empty_question"),
        ([{"role": "assistant", "content": text}], "empty_question"),
    ]


def check_cases(
    folder: Path, form: Format, rows: Sequence[Record], reasons: Sequence[str | None]
) -> list[Record]:
    """Build odd rows among good ones; return those kept, in the order of their ids."""
    good, file = form.rows(), f"{form.stem}.jsonl"
    ids = clean_ids(form.source, file, lines(good))
    found = built(folder, form.source, {file: lines(among(good, rows))})
    assert found.drops == [(reason, 2 * place + 1) for place, reason in enumerate(reasons) if reason]
    kept = found.beside(ids)
    assert len(kept) == reasons.count(None)
    return kept


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("hendrycks_math", TEXTS + LISTS),
        ("natural_reasoning", TEXTS + LISTS),
        ("numina_verl", TEXTS + LISTS),
        ("persona_math", TEXTS + LISTS),
    ],
)
def test_an_answer_of_another_type_becomes_text_or_is_counted(
    tmp_path: Path, name: str, cases: list[Case]
) -> None:
    form = FORMATS[name]
    rows = [form.row(f"Odd {place}?", value) for place, (value, _) in enumerate(cases)]
    reasons = [reason and reason.replace("empty", "empty_answer") for _, reason in cases]
    kept = check_cases(tmp_path, form, rows, reasons)
    assert sorted(row["solution"] for row in kept) == ["1", "2.5", "4", "true"]


@pytest.mark.usefixtures("cut")
def test_a_question_of_another_type_becomes_text_or_is_counted(tmp_path: Path) -> None:
    cases = [*TEXTS, (["?"], "empty")]
    rows = [MATH.row(value, f"{place}") for place, (value, _) in enumerate(cases)]
    reasons = [reason and "empty_question" for _, reason in cases]
    kept = check_cases(tmp_path, MATH, rows, reasons)
    assert sorted(row["meta_data"]["question"] for row in kept) == ["2.5", "4", "true"]


@pytest.mark.usefixtures("cut")
def test_an_index_of_the_right_option_that_is_none_is_counted(tmp_path: Path) -> None:
    rows = [
        {"question": f"Odd {place}?", "choices": ["one", "two", "three"], "answer": value}
        for place, (value, _) in enumerate(RIGHT)
    ]
    kept = check_cases(tmp_path, FORMATS["mmlu"], rows, [reason for _, reason in RIGHT])
    assert [row["solution"] for row in kept] == ["(C) three"]


@pytest.mark.usefixtures("cut")
def test_options_that_are_no_list_of_texts_are_counted_and_any_number_of_them_is_read(tmp_path: Path) -> None:
    rows = [
        {
            "question": f"Odd {n}?",
            "choices": value,
            "answer": len(value) - 1 if isinstance(value, list) else 0,
        }
        for n, (value, _) in enumerate(CHOICES)
    ]
    kept = check_cases(tmp_path, FORMATS["mmlu"], rows, [reason for _, reason in CHOICES])
    assert {row["solution"] for row in kept} == {
        "(C) three",
        "(C) 3",
        "(AA) option 26",
        f"({label(MANY - 1)}) option {MANY - 1}",
    }


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("name", ["syn_qa", "numina_verl"])
def test_a_prompt_is_a_text_or_what_the_user_says_last_or_is_counted(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    cases = sayings(form.row("Odd?", "1")["prompt"][-1]["content"])
    rows = [{**form.row("Odd?", "1"), "prompt": value} for value, _ in cases]
    kept = check_cases(tmp_path, form, rows, [reason for _, reason in cases])
    assert {row["meta_data"]["question"] for row in kept} == {"Odd?"}


@pytest.mark.usefixtures("cut")
def test_an_upstream_index_that_is_no_number_of_64_bits_is_left_out(tmp_path: Path) -> None:
    indices = [7, 7.0, -1, 2**63 - 1, 2**63, 2**64, 10**30, 2.5, True, "7", [7], None]
    rows = [{**MATH.row(f"Odd {n}?", "1"), "extra_info": {"index": index}} for n, index in enumerate(indices)]
    kept = check_cases(tmp_path, MATH, [*rows, {**MATH.row("Odd?", "1"), "extra_info": 5}], [None] * 13)
    found = [row["meta_data"]["index"] for row in kept]
    assert sorted(index for index in found if index is not None) == [-1, 7, 7, 2**63 - 1]


@pytest.mark.usefixtures("cut")
def test_a_column_missing_in_some_rows_only_is_counted(tmp_path: Path) -> None:
    rows = [{}, {"question": "?"}, {"answer": "1"}, {"frage": "?", "antwort": "1"}]
    check_cases(tmp_path, MATH, rows, ["empty_question", "empty_answer", "empty_question", "empty_question"])


@pytest.mark.usefixtures("cut")
def test_of_a_key_that_stands_twice_the_last_counts(tmp_path: Path) -> None:
    kept = built(
        tmp_path,
        MATH.source,
        {"train.jsonl": lines([*MATH.rows(), b'{"question": "a", "answer": "1", "question": "b"}'])},
    ).beside(clean_ids(MATH.source, "train.jsonl", lines(MATH.rows())))
    assert [row["meta_data"]["question"] for row in kept] == ["b"]


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize(("name", "config"), [("syn_qa", "qa"), ("persona_math", "math")])
def test_a_row_of_the_release_is_published_to_the_letter_or_counted(
    tmp_path: Path, name: str, config: str
) -> None:
    form = FORMATS[name]
    row, message = form.row("Odd?", "1"), {"role": "user", "content": "nul \x00 and \u200b \r\n"}
    golds = ["", " \u200b", None, [], [None], ["1", "2"], {"text": "1"}]
    bad = [{**row, "reward_model": {"ground_truth": gold}} for gold in golds]
    bad += [{**row, "reward_model": None}, *({**row, "prompt": prompt} for prompt in (None, [], {}))]
    odd = [{**row, "prompt": [message], "reward_model": {"ground_truth": " odd\x08 "}}]
    content = lines([*among(form.rows(), bad), *odd])
    found = built(tmp_path, form.source, {f"{form.stem}.jsonl": content}, config)
    assert found.drops == [("nothing_asked_or_no_gold", 2 * place + 1) for place in range(len(bad))]
    kept = {row["solution"]: row["prompt"] for row in found.rows.values()}
    assert len(kept) == ROWS + 1
    assert kept[" odd\x08 "] == [message]


def column_of(values: Sequence[Any], kind: pa.DataType | None = None) -> pa.Array:
    return pa.array(list(values) * (ROWS // len(values)), kind)


MESSAGE = {"role": "user", "content": f"{ASK}Odd?\nA: no\nB: 1"}
WRONG_TYPES: list[tuple[str, str, pa.Array, str]] = [
    ("hendrycks_math", "question", column_of([["?"]]), "expected string in column 'question', found list"),
    ("hendrycks_math", "answer", column_of([[["1"]]]), "in column 'answer', found list<element: list"),
    ("hendrycks_math", "answer", column_of([{"a": "1"}]), "in column 'answer', found struct"),
    ("hendrycks_math", "answer", column_of([[("a", "1")]], pa.map_(pa.string(), pa.string())), "found map"),
    ("hendrycks_math", "answer", column_of([b"1", b"\xff"]), "in column 'answer', found binary"),
    ("hendrycks_math", "answer", column_of([None]), "empty_answer 40"),
    ("hendrycks_math", "answer", column_of([float("nan"), float("inf")]), "empty_answer 40"),
    ("mmlu", "answer", column_of([True]), "expected int64 in column 'answer', found bool"),
    ("mmlu", "answer", column_of([[1]]), "expected int64 in column 'answer', found list"),
    ("mmlu", "answer", column_of([2**63], pa.uint64()), "expected int64 in column 'answer', found uint64"),
    ("mmlu", "answer", column_of([float("nan"), 0.5, 1e300, 2.5]), "answer_not_in_options 40"),
    ("mmlu", "choices", column_of([{"text": ["a"], "label": ["A"]}]), "in column 'choices', found struct"),
    ("mmlu", "choices", column_of([[["a"], ["b"]]]), "in column 'choices', found list<element: list"),
    ("mmlu", "choices", column_of([None]), "no_options 40"),
    ("mmlu", "choices", column_of(["one"]), "no_options 40"),
    ("syn_qa", "prompt", column_of([MESSAGE]), "in column 'prompt', found struct"),
    ("syn_qa", "prompt", column_of([["text"]]), "in column 'prompt', found list<element: string>"),
    (
        "syn_qa",
        "prompt",
        column_of([[{"role": "user"}]]),
        "in column 'prompt', found list<element: struct<role",
    ),
    ("syn_qa", "prompt", column_of([[{"role": "user", "content": ["?"]}]]), "in column 'prompt', found"),
    ("syn_qa", "prompt", column_of([None]), "empty_question 40"),
    ("syn_qa", "prompt", column_of([7]), "no_options 40"),
    ("syn_qa", "meta_data", column_of([{"index": True}]), "column 'meta_data.index', found bool"),
]


@pytest.mark.parametrize(("name", "column", "values", "said"), WRONG_TYPES)
def test_a_parquet_column_of_another_type_is_named_with_what_was_expected_and_found(
    tmp_path: Path, name: str, column: str, values: pa.Array, said: str
) -> None:
    form = FORMATS[name]
    table = pa.Table.from_pylist(form.rows())
    table = table.set_column(table.schema.get_field_index(column), column, values)
    error = refused(tmp_path, form.source, {f"{form.stem}.parquet": as_parquet(table)})
    assert said in error
    assert form.source in error


@pytest.mark.parametrize(
    ("name", "column", "kind"),
    [
        ("hendrycks_math", "question", pa.large_string()),
        ("hendrycks_math", "question", pa.dictionary(pa.int32(), pa.string())),
        ("hendrycks_math", "answer", pa.binary()),
        ("hendrycks_math", "answer", pa.int8()),
        ("mmlu", "answer", pa.float64()),
        ("mmlu", "answer", pa.uint64()),
        ("mmlu", "choices", pa.large_list(pa.large_string())),
        ("mmlu", "choices", pa.list_(pa.string(), 3)),
        ("syn_qa", "prompt", pa.large_list(pa.struct({"content": pa.string(), "role": pa.large_string()}))),
        ("syn_qa", "prompt", pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}), 1)),
    ],
)
def test_a_parquet_column_of_a_kindred_type_is_read_as_any(
    tmp_path: Path, name: str, column: str, kind: pa.DataType
) -> None:
    form = FORMATS[name]
    file = f"{form.stem}.parquet"
    table = pa.Table.from_pylist(form.rows())
    place = table.schema.get_field_index(column)
    values = table[column].combine_chunks()
    cast = pa.array(values.to_pylist(), kind) if pa.types.is_nested(kind) else values.cast(kind)
    ids = clean_ids(form.source, file, as_parquet(form.rows()))
    assert (
        built(tmp_path, form.source, {file: as_parquet(table.set_column(place, column, cast))}).rows.keys()
        == ids
    )


def test_missing_numbers_of_pandas_lose_their_rows_not_the_file(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(FORMATS["mmlu"].rows())
    right = pa.array([float("nan")] * 2 + [1.0] * (ROWS - 2))
    file = as_parquet(table.set_column(2, "answer", right))
    found = built(tmp_path, "mmlu", {"train.parquet": file})
    assert found.drops == [("answer_not_in_options", 0), ("answer_not_in_options", 1)]


# Files that are not what they seem.

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 1385\n"
NOISE = random.Random(0).randbytes(20_000)
ENGLISH = lines(MATH.rows())
FRENCH = "".join(f'{{"question": "Où est {n} ?", "answer": "à {n}"}}\n' for n in range(ROWS))
FRENCH_CSV = "".join(f"Où est {n} ?,à,b,c,d,A\n" for n in range(ROWS))
TABLE = pa.Table.from_pylist(MATH.rows())
NOT_WHAT_THEY_SEEM: dict[str, tuple[str, str, bytes, str]] = {
    "empty Parquet": ("hendrycks_math", "train.parquet", b"", "expected a Parquet file"),
    "empty JSON Lines": ("hendrycks_math", "train.jsonl", b"", "its files have no rows"),
    "empty CSV": ("mmlu", "part.csv", b"", "its files have no rows"),
    "Parquet without rows": (
        "hendrycks_math",
        "train.parquet",
        as_parquet(TABLE[:0]),
        "its files have no rows",
    ),
    "blank JSON Lines": ("hendrycks_math", "train.jsonl", b"\n \r\n\n", "found none"),
    "blank CSV": ("mmlu", "part.csv", b"\r\n\r\n", "found none"),
    "BOM alone as JSON Lines": ("hendrycks_math", "train.jsonl", BOM, "found none"),
    "BOM alone as CSV": ("mmlu", "part.csv", BOM, "found none"),
    "Git LFS as Parquet": ("hendrycks_math", "train.parquet", LFS, "Git LFS pointer"),
    "Git LFS as JSON Lines": ("hendrycks_math", "train.jsonl", LFS, "Git LFS pointer"),
    "Git LFS as CSV": ("mmlu", "part.csv", LFS, "expected the columns"),
    "noise as Parquet": ("hendrycks_math", "train.parquet", NOISE, "expected a Parquet file"),
    "noise as JSON Lines": ("hendrycks_math", "train.jsonl", NOISE, "expected one JSON object a line"),
    "noise as CSV": ("mmlu", "part.csv", NOISE, "expected CSV in UTF-8"),
    "JSON Lines as Parquet": ("hendrycks_math", "train.parquet", ENGLISH, "expected a Parquet file"),
    "Parquet as JSON Lines": (
        "hendrycks_math",
        "train.jsonl",
        as_parquet(TABLE),
        "expected one JSON object a line",
    ),
    "CSV as JSON Lines": ("mmlu", "part.jsonl", as_csv(CSV_ROWS), "expected one JSON object a line"),
    "a JSON list": ("hendrycks_math", "train.jsonl", json.dumps(MATH.rows()).encode(), "found none"),
    "JSON over many lines": (
        "hendrycks_math",
        "train.jsonl",
        json.dumps(MATH.row("?", "1"), indent=1).encode(),
        "found none",
    ),
    "mostly broken lines": (
        "hendrycks_math",
        "train.jsonl",
        lines([MATH.row("?", "1"), *[b"{"] * 3]),
        "3 of 4 rows",
    ),
    "latin-1 JSON Lines": ("hendrycks_math", "train.jsonl", FRENCH.encode("latin-1"), "in UTF-8, found none"),
    "latin-1 CSV": ("mmlu", "part.csv", FRENCH_CSV.encode("latin-1"), "row 0 (from 0) is not, in column f0"),
    "latin-1 late in CSV": (
        "mmlu",
        "part.csv",
        as_csv(CSV_ROWS * 20) + "a,b,c,ü,d,A\n".encode("latin-1"),
        f"row {20 * ROWS} (from 0) is not, in column f3",
    ),
    "UTF-16 JSON Lines": ("hendrycks_math", "train.jsonl", FRENCH.encode("utf-16"), "in UTF-8, found none"),
    "UTF-16 CSV": ("mmlu", "part.csv", FRENCH_CSV.encode("utf-16"), "expected CSV in UTF-8"),
    "UTF-32 CSV": ("mmlu", "part.csv", FRENCH_CSV.encode("utf-32"), "expected CSV in UTF-8"),
    "a surrogate in CSV": ("mmlu", "part.csv", b"\xed\xa0\x80,a,b,c,d,A\n", "row 0 (from 0) is not"),
    "semicolons in CSV": ("mmlu", "part.csv", as_csv(CSV_ROWS, delimiter=";"), "found f0\n"),
    "tabs in CSV": ("mmlu", "part.csv", as_csv(CSV_ROWS, delimiter="\t"), "found f0\n"),
    "five cells in CSV": (
        "mmlu",
        "part.csv",
        as_csv([row[:5] for row in CSV_ROWS]),
        "found f0, f1, f2, f3, f4\n",
    ),
    "CSV of a source that has none": (
        "hendrycks_math",
        "train.csv",
        as_csv(CSV_ROWS),
        "expected the columns",
    ),
}


@pytest.mark.parametrize("what", NOT_WHAT_THEY_SEEM)
def test_a_file_that_is_not_what_it_seems_is_named_and_an_older_build_stays(
    tmp_path: Path, what: str
) -> None:
    source, name, content, said = NOT_WHAT_THEY_SEEM[what]
    error = refused(tmp_path, source, {name: content})
    assert said in error
    assert "have no rows" in said or f"{source}/{name}: " in error


@pytest.mark.parametrize("kind", GOOD)
def test_an_empty_file_or_one_without_rows_beside_others_takes_nothing_from_them(
    tmp_path: Path, kind: str
) -> None:
    source, name, content = GOOD[kind]
    none = as_parquet(TABLE[:0]) if kind == "parquet" else b""
    found = built(tmp_path, source, {f"train-a.{kind}": none, name: content, f"train-z.{kind}": none})
    assert found.rows.keys() == clean_ids(source, name, content)
    listed = [file["path"] for file in found.manifest["sources"][source]["files"]]
    assert sorted(listed) == sorted([f"train-a.{kind}", name, f"train-z.{kind}"])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_missing_or_renamed_is_named(tmp_path: Path, name: str, kind: str) -> None:
    form = FORMATS[name]
    read = {"question", "choices", "answer", "answer_content", "prompt", "reward_model"}
    read |= {"reference_answer", "problem", "solution"}
    for column in sorted(read & form.row("?", "1").keys()):
        others = {"numina_1_5": {"answer", "solution"}, "mmlu_inline": {"answer_content"}}
        if column in others.get(name, set()):
            continue
        rows = [
            {("renamed" if key == column else key): value for key, value in row.items()}
            for row in form.rows()
        ]
        error = refused(tmp_path, form.source, {f"{form.stem}.{kind}": KINDS[kind](rows)})
        expected, found = error.split("; found ")
        assert column in expected
        assert "renamed" in found
        assert f"{form.stem}.{kind}" in expected
        shutil.rmtree(tmp_path / "refused")


def test_columns_that_need_not_be_there_are_said_to_be_missing(tmp_path: Path) -> None:
    rows = [{key: row[key] for key in ("question", "answer")} for row in MATH.rows()]
    found = built(tmp_path, MATH.source, {"train.jsonl": lines(rows)})
    assert {"domain", "index"} <= set(found.manifest["sources"][MATH.source]["columns_not_found"])
    assert found.rows.keys() == clean_ids(MATH.source, "train.jsonl", lines(MATH.rows()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_with_dots_in_its_name_is_read_as_a_nested_one(tmp_path: Path, kind: str) -> None:
    form = FORMATS["syn_qa"]
    rows = [{**row, "reward_model.ground_truth": row["reward_model"]["ground_truth"]} for row in form.rows()]
    flat = [{key: value for key, value in row.items() if key != "reward_model"} for row in rows]
    file = f"{form.stem}.{kind}"
    found = built(tmp_path, form.source, {file: KINDS[kind](flat)})
    assert found.rows.keys() == clean_ids(form.source, file, KINDS[kind](form.rows()))


def test_a_parquet_column_that_stands_twice_is_named(tmp_path: Path) -> None:
    twice = TABLE.append_column("question", TABLE["answer"])
    assert "column 'question' stands twice" in refused(
        tmp_path, MATH.source, {"train.parquet": as_parquet(twice)}
    )


@pytest.mark.usefixtures("cut")
def test_text_in_parquet_that_is_not_utf_8_is_named_with_its_row(tmp_path: Path) -> None:
    questions = [b"What?"] * ROWS
    questions[33] = b"surrogate \xed\xa0\x80"
    table = TABLE.set_column(0, "question", pa.array(questions).view(pa.string()))
    error = refused(tmp_path, MATH.source, {"train.parquet": as_parquet(table)})
    assert "in column 'question', row 33 (from 0)" in error
    options = pa.array([["a", "b"]] * 33 + [["a", b"\xff"]] + [["a", "b"]] * 6, pa.list_(pa.binary()))
    table = pa.Table.from_pylist(FORMATS["mmlu"].rows()).set_column(
        1, "choices", options.view(pa.list_(pa.string()))
    )
    assert "in column 'choices', row 33 (from 0)" in refused(
        tmp_path, "mmlu", {"train.parquet": as_parquet(table)}
    )


# Parquet that is cut off or damaged.


def test_parquet_cut_off_anywhere_is_named(tmp_path: Path) -> None:
    whole = as_parquet(FORMATS["syn_qa"].rows())
    name = "Nemotron-CrossThink-QA.parquet"
    for end in [*range(1, len(whole), len(whole) // 12), *range(len(whole) - 12, len(whole))]:
        assert f"syn_qa/{name}: expected a Parquet file" in refused(tmp_path, "syn_qa", {name: whole[:end]})


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("name", ["hendrycks_math", "syn_qa"])
def test_parquet_with_bytes_changed_is_named_or_loses_no_row(
    tmp_path: Path, name: str, compression: str
) -> None:
    form, chance = FORMATS[name], random.Random(f"{name} {compression}")
    whole = as_parquet(form.rows(), compression=compression)
    file = f"{form.stem}.parquet"
    for turn in range(40):
        damaged = bytearray(whole)
        first = 0 if turn % 2 else len(whole) - 2_500  # in the footer
        for _ in range(chance.choice([1, 4, 20])):
            place = chance.randrange(first, len(whole))
            damaged[place] = chance.choice([0, 255, damaged[place] ^ 1 << chance.randrange(8)])
        said = ""
        try:
            found = built(tmp_path, form.source, {file: bytes(damaged)})
        except SourceError as error:
            said = str(error)
        assert form.source in said or found.manifest["sources"][form.source]["rows_read"] == ROWS


def test_a_damaged_page_is_found_by_its_checksum(tmp_path: Path) -> None:
    whole = as_parquet(TABLE, compression="none", write_page_checksum=True, use_dictionary=False)
    damaged = whole.replace(b"What follows 33?", b"What follows 66?")
    assert len(damaged) == len(whole)
    assert damaged != whole
    error = refused(tmp_path, MATH.source, {"train.parquet": damaged})
    assert "hendrycks_math/train.parquet: row groups" in error


def test_a_footer_that_says_fewer_rows_than_there_are_is_refused(tmp_path: Path) -> None:
    whole = as_parquet(TABLE, row_group_size=ROWS)
    start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    assert whole[start:].count(b"\x16\x50") == 2 + len(TABLE.schema.names), "a count of 40 in Thrift"
    place = start + whole[start:].index(b"\x16\x50")
    fewer = whole[:place] + b"\x16\x40" + whole[place + 2 :]
    assert "its footer says 32 rows" in refused(tmp_path, MATH.source, {"train.parquet": fewer})


# CSV.


def test_a_row_of_csv_that_is_none_is_listed_with_its_place_and_harms_no_other(tmp_path: Path) -> None:
    wrong = "wrong_number_of_cells"
    bad: list[tuple[bytes, str]] = [
        (b"too,few\r\n", wrong),
        (b"one,too,many,of,the,cells,A\r\n", wrong),
        (b"   \r\n", wrong),
        (b'"on two\nlines",but,too,few\r\n', wrong),
        (b'"not closed,1,2,3,4,A\r\n', "not_a_csv_row"),
        (b'not closed,"1,2,3,4,A\r\n', "not_a_csv_row"),
        (b'not closed,1,2,3,4,"A\r\n', "not_a_csv_row"),
        (b'"closed" too early,1,2,3,4,A\r\n', "not_a_csv_row"),
        (b"x" * 1_000_000 + b",1,2,3,4,A\r\n", "not_a_csv_row"),
        (b'"' + b"x, " * 100_000 + b'",1,2,3,4,A\r\n', "not_a_csv_row"),
        (b"nul \x00,1,2,3,4,A\r\n", "control_characters"),
        (b"backspace,\x08,2,3,4,A\r\n", "control_characters"),
        (b"question,A,B,C,D,answer\r\n", "answer_not_in_options"),
        (b",1,2,3,4,A\r\n", "empty_question"),
        (b"no option,1,2,3,4,E\r\n", "answer_not_in_options"),
        (b"no letter,1,2,3,4,\r\n", "answer_not_in_options"),
        (b"no text,,2,3,4,A\r\n", "answer_not_in_options"),
    ]
    good = [as_csv([row]) for row in CSV_ROWS]
    ids = clean_ids("mmlu", "part.csv", b"".join(good))
    found = built(tmp_path, "mmlu", {"part.csv": b"\r\n".join(among(good, [row for row, _ in bad]))})
    assert found.drops == [(reason, 2 * place + 1) for place, (_, reason) in enumerate(bad)]
    assert found.rows.keys() == ids
    last = built(tmp_path, "mmlu", {"part.csv": b"".join([*good, b'"cut off,1,2,3,4,'])})
    assert last.drops == [("not_a_csv_row", ROWS)]


def test_a_cell_of_csv_may_hold_line_ends_commas_and_quotes(tmp_path: Path) -> None:
    odd = [['A "b",\nc,\r\n\nd?', "1", '"', "a\nb", ", ,", "B"], ['5" or 6"?', "NA", "None", "null", "", "A"]]
    ids = clean_ids("mmlu", "part.csv", as_csv(CSV_ROWS))
    content = as_csv(among(CSV_ROWS, odd)) + b'a "b" c?,1,2,3,4,A\r\n'
    kept = built(tmp_path, "mmlu", {"part.csv": content}).beside(ids)
    assert {row["meta_data"]["question"] for row in kept} == {'A "b",\nc,\n\nd?', '5" or 6"?', 'a "b" c?'}
    assert {row["solution"] for row in kept} == {'(B) "', "(A) NA", "(A) 1"}


def test_a_header_of_csv_is_one_dropped_row(tmp_path: Path) -> None:
    content = BOM + as_csv([["question", "A", "B", "C", "D", "answer"], *CSV_ROWS])
    found = built(tmp_path, "mmlu", {"part.csv": content})
    assert found.drops == [("answer_not_in_options", 0)]
    assert found.rows.keys() == clean_ids("mmlu", "part.csv", as_csv(CSV_ROWS))


# Line ends and encodings that do not matter.


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_bom_and_the_kind_of_line_ends_do_not_matter(tmp_path: Path, kind: str) -> None:
    source, name, content = GOOD[kind]
    ids = clean_ids(source, name, content)
    unix = content.replace(b"\r\n", b"\n")
    variants = [
        BOM + unix,
        unix.replace(b"\n", b"\r\n"),
        BOM + unix.replace(b"\n", b"\r\n\r\n"),
        unix[:-1],
        b"\n" + unix,
    ]
    for variant in variants:
        found = built(tmp_path, source, {name: variant})
        assert not found.drops
        assert found.rows.keys() == ids


@pytest.mark.usefixtures("cut")
def test_a_last_line_that_is_cut_off_is_a_drop_whatever_piece_it_is_in(tmp_path: Path) -> None:
    content = lines(MATH.rows())
    found = built(tmp_path, MATH.source, {"train.jsonl": content[:-30]})
    assert found.drops == [("not_a_json_object", ROWS - 1)]


ALIVE = [
    "עברית: מה השעה? 12:30",
    "كم يساوي \u0661 + \u0661؟",
    "\U0001f469\u200d\U0001f467\u200d\U0001f466 or \U0001f3f3\ufe0f\u200d\U0001f308, \U0001f44d\U0001f3fd?",
    "e\u0301, ﬁ, ½, \u202eover\u202c, \ufdfa and \U0001d54f?",
    "a\u00a0b\u3000c\u200bd\u2028e?",
]


@pytest.mark.parametrize(("name", "kind"), [*FORMATS_AND_KINDS, ("mmlu", "csv")])
def test_right_to_left_text_and_emoji_are_published_as_they_are(tmp_path: Path, name: str, kind: str) -> None:
    form = FORMATS[name]
    answers = [f"{text.rstrip('?')}!" for text in ALIVE]
    if kind == "csv":
        pairs = [
            [text, "no", answer, "neither", "none", "B"] for text, answer in zip(ALIVE, answers, strict=True)
        ]
        content = as_csv([*CSV_ROWS, *pairs])
    else:
        rows = [form.row(text, answer) for text, answer in zip(ALIVE, answers, strict=True)]
        content = KINDS[kind]([*form.rows(), *rows])
    found = built(tmp_path, form.source, {f"{form.stem}.{kind}": content})
    assert not found.drops
    by_question = {row["meta_data"]["question"]: row for row in found.rows.values()}
    for text, answer in zip(ALIVE, answers, strict=True):
        assert by_question[text]["solution"].removeprefix("(B) ") == answer
        assert f"\n\n{text}" in by_question[text]["prompt"][0]["content"]


# Much of something.


@pytest.mark.parametrize("kind", KINDS)
def test_huge_questions_take_seconds_and_are_counted(tmp_path: Path, kind: str) -> None:
    start = time.monotonic()
    for name in ("syn_qa", "numina_verl", "persona_math", "mmlu_inline", "numina_cot", "natural_reasoning"):
        form = FORMATS[name]
        texts = [
            "x" * 5_000_000 + "?",
            "Word. " * 170_000 + "?",
            "a" + " " * 1_000_000 + "b?",
            "a" + "\n" * 300_000 + "b?",
        ]
        texts += [
            "A: x\n" * 100_000 + "?",
            "A: x\nB: y\n" * 50_000 + "?",
            "x\n" * 60_000,
            "(A) " * 60_000 + "?",
        ]
        texts += [
            "\\boxed{" * 20_000 + "?",
            "{" * 200_000 + "?",
            "\\boxed{1} " * 15_000 + "?",
            "x" + "\r\n" * 200_000 + "a?",
        ]
        good = form.rows()
        huge = [form.row(text, "1") for text in texts]
        found = built(tmp_path, form.source, {f"{form.stem}.{kind}": KINDS[kind](among(good, huge))})
        assert not found.beside(clean_ids(form.source, f"{form.stem}.{kind}", KINDS[kind](good)))
        assert {place for _, place in found.drops} == {2 * n + 1 for n in range(len(huge))}
    assert time.monotonic() - start < MOST_SECONDS


def test_huge_answers_and_solutions_take_seconds(tmp_path: Path) -> None:
    start = time.monotonic()
    form = FORMATS["numina_cot"]
    texts = [
        "x" * 1_000_000,
        "{" * 500_000,
        "{}" * 250_000,
        "\\boxed{" * 70_000,
        "\\" * 500_000,
        "} \\boxed{" * 50_000,
    ]
    huge = [form.row(f"Huge {n}?", text) for n, text in enumerate(texts)]
    built(tmp_path, form.source, {"train.jsonl": lines(among(form.rows(), huge))})
    qa = FORMATS["syn_qa"]
    golds = ["(A) " * 100_000, "A: " * 100_000, "one\n\n" * 100_000, " \n" * 200_000 + "x"]
    huge = [{**qa.row("Huge?", text), "reward_model": {"ground_truth": text}} for text in golds]
    built(tmp_path, qa.source, {f"{qa.stem}.jsonl": lines(among(qa.rows(), huge))})
    assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.parametrize("name", FORMATS)
def test_equal_rows_keep_ids_of_their_own_and_what_is_asked(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    question = "Is it so? It may be. Or not.\nSay what it is, then."
    rows = [*form.rows(), *[{**form.row(question, "so"), "id": "the same"}] * 1_000]
    found = built(tmp_path, form.source, {f"{form.stem}.jsonl": lines(rows)})
    assert not found.drops
    same = found.beside(clean_ids(form.source, f"{form.stem}.jsonl", lines(form.rows())))
    assert {row["meta_data"]["question"] for row in same} == {question}
    first = min(row["id"] for row in same)
    assert {row["id"] for row in same} == {first, *(f"{first}-{n}" for n in range(2, 1_001))}


# Paths.


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("make", [dangling, loop, os.mkfifo], ids=["dangling", "loop", "pipe"])
def test_a_path_that_leads_to_no_file_is_named(
    tmp_path: Path, kind: str, make: Callable[[Path], None]
) -> None:
    source, name, content = GOOD[kind]
    write(tmp_path / "refused", source, {name: content})
    make(tmp_path / "refused" / source / f"train-2.{kind}")
    error = refused(tmp_path, source, {})
    assert f"{source}/train-2.{kind}: expected a file, found none" in error


@pytest.mark.parametrize("closed", ["file", "folder", "source", "mirror"])
@pytest.mark.parametrize("kind", GOOD)
def test_what_may_not_be_read_is_named(tmp_path: Path, kind: str, closed: str) -> None:
    source, name, content = GOOD[kind]
    mirror = write(tmp_path / "refused", source, {name: content, f"folder/train-2.{kind}": content})
    path = (
        mirror
        / {"file": f"{source}/{name}", "folder": f"{source}/folder", "source": source, "mirror": ""}[closed]
    )
    path.chmod(0)
    try:
        if os.access(path, os.R_OK):
            pytest.skip("nothing is closed to this user")
        error = refused(tmp_path, source, {})
    finally:
        path.chmod(0o755)
    assert str(path.name) in error
    assert "ermission" in error


@pytest.mark.parametrize("kind", GOOD)
def test_a_folder_called_like_a_file_is_a_folder(tmp_path: Path, kind: str) -> None:
    source, name, content = GOOD[kind]
    (tmp_path / "mirror-0" / source / "empty.parquet").mkdir(parents=True)
    found = built(tmp_path, source, {f"folder.{kind}/{name}": content})
    assert found.rows.keys() == clean_ids(source, name, content)


# The command line: a full disk, Ctrl-C, a kill. The old build stays, and the next build works.

PRELUDE = """
import os, resource, signal, sys
from pathlib import Path
from crossthink_hub.cli import main

def full():
    "Let no file grow from here on, as on a full disk."
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ.get("MOST", 0)), resource.RLIM_INFINITY))

def before(name, event):
    "Let something happen before a method of paths is called."
    method = getattr(Path, name)
    def instead(path, *arguments, **options):
        event(path)
        return method(path, *arguments, **options)
    setattr(Path, name, instead)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an old build and a mirror in it."""
    shutil.copytree(Path(old_build().name) / "old", tmp_path / "old")
    write(tmp_path / "mirror", MATH.source, {"train.jsonl": lines(MATH.rows())})
    return tmp_path


@pytest.fixture(scope="module")
def large_mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror that takes seconds to build from."""
    rows = [MATH.row(f"What follows {n}? {'x' * 300}", f"{n + 1}") for n in range(150_000)]
    return write(tmp_path_factory.mktemp("large"), MATH.source, {"train.jsonl": lines(rows)})


def command(mirror: Path, out: Path, *more: str) -> list[str]:
    return ["build", MATH.source, "--sources", str(mirror), "--out", str(out), "--seed", "1", *more]


def crossthink(
    arguments: Sequence[str], prelude: str = "", most: int = 0, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command line, with something that is done before."""
    program = f"{PRELUDE}{prelude}\nsys.argv = ['crossthink', *sys.argv[1:]]\nmain()"
    env = {**os.environ, "MOST": str(most)}
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": 120, **options}
    return subprocess.run([sys.executable, "-c", program, *arguments], env=env, **given)


def check_failed(done: subprocess.CompletedProcess[str], code: int, said: str) -> None:
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout in ("", None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("train.jsonl", b"{\n", "hendrycks_math/train.jsonl: expected one JSON object a line"),
        ("train.parquet", LFS, "hendrycks_math/train.parquet: expected a Parquet file"),
        ("train.csv", NOISE, "hendrycks_math/train.csv: expected CSV in UTF-8"),
    ],
)
def test_the_command_line_names_a_bad_file_and_exits_with_3(
    place: Path, name: str, content: bytes, said: str
) -> None:
    mirror = write(place / "bad", MATH.source, {name: content})
    before = snapshot(place / "old")
    check_failed(crossthink(command(mirror, place / "old")), 3, said)
    check_failed(crossthink(command(mirror, place / "new")), 3, said)
    assert snapshot(place / "old") == before
    assert not (place / "new").exists()


@pytest.mark.parametrize("most", [0, 1_000, 5_000, 9_000])
@pytest.mark.parametrize("out", ["old", "new"])
def test_a_full_disk_is_said_and_leaves_what_was_there(place: Path, out: str, most: int) -> None:
    before = snapshot(place / "old")
    done = crossthink(command(place / "mirror", place / out), "full()", most)
    check_failed(done, 4, "can't be written")
    assert "Check the disk's free space" in done.stderr
    assert snapshot(place / "old") == before
    assert (place / out).exists() == (out == "old")


@pytest.mark.parametrize("written", ["manifest.json", "blends.png", "README.md"])
def test_a_disk_that_is_full_at_the_end_is_said_and_leaves_what_was_there(place: Path, written: str) -> None:
    before = snapshot(place / "old")
    event = f"lambda path: path.name == {written!r} and full()"
    prelude = f"before('write_text', {event}); before('write_bytes', {event})"
    check_failed(crossthink(command(place / "mirror", place / "old"), prelude), 4, "can't be written")
    assert snapshot(place / "old") == before


def test_a_full_standard_output_is_said() -> None:
    with Path("/dev/full").open("w") as stdout:
        check_failed(crossthink(["configs"], stdout=stdout), 4, "standard output: can't be written")


@pytest.mark.parametrize("name", ["README.md", "manifest.json", "blends.png", "data", "dropped"])
def test_what_is_in_the_way_of_a_build_is_named_before_anything_moves(place: Path, name: str) -> None:
    path = place / "old" / name
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("mine")
    else:
        path.unlink()
        path.mkdir()
    before = snapshot(place / "old")
    with pytest.raises(OutputError, match="which no build made") as raised:
        build(BuildSettings((MATH.source,)), str(place / "mirror"), place / "old")
    assert name in str(raised.value)
    assert snapshot(place / "old") == before


def reading(scratch: Path) -> bool:
    return scratch.exists()


def spilling(scratch: Path) -> bool:
    return any(scratch.rglob("*.arrow"))


def writing(scratch: Path) -> bool:
    return any(scratch.glob("data/**/*.parquet"))


@pytest.mark.parametrize("moment", [reading, spilling, writing])
@pytest.mark.parametrize(
    "signals", [[signal.SIGINT], [signal.SIGINT] * 5, [signal.SIGKILL]], ids=["once", "often", "kill"]
)
def test_an_interrupted_build_leaves_what_was_there_and_the_next_one_works(
    place: Path, large_mirror: Path, moment: Callable[[Path], bool], signals: list[signal.Signals]
) -> None:
    before = snapshot(place / "old")
    arguments = command(large_mirror, place / "old", "--size", "100000", "--oversample")
    running = subprocess.Popen(
        [sys.executable, "-m", "crossthink_hub", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    scratch = place / "old" / f".building-{running.pid}"
    deadline = time.monotonic() + MOST_SECONDS
    while not moment(scratch):
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.002)
    for number in signals:
        running.send_signal(number)
        time.sleep(0.02)
    said = running.communicate(timeout=MOST_SECONDS)
    if signals == [signal.SIGINT]:
        assert (running.returncode, said) == (130, ("", "interrupted\n"))
        assert not scratch.exists()
    else:
        assert running.returncode in (130, -signals[0])
        assert "Traceback" not in said[1]
    assert {
        name: data for name, data in snapshot(place / "old").items() if not name.startswith(".")
    } == before
    assert validate(place / "old") == []
    build(BuildSettings((MATH.source,)), str(place / "mirror"), place / "old")
    assert snapshot(place / "old") == before


@pytest.mark.parametrize("out", ["old", "new"])
def test_ctrl_c_while_the_new_build_moves_in_waits_until_it_is_whole(place: Path, out: str) -> None:
    prelude = (
        "before('replace', lambda path: path.suffix == '.parquet' and os.kill(os.getpid(), signal.SIGINT))"
    )
    check_failed(crossthink(command(place / "mirror", place / out), prelude), 130, "interrupted")
    assert validate(place / out) == []
    assert json.loads((place / out / "manifest.json").read_text())["seed"] == 1
    assert not list((place / out).glob(".*"))


@pytest.mark.parametrize("out", ["old", "new"])
@pytest.mark.parametrize("killed_at", ["manifest.json", "README.md"])
def test_after_a_kill_while_the_new_build_moves_in_the_next_one_works(
    place: Path, out: str, killed_at: str
) -> None:
    prelude = (
        f"before('replace', lambda path: path.name == {killed_at!r} and os.kill(os.getpid(), signal.SIGKILL))"
    )
    done = crossthink(command(place / "mirror", place / out), prelude)
    assert done.returncode == -signal.SIGKILL
    again = crossthink(command(place / "mirror", place / out))
    assert again.returncode == 0, again.stderr
    assert validate(place / out) == []
    assert not list((place / out).glob(".*"))
