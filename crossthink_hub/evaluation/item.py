"""One question of a benchmark: a row of the training data, and what an evaluation asks besides."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crossthink_hub import row

PARTS = [
    ("benchmark", pa.string()),
    ("task", pa.string()),  # accuracies are averaged over tasks: a subject, a category, a file
    ("subcategory", pa.string()),  # as the paper's figures 5 to 7 group tasks
    ("language", pa.string()),  # en or zh
]

SCHEMA = pa.schema([*row.SCHEMA, *PARTS])
"""Arrow schema of a benchmark's row: the training row, so that trainers validate on it, and its parts."""

Message = Mapping[str, str]


def features() -> Any:
    """Return the row as `datasets.Features`, for the reader's version of `datasets`.

    Example:
        >>> list(features())[-4:]
        ['benchmark', 'task', 'subcategory', 'language']
    """
    from datasets import Features

    return Features.from_arrow_schema(SCHEMA)


@dataclass(frozen=True)
class Item:
    """A question as engines ask it and graders judge it.

    Attributes:
        id: the benchmark and a digest of question, options and answer; the same in every version.
        benchmark: name of the benchmark.
        task: what its accuracies are averaged over.
        subcategory: as the paper's figures group tasks.
        language: `en` or `zh`.
        prompt: the conversation that the model goes on with.
        solution: the ground truth: `(A) text`, `A`, or an answer.
        question: bare, without instruction and options.
        options: bare texts; none for an open question.
        question_type: `mcq` or `open`.
        answer_letter: of the right option; None for an open question.
        flags: what is to know about it.
        upstream_id: the benchmark's own id, if it has one.
    """

    id: str
    benchmark: str
    task: str
    subcategory: str
    language: str
    prompt: tuple[Message, ...]
    solution: str
    question: str
    options: tuple[str, ...]
    question_type: str
    answer_letter: str | None
    flags: tuple[str, ...] = ()
    upstream_id: str | None = None


def item(row: Mapping[str, Any]) -> Item:
    """Return a row of a benchmark, read from anywhere, as an item."""
    meta = row["meta_data"]
    return Item(
        **{name: row[name] for name in ("id", "solution", *(name for name, _ in PARTS))},
        **{name: meta[name] for name in ("question", "question_type", "answer_letter")},
        prompt=tuple(row["prompt"]),
        options=tuple(meta["options"]),
        flags=tuple(meta["flags"]),
        upstream_id=meta["upstream"]["id"],
    )


def items(rows: Iterable[Mapping[str, Any]]) -> Iterator[Item]:
    """Yield rows of a benchmark as items, in order."""
    return map(item, rows)
