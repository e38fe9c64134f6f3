"""What became of the rows of a benchmark: each is kept, or dropped by reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """Rows of a benchmark; `read` is `kept` and all that is `dropped`.

    Attributes:
        published: how many the whole benchmark has.
        read: how many are in the files.
        kept: how many are asked.
        dropped: how many are not, by reason.
        flags: how many of those kept carry each flag.
        missing: tasks of which no file is there.
        left_alone: files that are of another split, or of no task.
    """

    published: int
    read: int
    kept: int
    dropped: Mapping[str, int]
    flags: Mapping[str, int]
    missing: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all rows that were published are there."""
        return self.read == self.published and not self.missing

    def notes(self, name: str) -> Iterator[str]:
        """Yield what a reader of an accuracy has to know of the rows, a line each.

        Example:
            >>> list(Account(500, 500, 499, {"empty_answer": 1}, {}).notes("math_500"))
            ['math_500: 1 of 500 rows is not asked (empty_answer 1)']
            >>> list(Account(8062, 254, 254, {}, {}, ("math", "sat-en")).notes("agieval"))
            ['agieval: 254 of the 8,062 published rows are here; no files of math, sat-en']
        """
        if not self.complete:
            gone = f"; no files of {', '.join(self.missing)}" if self.missing else ""
            yield f"{name}: {self.read:,} of the {self.published:,} published rows are here{gone}"
        if lost := sum(self.dropped.values()):
            why = ", ".join(f"{reason} {count:,}" for reason, count in self.dropped.items())
            verb = "is" if lost == 1 else "are"
            yield f"{name}: {lost:,} of {self.read:,} rows {verb} not asked ({why})"
