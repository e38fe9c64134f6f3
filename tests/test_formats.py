"""A problem is the same whatever upstream format, file kind, order and cut its rows come in."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from golden.update import GOLDEN
from upstream_files import Built, Record, built, read_problems, write_rows

from crossthink_hub.identity import digests, ids
from crossthink_hub.problem import problems

Convert = Callable[[Record, int], Any]
"""From a problem and its number to a row of an upstream format."""
Change = Callable[[Record], Record]

HEAD = "Choose the right option. Think first, then put its letter inside \\boxed{}.\n"
TAIL = "\n\nReason step by step, and put the final answer inside \\boxed{}."


def mcq(question: str, options: Sequence[str], right: int, domain: str, *flags: str) -> Record:
    return {
        "question": question,
        "options": list(options),
        "right": right,
        "answer": options[right],
        "domain": domain,
        "flags": list(flags),
    }


MCQ = [
    mcq("How many legs does a spider have?", ["six", "eight", "ten", "twelve"], 1, "biology"),
    mcq("What is the plural of “fish”?", ["fish", "fishs", "fish", "fishen"], 0, "english", "equal_options"),
    mcq(
        "Who wrote “Hamlet”?",
        ["Kyd", "Marlowe", "none of these", "Shakespeare"],
        3,
        "arts",
        "none_of_the_above",
    ),
    mcq(
        "Which bacterium is rod-shaped?", ["S. aureus", "N. mucosa", "B. subtilis", "M. luteus"], 2, "biology"
    ),
    mcq("What is both even and prime?", ["one", "two", "three", "nine"], 1, "algebra"),
]


def open_one(question: str, answer: str, domain: str, persona: str, *skills: str) -> Record:
    return {
        "question": question,
        "options": [],
        "answer": answer,
        "domain": domain,
        "flags": [],
        "persona": persona,
        "skills": list(skills),
    }


OPEN = [
    open_one(
        "What is $\\frac{1}{2} \\cdot 3$?", "\\frac{3}{2}", "algebra", "a baker", "fractions", "products"
    ),
    open_one("Let $n = 7$.\nWhat is $2n$?", "14", "algebra", "a nurse, at night", "doubling"),
    open_one("Give the set of even primes.", "\\{2\\}", "number theory", "a teacher", "primes", "sets"),
    open_one("Combien font 6 fois 7 ?", "42", "arithmétique", "un boulanger", "products"),
]


# How a multiple-choice problem stands in a row.


def in_lines(row: Record, form: str = "{}: {}", between: str = "\n") -> str:
    options = (form.format(letter, text) for letter, text in zip("ABCD", row["options"], strict=True))
    return row["question"] + "\n" + between.join(options)


def inline(row: Record, labels: str) -> str:
    options = " ".join(f"({label}) {text}" for label, text in zip(labels, row["options"], strict=True))
    return f"{row['question']}\nAnswer Choices: {options}"


def letter(row: Record) -> str:
    return "ABCD"[row["right"]]


def gold(row: Record, form: str = "{}: {}") -> str:
    return form.format(letter(row), row["answer"])


def said(text: str, system: str = "") -> list[Record]:
    return [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": text}]


def released(prompt: Any, ground_truth: Any, index: int, **meta: Any) -> Record:
    return {
        "data_source": "nemotron-crossthink",
        "prompt": prompt,
        "reward_model": {"style": "rule", "ground_truth": ground_truth},
        "meta_data": {"index": index, "split": "train", **meta},
    }


def verl(prompt: Any, ground_truth: Any, index: int, subset: str = "numina_math") -> Record:
    return {
        "data_source": subset,
        "prompt": prompt,
        "ability": "math",
        "reward_model": {"ground_truth": ground_truth, "style": "rule"},
        "extra_info": {"index": index, "split": "train"},
    }


def flat(row: Record) -> Record:
    return {
        "question": row["question"],
        "choices": row["options"],
        "answer": row["right"],
        "subject": row["domain"],
    }


@dataclass(frozen=True)
class Case:
    """An upstream format of a source: how a problem is written in it, and what of it can be read back.

    Attributes:
        source: name.
        what: the format is, in words.
        row: writes a problem.
        has: what it tells of a problem besides question, options and answer.
        kinds: of files that it is written to.
    """

    source: str
    what: str
    row: Convert
    has: str = ""
    kinds: Sequence[str] = ("jsonl", "broken.jsonl", "parquet", "large.parquet", "categories.parquet")


MCQ_LISTS = {
    "answer is an index": lambda r, n: flat(r),
    "answer_index of options": lambda r, n: {
        "question": r["question"],
        "options": r["options"],
        "answer_index": r["right"],
        "category": r["domain"],
    },
    "answer is a letter": lambda r, n: {**flat(r), "answer": letter(r)},
    "answer_letter of options": lambda r, n: {
        "question": r["question"],
        "options": r["options"],
        "answer_letter": letter(r),
        "category": r["domain"],
    },
    "label is a digit": lambda r, n: {
        "question": r["question"],
        "choices": r["options"],
        "label": str(r["right"] + 1),
        "subject": r["domain"],
    },
    "answer is a letter and a text": lambda r, n: {**flat(r), "answer": gold(r, "({}) {}")},
    "answer is a text": lambda r, n: {**flat(r), "answer": r["answer"]},
}
MCQ_PROMPTS = {
    "prompt is a text": lambda r, n: released(HEAD + in_lines(r), gold(r), n),
    "prompt is messages": lambda r, n: released(said(HEAD + in_lines(r)), gold(r), n),
    "labels with a full stop": lambda r, n: released(HEAD + in_lines(r, "{}. {}"), gold(r, "{}. {}"), n),
    "labels in brackets": lambda r, n: released(HEAD + in_lines(r, "({}) {}"), gold(r, "({}) {}"), n),
    "labels with a bracket": lambda r, n: released(HEAD + in_lines(r, "{}) {}"), gold(r, "{}) {}"), n),
    "blank lines between": lambda r, n: released(HEAD + in_lines(r, between="\n\n"), gold(r), n),
    "gold is a letter": lambda r, n: released(said(HEAD + in_lines(r)), letter(r), n),
    "gold is a text": lambda r, n: released(said(HEAD + in_lines(r)), r["answer"], n),
    "instruction at the end": lambda r, n: released(in_lines(r) + TAIL, gold(r), n),
    "system message": lambda r, n: released(said(in_lines(r), "Think first."), gold(r), n),
    "verl, list of one gold": lambda r, n: verl(said(HEAD + in_lines(r)), [gold(r)], n),
    "Windows line ends": lambda r, n: released((HEAD + in_lines(r)).replace("\n", "\r\n"), gold(r), n),
}
OPEN_COLUMNS = {
    "question, answer": lambda r, n: {
        "question": r["question"],
        "answer": r["answer"],
        "subject": r["domain"],
        "extra_info": {"index": n},
    },
    "problem, gt_answer": lambda r, n: {
        "problem": r["question"],
        "gt_answer": r["answer"],
        "type": r["domain"],
        "extra_info": {"index": n},
    },
    "question, reference_answer": lambda r, n: {
        "question": r["question"],
        "reference_answer": r["answer"],
        "responses": [{"response_model": "a model", "response": "I don't know."}],
    },
    "problem, final_answer": lambda r, n: {"problem": r["question"], "final_answer": [r["answer"]]},
}
OPEN_PROMPTS = {
    "prompt is a text": lambda r, n: released(HEAD + r["question"], r["answer"], n),
    "prompt is messages": lambda r, n: verl(said(r["question"] + TAIL), r["answer"], n),
    "list of one gold": lambda r, n: verl(said(r["question"] + TAIL, "Think first."), [r["answer"]], n),
}


def persona_row(named: str, skilled: str, joined: bool = False, bare: str | None = "question") -> Convert:
    def row(r: Record, n: int) -> Record:
        known = {} if bare is None else {bare: r["question"]}
        skills = ", ".join(r["skills"]) if joined else r["skills"]
        meta = {**known, named: r["persona"], skilled: skills}
        return released(said(HEAD + r["question"]), r["answer"], n, **meta)

    return row


def cot(r: Record, n: int) -> Record:
    solution = f"First \\boxed{{0}}, then it is \\[ \\boxed{{{r['answer']}}} \\]"
    talk = [*said(r["question"]), {"role": "assistant", "content": solution}]
    return {"source": r["domain"], "problem": r["question"], "solution": solution, "messages": talk}


def version_1_5(r: Record, n: int) -> Record:
    return {
        "problem": r["question"],
        "solution": "See above.",
        "answer": r["answer"],
        "problem_type": r["domain"],
        "question_type": "math-word-problem",
        "problem_is_valid": "Yes",
        "solution_is_valid": "Yes",
        "source": "olympiads",
        "synthetic": False,
    }


CASES = [
    *(Case(source, what, row, "domain") for source in ("mmlu", "syn_qa") for what, row in MCQ_LISTS.items()),
    *(Case(source, what, row, "index") for source in ("mmlu", "syn_qa") for what, row in MCQ_PROMPTS.items()),
    Case("mmlu", "nested", lambda r, n: {"train": flat(r)}, "domain"),
    Case("mmlu", "cells", lambda r, n: [r["question"], *r["options"], letter(r)], kinds=("csv",)),
    *(
        Case(
            "mmlu",
            f"inline, {labels}",
            lambda r, n, labels=labels: {
                "question": inline(r, labels),
                "answer": labels[r["right"]],
                "answer_content": r["answer"],
            },
        )
        for labels in ("ABCD", "1234")
    ),
    Case(
        "syn_qa", "a copy", lambda r, n: {"id": f"q{n}", "prompt": in_lines(r), "ground_truth": gold(r)}, "id"
    ),
    *(
        Case(source, what, row, "domain index" if "index" in str(row(OPEN[0], 0)) else "")
        for source in ("natural_reasoning", "numina_math", "persona_math", "hendrycks_math")
        for what, row in OPEN_COLUMNS.items()
    ),
    *(
        Case(source, what, row, "index")
        for source in ("natural_reasoning", "persona_math", "hendrycks_math")
        for what, row in OPEN_PROMPTS.items()
    ),
    *(
        Case(
            "numina_math",
            what,
            lambda r, n, row=row: {**row(r, n), "data_source": r["domain"]},
            "domain index",
        )
        for what, row in OPEN_PROMPTS.items()
    ),
    Case("numina_math", "NuminaMath-CoT", cot, "domain"),
    Case("numina_math", "NuminaMath-1.5", version_1_5, "domain"),
    Case(
        "numina_math",
        "NuminaMath-1.5, no answers",
        lambda r, n: {**version_1_5(r, n), **cot(r, n), "answer": ""},
        "domain",
    ),
    Case(
        "hendrycks_math",
        "solution",
        lambda r, n: {"problem": r["question"], "solution": cot(r, n)["solution"], "type": r["domain"]},
        "domain",
    ),
    *(
        Case("persona_math", f"{named}, {skilled}", persona_row(named, skilled), "index persona skills")
        for named, skilled in [
            ("persona", "skills"),
            ("Persona", "Skills"),
            ("personas", "skill"),
            ("input_persona", "skill_list"),
        ]
    ),
    Case(
        "persona_math",
        "skills are a text",
        persona_row("persona", "skills", joined=True),
        "index persona skills",
    ),
    Case(
        "persona_math",
        "bare problem",
        persona_row("persona", "skills", bare="problem"),
        "index persona skills",
    ),
    Case(
        "persona_math",
        "no bare question",
        persona_row("persona", "skills", bare=None),
        "index persona skills",
    ),
]


def own_problems(source: str) -> list[Record]:
    return MCQ if source in ("mmlu", "syn_qa") else OPEN


@cache
def expected_ids(source: str) -> list[str]:
    own = own_problems(source)
    table = problems(
        {
            "question": pa.array([row["question"] for row in own]),
            "options": pa.array([row["options"] for row in own], pa.list_(pa.string())),
            "answer": pa.array([row["answer"] for row in own]),
            "row": pa.array(range(len(own))),
        }
    )
    return ids(source, digests(table), np.zeros(len(own), np.int64))


def told(case: Case, row: Record, number: int) -> Record:
    """Return what can be read of a problem that is written in this format."""
    has = case.has.split()
    return {
        "question": row["question"],
        "options": row["options"],
        "answer": row["answer"],
        "answer_index": row.get("right"),
        "flags": row["flags"],
        "domain": row["domain"] if "domain" in has else None,
        "persona": row["persona"] if "persona" in has else None,
        "skills": row["skills"] if "skills" in has else [],
        "index": number if "index" in has else None,
        "upstream_id": f"q{number}" if "id" in has else None,
        "unfit": None,
    }


@pytest.mark.parametrize(
    ("case", "kind"),
    [(case, kind) for case in CASES for kind in case.kinds],
    ids=[f"{case.source}, {case.what}, {kind}" for case in CASES for kind in case.kinds],
)
def test_a_problem_is_the_same_in_every_format(tmp_path: Path, case: Case, kind: str) -> None:
    own = own_problems(case.source)
    path = tmp_path / case.source / f"rows.{kind}"
    write_rows(path, [case.row(row, number) for number, row in enumerate(own)])
    found, unreadable = read_problems(tmp_path, case.source)
    expected = [told(case, row, number) for number, row in enumerate(own)]
    assert found.select(list(expected[0])).to_pylist() == expected
    assert ids(case.source, digests(found), np.zeros(len(own), np.int64)) == expected_ids(case.source)
    assert unreadable == ({"not_a_json_object": [len(own)]} if kind == "broken.jsonl" else {})


MISSING: dict[str, list[Record]] = {
    "syn_qa": [
        released(HEAD + in_lines(MCQ[0]), gold(MCQ[0]), 0),
        released(None, gold(MCQ[0]), 1),
        released(HEAD + in_lines(MCQ[1]), None, 2),
        released("", "", 3),
        {**released(HEAD + in_lines(MCQ[3]), gold(MCQ[3]), 4), "meta_data": None},
        {**released(HEAD + in_lines(MCQ[4]), gold(MCQ[4]), 5), "reward_model": None},
    ],
    "persona_math": [
        released(HEAD + row["question"], gold, n, question=bare, persona=persona, skills=skills)
        for n, (row, gold, bare, persona, skills) in enumerate(
            [
                (OPEN[0], OPEN[0]["answer"], OPEN[0]["question"], "a baker", "sums"),
                (OPEN[1], OPEN[1]["answer"], None, None, None),
                (OPEN[2], None, " ", "", ""),
                (OPEN[3], "", OPEN[3]["question"], " ", "sums, , products,"),
            ]
        )
    ],
    "natural_reasoning": [
        {"question": "What is 1 + 1?", "reference_answer": "2"},
        {"question": "What is 1 + 2?", "reference_answer": None},
        {"question": None, "reference_answer": "4"},
        {"question": "", "reference_answer": ""},
    ],
    "mmlu": [
        {"question": "What is 1 + 1?", "choices": ["1", "2"], "answer": 1, "subject": "sums"},
        {"question": "What is 1 + 2?", "choices": ["3", None], "answer": 0, "subject": None},
        {"question": None, "choices": None, "answer": None, "subject": ""},
        {"question": "", "choices": [], "answer": 0, "subject": "sums"},
    ],
}


@pytest.mark.parametrize("kind", ["broken.jsonl", "parquet", "large.parquet"])
@pytest.mark.parametrize("source", MISSING)
def test_what_is_missing_is_missing_in_every_kind_of_file(tmp_path: Path, source: str, kind: str) -> None:
    lines, other = tmp_path / "lines" / source / "rows.jsonl", tmp_path / "other" / source / f"rows.{kind}"
    write_rows(lines, MISSING[source])
    write_rows(other, MISSING[source])
    found = read_problems(tmp_path / "lines", source)[0].to_pylist()
    assert read_problems(tmp_path / "other", source)[0].to_pylist() == found
    assert [row["question"] for row in found if row["question"]]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_skills_that_are_no_list_are_cut_at_commas_and_empty_ones_left_out(tmp_path: Path, kind: str) -> None:
    write_rows(tmp_path / "persona_math" / f"rows.{kind}", MISSING["persona_math"])
    found, _ = read_problems(tmp_path, "persona_math")
    assert found["skills"].to_pylist() == [["sums"], [], [], ["sums", "products"]]
    assert found["persona"].to_pylist() == ["a baker", None, None, None]
    assert found["question"].to_pylist() == [row["question"] for row in OPEN]


# A gold that gives a label and a text.

STALE = {
    "mmlu, inline": (
        "mmlu",
        lambda r: {"question": inline(r, "ABCD"), "answer": "A", "answer_content": r["answer"]},
    ),
    "mmlu, list": ("mmlu", lambda r: {**flat(r), "answer": f"A. {r['answer']}"}),
    "syn_qa, text": ("syn_qa", lambda r: released(HEAD + in_lines(r), f"A: {r['answer']}", 0)),
    "syn_qa, messages": ("syn_qa", lambda r: released(said(in_lines(r, "{}. {}")), f"A. {r['answer']}", 0)),
}


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize(("source", "row"), STALE.values(), ids=STALE)
def test_a_label_that_names_another_option_than_the_text_is_flagged_and_the_text_stands(
    tmp_path: Path, source: str, row: Change, kind: str
) -> None:
    write_rows(tmp_path / source / f"rows.{kind}", [row(problem) for problem in MCQ])
    found, _ = read_problems(tmp_path, source)
    assert found["answer_index"].to_pylist() == [problem["right"] for problem in MCQ]
    for flags, problem in zip(found["flags"].to_pylist(), MCQ, strict=True):
        assert ("relabelled" in flags) == (problem["right"] != 0)


GOLDS = {
    "a text that begins like a label": ("B. subtilis", ["E. coli", "M. luteus", "B. subtilis", "yeast"], 2),
    "a label and the text of its option": ("B. subtilis", ["E. coli", "subtilis", "B. subtilis", "yeast"], 1),
    "a label before a text that begins like one": ("C: B. subtilis", ["E. coli", "yeast", "B. subtilis"], 2),
    "a letter that is also an option": ("B", ["B", "A"], 1),
    "no option": ("C: yeast", ["E. coli", "M. luteus", "B. subtilis"], None),
    "a label beyond the options": ("F", ["one", "two"], None),
    "a label beyond the options and the text of one": ("F: two", ["one", "two"], 1),
    "a text of several lines": ("B: one\ntwo", ["one", "one\ntwo"], 1),
    "a text of many words without a label": ("It is two.", ["It is one.", "It is two."], 1),
}


@pytest.mark.parametrize(("gold", "options", "right"), GOLDS.values(), ids=GOLDS)
def test_a_gold_names_the_option(tmp_path: Path, gold: str, options: list[str], right: int | None) -> None:
    lines = "".join(f"\n{label}: {text}" for label, text in zip("ABCD", options, strict=False))
    write_rows(tmp_path / "syn_qa" / "rows.jsonl", [released(f"Which one?{lines}", gold, 0)])
    found, _ = read_problems(tmp_path, "syn_qa")
    assert found["options"].to_pylist() == [options]
    assert found["answer_index"].to_pylist() == [right]


BLOCKS = {
    "a dialogue in the question": ("Read.\nA: Hello.\nB: Bye.\nWho leaves?", "A: Ann\nB: Bob\nC: Cy", "Cy"),
    "a name that begins like a label": ("A. Lincoln led whom?", "A: the North\nB: the South", "the South"),
    "a line that begins like a later label": ("Which?", "A: one\nB: two\nI: think so", "two\nI: think so"),
    "a label of two letters": ("Which?\nUS: the States", "A: one\nB: two", "two"),
    "indented labels": ("Which?", "  A: one\n  B: two", "two"),
    "labels in lines of their own": ("Which?", "A.\none\nB.\ntwo", "two"),
    "options twice": ("Which?\nA: one\nB: two", "A: one\nB: two", "two"),
    "options twice, labelled differently": ("Which?\nA. one\nB. two", "A: one\nB: two", "two"),
    "options of several lines twice": (
        "Which?\nA: one\nmore\nB: two\nmore",
        "A: one\nmore\nB: two\nmore",
        "two\nmore",
    ),
    "a note": ("Which?", "A: one\nB: two\n\nNote: think.", "two"),
    "a note below options with blank lines between": (
        "Which?",
        "A: one\n\nB: two\n\nC: six\n\nThink.",
        "six",
    ),
    "options with paragraphs": ("Which?", "A: one\n\nmore\nB: two\n\nmore", "two\n\nmore"),
}
QUESTIONS = {
    "options twice": "Which?",
    "options twice, labelled differently": "Which?",
    "options of several lines twice": "Which?",
}


@pytest.mark.parametrize("what", BLOCKS)
def test_options_are_told_from_the_question(tmp_path: Path, what: str) -> None:
    question, block, last = BLOCKS[what]
    write_rows(tmp_path / "syn_qa" / "rows.jsonl", [released(f"{question}\n{block}", "B", 0)])
    found, _ = read_problems(tmp_path, "syn_qa")
    assert found["question"].to_pylist() == [QUESTIONS.get(what, question)]
    assert found["options"].to_pylist()[0][-1] == last
    assert found["flags"].to_pylist() == [["note_after_options"] if what.startswith("a note") else []]


# The instruction around the questions.


def numbered(count: int, start: int = 0) -> list[str]:
    return [f"A box has {n} rows. How many are {n} rows of {n + 2}?" for n in range(start, start + count)]


def answered(questions: Sequence[str], head: str = "", tail: str = "") -> list[Record]:
    return [verl(said(head + question + tail), [str(n)], n) for n, question in enumerate(questions)]


INSTRUCTIONS = {
    "at the head": (HEAD, ""),
    "at the tail": ("", TAIL),
    "at the tail, in the same line": ("", " Let's think step by step and box the answer."),
    "on both sides": (HEAD, TAIL),
    "of several paragraphs": ("Read with care.\n\nThen answer. Be brief.\n\n", ""),
    "in another alphabet": ("Подумай „хорошо“…\n", "\n请一步一步思考。"),
    "of signs": ("", '\n\n[*] (a|b)+? {x} ^$ \\d #&~- "Box" it.'),
}


@pytest.mark.parametrize(("head", "tail"), INSTRUCTIONS.values(), ids=INSTRUCTIONS)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_the_instruction_is_found_and_taken_off(tmp_path: Path, head: str, tail: str, kind: str) -> None:
    questions = numbered(30)
    rows = answered(questions, head, tail)
    write_rows(tmp_path / "numina_math" / f"rows.{kind}", [*rows, *answered(["What is left?"])])
    found, _ = read_problems(tmp_path, "numina_math")
    assert found["question"].to_pylist() == [*questions, "What is left?"]
    upstream = built(tmp_path, tmp_path / "out", "numina_math").manifest["sources"]["numina_math"]
    assert upstream["instruction"] == sorted(text.strip() for text in (head, tail) if text)


@pytest.mark.parametrize("files", [1, 2])
def test_instructions_of_two_kinds_in_one_source_are_both_found(tmp_path: Path, files: int) -> None:
    many, few = numbered(400), numbered(20, 400)
    parts = [answered(many, tail=" Box the answer."), answered(few, tail="\n\nGive it as \\boxed{answer}")]
    if files == 1:
        mixed = random.Random(0).sample([*parts[0], *parts[1]], 420)
        write_rows(tmp_path / "numina_math" / "rows.parquet", mixed)
    else:
        for name, part in zip("ab", parts, strict=True):
            write_rows(tmp_path / "numina_math" / f"{name}.parquet", part)
    found, _ = read_problems(tmp_path, "numina_math")
    assert sorted(found["question"].to_pylist()) == sorted([*many, *few])


def test_rows_that_share_nothing_have_no_instruction(tmp_path: Path) -> None:
    ends = ["Give a number.", "Name it.", "Round up!", "How many?", "Be exact.", "In words."]
    questions = [f"Box {n} has {n} eggs. {end}" for n, end in enumerate(ends * 5)]
    write_rows(tmp_path / "numina_math" / "rows.jsonl", answered(questions))
    found, _ = read_problems(tmp_path, "numina_math")
    assert found["question"].to_pylist() == questions


def test_options_that_all_questions_share_are_no_instruction(tmp_path: Path) -> None:
    options = {"options": ["Yes", "No", "None of the above."], "right": 1, "answer": "No"}
    rows = [{**options, "question": question} for question in numbered(30)]
    write_rows(
        tmp_path / "syn_qa" / "rows.jsonl",
        [
            released(HEAD + row["question"] + "\nA: Yes\nB: No\nC: None of the above.", "B: No", 0)
            for row in rows
        ],
    )
    found, _ = read_problems(tmp_path, "syn_qa")
    assert found["question"].to_pylist() == numbered(30)
    assert found["options"].to_pylist() == [options["options"]] * 30


def test_a_prompt_that_is_the_instruction_alone_has_no_question(tmp_path: Path) -> None:
    rows = [*answered(numbered(9), HEAD, TAIL), *answered([""], HEAD), *answered([""], "", TAIL)]
    write_rows(tmp_path / "numina_math" / "rows.jsonl", rows)
    blend = built(tmp_path, tmp_path / "out", "numina_math")
    assert [(row["row"], row["reason"]) for row in blend.dropped("numina_math")] == [
        (9, "empty_question"),
        (10, "empty_question"),
    ]


# Files: their order, their cut, and which are read.


def golden_rows(source: str) -> dict[str, list[Record]]:
    """Return the rows of a source of the golden build by file, all of a file of the same types."""
    texts = {
        path.stem: path.read_text("utf-8") for path in sorted((GOLDEN / "sources" / source).glob("*.jsonl"))
    }
    found: dict[str, list[Record]] = {}
    for name, text in texts.items():
        rows = [json.loads(line) for line in text.splitlines() if line.strip().endswith("}")]
        found[name] = [uniform(row) for row in rows]
    return found


def uniform(row: Record) -> Record:
    """Return the same row, but lists wherever other rows have a list, and no numbers for texts."""
    row = dict(row)
    if isinstance(row.get("prompt"), str):
        row["prompt"] = said(row["prompt"])
    if isinstance(own := row.get("reward_model"), dict) and isinstance(own["ground_truth"], str):
        row["reward_model"] = {**own, "ground_truth": [own["ground_truth"]]}
    if isinstance(own := row.get("meta_data"), dict) and isinstance(own.get("skills"), str):
        row["meta_data"] = {**own, "skills": own["skills"].replace(";", ",").split(",")}
    for name in ("answer", "reference_answer"):
        if "choices" not in row and isinstance(row.get(name), int):
            row[name] = str(row[name])
    return row


def dealt(folder: Path, kind: str, files: int, shuffling: random.Random) -> Path:
    """Write the golden rows, those of each file shuffled and dealt into so many."""
    for source in ("mmlu", "syn_qa", "natural_reasoning", "numina_math", "persona_math", "hendrycks_math"):
        for name, rows in golden_rows(source).items():
            rows = shuffling.sample(rows, len(rows))
            for number in range(min(files, len(rows))):
                path = folder / source / f"{shuffling.randrange(1_000)}-{name}-{number}.{kind}"
                write_rows(path, rows[number::files])
    return folder


FILES_CONFIGS = ("nd", "nd-open", "qa", "math")


@pytest.fixture(scope="module")
def in_one_file(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("one")
    upstream = dealt(folder / "upstream", "jsonl", 1, random.Random(0))
    return built(upstream, folder / "out", *FILES_CONFIGS, workers=1)


@pytest.mark.parametrize(
    ("kind", "files"), [("jsonl", 7), ("parquet", 1), ("parquet", 7), ("large.parquet", 3)]
)
def test_order_cut_and_kind_of_files_do_not_change_a_byte(
    tmp_path: Path, in_one_file: Built, kind: str, files: int
) -> None:
    upstream = dealt(tmp_path / "upstream", kind, files, random.Random(files))
    other = built(upstream, tmp_path / "out", *FILES_CONFIGS, workers=3)
    assert other.data() == in_one_file.data()
    for name, own in in_one_file.manifest["sources"].items():
        same = (
            "rows_read",
            "rows_kept",
            "rows_dropped",
            "rows_usable",
            "rows_refused",
            "flags",
            "instruction",
        )
        assert {field: other.manifest["sources"][name][field] for field in same} == {
            field: own[field] for field in same
        }


QA_FILE, MATH_FILE = "Nemotron-CrossThink-QA.jsonl", "Nemotron-CrossThink-Math.jsonl"


@pytest.mark.parametrize(
    "folder",
    [
        "nvidia/Nemotron-CrossThink/Data",
        "Nemotron-CrossThink/Data",
        "nvidia__Nemotron-CrossThink",
        "datasets--nvidia--Nemotron-CrossThink/snapshots/0123456789abcdef/Data",
    ],
)
def test_one_folder_of_the_release_serves_both_its_sources(tmp_path: Path, folder: str) -> None:
    at = tmp_path / "upstream" / folder
    write_rows(at / QA_FILE, golden_rows("syn_qa")[Path(QA_FILE).stem])
    write_rows(at / MATH_FILE, golden_rows("persona_math")[Path(MATH_FILE).stem])
    release = built(tmp_path / "upstream", tmp_path / "out", "qa", "math").manifest["sources"]
    assert list(release) == ["syn_qa", "persona_math"]
    for name, file in zip(release, (QA_FILE, MATH_FILE), strict=True):
        assert [Path(own["path"]).name for own in release[name]["files"]] == [file]
        assert release[name]["files_left_alone"] == []


def test_half_a_release_is_one_source(tmp_path: Path) -> None:
    rows = golden_rows("persona_math")[Path(MATH_FILE).stem]
    write_rows(tmp_path / "upstream" / "nvidia" / "Nemotron-CrossThink" / "Data" / MATH_FILE, rows)
    release = built(tmp_path / "upstream", tmp_path / "out", "nd", allow_missing=True).manifest
    assert list(release["sources"]) == ["persona_math"]
    assert release["left_out"]["syn_qa"] == "no files found"


def test_files_of_other_splits_are_left_alone_and_listed(tmp_path: Path) -> None:
    rows = [{"question": question, "answer": "1"} for question in numbered(5)]
    folder = tmp_path / "upstream" / "hendrycks_math"
    for name in ("train-0.jsonl", "test-0.jsonl", "level/validation.parquet", "dev/rows.jsonl", "eval.csv"):
        write_rows(folder / name, rows if name.endswith(("jsonl", "parquet")) else [["?", "1"]])
    (folder / "README.md").write_text("No data.", "utf-8")
    source = built(tmp_path / "upstream", tmp_path / "out", "hendrycks_math").manifest["sources"][
        "hendrycks_math"
    ]
    assert [file["path"] for file in source["files"]] == ["train-0.jsonl"]
    assert source["files_left_alone"] == [
        "dev/rows.jsonl",
        "eval.csv",
        "level/validation.parquet",
        "test-0.jsonl",
    ]
    assert source["rows_read"] == 5


def test_configs_of_the_hub_that_are_copies_are_left_alone_and_listed(tmp_path: Path) -> None:
    folder = tmp_path / "upstream" / "cais" / "mmlu"
    write_rows(folder / "all" / "auxiliary_train-00000-of-00001.parquet", [flat(row) for row in MCQ])
    write_rows(
        folder / "auxiliary_train" / "train-00000-of-00001.parquet", [{"train": flat(row)} for row in MCQ]
    )
    source = built(tmp_path / "upstream", tmp_path / "out", "mmlu").manifest["sources"]["mmlu"]
    assert source["files_left_alone"] == ["auxiliary_train/train-00000-of-00001.parquet"]
    assert source["rows_read"] == len(MCQ)


NOT_FOUND = {
    "persona_math": (
        [released(HEAD + row["question"], row["answer"], n) for n, row in enumerate(OPEN)],
        ["bare", "domain", "id", "persona", "skills"],
    ),
    "syn_qa": (
        [{"prompt": in_lines(row), "ground_truth": gold(row)} for row in MCQ],
        ["domain", "id", "index"],
    ),
    "numina_math": (
        [{"problem": row["question"], "solution": cot(row, 0)["solution"]} for row in OPEN],
        ["domain", "id", "index"],
    ),
    "mmlu": ([{k: v for k, v in flat(row).items() if k != "subject"} for row in MCQ], ["domain"]),
    "hendrycks_math": (
        [{**OPEN_COLUMNS["question, answer"](row, 0), "solution": "", "id": "1"} for row in OPEN],
        [],
    ),
}


@pytest.mark.parametrize(("source", "rows", "absent"), [(s, *v) for s, v in NOT_FOUND.items()], ids=NOT_FOUND)
def test_columns_that_a_file_does_not_have_are_listed(
    tmp_path: Path, source: str, rows: list[Record], absent: list[str]
) -> None:
    write_rows(tmp_path / "upstream" / source / "rows.parquet", rows)
    manifest = built(tmp_path / "upstream", tmp_path / "out", source).manifest
    assert manifest["sources"][source]["columns_not_found"] == absent
