"""A report as one HTML file that asks the network for nothing, with a table of answers to filter."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

from crossthink_hub.evaluation.report.blocks import Block, Cell, Picture, Sample, Section, Table, Tone

if TYPE_CHECKING:
    from jinja2 import Template

ANSWERS = "answers"
"""The anchor of the table of answers."""
NUMBER = re.compile(r"[~≈<>≤≥]?\s?[+\-\u2212±]?\d")
NOTHING = re.compile(r"[\s\u2013\u2014\u2212-]*")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
QUESTION = ("benchmark", "task", "subcategory", "id", "prompt", "truth")
"""What the answers of several runs share, and the page holds once."""
ANSWER = ("run", "sample", "response", "answer", "correct", "status", "why", "tokens", "finish")
LEGEND = {
    Tone.GOOD: "better, and not by chance (95 %)",
    Tone.BAD: "worse, and not by chance (95 %)",
    Tone.QUOTED: "printed in the paper, but taken from elsewhere, or it may be: no target",
}


def page(title: str, subtitle: str, sections: Sequence[Section], samples: Iterable[Sample]) -> str:
    """Return the page; every text stands in it as it is, whatever it holds.

    Args:
        title: of the report.
        subtitle: below it.
        sections: its parts, in order.
        samples: the answers that a reader may look through.

    Example:
        >>> text = page("Report", "one run", [Section("Scores", ("Higher is <better>.",), ())], [])
        >>> "<p>Higher is &lt;better&gt;.</p>" in text, "http://" in text
        (True, False)
    """
    answers = list(samples)
    style, script = (_file(f"page.{ending}") for ending in ("css", "js"))
    return _template().render(
        title=title,
        subtitle=subtitle,
        chapters=list(_chapters(sections)),
        legend={tone: said for tone, said in LEGEND.items() if tone in _tones(sections)},
        answers=len(answers),
        anchor=ANSWERS,
        data=_data(answers),
        style=style,
        script=script,
        policy=_policy(style, script),
    )


# What a reader's browser may do.


def _policy(style: str, script: str) -> str:
    """Return a policy by which nothing is fetched, and no style or script runs but the page's own."""
    rules = {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    own = {"style-src": _digest(style), "script-src": _digest(script)}
    return "; ".join(f"{name} {allowed}" for name, allowed in {**rules, **own}.items())


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


# Sections, tables and figures.


@dataclass(frozen=True)
class Chapter:
    """A section and where it can be linked to."""

    anchor: str
    section: Section


def _chapters(sections: Sequence[Section]) -> Iterator[Chapter]:
    taken = {ANSWERS, *(block.key for section in sections for block in section.blocks)}
    for section in sections:
        stem = re.sub(r"\W+", "-", section.title.lower()).strip("-") or "section"
        anchor = next(name for name in _numbered(stem) if name not in taken)
        taken.add(anchor)
        yield Chapter(anchor, section)


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _tones(sections: Sequence[Section]) -> set[Tone]:
    tables = (block for section in sections for block in section.blocks if isinstance(block, Table))
    return {cell.tone for table in tables for row in table.rows for cell in row}


def _is_table(block: Block) -> bool:
    return isinstance(block, Table)


def _numeric(table: Table) -> list[bool]:
    """Return for each column whether it holds numbers: then they stand below one another.

    Example:
        >>> rows = ((Cell("MMLU"), Cell("+1.5"), Cell("none")), (Cell("AMC23"), Cell("–"), Cell("4 of 40")))
        >>> _numeric(Table("t", "T", ("benchmark", "gain", "seen"), rows))
        [False, True, False]
    """
    columns = zip(*table.rows, strict=True) if table.rows else ((),) * len(table.columns)
    return [place > 0 and _are_numbers(column) for place, column in enumerate(columns)]


def _are_numbers(cells: Iterable[Cell]) -> bool:
    return all(NUMBER.match(cell.text) or NOTHING.fullmatch(cell.text) for cell in cells)


def _reasons(table: Table) -> dict[str, str]:
    """Return what stops a reader at some cell, each once, with the letter that stands at the cells.

    Example:
        >>> _reasons(Table("t", "T", ("a", "b"), ((Cell("x"), Cell("1", why="quoted")),)))
        {'quoted': 'a'}
    """
    found = dict.fromkeys(cell.why for row in table.rows for cell in row if cell.why)
    return {why: _letters(place) for place, why in enumerate(found)}


def _letters(place: int) -> str:
    """Return the letters that count so far: a, b, and after z aa, ab.

    Example:
        >>> _letters(0), _letters(25), _letters(26), _letters(27 * 26)
        ('a', 'z', 'aa', 'aaa')
    """
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + "abcdefghijklmnopqrstuvwxyz"[last]


def _png(picture: Picture) -> str:
    return f"data:image/png;base64,{b64encode(picture.png).decode()}"


def _size(picture: Picture) -> tuple[int, int]:
    """Return width and height, as the head of a PNG has them: nothing moves when the picture appears."""
    return int.from_bytes(picture.png[16:20]), int.from_bytes(picture.png[20:24])


# Answers.


def _data(samples: Sequence[Sample]) -> str:
    r"""Return the answers as JSON that may stand in a `<script>`; answers to one question are neighbours.

    Example:
        >>> of = ("x", "mmlu", "law", "law", "mmlu-1", "greedy 0")
        >>> one = Sample(*of, "2 + 2?", "</script>", "4", None, False, "no_box", "", 9, "stop")
        >>> "</script" in _data([one]), json.loads(_data([one]))["answers"][0]["response"]
        (False, '</script>')
    """
    keys = dict.fromkeys((one.benchmark, one.id) for one in samples)
    places = {key: place for place, key in enumerate(keys)}
    ordered = sorted(samples, key=lambda one: places[one.benchmark, one.id])
    questions: dict[tuple[str, ...], int] = {}
    answers = []
    for one in ordered:
        question = tuple(getattr(one, name) for name in QUESTION)
        place = questions.setdefault(question, len(questions))
        answers.append({"question": place, **{name: getattr(one, name) for name in ANSWER}})
    said = {"questions": [dict(zip(QUESTION, one, strict=True)) for one in questions], "answers": answers}
    return _inside_script(json.dumps(said, ensure_ascii=False, separators=(",", ":")))


def _inside_script(text: str) -> str:
    r"""Return JSON in which nothing ends a script, a line of one, or a file in UTF-8.

    Example:
        >>> print(_inside_script('["<!--\u2028\ud800"]'))
        ["\u003c!--\u2028\ud800"]
    """
    for mark in "<\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text.encode("utf-8", "backslashreplace").decode()


# The template.


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_printable
    )
    environment.tests["table"] = _is_table
    environment.filters |= {"numeric": _numeric, "png": _png, "reasons": _reasons, "size": _size}
    return environment.from_string(_file("page.html.j2"))


def _printable(value: Any) -> Any:
    """Return a text in which what HTML or UTF-8 can't hold is replaced; all else as it is."""
    is_plain = isinstance(value, str) and not hasattr(value, "__html__")
    return UNPRINTABLE.sub("\ufffd", value) if is_plain else value


def _file(name: str) -> str:
    return resources.files("crossthink_hub.evaluation.report").joinpath(name).read_text("utf-8")
