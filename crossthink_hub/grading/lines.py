"""Files of responses, read a line at a time."""

import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from io import BufferedReader
from os import fstat
from pathlib import Path

from crossthink_hub.errors import SourceError
from crossthink_hub.grading.records import FIELDS, Fields, Record, read_record

STANDARD_INPUT = Path("-")
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
LONGEST = 64 << 20
"""A longer line is refused: a file without line ends would fill the memory."""


@dataclass(frozen=True)
class Lines:
    """The lines of an open file, plain or gzip, with their numbers.

    Args:
        name: what errors call the file.
        file: the open file.
        size: its bytes, None if it has no end known beforehand.

    Raises:
        SourceError: while reading: the file can't be read, or is damaged.

    Example:
        >>> import io
        >>> list(Lines("a.jsonl", io.BufferedReader(io.BytesIO(b"one\\ntwo")), 7))
        [(1, b'one\\n'), (2, b'two')]
    """

    name: str
    file: BufferedReader
    size: int | None

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            text = GzipFile(fileobj=self.file) if self.file.peek(2)[:2] == GZIP else self.file
            while line := text.readline(LONGEST):
                number += 1
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    raise self._error(
                        f"line {number} is longer than {LONGEST:,} bytes", "Write one object a line."
                    )
                yield number, line if number > 1 else line.removeprefix(BOM)
        except (OSError, EOFError, zlib.error) as error:
            where = f"can't be read after line {number} ({error})"
            raise self._error(where, "Is it all there? Get it again.") from error

    def position(self) -> int:
        """Return how many bytes of the file are read; only where its size is known."""
        return self.file.tell()

    def _error(self, message: str, fix: str) -> SourceError:
        return SourceError(message, where=self.name, fix=fix)


@contextmanager
def opened(path: Path) -> Iterator[Lines]:
    """Open a file of lines, `-` for standard input.

    Raises:
        SourceError: it can't be opened.

    Example:
        >>> with opened(Path("nowhere.jsonl")) as lines:
        ...     pass
        Traceback (most recent call last):
        crossthink_hub.errors.SourceError: nowhere.jsonl: can't be read (No such file or directory)
        Name a file of JSON Lines, or - for standard input.
    """
    standard = path == STANDARD_INPUT
    name = "standard input" if standard else str(path)
    try:
        file = open(0 if standard else path, "rb", closefd=not standard)  # noqa: SIM115
    except OSError as error:
        raise SourceError(
            f"can't be read ({error.strerror or error})",
            where=name,
            fix="Name a file of JSON Lines, or - for standard input.",
        ) from error
    with file:
        state = fstat(file.fileno())
        yield Lines(name, file, state.st_size if stat.S_ISREG(state.st_mode) else None)


def read_records(
    lines: Lines, fields: Fields = FIELDS, skip: Callable[[SourceError], None] | None = None
) -> Iterator[Record]:
    """Yield the record of each line that is not blank.

    Args:
        lines: the lines of an open file.
        fields: where to look for response and ground truth.
        skip: what to tell of a bad line, to go on after it; else it is raised.

    Raises:
        SourceError: a line is bad; it says which and why.

    Example:
        >>> import io
        >>> file = io.BufferedReader(io.BytesIO(b'{"response": "a", "gold": "b"}\\n\\nc'))
        >>> bad = []
        >>> [record.line for record in read_records(Lines("a.jsonl", file, None), skip=bad.append)]
        [1]
        >>> bad[0].where
        'a.jsonl, line 3'
    """
    for number, line in lines:
        if line.isspace():
            continue
        try:
            record = read_record(line, number, fields)
        except SourceError as error:
            where = f"{lines.name}, line {number}"
            if skip is None:
                fix = f"{error.fix}\nTo count bad lines and go on: --skip-bad."
                raise SourceError(error.message, where=where, fix=fix) from error
            skip(SourceError(error.message, where=where, fix=error.fix))
        else:
            yield record
