"""What a report is made of; Markdown and the page are two ways to write the same blocks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Tone(StrEnum):
    """How a cell is to be taken.

    Example:
        >>> Tone("quoted") is Tone.QUOTED
        True
    """

    PLAIN = "plain"
    """A number as any other."""
    GOOD = "good"
    """A gain that is not by chance, at 95 %."""
    BAD = "bad"
    """A loss that is not by chance, at 95 %."""
    QUOTED = "quoted"
    """Printed in the paper, but taken from elsewhere: no target."""
    MUTED = "muted"
    """Nothing there, or of less weight."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: on one line.
        below: more of it on a second line, such as an interval.
        tone: how it is to be taken.
        why: what a reader who stops at it is told.
    """

    text: str
    below: str = ""
    tone: Tone = Tone.PLAIN
    why: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        key: unique in a report: `table_4`.
        title: above it.
        columns: their names; the first is that of the rows' names.
        rows: each with as many cells as there are columns.
        notes: below it, a line each.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        key: unique in a report, and the name of its file without the ending: `figure_5`.
        title: above it.
        png: the picture.
        alt: what it shows, for who can't see it.
        notes: below it, a line each.
    """

    key: str
    title: str
    png: bytes
    alt: str
    notes: tuple[str, ...] = ()


Block: TypeAlias = Table | Picture


@dataclass(frozen=True)
class Section:
    """A part of a report: a title, some lines of text, tables and figures."""

    title: str
    text: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Sample:
    """An answer that a report shows whole.

    Attributes:
        run: name of the run.
        benchmark: of the question, as the next three.
        task: of it.
        subcategory: of it.
        id: of it.
        sample: which answer to it, from 0, and in which pass: `greedy 0`.
        prompt: as the model was asked.
        response: what it wrote.
        truth: the right answer.
        answer: what was taken for its answer; None if there is none.
        correct: whether it is right; None if nothing can tell.
        status: the verdict by name, as in `crossthink_hub.grading.Status`.
        why: the verdict in words.
        tokens: of the response, None if they were not counted.
        finish: how it ended, as in `crossthink_hub.evaluation.generation.Finish`.
    """

    run: str
    benchmark: str
    task: str
    subcategory: str
    id: str
    sample: str
    prompt: str
    response: str
    truth: str
    answer: str | None
    correct: bool | None
    status: str
    why: str
    tokens: int | None
    finish: str
