"""Multiple choice: letter and text as one."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossthink_hub.grading import Status, grade
from crossthink_hub.grading.settings import Mode

OPTIONS = ["Mars is red", "Venus is hot", "Mars and Venus", "None of the above"]


def _grade(
    answer: str, gold: str = "(B) Venus is hot", options: list[str] | None = OPTIONS, mode: str = "letter"
):
    return grade(f"<think>t</think>\\boxed{{{answer}}}", gold, options=options, mode=mode)  # type: ignore[arg-type]


RIGHT = [
    "B",
    "(B)",
    "b",
    "B.",
    r"\text{B}",
    r"\text{(B)}",
    r"\mathrm{B}",
    "(B) Venus is hot",
    "B: Venus is hot",
]
RIGHT += ["B. venus is hot.", "Venus is hot", r"\text{Venus is hot}", "The answer is B", "option B", "**B**"]


@pytest.mark.parametrize("mode", ["letter", "equivalent"])
@pytest.mark.parametrize("answer", RIGHT)
def test_right(answer: str, mode: str) -> None:
    assert _grade(answer, mode=mode).correct is True


@pytest.mark.parametrize("mode", ["letter", "equivalent"])
@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("A", "wrong"),
        ("(A) Mars is red", "wrong"),
        ("Mars is red", "wrong"),
        ("E", "wrong"),
        ("(B) Mars is red", "contradiction"),
        ("(A) Venus is hot", "contradiction"),
        ("(B) Venus is hot, no: Mars is red", "contradiction"),
        ("(B) not Venus is hot", "contradiction"),
        ("A or B", "ambiguous"),
        ("A, B", "ambiguous"),
        ("A, B, C, D", "ambiguous"),
        ("ABCD", "ambiguous"),
        ("(A) Mars is red (B) Venus is hot", "ambiguous"),
        ("(B) Venus is hot (C) Mars and Venus", "ambiguous"),
        ("Venus", "wrong"),
        ("Venus is hot or Mars is red", "wrong"),
        ("The answer is A", "wrong"),
        ("", "empty"),
        ("?", "wrong"),
        ("What is true of Venus? (A) Mars is red (B) Venus is hot", "wrong"),
    ],
)
def test_not_right(answer: str, status: str, mode: str) -> None:
    verdict = _grade(answer, mode=mode)
    assert (verdict.correct, str(verdict.status)) == (False, status)


def test_a_paraphrase_beside_the_letter_must_be_closest_to_its_option() -> None:
    assert _grade("(B) Venus is very hot", mode="equivalent").correct is True
    assert _grade("(B) Saturn has rings", mode="equivalent").correct is False
    assert _grade("(B) Saturn has rings", mode="letter").correct is True


def test_without_options_the_text_must_be_the_ground_truths() -> None:
    assert _grade("(B) Venus is hot", options=None).correct is True
    assert _grade("B", options=None).correct is True
    assert _grade("Venus is hot", options=None).correct is True
    assert _grade("(B) Mars is red", options=None).status is Status.CONTRADICTION


def test_a_short_ground_truth_is_told_by_its_options() -> None:
    assert _grade("Venus is hot", gold="B").correct is True
    assert _grade("(B) Venus is hot", gold="B").correct is True
    assert _grade("(B) Mars is red", gold="B").status is Status.CONTRADICTION
    assert _grade("Mars is red", gold="B").correct is False


def test_a_ground_truth_that_names_no_option_gives_no_signal() -> None:
    for gold in ("H", "(H) text", "Saturn is large"):
        assert _grade("B", gold=gold).status is Status.GOLD_UNGRADABLE


def test_a_text_that_two_options_have_names_neither() -> None:
    assert _grade("same", gold="A", options=["same", "same", "other"]).status is Status.AMBIGUOUS
    assert _grade("A", gold="A", options=["same", "same", "other"]).correct is True


def test_options_by_value_in_equivalent_mode_only() -> None:
    options = ["1/2", "1/3", "0.25"]
    assert _grade(r"\frac{1}{2}", gold="A", options=options, mode="equivalent").correct is True
    assert _grade(r"(A) 0.5", gold="A", options=options, mode="equivalent").correct is True
    assert _grade(r"(A) \frac{1}{4}", gold="A", options=options, mode="equivalent").correct is False
    assert _grade(r"\frac{1}{2}", gold="A", options=options, mode="letter").correct is False


def test_options_with_their_labels_are_the_same_options() -> None:
    options = [f"({letter}) {text}" for letter, text in zip("ABCD", OPTIONS, strict=True)]
    assert _grade("Venus is hot", gold="B", options=options).correct is True
    assert _grade("(B) Mars is red", gold="B", options=options).status is Status.CONTRADICTION


@pytest.mark.parametrize(
    ("answer", "correct"), [("A, C", True), ("C and A", True), ("A", False), ("A, B, C", False)]
)
def test_several_right_options(answer: str, correct: bool) -> None:
    for gold in ("A,C", "A and C", "AC"):
        verdict = grade(f"<think>t</think>\\boxed{{{answer}}}", gold, options=OPTIONS, kind="mcq")
        assert verdict.correct is correct


@pytest.mark.real
def test_letters_of_real_questions(real_sources: Path) -> None:
    import csv

    with (real_sources / "mmlu_auxiliary_train" / "science_middle.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        for question, *options, gold in csv.reader(file):
            text = options["ABCD".index(gold)]
            for answer in (gold, f"({gold}) {text}", f"{gold}: {text}", f"The answer is ({gold})."):
                assert _grade(answer, gold, options, "equivalent").correct is True, (question, answer)
            for place, other in enumerate("ABCD"):
                if other != gold:
                    assert _grade(f"({other}) {options[place]}", gold, options, "equivalent").correct is False
                    assert _grade(f"({gold}) {options[place]}", gold, options, "equivalent").correct is False


LOOKS_LIKE_SOMETHING_ELSE = (
    *(
        "(1, 6)",
        "(i), (ii), and (iii) only",
        ".833 mm",
        "> 3",
        "[0, 1)",
        "(B)",
        "A and B",
        "none of the above",
    ),
    *(
        r"$\mathrm{H}_{2} \mathrm{O}$",
        r"-22.1$\mathrm{K}^{-1}$",
        r"\frac{1}{2}",
        "0.5",
        "1/2",
        "x = 3 or x = 4",
    ),
)
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="{}\\"), min_size=1).filter(str.strip)
OPTION_TEXTS = st.lists(
    st.sampled_from(LOOKS_LIKE_SOMETHING_ELSE) | ANY_TEXT,
    min_size=2,
    max_size=6,
    unique_by=lambda text: " ".join(text.split()),
)


@pytest.mark.parametrize("mode", get_args(Mode))
@given(options=OPTION_TEXTS, place=st.integers(0, 5))
def test_letter_and_text_of_an_option_word_for_word_are_it(mode: Mode, options: list[str], place: int):
    place %= len(options)
    gold = f"({'ABCDEF'[place]}) {options[place].strip()}"
    verdict = grade(rf"<think>a</think>\boxed{{{gold}}}", gold, kind="mcq", options=options, mode=mode)
    assert verdict.status == "correct", verdict.why
