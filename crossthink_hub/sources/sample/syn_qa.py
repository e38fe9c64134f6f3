"""Syn-QA as the sample has it: JSON Lines in the form of the release, options in lines below the question."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from crossthink_hub.sources.sample.bank import Fact, bank
from crossthink_hub.sources.sample.mixing import Dirt, mixed, write_lines

QA = "syn_qa/Data/Nemotron-CrossThink-QA.jsonl"
GOOD = 983
INSTRUCTION = (
    "Here is a question with several options, of which one is right. "
    "Think it through, then give the letter of the right option inside \\boxed{}.\n"
)
"""What stands in front of every question."""
LETTERS = "ABCDEFGHIJKL"

_STYLES = ((": ", 10, 0.885), (". ", 4, 0.075), (". ", 10, 0.04))
"""The mark behind the letters, how many options there are, and the share of such rows among the good ones."""
_WIDEST = (": ", 12)
"""One row has more options than any other."""
_BLANK_LINE, _TWICE, _PLAIN, _CLOSING = 0.25, 0.012, 0.006, 0.03
"""Shares of rows with a blank line above the options, with all options twice, without a list of messages, and
with one of these as the last option:"""
_NONE, _ALL = "None of the above", "All of the above"
_PROGRAMS, _MULTIPLES = 8, 6


class _Item(NamedTuple):
    """A row; `cut` characters are missing at its end."""

    question: str
    options: list[str]
    gold: int
    mark: str
    truth: str | None
    blank_line: bool = False
    twice: bool = False
    plain: bool = False
    cut: int = 0

    def line(self, index: int) -> str:
        content = INSTRUCTION + self._asked()
        row: dict[str, Any] = {
            "data_source": "Nemotron-CrossThink-QA",
            "prompt": content if self.plain else [{"role": "user", "content": content}],
            "reward_model": {"style": "rule", "ground_truth": self.truth},
            "meta_data": {"index": index, "split": "train"},
        }
        text = json.dumps(row, ensure_ascii=False)
        return text[: len(text) - self.cut]

    def _asked(self) -> str:
        lines = zip(LETTERS, self.options, strict=False)
        block = "".join(f"\n{letter}{self.mark}{option}" for letter, option in lines)
        return self.question + block * self.twice + "\n" * self.blank_line + block

    def labelled(self, place: int) -> "_Item":
        """Give the gold the letter of this option, and the text of the right one."""
        return self._replace(truth=LETTERS[place] + self.mark + self.options[self.gold])


def write(folder: Path) -> None:
    """Write the file below the folder of all sources."""
    rng = Random(QA)
    widest, *facts = bank().choice
    choices = [_item(fact, *_style(fact, rng), rng) for fact in (*facts, *_programs(rng), *_multiples(rng))]
    items = mixed(choices, DIRT, GOOD - 1, rng, lambda item: item)
    items.insert(rng.randrange(len(items)), _item(widest, *_WIDEST, rng))
    write_lines(folder / QA, [item.line(index) for index, item in enumerate(items)])


def _style(fact: Fact, rng: Random) -> tuple[str, int]:
    (mark, most, _), *_ = rng.choices(_STYLES, [share for *_, share in _STYLES])
    return (mark, most) if len(fact.wrong) >= most - 1 else (". ", 4)


def _item(fact: Fact, mark: str, most: int, rng: Random) -> _Item:
    right, wrong = fact.answer, rng.sample(fact.wrong, most - 1)
    if right != _ALL and rng.random() < _CLOSING:
        if "of the following" in fact.question and rng.random() < 0.5:
            right = _NONE  # in the place of what would be right
        else:
            wrong[0] = rng.choice((_NONE, _ALL))
    options = [right, *wrong]
    rng.shuffle(options)
    options.sort(key=_closes)
    blank_line, twice, plain = (rng.random() < share for share in (_BLANK_LINE, _TWICE, _PLAIN))
    item = _Item(fact.question, options, options.index(right), mark, None, blank_line, twice, plain)
    return item.labelled(item.gold)


def _closes(option: str) -> bool:
    return option in (_NONE, _ALL)


def _programs(rng: Random) -> Iterator[Fact]:
    """Ask for a program by what it prints; options have several lines."""
    numbers = [(a, b, c) for a in range(2, 10) for b in range(2, 10) for c in range(1, 10)]
    printed = {a * b + c: (a, b, c) for a, b, c in rng.sample(numbers, len(numbers))}
    for result in rng.sample(sorted(printed), _PROGRAMS):
        others = rng.sample([other for other in sorted(printed) if other != result], 11)
        shown = ["x = {}\nx = x * {} + {}\nprint(x)".format(*printed[n]) for n in (result, *others)]
        question = f"Which of the following Python programs prints the number {result}?"
        yield Fact(question, shown[0], shown[1:], "computing")


def _multiples(rng: Random) -> Iterator[Fact]:
    """Ask for a multiple where every option is one."""
    for n in rng.sample(range(6, 40), _MULTIPLES):
        multiples = [str(n * times) for times in rng.sample(range(3, 30), 9)]
        yield Fact(f"Which of the following numbers can be divided by {n}?", _ALL, multiples, "mathematics")


def _with_stale_letter(item: _Item) -> _Item:
    """Keep four options, as in most such rows of the release, and label the gold as another one."""
    right = item.options[item.gold]
    options = [option for option in item.options if option != right][:3]
    options.insert(len(item.question) % 4, right)
    options.sort(key=_closes)
    four = item._replace(options=options, gold=options.index(right), mark=". ")
    return four.labelled((four.gold + 1) % 4)


def _with_equal_options(item: _Item) -> _Item:
    first, second, *_ = (place for place in range(len(item.options)) if place != item.gold)
    return item._replace(options=[*item.options[:second], item.options[first], *item.options[second + 1 :]])


DIRT: Dirt[_Item, _Item] = {
    "wrong_letter": (80, lambda item: [_with_stale_letter(item)]),
    "equal_options": (5, lambda item: [_with_equal_options(item)]),
    "answer_not_an_option": (4, lambda item: [item._replace(truth=f"{item.truth}, or something like it")]),
    "empty_answer": (3, lambda item: [item._replace(truth="")]),
    "null_answer": (2, lambda item: [item._replace(truth=None)]),
    "no_options": (3, lambda item: [item._replace(options=[])]),
    "empty_question": (2, lambda item: [item._replace(question="")]),
    "not_json": (2, lambda item: [item._replace(cut=40)]),
    "duplicate": (4, lambda item: [item, item]),
}
