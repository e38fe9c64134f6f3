"""Grade a file of any length in constant memory: a batch at a time, each handed on at once."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from crossthink_hub.errors import OutputError, SourceError
from crossthink_hub.grading.grader import grade_many
from crossthink_hub.grading.lines import Lines, read_records
from crossthink_hub.grading.records import FIELDS, Fields, Record
from crossthink_hub.grading.settings import GradeSettings
from crossthink_hub.grading.summary import Summary, summarize
from crossthink_hub.grading.verdict import Verdict

Graded = Sequence[tuple[Record, Verdict]]
Sink = Callable[[Graded], object]
BATCH = 1_000
BATCH_CHARACTERS = 8 << 20
OBEYED = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xf3\xa0[\x80\x81][\x80-\xbf]"
)
"""What JSON leaves as it is and a terminal obeys or hides: controls, text direction, widthless, tags."""


def grade_lines(
    lines: Lines,
    settings: GradeSettings,
    *,
    fields: Fields = FIELDS,
    skip_bad: bool = False,
    sinks: Sequence[Sink] = (),
) -> Summary:
    r"""Grade every line of an open file, and return what the verdicts come to.

    Args:
        lines: the file.
        settings: how to grade.
        fields: where to look for response and ground truth.
        skip_bad: whether to count bad lines and go on, or to stop at the first.
        sinks: what to call with each batch of records and verdicts, in order.

    Raises:
        SourceError: a bad line, once what comes before it is handed on; or there is nothing to grade.

    Example:
        >>> import tempfile
        >>> from crossthink_hub.grading.lines import opened
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "answers.jsonl")
        ...     size = path.write_text(r'{"response": "<think>a</think>\\boxed{42}", "gold": "42"}')
        ...     with opened(path) as lines:
        ...         grade_lines(lines, GradeSettings()).accuracy
        1.0
    """
    summary = Summary()
    records = read_records(lines, fields, summary.skip if skip_bad else None)
    for batch in _batches(records):
        verdicts = grade_many(
            [record.response for record in batch],
            [record.ground_truth for record in batch],
            kinds=[record.kind for record in batch],
            options=[record.options for record in batch],
            mode=settings.mode,
            thought=settings.thought,
            answer_in=settings.answer_in,
        )
        summary.merge(
            summarize([record.response for record in batch], verdicts, [record.tokens for record in batch])
        )
        for sink in sinks:
            sink(list(zip(batch, verdicts, strict=True)))
    if not summary.every.responses and not summary.skipped:
        raise SourceError(
            "nothing to grade, it is empty", where=lines.name, fix="Write one JSON object a line."
        )
    return summary


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    characters = 0
    try:
        for record in records:
            batch.append(record)
            characters += len(record.response or "")
            if len(batch) == BATCH or characters > BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
    except SourceError:
        yield batch  # what comes before a bad line is graded all the same
        raise
    yield batch


def verdict_lines(graded: Graded) -> bytes:
    """Return verdicts as JSON Lines: id, correct, formatted, reward, status, answer.

    Example:
        >>> from crossthink_hub.grading.verdict import Status
        >>> verdict_lines([(Record(1, "a", "", "42"), Verdict(False, False, None, Status.EMPTY))])
        b'{"id":"a","correct":false,"formatted":false,"reward":0.0,"status":"empty","answer":null}\\n'
    """
    return OBEYED.sub(_as_json_escape, b"".join(_line(record, verdict) for record, verdict in graded))


def _line(record: Record, verdict: Verdict) -> bytes:
    entry = {
        "id": record.id,
        "correct": verdict.correct,
        "formatted": verdict.formatted,
        "reward": verdict.reward,
        "status": str(verdict.status),
        "answer": verdict.answer,
    }
    try:
        return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # half a character, or an id of more than 64 bits
        return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _as_json_escape(found: re.Match[bytes]) -> bytes:
    return json.dumps(found[0].decode(), ensure_ascii=True)[1:-1].encode()


@contextmanager
def written_whole(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Give a function that writes to a file which is there only once all is written.

    Raises:
        OutputError: it can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with written_whole(Path(folder, "verdicts.jsonl")) as write:
        ...         write(b"{}")
        ...         there = Path(folder, "verdicts.jsonl").exists()
        ...     there, Path(folder, "verdicts.jsonl").read_bytes()
        (False, b'{}')
    """
    special = path.exists() and not path.is_file()  # such as /dev/null: never to be replaced
    scratch = path if special else path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with _writing(path):
            scratch.parent.mkdir(parents=True, exist_ok=True)
            file = scratch.open("wb")

        def write(data: bytes) -> None:
            with _writing(path):
                file.write(data)
                file.flush()

        try:
            yield write
        finally:
            with suppress(OSError):  # all is flushed, or has failed already
                file.close()
        if not special:
            with _writing(path):
                scratch.replace(path)
    finally:
        if not special:
            with suppress(OSError):
                scratch.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=path,
            fix="Check the disk's free space and your permissions, or choose another --out.",
        ) from error
