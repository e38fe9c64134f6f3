"""The one exception family, and the exit code each member gives the command line.

| exit code | class | meaning |
|---|---|---|
| 1 | `FolderError` | a built folder is missing, damaged, or fails `crossthink validate` |
| 2 | `UsageError` | a name or a value that makes no sense |
| 3 | `SourceError` | an upstream or input file is missing, unreadable, or not what was expected |
| 4 | `OutputError` | the output can't be written: disk full, no permission, in the way of other files |
| 5 | `HubError` | the Hub can't be reached, refuses, or has changed meanwhile |
| 6 | `TrainingError` | training stopped: no reward, no number, no memory |
| 7 | `EngineError` | evaluation stopped: the engine or endpoint died, hangs, or talks nonsense |
| 130 | `KeyboardInterrupt` | Ctrl-C |
"""

INTERRUPTED = 130
"""The exit code of a run that was interrupted, as shells have it."""


class CrossThinkError(Exception):
    """Something the user can act on: what is wrong, where, and what to do about it.

    Args:
        message: what was expected and what was found.
        where: file, row or field concerned.
        fix: what to do.

    Example:
        >>> print(SourceError("not a Parquet file", where="mmlu/train.parquet", fix="Download it again."))
        mmlu/train.parquet: not a Parquet file
        Download it again.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: object = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.message, self.where, self.fix = message, where, fix

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where is not None else self.message
        return f"{head}\n{self.fix}" if self.fix else head


class FolderError(CrossThinkError):
    """A built folder is missing, damaged, or fails a check."""


class UsageError(CrossThinkError):
    """A name or a value that makes no sense."""

    exit_code = 2


class SourceError(CrossThinkError):
    """An upstream or input file is missing, unreadable, or not what was expected."""

    exit_code = 3


class GatedError(SourceError):
    """The Hub gives an upstream only to who has accepted its terms."""


class OutputError(CrossThinkError):
    """The output can't be written."""

    exit_code = 4


class HubError(CrossThinkError):
    """The Hub can't be reached, refuses what was asked, or has changed meanwhile."""

    exit_code = 5


class TrainingError(CrossThinkError):
    """Training stopped, and going on would be in vain."""

    exit_code = 6


class EngineError(CrossThinkError):
    """An engine or endpoint can't go on making generations."""

    exit_code = 7
