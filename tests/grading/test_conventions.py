"""Every line of the convention table in docs/grading.md, in both directions."""

import re
from collections.abc import Iterator

import pytest
from common import REPOSITORY

from crossthink_hub.grading import grade

PAIR = re.compile(r"`((?:[^`])+)` ([=≠]) `((?:[^`])+)`")


def _rows() -> Iterator[tuple[str, str, bool]]:
    text = (
        (REPOSITORY / "docs" / "grading.md")
        .read_text("utf-8")
        .split("## Conventions")[1]
        .split("\n\nWhat only")[0]
    )
    for line in text.splitlines():
        for first, sign, second in PAIR.findall(line.replace(r"\|", "|")):
            yield first, second, sign == "="


ROWS = list(_rows())


def _correct(answer: str, gold: str) -> bool:
    return grade(f"<think>t</think>\\boxed{{{answer}}}", gold).correct is True


def test_the_table_is_read_whole() -> None:
    assert len(ROWS) > 150
    assert sum(not equal for *_, equal in ROWS) > 50


@pytest.mark.parametrize(("first", "second", "equal"), ROWS, ids=[f"{a} {e} {b}" for a, b, e in ROWS])
def test_convention(first: str, second: str, equal: bool) -> None:
    assert _correct(first, second) is equal
    assert _correct(second, first) is equal


@pytest.mark.parametrize(
    ("answer", "gold", "equal"),
    [
        ("240, 360, 480", "480, 240, 360", False),
        ("3, 1, 2", "1, 2, 3", True),
        ("5; 3", "3; 5", False),
        ("1000,99", "1000.99", True),
        ("1.22", "1,22", False),
        ("1,2", r"1 \text{ and } 2", True),
        ("28", r"It fell by $10\%$, so the loss is $\boxed{28\%}$. I hope it is correct.", True),
        ("6", "The final answer, given the choices, is **B) 6**.", True),
        ("3+4i", "4i + 3", True),
        ("ab", "ba", False),
        ("2ab", "2ba", True),
    ],
)
def test_what_only_the_ground_truth_tells(answer: str, gold: str, equal: bool) -> None:
    assert _correct(answer, gold) is equal
