"""The sample's files: each benchmark in its upstream format, with the quirks that real files have."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from crossthink_hub.evaluation.benchmarks.sample.questions import Choice, Sum, choices, stories, sums
from crossthink_hub.sources.sample.mixing import write_lines, write_parquet

Row = dict[str, Any]
MATH_SUBJECTS = ("Prealgebra", "Number Theory", "Algebra")
SUBJECTS = ("miscellaneous", "global_facts", "high_school_geography")
CATEGORIES = ("other", "biology", "history")
FIELDS = (("Science", "Physics"), ("Agronomy", "Forestry"), ("Law", "Law"))
DOMAINS = (("Physics", "Optics (general)"), ("Chemistry", "Organic Chemistry"), ("Biology", "Genetics"))


def write_mmlu(folder: Path) -> None:
    """Write MMLU as the Hub has it: one question twice, one without text."""
    rows = [
        {
            "question": one.question,
            "subject": SUBJECTS[place % 3],
            "choices": one.options,
            "answer": one.right,
        }
        for place, one in enumerate(choices(16, (4,), Random("mmlu")))
    ]
    rows += [rows[0], rows[1] | {"question": " "}]
    text = pa.string()
    fields = {"question": text, "subject": text, "choices": pa.list_(text), "answer": pa.int64()}
    write_parquet(folder / "all/test-00000-of-00001.parquet", rows, pa.schema(fields))


def write_mmlu_pro(folder: Path) -> None:
    """Write MMLU-Pro: three to ten options; a wrong index, two equal options, a letter of no option."""
    drawn = choices(16, (10, 9, 4, 3), Random("mmlu_pro"))
    rows = [_pro_row(place, one) for place, one in enumerate(drawn)]
    rows[3]["answer_index"] = (drawn[3].right + 1) % 3
    wrong = [place for place in range(10) if place != drawn[0].right]
    rows[0]["options"][wrong[0]] = rows[0]["options"][wrong[1]]
    rows.append(rows[1] | {"question_id": 16, "answer": "J", "answer_index": 11})
    text, number = pa.string(), pa.int64()
    fields = {"question_id": number, "question": text, "options": pa.list_(text), "answer": text}
    fields |= {"answer_index": number, "cot_content": text, "category": text, "src": text}
    write_parquet(folder / "data/test-00000-of-00001.parquet", rows, pa.schema(fields))


def _pro_row(place: int, one: Choice) -> Row:
    head = {"question_id": place, "question": one.question, "options": list(one.options)}
    gold = {"answer": one.letter, "answer_index": one.right, "cot_content": ""}
    return {**head, **gold, "category": CATEGORIES[place % 3], "src": "sample"}


def write_gpqa_diamond(folder: Path) -> None:
    """Write GPQA-Diamond: a table with a header, cells over several lines, and answers that are missing."""
    rows = [_gpqa_row(place, one) for place, one in enumerate(choices(12, (4,), Random("gpqa_diamond")))]
    rows.append(rows[0] | {"Record ID": "rec012", "Incorrect Answer 3": ""})
    rows.append(rows[1] | {"Record ID": "rec013", "Correct Answer": ""})
    path = folder / "gpqa_diamond.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def _gpqa_row(place: int, one: Choice) -> Row:
    domain, part = DOMAINS[place % 3]
    wrong = [option for option in one.options if option != one.answer]
    return {
        "Question": f"Think twice.\n\n{one.question}",
        "Correct Answer": f"{one.answer}\n",
        **{f"Incorrect Answer {number}": text for number, text in enumerate(wrong, 1)},
        "Explanation": f"It is {one.answer}.",
        "Subdomain": part,
        "High-level domain": domain,
        "Record ID": f"rec{place:03d}",
        "Canary String": "A row of the sample, not of GPQA.",
    }


def write_agieval(folder: Path) -> None:
    """Write some tasks of AGIEval: labels that are lists, odd or missing, and keys that are not there."""
    rng = Random("agieval")
    english, chinese = choices(10, (5,), rng), choices(12, (4,), rng, "zh")
    tasks = {
        "lsat-ar": [_exam(one) for one in stories(rng)],
        "lsat-lr": [_exam(one) for one in english[:4]],
        "aqua-rat": [_exam(one) for one in english[4:]],
        "sat-en": [_without_answer(_exam(one)) for one in stories(rng)],
        "sat-en-without-passage": [_exam(one) for one in english[:2]],
        "math": [_cloze(one) for one in sums(4, rng)],
        "gaokao-mathcloze": [_cloze(one) for one in sums(3, rng)],
        "gaokao-chinese": [_exam(one) for one in stories(rng, "zh")],
        "gaokao-physics": [_exam(one) | {"label": [one.letter]} for one in chinese[:4]],
        "gaokao-mathqa": [_exam(one) for one in chinese[4:8]],
        "gaokao-english": [_oddly_labelled(one) for one in english[:3]],
    }
    tasks["gaokao-physics"] += [_exam(one) | {"label": ["A", "C"]} for one in chinese[8:10]]
    tasks["gaokao-mathqa"].append(_exam(chinese[10]) | {"label": "B D"})
    tasks["lsat-lr"].append(_exam(english[0]) | {"label": None})
    for task, rows in tasks.items():
        write_lines(folder / f"data/v1/{task}.jsonl", map(_json, rows))


def _exam(one: Choice) -> Row:
    options = [f"({chr(ord('A') + place)}){option}" for place, option in enumerate(one.options)]
    head = {"passage": one.passage or None, "question": one.question, "options": options}
    return {**head, "label": one.letter, "answer": None, "other": {"source": "sample"}}


def _without_answer(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "answer"}


def _oddly_labelled(one: Choice) -> Row:
    first, *others = one.options
    marks = [f"     {chr(ord('B') + place)}\uff0e{option}  " for place, option in enumerate(others)]
    return _exam(one) | {"options": [f"   A. {first}", *marks]}


def _cloze(one: Sum) -> Row:
    head = {"passage": None, "question": one.question, "options": None, "label": None}
    return {**head, "answer": f"${one.answer}$", "other": {"level": 1}}


def write_supergpqa(folder: Path) -> None:
    """Write SuperGPQA: four to ten options; a letter of another option, and a text that is none."""
    drawn = choices(14, (10, 7, 4), Random("supergpqa"))
    rows = [_super_row(place, one) for place, one in enumerate(drawn)]
    rows[2]["answer_letter"] = "ABCD"[(drawn[2].right + 1) % 4]
    rows.append(rows[3] | {"uuid": f"{14:032x}", "answer": "something else"})
    write_lines(folder / "SuperGPQA-all.jsonl", map(_json, rows))


def _super_row(place: int, one: Choice) -> Row:
    discipline, part = FIELDS[place % 3]
    head = {"uuid": f"{place:032x}", "question": one.question, "options": one.options, "answer": one.answer}
    facts = {"discipline": discipline, "field": part, "subfield": part, "difficulty": "easy"}
    return {**head, "answer_letter": one.letter, **facts, "is_calculation": False}


def write_math_500(folder: Path) -> None:
    """Write MATH-500: one answer only in the box of its solution, and one nowhere."""
    rows = [_math_row(place, one) for place, one in enumerate(sums(20, Random("math_500")))]
    rows[1]["answer"] = ""
    rows.append(rows[2] | {"unique_id": "test/sample/20.json", "answer": "", "solution": "See above."})
    write_lines(folder / "test.jsonl", map(_json, rows))


def _math_row(place: int, one: Sum) -> Row:
    solution = rf"We work it out and find $\boxed{{{one.answer}}}$."
    head = {"problem": one.question, "solution": solution, "answer": str(one.answer)}
    facts = {"subject": MATH_SUBJECTS[place % 3], "level": 1 + place % 5}
    return {**head, **facts, "unique_id": f"test/sample/{place}.json"}


def write_amc23(folder: Path) -> None:
    """Write AMC23: every answer a decimal."""
    rows = [
        {"id": place, "problem": one.question, "answer": float(one.answer), "question": one.question}
        for place, one in enumerate(sums(8, Random("amc23")))
    ]
    write_lines(folder / "test.jsonl", map(_json, rows))


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


WRITERS: Mapping[str, Callable[[Path], None]] = MappingProxyType(
    {
        "mmlu": write_mmlu,
        "mmlu_pro": write_mmlu_pro,
        "gpqa_diamond": write_gpqa_diamond,
        "agieval": write_agieval,
        "supergpqa": write_supergpqa,
        "math_500": write_math_500,
        "amc23": write_amc23,
    }
)

DROPPED: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "mmlu": {"empty_question": 1},
        "mmlu_pro": {"answer_not_in_options": 1},
        "gpqa_diamond": {"answer_not_in_options": 1},
        "agieval": {"answer_not_in_options": 1, "several_answers": 3},
        "supergpqa": {"answer_not_in_options": 1},
        "math_500": {"empty_answer": 1},
        "amc23": {},
    }
)
"""How many rows of each are not asked, by reason."""
