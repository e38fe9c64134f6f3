"""The answers that a report shows whole: the same questions of every run, and not too many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest

from crossthink_hub.errors import FolderError
from crossthink_hub.evaluation.generation import Key
from crossthink_hub.evaluation.report.blocks import Sample
from crossthink_hub.evaluation.results import Results
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.grading.response import CLOSE

MOST = 500
"""Answers of each benchmark that a report shows."""
LONGEST = 20_000
"""Characters of a prompt or a response that are shown; of a longer one, the middle is left out."""
KEY = ("id", "run", "sample")


def samples(folder: RunFolder, results: Results, most: int = MOST) -> Iterator[Sample]:
    """Yield answers of a run with the main mode's verdicts, in the order of its questions.

    Which ones does not depend on the run: those whose question, pass and number hash lowest. So runs show the
    same questions, and fewer answers are a part of more. A benchmark whose text can't be published has none.

    Args:
        folder: of the run.
        results: of the run.
        most: answers of each benchmark.

    Raises:
        FolderError: verdicts, questions or generations can't be read, or don't belong together.
    """
    for name, benchmark in results.benchmarks.items():
        if benchmark.publishable:
            yield from _of_benchmark(folder, results, name, most)


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text whose middle is left out if it is too long, and says how much of it.

    Where that would leave out the end of the thought, its tag follows: the answer starts after it.

    Example:
        >>> shortened("<think>Now let me see.</think>That is 4, I think.", 30)
        '<think>Now let \\n\\n[… 11 characters are left out …]\\n\\n</think> is 4, I think.'
        >>> shortened("as it is")
        'as it is'
    """
    if len(text) <= longest:
        return text
    head, tail = longest // 2, len(text) - longest // 2
    closed = text.rfind(CLOSE)
    tag = CLOSE if head - len(CLOSE) < closed < tail else ""
    tail = max(tail, closed + len(tag)) if tag else tail
    note = f"\n\n[… {tail - head - len(tag):,} characters are left out …]\n\n"
    return f"{text[:head]}{note}{tag}{text[tail:]}"


def _of_benchmark(folder: RunFolder, results: Results, name: str, most: int) -> Iterator[Sample]:
    verdicts = _chosen(folder.verdicts(results.mode, name), name, most)
    questions = _questions(folder.questions(name), verdicts)
    responses = _responses(folder.generations(name), verdicts)
    for key in verdicts:
        if key.id not in questions or key not in responses:
            raise FolderError(
                f"has a verdict on {key.id} of {name}, and not what it is on",
                where=folder.path,
                fix=f"Grade again: crossthink eval --regrade {folder.path}",
            )
    places = {id_: place for place, id_ in enumerate(questions)}
    for key in sorted(verdicts, key=lambda key: (places[key.id], key.run, key.sample)):
        yield _sample(results.name, key, questions[key.id], responses[key], verdicts[key])


def _chosen(verdicts: pa.Table, benchmark: str, most: int) -> dict[Key, dict[str, Any]]:
    """Return the verdicts on the answers that hash lowest."""
    keys = zip(*(verdicts[column].to_pylist() for column in KEY), strict=True)
    hashed = (xxh3_64_intdigest(f"sample {run} {number} {id_}".encode()) for id_, run, number in keys)
    lowest = np.argsort(np.fromiter(hashed, np.uint64, len(verdicts)), kind="stable")[:most]
    return {_key(benchmark, row): row for row in verdicts.take(lowest).to_pylist()}


def _questions(questions: pa.Table, keys: Iterable[Key]) -> dict[str, dict[str, Any]]:
    """Return the questions that answers are to, by id, in the order in which they were asked."""
    wanted = pa.array(list({key.id for key in keys}), pa.string())
    columns = ["id", "prompt", "solution", "task", "subcategory"]
    found = questions.select(columns).filter(pc.is_in(questions["id"], wanted))
    return {row["id"]: row for row in found.to_pylist()}


def _responses(generations: Iterable[pa.Table], wanted: Mapping[Key, Any]) -> dict[Key, str]:
    """Return the responses that are wanted; only those are taken out of the files."""
    found = {}
    for table in generations:
        columns = (table[column].to_pylist() for column in ("benchmark", *KEY))
        keys = [Key(*values) for values in zip(*columns, strict=True)]
        rows = [row for row, key in enumerate(keys) if key in wanted]
        responses = table["response"].take(pa.array(rows, pa.int64()))
        for row, response in zip(rows, responses.to_pylist(), strict=True):
            found[keys[row]] = shortened(response or "")
    return found


def _key(benchmark: str, row: Mapping[str, Any]) -> Key:
    return Key(benchmark, *(row[column] for column in KEY))


def _sample(
    run: str, key: Key, question: Mapping[str, Any], response: str, verdict: Mapping[str, Any]
) -> Sample:
    return Sample(
        run=run,
        benchmark=key.benchmark,
        id=key.id,
        sample=f"{key.run} {key.sample}",
        task=question["task"],
        subcategory=question["subcategory"],
        prompt=shortened(_conversation(question["prompt"])),
        response=response,
        truth=question["solution"],
        **{name: verdict[name] for name in ("answer", "correct", "status", "why", "tokens", "finish")},
    )


def _conversation(messages: Sequence[Mapping[str, str]]) -> str:
    """Return what a lone message says, or who says what."""
    if len(messages) == 1:
        return messages[0]["content"]
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)
