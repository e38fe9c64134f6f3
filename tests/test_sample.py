"""The sample is what it says: every good row is true and asked once, every dirty row is counted by its kind.

The files are read here with nothing but `json`, `csv` and `pyarrow`, and answers are worked out in other ways
than the sample does it.
"""

import contextlib
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import combinations, permutations
from math import factorial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources.sample import (
    COT,
    CSV,
    DIRTY,
    GOOD,
    HUB,
    JSONL,
    MATH,
    NATURAL,
    PERSONA,
    QA,
    VERL,
    VERSION_1_5,
    write_sample,
)
from crossthink_hub.sources.sample.numina_math import SUFFIX
from crossthink_hub.sources.sample.persona_math import INSTRUCTION as PERSONA_INSTRUCTION
from crossthink_hub.sources.sample.syn_qa import INSTRUCTION as QA_INSTRUCTION

OPTION = re.compile(r"^([A-L])([:.]) (.*)$")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


def raw_rows(sample: Path, name: str) -> list[Any]:
    """Return the rows of a file; a broken line stays text."""
    path = sample / name
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))
    rows: list[Any] = []
    for line in path.read_text("utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            rows.append(line)
    return rows


def said(row: Row, instruction: str = "") -> str:
    """Return what a prompt asks, without the instruction in front of it."""
    prompt = row["prompt"]
    content = prompt if isinstance(prompt, str) else prompt[0]["content"]
    assert content.startswith(instruction)
    return content[len(instruction) :]


def split_lines(text: str) -> tuple[str, list[str], str]:
    """Return the question above the last block of labelled lines, the options, and the mark of the labels."""
    lines = text.split("\n")
    starts = [place for place, line in enumerate(lines) if (found := OPTION.match(line)) and found[1] == "A"]
    if not starts:
        return text, [], ""
    options: list[str] = []
    for line in lines[starts[-1] :]:
        if found := OPTION.match(line):
            assert found[1] == "ABCDEFGHIJKL"[len(options)]
            options.append(found[3])
        else:
            options[-1] += f"\n{line}"
    found = OPTION.match(lines[starts[-1]])
    assert found
    return "\n".join(lines[: starts[0]]).strip(), options, found[2]


def boxed(solution: str) -> str | None:
    """Return what stands in the last box, None without one that is closed."""
    parts = solution.rsplit("\\boxed{", 1)
    depth = 1
    for place, character in enumerate(parts[1] if len(parts) == 2 else ""):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not depth:
            return parts[1][:place]
    return None


def in_question(question: str) -> tuple[str, dict[str, str]]:
    """Split a question that contains its options: `(A) one (B) two`."""
    asked, _, choices = question.partition("\nAnswer Choices: ")
    parts = re.split(r"(?:^| )\((\w)\) ", choices)
    return asked, dict(zip(parts[1::2], parts[2::2], strict=True))


# What each row of each file is: its kind of dirt, or a question and its right answer.

Told = tuple[str, str]


def csv_row(row: list[str]) -> str | Told:
    if len(row) != 6:
        return "too_few_columns" if len(row) < 6 else "too_many_columns"
    if row[-1] not in "ABCD":
        return "bad_letter"
    return (row[0], row["ABCD".index(row[-1]) + 1]) if row[0] else "empty_question"


def jsonl_row(row: Any) -> str | Told:
    if isinstance(row, str):
        return "not_json" if row else "blank_line"
    question, options = in_question(row["question"])
    if row["answer"] not in options:
        return "bad_letter"
    if row["answer_content"] not in options.values():
        return "content_not_an_option"
    if options[row["answer"]] != row["answer_content"]:
        return "wrong_letter"
    return "equal_options" if len(set(options.values())) < len(options) else (question, row["answer_content"])


def hub_row(row: Row) -> str | Told:
    if row["answer"] >= len(row["choices"]):
        return "bad_index"
    return (row["question"], row["choices"][row["answer"]]) if row["question"] else "null_question"


def qa_row(row: Any) -> str | Told:
    if isinstance(row, str):
        return "not_json"
    question, options, mark = split_lines(said(row, QA_INSTRUCTION))
    truth = row["reward_model"]["ground_truth"]
    if not question or not options:
        return "no_options" if question else "empty_question"
    if not truth:
        return "null_answer" if truth is None else "empty_answer"
    letter, text = truth[0], truth.removeprefix(f"{truth[0]}{mark} ")
    if text not in options:
        return "answer_not_an_option"
    if len(set(options)) < len(options):
        return "equal_options"
    return (question, text) if options.index(text) == "ABCDEFGHIJKL".index(letter) else "wrong_letter"


def natural_row(row: Any) -> str | Told:
    if isinstance(row, str):
        return "not_json"
    question, answer = row["question"], row["reference_answer"]
    if not question:
        return "null_question" if question is None else "empty_question"
    if not answer:
        return "null_answer" if answer is None else "empty_answer"
    if len(answer.split()) > 10:
        return "long_answer"
    return (question, answer) if answer.strip() else "blank_answer"


def persona_row(row: Any) -> str | Told:
    if isinstance(row, str):
        return "not_json"
    question, answer = said(row, PERSONA_INSTRUCTION), row["reward_model"]["ground_truth"]
    assert row["meta_data"].get("question", question) == question
    if not question:
        return "empty_question"
    return (question, answer) if answer else "null_answer" if answer is None else "empty_answer"


def cot_row(row: Row) -> str | Told:
    assert [message["content"] for message in row["messages"]] == [row["problem"], row["solution"]]
    if not row["problem"] or not row["solution"]:
        return "empty_question" if row["solution"] else "empty_solution"
    if "\\boxed" not in row["solution"]:
        return "no_box"
    answer = boxed(row["solution"])
    return "unclosed_box" if answer is None else (row["problem"], answer)


def judged_row(row: Row) -> str | Told:
    marks = {
        ("problem_is_valid", "Incomplete"): "incomplete_problem",
        ("problem_is_valid", "No"): "invalid_problem",
        ("solution_is_valid", "Incomplete"): "incomplete_solution",
        ("solution_is_valid", "No"): "invalid_solution",
    }
    if not row["problem"]:
        return "empty_question"
    if row["answer"] in (None, "proof", "notfound"):
        assert (row["answer"] == "proof") == (row["question_type"] == "proof")
        return row["answer"] or "no_answer"
    assert boxed(row["solution"]) == row["answer"]
    found = [kind for (name, value), kind in marks.items() if row[name] == value]
    return found[0] if found else (row["problem"], row["answer"])


def verl_row(row: Row) -> str | Told:
    golds = row["reward_model"]["ground_truth"]
    if not row["prompt"]:
        return "no_messages"
    if not golds:
        return "null_gold" if golds is None else "empty_gold_list"
    question = said(row).removesuffix(SUFFIX)
    assert question != said(row)
    if not question or len(golds) > 1:
        return "two_golds" if question else "empty_question"
    return (question, golds[0]) if golds[0].strip() else "blank_gold"


def math_row(row: Row) -> str | Told:
    assert row["answer"] == row["gt_answer"] == row["extra_info"]["answer"]
    question, answer = row["question"], row["answer"]
    if not question:
        return "empty_question"
    if not (answer or "").strip():
        return "null_answer" if answer is None else "blank_answer" if answer else "empty_answer"
    return question, answer


READERS: dict[str, Callable[[Any], str | Told]] = {
    CSV: csv_row,
    JSONL: jsonl_row,
    HUB: hub_row,
    QA: qa_row,
    NATURAL: natural_row,
    COT: cot_row,
    VERSION_1_5: judged_row,
    VERL: verl_row,
    PERSONA: persona_row,
    MATH: math_row,
}


def good_rows(sample: Path, *names: str) -> Iterator[Told]:
    """Return the questions and answers of good rows, a duplicate twice."""
    for name in names or READERS:
        for row in raw_rows(sample, name):
            if not isinstance(told := READERS[name](row), str):
                yield told


def test_every_call_writes_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path)
    names = {path.relative_to(sample).as_posix() for path in sample.rglob("*") if path.is_file()}
    assert names == set(GOOD) == set(DIRTY) == set(READERS)
    assert all((tmp_path / name).read_bytes() == (sample / name).read_bytes() for name in names)


@pytest.mark.parametrize("name", READERS)
def test_every_dirty_row_is_counted_by_its_kind_and_all_others_are_good(sample: Path, name: str) -> None:
    kinds: Counter[str] = Counter()
    seen: set[Told] = set()
    for row in raw_rows(sample, name):
        told = READERS[name](row)
        kinds[told if isinstance(told, str) else "duplicate" if told in seen else "good"] += 1
        if not isinstance(told, str):
            seen.add(told)
    assert kinds == {**DIRTY[name], "good": GOOD[name]}


def test_the_sources_have_the_proportions_of_the_paper() -> None:
    facts = source_facts()
    everything = sum(fact.samples for fact in facts.values())
    rows = Counter(dict.fromkeys(facts, 0))
    for name, good in GOOD.items():
        rows[name.partition("/")[0]] += good
    assert sum(rows.values()) == 3_000
    for source, fact in facts.items():
        assert abs(rows[source] - 3_000 * fact.samples / everything) < 1, source


def test_no_question_is_asked_twice_in_any_source(sample: Path) -> None:
    asked = Counter(" ".join(question.lower().split()) for question, _ in good_rows(sample))
    duplicates = sum(kinds.get("duplicate", 0) for kinds in DIRTY.values())
    assert sum(asked.values()) == 3_000 + duplicates
    assert len(asked) == 3_000


def test_gaps_are_filled_and_texts_are_clean(sample: Path) -> None:
    for question, answer in good_rows(sample):
        for text in (question, answer):
            assert text == text.strip()
            assert not re.search(r"<[a-z]\w*>|%s|  $|\n\n\n", text), text
        assert len(question) > 12


def test_syn_qa_is_formed_like_the_release(sample: Path) -> None:
    rows = [row for row in raw_rows(sample, QA) if isinstance(row, dict)]
    assert {row["data_source"] for row in rows} == {"Nemotron-CrossThink-QA"}
    assert all(set(row["meta_data"]) == {"index", "split"} for row in rows)
    assert len({row["meta_data"]["index"] for row in rows}) == len(rows)
    blocks = [split_lines(said(row, QA_INSTRUCTION)) for row in rows]
    styles = Counter((mark, len(options)) for _, options, mark in blocks if options)
    shares = {style: count / len(rows) for style, count in styles.items()}
    assert shares.pop((":", 10)) == pytest.approx(0.82, abs=0.03)
    assert shares.pop((".", 4)) == pytest.approx(0.14, abs=0.03)
    assert shares.pop((".", 10)) == pytest.approx(0.04, abs=0.02)
    assert styles[(":", 12)] == 1
    assert sum(shares.values()) < 0.01
    assert 3 <= sum(isinstance(row["prompt"], str) for row in rows) <= 12
    twice = [text for row in rows if len(re.findall(r"(?m)^A[:.] ", text := said(row))) == 2]
    assert 8 <= len(twice) <= 20
    apart = sum("\n\nA" in said(row) for row in rows) / len(rows)
    assert apart == pytest.approx(0.25, abs=0.05)
    assert sum(any("\n" in option for option in options) for _, options, _ in blocks) >= 5
    closing = [options for _, options, _ in blocks if any("of the above" in option for option in options)]
    assert len(closing) >= 20
    assert all(options[-1].endswith("of the above") for options in closing)


def test_a_third_of_syn_qa_leans_on_its_options_and_a_quarter_of_the_golds_is_long(sample: Path) -> None:
    rows = list(good_rows(sample, QA))
    leaning = [question for question, _ in rows if re.search(r"\bof the following\b", question)]
    assert 0.3 <= len(leaning) / len(rows) <= 0.4
    assert sum(len(answer.split()) > 10 for _, answer in rows) / len(rows) == pytest.approx(0.28, abs=0.03)


def test_persona_math_is_formed_like_the_release(sample: Path) -> None:
    rows = [row for row in raw_rows(sample, PERSONA) if isinstance(row, dict)]
    assert {row["data_source"] for row in rows} == {"Nemotron-CrossThink-Math"}
    assert all(400 <= len(question) <= 1_000 for question, _ in good_rows(sample, PERSONA))
    meta = [row["meta_data"] for row in rows]
    assert 5 <= sum("question" not in facts for facts in meta) <= 20
    assert 10 <= sum(isinstance(facts["skills"], str) for facts in meta) <= 40
    assert all(re.match(r"(A|An|The) \w+", facts["persona"]) for facts in meta)
    assert len({facts["persona"] for facts in meta}) >= 75


def test_natural_reasoning_has_the_empty_and_the_long_answers_of_upstream(sample: Path) -> None:
    rows = [row for row in raw_rows(sample, NATURAL) if isinstance(row, dict)]
    answers = [row["reference_answer"] for row in rows]
    assert sum(not answer for answer in answers) / len(rows) == pytest.approx(0.18, abs=0.01)
    assert sum(len((answer or "").split()) > 10 for answer in answers) / len(rows) == pytest.approx(
        0.1, abs=0.01
    )
    assert all(response["response"] for row in rows for response in row["responses"])


def test_some_boxes_are_nested_and_some_solutions_have_several(sample: Path) -> None:
    solutions = [row["solution"] for row in raw_rows(sample, COT)]
    assert sum("{" in (boxed(solution) or "") for solution in solutions) >= 20
    assert sum(solution.count("\\boxed") > 1 for solution in solutions) >= 4


# Answers worked out in another way: a pattern for the question, and the answer for what stands in its groups.


def tex(fraction: Fraction) -> str:
    whole = fraction.denominator == 1
    return str(fraction) if whole else rf"\frac{{{fraction.numerator}}}{{{fraction.denominator}}}"


def share(results: Iterable[bool]) -> str:
    """Return how probable it is that a result is true, all being equally likely."""
    found = list(results)
    return tex(Fraction(sum(found), len(found)))


def common_multiple(a: int, b: int) -> int:
    return next(n for n in range(a, a * b + 1, a) if n % b == 0)


def printed(program: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(program, {})
    return output.getvalue().strip()


def most_looks(low: int, high: int) -> int:
    """Return how many elements a binary search looks at in the worst case."""
    middle = (low + high) // 2
    return 0 if low >= high else 1 + max(most_looks(low, middle), most_looks(middle + 1, high))


def roman(n: int) -> str:
    """Return a number in Roman numerals by way of strokes."""
    text = "I" * n
    for five, one, ten in (("V", "I", "X"), ("L", "X", "C")):
        text = text.replace(one * 10, ten).replace(one * 9, one + ten)
        text = text.replace(one * 5, five).replace(one * 4, one + five)
    return text


def jars(hives: int, kilos: int, loss: int, grams: int) -> int:
    honey, full = hives * kilos * 1000 * (100 - loss), 0
    while (full + 1) * grams * 100 <= honey:
        full += 1
    return full


CHECKS: list[tuple[str, Callable[..., object]]] = [
    (r"(?:remainder when|^When) \$(\d+)\^\{(\d+)\}\$ is divided by \$(\d+)\$", lambda a, b, m: a**b % m),
    (r"positive divisors does \$(\d+)\$ have", lambda n: sum(n % d == 0 for d in range(1, n + 1))),
    (
        r"decimal form of \$(\d+)!\$ end",
        lambda n: len(str(factorial(n))) - len(str(factorial(n)).rstrip("0")),
    ),
    (r"least common multiple of \$(\d+)\$ and \$(\d+)\$", common_multiple),
    (r"units digit of \$(\d+)\^\{(\d+)\}\$", lambda a, n: str(a**n)[-1]),
    (
        r"three-digit positive integers are divisible by \$(\d+)\$ but not by \$(\d+)\$",
        lambda a, b: len(set(range(0, 1000, a)) - set(range(0, 1000, b)) - set(range(100))),
    ),
    (
        r"arrangements are there of the letters of the word (\w{5,6})\b",
        lambda word: len(set(permutations(word))),
    ),
    (
        r"\$(\d+)\$ black socks and \$(\d+)\$ white",
        lambda a, b: share(x == y for x, y in combinations("b" * a + "w" * b, 2)),
    ),
    (
        r"die has \$(\d+)\$ faces.*add up to \$(\d+)\$",
        lambda n, total: share(x + y == total for x in range(1, n + 1) for y in range(1, n + 1)),
    ),
    (
        r"coin is tossed \$(\d+)\$ times.*exactly \$(\d+)\$ heads",
        lambda n, k: share(bin(result).count("1") == k for result in range(2**n)),
    ),
    (r"can \$(\d+)\$ be written as \$x \+ y \+ z\$", lambda n: sum(n - x + 1 for x in range(n + 1))),
    (
        r"convex polygon with \$(\d+)\$ sides",
        lambda n: sum(2 <= b - a <= n - 2 for a, b in combinations(range(n), 2)),
    ),
    (
        r"\$\\sum_\{k=(\d+)\}\^\{(\d+)\} \\frac\{1\}\{k\(k \+ 1\)\}\$",
        lambda m, n: tex(sum((Fraction(1, k * (k + 1)) for k in range(m, n + 1)), Fraction(0))),
    ),
    (r"number (\d+) written in Roman numerals", roman),
    (r"decimal number (\d+) written in hexadecimal", lambda n: f"{n:X}"),
    (r"Hamming distance between the words ([01]+) and ([01]+)", lambda x, y: (x ^ y).bit_count()),
    (r"(\d+) // (\d+) \+ \d+ % \d+", lambda a, b: sum(divmod(a, b))),
    (r"binary search look at.*list of (\d+)", lambda n: most_looks(0, n)),
    (r"(?s)program print\?\s+(count.*)", printed),
    (r"prefix length /(\d+)", lambda p: int("1" * (32 - p), 2) + 1),
    (r"meeting of (\d+) people, everybody shakes hands", lambda n: len(list(combinations(range(n), 2)))),
    (r"trolley of mass (\d+) kg .* at (\d+) m/s", lambda m, v: f"{m * v**2 / 2:g} J"),
    (r"(\d+) Ω and (\d+) Ω are connected in parallel", lambda a, b: f"{1 / (1 / a + 1 / b):.6g} Ω"),
    (r"century was the year (\d+)", lambda y: f"the {-(-y // 100)}th century"),
    (r"1 May (\d+) BC and 1 May AD (\d+)", lambda a, b: f"{sum(y != 0 for y in range(-a, b))} years"),
    (
        r"(\d+) (?:votes in parliament|members of an assembly|members, all of whom)",
        lambda n: f"{next(k for k in range(n) if 3 * k >= 2 * n)} votes",
    ),
    (r"each of the (\d+) hives gave (\d+) kilo.*cloth, (\d+) percent.*hold (\d+) grams", jars),
    (r"small oven .* takes (\d+) minutes .* takes (\d+) minutes", common_multiple),
    (
        r"on a card: (\d+) heads and (\d+) legs",
        lambda heads, legs: next(n for n in range(heads) if 4 * n + 2 * (heads - n) == legs),
    ),
    (
        r"groups of five, then (\d+) .*, (\d+) are .*, (\d+) are left",
        lambda a, b, c: next(n for n in range(1, 315) if [n % 5, n % 7, n % 9] == [a, b, c]),
    ),
    (
        r"exactly (\d+) folded tickets, of which (\d+) win",
        lambda n, wins: share(min(pair) < wins for pair in combinations(range(n), 2)),
    ),
]


@pytest.mark.parametrize(("pattern", "answer"), CHECKS)
def test_answers_come_out_the_same_by_another_way(
    sample: Path, pattern: str, answer: Callable[..., object]
) -> None:
    checked = 0
    for question, told in good_rows(sample):
        if found := re.search(pattern, question):
            base = 2 if "Hamming" in pattern else 10
            values = [int(group, base) if group.isdigit() else group for group in found.groups()]
            assert told == str(answer(*values)), question
            checked += 1
    assert checked >= 2


def test_only_the_right_program_prints_the_number_asked_for(sample: Path) -> None:
    checked = 0
    for row in raw_rows(sample, QA):
        if isinstance(row, dict) and not isinstance(told := qa_row(row), str):
            _, options, _ = split_lines(said(row, QA_INSTRUCTION))
            if found := re.search(r"Python programs prints the number (\d+)", told[0]):
                programs = [option for option in options if "print" in option]
                assert [option for option in programs if printed(option) == found[1]] == (
                    [] if told[1] == "None of the above" else [told[1]]
                )
                checked += 1
    assert checked >= 4
