"""The embedded sample: made-up rows in the upstream formats, for a trial without downloads.

The wordings and facts are in `sample_facts.yaml`; the answers of all computed questions are worked out here.
"""

import csv
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from importlib.resources import files
from itertools import islice
from math import comb, factorial, gcd, isqrt, prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

MATH = "hendrycks_math/train.parquet"
CSV = "mmlu/science_sample.csv"
JSONL = "mmlu/mcq_sample.jsonl"
HUB = "mmlu/auxiliary_train.parquet"

_PER_PROBLEM = 6
_PER_COMPUTED = 7
_PER_FILE = 150
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TEXT, _INTEGER = pa.string(), pa.int64()
_EXTRA_INFO = pa.struct(
    {"answer": _TEXT, "index": _INTEGER, "level": _INTEGER, "question": _TEXT, "split": _TEXT}
)
_MATH_SCHEMA = pa.schema(
    {"answer": _TEXT, "gt_answer": _TEXT, "subject": _TEXT, "level": _INTEGER, "question": _TEXT}
    | {"extra_info": _EXTRA_INFO}
)
_HUB_SCHEMA = pa.schema({"question": _TEXT, "subject": _TEXT, "choices": pa.list_(_TEXT), "answer": _INTEGER})


class _Problem(NamedTuple):
    question: str
    answer: str | None
    subject: str
    level: int


class _Fact(NamedTuple):
    question: str
    answer: str
    wrong: list[str]
    subject: str


class _Choice(NamedTuple):
    """A fact as a multiple-choice question: options in the order shown, and the marks before them."""

    question: str
    options: list[str]
    gold: int
    subject: str
    marks: str

    def csv_row(self) -> list[str]:
        return [self.question, *self.options, self.marks[self.gold]]

    def json_line(self, **changes: str) -> str:
        shown = " ".join(f"({mark}) {option}" for mark, option in zip(self.marks, self.options, strict=False))
        question = f"{self.question}\nAnswer Choices: {shown}"
        gold = {"answer": self.marks[self.gold], "answer_content": self.options[self.gold]}
        row = {"question": question, **gold, "knowledge": [], "label": "sample", **changes}
        return json.dumps(row, ensure_ascii=False)

    def hub_row(self) -> dict[str, Any]:
        head = {"question": self.question, "subject": self.subject}
        return {**head, "choices": self.options, "answer": self.gold}

    def wrong_letter(self) -> str:
        return self.marks[(self.gold + 1) % len(self.options)]

    def two_equal_options(self) -> "_Choice":
        first, second, *_ = (place for place in range(len(self.options)) if place != self.gold)
        return self._replace(
            options=[*self.options[:second], self.options[first], *self.options[second + 1 :]]
        )


_Item = TypeVar("_Item", _Problem, _Choice)
_Row = TypeVar("_Row")
_Dirt: TypeAlias = Mapping[str, tuple[int, Callable[[_Item], list[_Row]]]]

# Each kind of dirt: how many good items it takes, and the rows that each of them becomes.
_MATH_DIRT: _Dirt[_Problem, _Problem] = {
    "empty_answer": (2, lambda item: [item._replace(answer="")]),
    "blank_answer": (1, lambda item: [item._replace(answer=" \n")]),
    "null_answer": (1, lambda item: [item._replace(answer=None)]),
    "empty_question": (1, lambda item: [item._replace(question="")]),
    "duplicate": (2, lambda item: [item, item]),
}
_CSV_DIRT: _Dirt[_Choice, list[str]] = {
    "too_few_columns": (1, lambda item: [item.csv_row()[:4]]),
    "too_many_columns": (1, lambda item: [[*item.csv_row(), "2"]]),
    "bad_letter": (1, lambda item: [[*item.csv_row()[:-1], "F"]]),
    "empty_question": (1, lambda item: [item._replace(question="").csv_row()]),
    "duplicate": (1, lambda item: [item.csv_row(), item.csv_row()]),
}
_JSONL_DIRT: _Dirt[_Choice, str] = {
    "not_json": (1, lambda item: [item.json_line()[:-30]]),
    "bad_letter": (1, lambda item: [item.json_line(answer=item.marks[len(item.options)])]),
    "content_not_an_option": (1, lambda item: [item.json_line(answer_content="see the teacher's notes")]),
    "wrong_letter": (2, lambda item: [item.json_line(answer=item.wrong_letter())]),
    "equal_options": (1, lambda item: [item.two_equal_options().json_line()]),
    "blank_line": (1, lambda item: [item.json_line(), ""]),
}
_HUB_DIRT: _Dirt[_Choice, dict[str, Any]] = {
    "bad_index": (1, lambda item: [item._replace(gold=len(item.options)).hub_row()]),
    "null_question": (1, lambda item: [item.hub_row() | {"question": None}]),
}

_TABLES: Mapping[str, Mapping[str, tuple[int, object]]] = {
    MATH: _MATH_DIRT,
    CSV: _CSV_DIRT,
    JSONL: _JSONL_DIRT,
    HUB: _HUB_DIRT,
}
DIRTY: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        file: MappingProxyType({kind: dirt[0] for kind, dirt in kinds.items()})
        for file, kinds in _TABLES.items()
    }
)
"""Dirty rows in each file, by kind; of a duplicate only the extra copy counts, not the good row it copies."""


def write_sample(folder: Path) -> None:
    """Write the sample's upstream-format files below `folder`.

    With the same pyarrow, every call writes the same bytes. Rows in the numbers of `DIRTY` are dirty; all
    others are good and distinct, and their answers are true.

    Args:
        folder: where to write; made if missing.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as name:
        ...     write_sample(Path(name))
        ...     pq.read_table(Path(name, MATH)).num_rows
        200
    """
    rng = random.Random(0)
    data = yaml.load(
        files("crossthink_hub.sources").joinpath("sample_facts.yaml").read_text(encoding="utf-8"),
        Loader=yaml.BaseLoader,  # every scalar stays text
    )
    for name in (MATH, CSV):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)

    problems = _mixed(_problems(data["problems"], rng), _MATH_DIRT, lambda item: item, rng)
    math = [_math_row(problem, index) for index, problem in enumerate(problems)]
    pq.write_table(pa.Table.from_pylist(math, schema=_MATH_SCHEMA), folder / MATH, compression="zstd")

    written = (_Fact(question, answer, wrong, "") for question, answer, *wrong in data["written"])
    facts = [*_computed(data["computed"], rng), *_paired(data["topics"]), *written]
    rng.shuffle(facts)
    in_csv, in_jsonl, in_hub = facts[:_PER_FILE], facts[_PER_FILE : 2 * _PER_FILE], facts[2 * _PER_FILE :]

    rows = _mixed([_choice(fact, rng) for fact in in_csv], _CSV_DIRT, _Choice.csv_row, rng)
    with (folder / CSV).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)

    lines = _mixed([_varied_choice(fact, rng) for fact in in_jsonl], _JSONL_DIRT, _Choice.json_line, rng)
    (folder / JSONL).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")

    hub = _mixed([_choice(fact, rng) for fact in in_hub], _HUB_DIRT, _Choice.hub_row, rng)
    pq.write_table(pa.Table.from_pylist(hub, schema=_HUB_SCHEMA), folder / HUB, compression="zstd")


def _mixed(
    items: list[_Item], dirt: _Dirt[_Item, _Row], render: Callable[[_Item], _Row], rng: random.Random
) -> list[_Row]:
    """Return the rows of one file, shuffled: some items made dirty, all others rendered as they are."""
    rng.shuffle(items)
    left = iter(items)
    rows = [row for count, make in dirt.values() for item in islice(left, count) for row in make(item)]
    rows += map(render, left)
    rng.shuffle(rows)
    return rows


def _math_row(item: _Problem, index: int) -> dict[str, Any]:
    row = item._asdict()
    extra = {name: row[name] for name in ("answer", "level", "question")}
    return {**row, "gt_answer": item.answer, "extra_info": {**extra, "index": index, "split": "train"}}


def _choice(fact: _Fact, rng: random.Random, options: int = 4, marks: str = "ABCDEF") -> _Choice:
    shown = [fact.answer, *rng.sample(fact.wrong, min(options - 1, len(fact.wrong)))]
    rng.shuffle(shown)
    return _Choice(fact.question, shown, shown.index(fact.answer), fact.subject, marks)


def _varied_choice(fact: _Fact, rng: random.Random) -> _Choice:
    return _choice(fact, rng, rng.choice((3, 4, 4, 4, 5)), rng.choice(("ABCDEF",) * 7 + ("123456",)))


def _problems(data: Mapping[str, Any], rng: random.Random) -> list[_Problem]:
    return [
        _Problem(question, answer, entry["subject"], int(entry["level"]))
        for rule, entry in data.items()
        for question, answer in _drawn(entry, _ANSWERS[rule], _PER_PROBLEM, rng)
    ]


def _computed(data: Mapping[str, Any], rng: random.Random) -> Iterable[_Fact]:
    for rule, entry in data.items():
        for question, options in _drawn(entry, _OPTIONS[rule], _PER_COMPUTED, rng):
            yield _Fact(question, options[0], options[1:], entry.get("subject", ""))


def _paired(topics: list[Mapping[str, Any]]) -> Iterable[_Fact]:
    """Ask for the second word of each pair and, where the topic has wordings for it, for the first."""
    for topic in topics:
        there = list(topic["facts"].items())
        back = [(value, key) for key, value in there]
        for wordings, pairs in ((topic["ask"], there), (topic.get("back", []), back)):
            answers = dict.fromkeys(answer for _, answer in pairs)
            for place, (given, answer) in enumerate(pairs if wordings else ()):
                wrong = [other for other in answers if other != answer]
                yield _Fact(wordings[place % len(wordings)] % given, answer, wrong, topic.get("subject", ""))


def _drawn(
    entry: Mapping[str, Any], rule: Callable[..., _Row | None], count: int, rng: random.Random
) -> Iterable[tuple[str, _Row]]:
    """Yield `count` questions on different values that the rule accepts, with what it returns for them."""
    columns, wordings = [_values(spec) for spec in entry["draw"]], entry["ask"]
    seen: set[tuple[object, ...]] = set()
    while len(seen) < count:
        values = tuple(rng.choice(column) for column in columns)
        if values not in seen and (result := rule(*values)) is not None:
            yield wordings[len(seen) % len(wordings)] % values, result
            seen.add(values)


def _values(spec: str) -> list[int] | list[str]:
    low, dots, high = spec.partition("..")
    if dots:
        return list(range(int(low), int(high) + 1))
    words = spec.split()
    return [int(word) for word in words] if words[0].isdigit() else words


def _tex(value: Fraction | int, unit: str = "") -> str:
    value = Fraction(value)
    count = abs(value.numerator)
    top = f"{'' if unit and count == 1 else count}{unit}"
    body = top if value.denominator == 1 else rf"\frac{{{top}}}{{{value.denominator}}}"
    return f"-{body}" if value < 0 else body


def _root(square: int, divisor: int = 1) -> str:
    """Return the square root of `square`, over `divisor`, in simplest radical form."""
    outside = max(n for n in range(1, isqrt(square) + 1) if square % (n * n) == 0)
    inside = square // outside**2
    return _tex(Fraction(outside, divisor), "" if inside == 1 else rf"\sqrt{{{inside}}}")


def _common_fraction(value: Fraction) -> str | None:
    return _tex(value) if value > 0 and value.denominator > 1 else None


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


def _digits(n: int, base: int) -> str:
    return (_digits(n // base, base) if n >= base else "") + str(n % base)


def _roman(n: int) -> str:
    tens = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return tens[n // 10 % 10] + ones[n % 10]


def _near(value: int, unit: str) -> list[str]:
    step = max(1, value // 4)
    return [f"{value + wrong} {unit}" for wrong in (0, step, -step, value, 2 * step)]


def _exactly(top: int, bottom: int, unit: str) -> list[str] | None:
    return _near(top // bottom, unit) if top % bottom == 0 and top // bottom > 2 else None


def _fraction_sum(a: int, b: int, c: int, d: int) -> str | None:
    proper = a < b and c < d and b != d and gcd(a, b) == gcd(c, d) == 1
    return _common_fraction(Fraction(a, b) + Fraction(c, d)) if proper else None


def _interval(total: int, product: int) -> str | None:
    width = isqrt(max(0, total * total - 4 * product))
    exact = width > 0 and width * width == total * total - 4 * product
    return f"({(total - width) // 2},{(total + width) // 2})" if exact else None


def _midpoint(a: int, b: int, c: int, d: int) -> str | None:
    x, y = Fraction(a + c, 2), Fraction(b + d, 2)
    if a == c or b == d:
        return None
    return f"({x},{y})" if x.denominator == y.denominator == 1 else rf"\left({_tex(x)},{_tex(y)}\right)"


def _clock(hour: int, minutes: int) -> list[str]:
    ends = (minutes, minutes + 10, minutes - 10, minutes + 60, minutes - 60)
    return [f"{hour + end // 60}:{end % 60:02}" for end in ends]


# The rules of `problems`: the values shown give the answer, or None where they make no fitting problem.
_ANSWERS: Mapping[str, Callable[..., str | None]] = {
    "power_remainder": lambda a, b, m: str(left) if (left := pow(a, b, m)) > 1 else None,
    "divisor_count": lambda n: str(k) if (k := len(_divisors(n))) >= 8 else None,
    "congruence": lambda a, b, m: str(b * pow(a, -1, m) % m) if gcd(a, m) == 1 and b % a else None,
    "base_digits": lambda n, base: f"{_digits(n, base)}_{base}",
    "final_zeros": lambda n: str(n // 5 + n // 25 + n // 125),
    "multiple_divisors": lambda n, d: str(k) if n % d == 0 and (k := len(_divisors(n // d))) > 2 else None,
    "fraction_sum": _fraction_sum,
    "discount": lambda a, b: rf"{100 - (100 - a) * (100 - b) // 100}\%",
    "reading": lambda first, more: str(7 * first + 21 * more),
    "ratio": lambda a, b, n: str(n * a // (a + b)) if gcd(a, b) == 1 and n % (a + b) == 0 else None,
    "fifth_number": lambda mean, *four: str(5 * mean - sum(four)) if 5 * mean > sum(four) else None,
    "root_squares": lambda b, c: str(b * b - 2 * c) if b * b > 4 * c else None,
    "expand": lambda a, b: f"x^2{2 * a - b:+}x+{a * a}" if abs(2 * a - b) > 1 else None,
    "surd_product": lambda a, b: root if (root := _root(a * b)) != rf"\sqrt{{{a * b}}}" and a != b else None,
    "intersection": lambda a, b, c, d: (
        f"({x},{a * x + b})" if c > a and (b + d) % (c - a) == 0 and (x := (b + d) // (c - a)) else None
    ),
    "arithmetic_sum": lambda n, first, step: str(n * first + step * n * (n - 1) // 2),
    "composition": lambda a, b, c, d, x: str(a * (c * x - d) ** 2 + b),
    "interval": _interval,
    "complex_product": lambda a, b, c, d: (
        f"{a * c + b * d}{b * c - a * d:+}i" if abs(b * c - a * d) > 1 else None
    ),
    "matrix_vector": lambda a, b, c, d, x, y: (
        rf"\begin{{pmatrix}} {a * x + b * y} \\ {c * x + d * y} \end{{pmatrix}}" if x and y else None
    ),
    "committee": lambda n, k: str(n * comb(n - 1, k)),
    "die_sum": lambda n, total: _common_fraction(Fraction(max(0, n - abs(total - n - 1)), n * n)),
    "letters": lambda word: str(factorial(len(word)) // prod(map(factorial, Counter(word).values()))),
    "same_colour": lambda a, b: _common_fraction(Fraction(comb(a, 2) + comb(b, 2), comb(a + b, 2))),
    "three_digits": lambda a, b: str(sum(n % a == 0 != n % b for n in range(100, 1000))) if a % b else None,
    "paths": lambda a, b, c, d: str(comb(a + b, a) * comb(c - a + d - b, c - a)),
    "hypotenuse": lambda a, b: _root(a * a + b * b),
    "equilateral": lambda side: _root(3 * side**4, 4),
    "triangle_area": lambda a, b, c, d: _tex(Fraction(abs(a * d - b * c), 2)) if a * d != b * c else None,
    "cylinder": lambda r, h: _tex(2 * r * (r + h), r"\pi"),
    "sector": lambda angle, r: _tex(Fraction(angle * r * r, 360), r"\pi"),
    "angle_ratio": lambda *parts: (
        rf"{180 * max(parts) // sum(parts)}^\circ" if 180 % sum(parts) == 0 and len(set(parts)) == 3 else None
    ),
    "midpoint": _midpoint,
}

# The rules of `computed`: the right option first, then wrong ones; None as above.
_OPTIONS: Mapping[str, Callable[..., list[str] | None]] = {
    "weekday": lambda day, n: [_DAYS[(_DAYS.index(day) + n + wrong) % 7] for wrong in range(5)],
    "speed": lambda km, hours: _exactly(km, hours, "km/h"),
    "force": lambda kg, acceleration: _near(kg * acceleration, "N"),
    "voltage": lambda current, resistance: _near(current * resistance, "V"),
    "density": lambda mass, volume: _exactly(mass, volume, "g/cm³"),
    "interest": lambda rate, deposit: _near(rate * deposit // 100, "euros"),
    "roman": lambda n: [_roman(n + wrong) for wrong in (0, 1, -1, 10, -10)],
    "binary": lambda n: [f"{n + wrong:b}" for wrong in (0, 1, -1, 2, 4)],
    "clock": _clock,
    "frost": lambda noon, fall: [f"{noon - fall + wrong} °C" for wrong in (0, 1, -1, 2, 10)],
}
